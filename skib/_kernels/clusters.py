"""Hard clusters of the rows of a sparse table: the moves of a sweep, the costs of new rows, and greedy mergers.

A cluster t sums up its rows x, whose cells x_j are masses or counts: c_tj is the sum of column j, s_t that of all
columns. With g(v) = v log2 v, a row of mass w costs cluster t

    sum over its cells of g(c_tj) - g(c_tj + x_j), plus factor (g(s_t + w) - g(s_t)),

and its information about Y falls by as much if t takes the row (factor 1). Sums are stored by column, (n_columns,
width): the clusters that a cell is compared with are neighbors, so that vector instructions take several of them. The
width is a multiple of `LANES`, and columns beyond the last cluster are zero. `logs` holds g of each sum.
"""

import numpy as np

from skib._jit import njit

# Clusters per vector instruction: without padding, the last few clusters would take as long as many.
LANES = 4

# Bits of sqrt(1/2): mantissas between it and its double have logarithms around zero, and a short polynomial.
_HALF = np.uint64(0x3FE6A09E667F3BCD)
_SHIFT = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
_EXPONENT = np.uint64(52)
# An integer below 2^52 in the mantissa of 2^52 is a float once 2^52 is subtracted, and with it the bias of exponents.
_MAGIC = np.uint64(0x4330000000000000)
_BIAS = 2.0**52 + 1023.0


@njit
def _xlog2(value):
    """Compute v log2 v to the last digits, with 0 for 0, by operations that vectorize.

    With s = (m - 1) / (m + 1), log2(m) / s is a series in s^2. Seven terms of a Chebyshev fit are as exact as a float.
    More operations than these would not be compiled into the loops that call them, but called, at a tenth of the speed.
    """
    bits = np.float64(value).view(np.uint64) + _SHIFT
    exponent = np.uint64((bits >> _EXPONENT) | _MAGIC).view(np.float64) - _BIAS
    mantissa = np.uint64((bits & _MANTISSA) + _HALF).view(np.float64)
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    series = 0.2429160853987535 * square + 0.2614442493522915
    series = series * square + 0.32061638813224547
    series = series * square + 0.4121984020482752
    series = series * square + 0.5770780172463286
    series = series * square + 0.9617966939243345
    series = series * square + 2.885390081777927
    return value * (exponent + series * s)


@njit
def fill_xlog2(values, out):
    """Compute v log2 v of every value of a flat array."""
    for i in range(len(values)):
        out[i] = _xlog2(values[i])


@njit
def add_rows(rows, indptr, indices, data, labels, sums):
    """Add the cells of `rows` to the sums of their clusters."""
    for i in rows:
        for place in range(indptr[i], indptr[i + 1]):
            sums[indices[place], labels[i]] += data[place]


@njit
def sweep(order, indptr, indices, data, weights, n_clusters, factor, margin, labels, sums, logs, masses):
    """Move each row of `order` to its cheapest cluster, and return how many moved, and what they saved.

    `masses` holds s_t and g(s_t), shape (2, width). A row stays unless it saves more than `margin` times its weight.
    """
    cost = np.empty(sums.shape[1])
    n_moves, saved = 0, 0.0
    for i in order:
        columns, cells = indices[indptr[i] : indptr[i + 1]], data[indptr[i] : indptr[i + 1]]
        old = labels[i]
        _row_costs(columns, cells, weights[i], factor, sums, logs, masses, cost)
        cost[old] = _cost_of_return(columns, cells, weights[i], factor, old, sums, logs, masses)
        new = _cheapest(cost, n_clusters, old, margin * weights[i])
        if new != old:
            _move(columns, cells, old, new, sums, logs)
            _move_mass(weights[i], old, new, masses)
            labels[i] = new
            n_moves += 1
            saved += cost[old] - cost[new]
    return n_moves, saved


@njit
def sweep_counts(order, indptr, indices, data, weights, n_clusters, factor, margin, labels, sums, masses, table, steps):
    """Do the same as `sweep` for whole numbers, without logarithms.

    `table` holds g(c) of c = 0, 1, ... to the largest sum, and ``steps[x - 1]`` holds g(c) - g(c + x) of cells x that
    are small: these are most of them, and their costs take one look instead of two.
    """
    cost = np.empty(sums.shape[1])
    n_moves, saved = 0, 0.0
    for i in order:
        columns, cells = indices[indptr[i] : indptr[i + 1]], data[indptr[i] : indptr[i + 1]]
        old = labels[i]
        _row_costs_of_counts(columns, cells, weights[i], factor, sums, masses, table, steps, cost)
        cost[old] = _cost_of_returned_counts(columns, cells, weights[i], factor, old, sums, masses, table)
        new = _cheapest(cost, n_clusters, old, margin * weights[i])
        if new != old:
            _move_counts(columns, cells, old, new, sums)
            _move_mass(weights[i], old, new, masses)
            labels[i] = new
            n_moves += 1
            saved += cost[old] - cost[new]
    return n_moves, saved


@njit
def row_costs(rows, indptr, indices, data, weights, factor, sums, logs, masses, out):
    """Compute what each row would cost each cluster without leaving any: `out` has shape (len(rows), width)."""
    for place, i in enumerate(rows):
        columns, cells = indices[indptr[i] : indptr[i + 1]], data[indptr[i] : indptr[i + 1]]
        _row_costs(columns, cells, weights[i], factor, sums, logs, masses, out[place])


@njit
def _row_costs(columns, cells, weight, factor, sums, logs, masses, cost):
    for t in range(len(cost)):
        cost[t] = factor * (_xlog2(masses[0, t] + weight) - masses[1, t])
    # Cells of two-dimensional arrays, because a slice for each nonzero would take half of the time.
    for place in range(len(columns)):
        j, value = columns[place], cells[place]
        for t in range(len(cost)):
            cost[t] += logs[j, t] - _xlog2(sums[j, t] + value)


@njit
def _row_costs_of_counts(columns, cells, weight, factor, sums, masses, table, steps, cost):
    for t in range(len(cost)):
        cost[t] = factor * (_xlog2(masses[0, t] + weight) - masses[1, t])
    for place in range(len(columns)):
        j, value = columns[place], cells[place]
        if value <= len(steps):
            for t in range(len(cost)):
                cost[t] += steps[value - 1, sums[j, t]]
        else:
            for t in range(len(cost)):
                cost[t] += table[sums[j, t]] - table[sums[j, t] + value]


@njit
def _cost_of_return(columns, cells, weight, factor, old, sums, logs, masses):
    """Compute what it costs the cluster of a row to take the row again after it left."""
    cost = factor * (masses[1, old] - _xlog2(max(masses[0, old] - weight, 0.0)))
    for place in range(len(columns)):
        j = columns[place]
        cost += _xlog2(max(sums[j, old] - cells[place], 0.0)) - logs[j, old]
    return cost


@njit
def _cost_of_returned_counts(columns, cells, weight, factor, old, sums, masses, table):
    cost = factor * (masses[1, old] - _xlog2(max(masses[0, old] - weight, 0.0)))
    for place in range(len(columns)):
        total = sums[columns[place], old]
        cost += table[total - cells[place]] - table[total]
    return cost


@njit
def _cheapest(cost, n_clusters, old, margin):
    """Find the first cluster that is cheaper than all before it by more than the margin; the old one comes first."""
    best = old
    for t in range(n_clusters):
        if cost[t] < cost[best] - margin:
            best = t
    return best


@njit
def _move(columns, cells, old, new, sums, logs):
    for place in range(len(columns)):
        j = columns[place]
        sums[j, old] = max(sums[j, old] - cells[place], 0.0)  # rounding
        sums[j, new] += cells[place]
        logs[j, old] = _xlog2(sums[j, old])
        logs[j, new] = _xlog2(sums[j, new])


@njit
def _move_counts(columns, cells, old, new, sums):
    for place in range(len(columns)):
        sums[columns[place], old] -= cells[place]
        sums[columns[place], new] += cells[place]


@njit
def _move_mass(weight, old, new, masses):
    masses[0, old] = max(masses[0, old] - weight, 0.0)
    masses[0, new] += weight
    masses[1, old] = _xlog2(masses[0, old])
    masses[1, new] = _xlog2(masses[0, new])


@njit
def find_nearest(first, last, sums, logs, masses, nearest, least, bound):
    """Find for each of the clusters first to last - 1 the later ones with which a merger loses the least.

    Their places and losses are listed in order in ``nearest[i]`` and ``least[i]``, of any length. A merger with another
    later one loses at least ``bound[i]``.
    """
    loss = np.empty(sums.shape[1])
    for i in range(first, last):
        _merger_losses(i, i + 1, sums, logs, masses, loss)
        _list_nearest(i, nearest, least, bound, loss)


@njit
def merge(n_rows, done, sums, logs, masses, nodes, nearest, least, bound, children, lost):
    """Merge the pair that loses the least, again and again; return the number of mergers that are done.

    The call ends after `n_rows` rows of losses, or when one cluster is left. If all that a cluster has listed were
    merged, its row is computed again once its bound is the least of all. This holds for losses in any order: those of
    a merged cluster may be smaller than those of its parts.

    The merged cluster takes the place of the later one. That of the earlier one is gone: its losses are infinite.
    `nodes` are the numbers of the clusters in the tree, whose `children` and losses are stored.
    """
    loss = np.empty(sums.shape[1])
    while n_rows > 0 and done < len(lost):
        n_rows -= 1
        i = _least(least, bound)
        if least[i, 0] == np.inf:
            _merger_losses(i, i + 1, sums, logs, masses, loss)
            _list_nearest(i, nearest, least, bound, loss)
            continue
        j = nearest[i, 0]
        children[done, 0], children[done, 1] = min(nodes[i], nodes[j]), max(nodes[i], nodes[j])
        lost[done] = _lost(sums[:, i], sums[:, j], masses[0, i], masses[0, j])
        nodes[j] = len(lost) + 1 + done
        _join(i, j, sums, logs, masses)
        _merger_losses(j, 0, sums, logs, masses, loss)
        for k in range(j):
            _forget(k, i, j, nearest, least)
            if loss[k] < bound[k]:
                _insert(k, j, loss[k], nearest, least, bound)
        least[i], bound[i] = np.inf, np.inf
        _list_nearest(j, nearest, least, bound, loss)
        done += 1
    return done


@njit
def _least(least, bound):
    best = 0
    for k in range(1, len(bound)):
        if min(least[k, 0], bound[k]) < min(least[best, 0], bound[best]):
            best = k
    return best


@njit
def _merger_losses(i, first, sums, logs, masses, loss):
    """Compute what mergers of cluster i with those from `first` on would lose, in bits times mass."""
    # Loops over slices start at 0: an index that might be negative does not vectorize.
    weight, log, total, other, out = masses[0, i], masses[1, i], masses[0, first:], masses[1, first:], loss[first:]
    for j in range(len(out)):
        out[j] = _xlog2(weight + total[j]) - log - other[j]
    for y in range(len(sums)):
        value, log, total, other = sums[y, i], logs[y, i], sums[y, first:], logs[y, first:]
        if value > 0:
            for j in range(len(out)):
                out[j] += log + other[j] - _xlog2(value + total[j])


@njit
def _list_nearest(i, nearest, least, bound, loss):
    least[i], bound[i] = np.inf, np.inf
    for j in range(i + 1, len(loss)):
        if loss[j] < bound[i]:
            _insert(i, j, loss[j], nearest, least, bound)


@njit
def _insert(k, j, loss, nearest, least, bound):
    """List cluster j for cluster k, in order; what no longer has a place becomes the bound."""
    place = least.shape[1] - 1
    bound[k] = min(bound[k], max(least[k, place], loss))
    if loss >= least[k, place]:
        return
    while place > 0 and least[k, place - 1] > loss:
        nearest[k, place], least[k, place] = nearest[k, place - 1], least[k, place - 1]
        place -= 1
    nearest[k, place], least[k, place] = j, loss


@njit
def _forget(k, i, j, nearest, least):
    """Take clusters i and j, which were merged, off the list of cluster k."""
    kept = 0
    for place in range(least.shape[1]):
        if nearest[k, place] != i and nearest[k, place] != j:
            nearest[k, kept], least[k, kept] = nearest[k, place], least[k, place]
            kept += 1
    for place in range(kept, least.shape[1]):
        nearest[k, place], least[k, place] = -1, np.inf


@njit
def _join(i, j, sums, logs, masses):
    for y in range(len(sums)):
        sums[y, j] += sums[y, i]
        logs[y, j] = _xlog2(sums[y, j])
    masses[0, j] += masses[0, i]
    masses[1, j] = _xlog2(masses[0, j])
    masses[1, i] = -np.inf  # its losses are infinite


@njit
def _lost(first, second, first_mass, second_mass):
    """Compute what a merger loses, in nats times mass: two divergences from the merged distribution."""
    lost = 0.0
    for y in range(len(first)):
        together = first[y] + second[y]
        if first[y] > 0:
            lost += first[y] * np.log(first[y] / together * ((first_mass + second_mass) / first_mass))
        if second[y] > 0:
            lost += second[y] * np.log(second[y] / together * ((first_mass + second_mass) / second_mass))
    return max(lost, 0.0)
