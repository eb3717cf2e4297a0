"""Steps of the information bottleneck over the rows of a table p(y|x), which is dense or in CSR form.

Tables of clusters have the shape (n_columns, n_clusters). The inner loops run over clusters or, if the table is dense,
over the rows of a block: both vectorize. The columns of X stand for y, or for pairs (y, z) of which `groups` holds z;
all have the group 0 where there is no z.
"""

import numpy as np

from skib._jit import inlined, njit

# Logarithm of a probability of zero: it is finite, so that 0 log 0 is 0.
_LOG_ZERO = -708.0
_LOG2_E = 1.4426950408889634
# Their sum is log 2, and multiples of the first have no rounding error.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# A number whose last bits hold the rounded value that is added to it.
_MAGIC = 6755399441055744.0
# Longest step of the extrapolation, in steps of the plain iteration.
_LONGEST = 64.0
# Rows of a block of a dense table: what is computed for them stays in the cache.
_BLOCK = 256
# Number of coefficients of a series of the dual, the pieces of an interval on which it is bounded, the widest radius of
# a disk around it, how many radii are tried, and the number of slabs of each disk.
_ORDER, _PIECES, _WIDEST, _RADII, _SLABS = 12, 8, 3.0, 5, 4


@inlined
def exponentials(x, n, scaled, bits):
    """Replace the first n values of x, none of them positive, by their exponentials; below -708 by exp(-708).

    `scaled` and `bits` are one buffer of n values, seen as float64 and as int64. The loops vectorize, and calls of
    exp would not. The relative error is below 1e-15.
    """
    for i in range(n):
        value = max(x[i], _LOG_ZERO)
        scaled[i] = value * _LOG2_E + _MAGIC
        power = scaled[i] - _MAGIC
        r = (value - power * _LN2_HIGH) - power * _LN2_LOW
        s = r * (1 / 479001600.0) + 1 / 39916800.0
        s = s * r + 1 / 3628800.0
        s = s * r + 1 / 362880.0
        s = s * r + 1 / 40320.0
        s = s * r + 1 / 5040.0
        s = s * r + 1 / 720.0
        s = s * r + 1 / 120.0
        s = s * r + 1 / 24.0
        s = s * r + 1 / 6.0
        s = s * r + 0.5
        x[i] = (s * r + 1.0) * r + 1.0
    for i in range(n):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(n):
        x[i] *= scaled[i]


@njit
def log_conditionals(joint, groups, n_groups):
    """Return log q(y|t,z) and log q(t) of a table q(y,z,t)."""
    return _log_conditionals(joint, log_table(joint), groups, n_groups)


@njit
def log_table(joint):
    """Return the logarithms of a table, finite where it is zero."""
    logs = np.empty(joint.shape)
    for j in range(joint.shape[0]):
        for t in range(joint.shape[1]):
            logs[j, t] = np.log(joint[j, t]) if joint[j, t] > 0.0 else _LOG_ZERO
    return logs


@inlined
def _log_conditionals(joint, log_joint, groups, n_groups):
    """The same of a table whose logarithms are known."""
    m, k = joint.shape
    logs, sums, prior = np.empty((m, k)), np.empty((n_groups, k)), np.empty(k)
    for t in range(k):
        prior[t] = 0.0
        for g in range(n_groups):
            sums[g, t] = 0.0
    for j in range(m):
        for t in range(k):
            sums[groups[j], t] += joint[j, t]
    for g in range(n_groups):
        for t in range(k):
            prior[t] += sums[g, t]
            sums[g, t] = np.log(sums[g, t])
    for j in range(m):
        for t in range(k):
            share = log_joint[j, t] - sums[groups[j], t]
            logs[j, t] = max(share, _LOG_ZERO) if joint[j, t] > 0.0 else _LOG_ZERO
    for t in range(k):
        prior[t] = max(np.log(prior[t]), _LOG_ZERO)
    return logs, prior


@inlined
def _largest(x):
    """The largest value; four at a time, which the loop of ``max`` does not do."""
    a = b = c = d = x[0]
    whole = len(x) - len(x) % 4
    for t in range(0, whole, 4):
        a, b, c, d = max(a, x[t]), max(b, x[t + 1]), max(c, x[t + 2]), max(d, x[t + 3])
    for t in range(whole, len(x)):
        a = max(a, x[t])
    return max(max(a, b), max(c, d))


@inlined
def _sum(x):
    """The sum; four at a time, as the largest value."""
    a = b = c = d = 0.0
    whole = len(x) - len(x) % 4
    for t in range(0, whole, 4):
        a, b, c, d = a + x[t], b + x[t + 1], c + x[t + 2], d + x[t + 3]
    for t in range(whole, len(x)):
        a += x[t]
    return (a + b) + (c + d)


@inlined
def _encode_rows(first, last, cells, weights, logs, log_prior, beta, alpha, encoder, joint):
    """Update the encoder of the rows first to last - 1, and add them to the table q(y,z,t).

    Returns the sum of p(x) log Z(x), and the largest change of an encoder in total variation.
    """
    (indptr, indices, data), k = cells, len(log_prior)
    score, scaled = np.empty(k), np.empty(k)
    bits = scaled.view(np.int64)
    log_sum, change = 0.0, 0.0
    for i in range(first, last):
        for t in range(k):
            score[t] = log_prior[t]
        for e in range(indptr[i], indptr[i + 1]):
            value, column = beta * data[e], logs[indices[e]]
            for t in range(k):
                score[t] += value * column[t]
        largest = _largest(score)
        for t in range(k):
            score[t] = (score[t] - largest) / alpha
        exponentials(score, k, scaled, bits)
        share, own = 1.0 / _sum(score), encoder[i]
        for t in range(k):
            score[t] *= share
            scaled[t] = abs(score[t] - own[t])
            own[t] = score[t]
        change = max(change, _sum(scaled) / 2)
        log_sum += weights[i] * (largest / alpha - np.log(share))
        for e in range(indptr[i], indptr[i + 1]):
            value, column = weights[i] * data[e], joint[indices[e]]
            for t in range(k):
                column[t] += value * score[t]
    return log_sum, change


@inlined
def _encode_dense(first, last, table, weights, logs, log_prior, beta, alpha, encoder, joint):
    """Do the same as ``_encode_rows`` with a dense `table` p(y|x) and an encoder of the shape (n_clusters, n)."""
    m, k = logs.shape
    slopes, log_odds, log_sum, change = np.empty((k, m)), np.empty(k), 0.0, 0.0
    for t in range(k):
        log_odds[t] = log_prior[t] / alpha
        for j in range(m):
            slopes[t, j] = logs[j, t] * (beta / alpha)
    work = np.empty((4, _BLOCK))
    for start in range(first, last, _BLOCK):
        end = min(start + _BLOCK, last)
        block = table[start:end].T
        score = np.dot(slopes, block)
        log_sum += alpha * _weighted_softmax(score, log_odds, weights, encoder, start, work)
        for x in range(end - start):
            change = max(change, work[0, x] / 2)
        part = np.dot(block, score.T)
        for j in range(m):
            for t in range(k):
                joint[j, t] += part[j, t]
    return log_sum / alpha, change


@inlined
def _weighted_softmax(score, log_odds, weights, encoder, start, work):
    """Update the encoder of a block of rows, the first being `start`, from their scores, which become p(x) q(t|x).

    Returns the sum of p(x) log Z(x), and stores in the first row of `work` by how much each encoder has changed.
    """
    (k, n), change, largest, total, scaled = score.shape, work[0], work[1], work[2], work[3]
    bits, own_weights, log_sum = scaled.view(np.int64), weights[start : start + n], 0.0
    for x in range(n):
        largest[x], total[x], change[x] = -np.inf, 0.0, 0.0
    for t in range(k):
        for x in range(n):
            score[t, x] += log_odds[t]
            largest[x] = max(largest[x], score[t, x])
    for t in range(k):
        for x in range(n):
            score[t, x] -= largest[x]
        exponentials(score[t], n, scaled, bits)
        for x in range(n):
            total[x] += score[t, x]
    for x in range(n):
        log_sum += own_weights[x] * (largest[x] + np.log(total[x]))
        total[x] = 1.0 / total[x]
    for t in range(k):
        own = encoder[t, start : start + n]
        for x in range(n):
            share = score[t, x] * total[x]
            change[x] += abs(share - own[x])
            own[x] = share
            score[t, x] = share * own_weights[x]
    return log_sum


@njit
def step(first, last, table, cells, weights, groups, n_groups, joint, logs, beta, alpha, encoder, after):
    """Update the encoder of the rows first to last - 1 from a table q(y,z,t), and add them to the one `after` it.

    The rows are `cells`, which are indptr, indices and data of a CSR, and the encoder has the shape (n, n_clusters); or
    they are a dense `table` p(y|x), and it has the shape (n_clusters, n). The other one is None, and its steps are not
    compiled. `logs` are the logarithms of the table q(y,z,t). Returns the sum of p(x) log Z(x), and the largest change
    of an encoder in total variation.
    """
    conditionals, prior = _log_conditionals(joint, logs, groups, n_groups)
    total = change = 0.0
    if cells is not None:
        total, change = _encode_rows(first, last, cells, weights, conditionals, prior, beta, alpha, encoder, after)
    if table is not None:
        total, change = _encode_dense(first, last, table, weights, conditionals, prior, beta, alpha, encoder, after)
    return total, change


@njit
def cycles(
    n_cycles, begin, end, table, cells, weights, groups, n_groups, joint, logs, point, encoder, beta, alpha, energy, tol
):
    """Run cycles from a table q(y,z,t) and its logarithms until they settle or `n_cycles` have passed.

    A cycle has the parts 0 to 2: two steps, and a third one from the `point` that they extrapolate to, as in SQUAREM,
    which is kept if it lowers the free energy; the cycle that settles takes two. Only those from `begin` to `end` - 1
    are run, of which -1 is a step as the third one, from the logarithms of a table in `point`, which is changed. Rows
    and encoder, which is changed in place, are those of ``step``. Returns the table and its logarithms, those before
    the last step that was kept, whether the last third one was, the free energy of the last second step, the number of
    steps, and whether the last cycle has settled.
    """
    (m, k), n, n_steps, settled, kept = joint.shape, len(weights), 0, False, False
    once, log_once, start, trial = joint, logs, np.empty((m, k)), np.empty(encoder.shape)
    for _ in range(n_cycles):
        gains = True
        for part in range(begin, end):
            if not gains:
                break
            ahead = part == 2 or part < 0
            after = np.empty((m, k))
            for j in range(m):
                for t in range(k):
                    after[j, t] = 0.0
                    if ahead:
                        start[j, t] = np.exp(point[j, t])
                    elif part == 0:
                        point[j, t] = logs[j, t]
            source, log_source, own = (start, point, trial) if ahead else (joint, logs, encoder)
            conditionals, prior = _log_conditionals(source, log_source, groups, n_groups)
            total = change = 0.0  # branches of what is None are not compiled
            if cells is not None:
                total, change = _encode_rows(0, n, cells, weights, conditionals, prior, beta, alpha, own, after)
            if table is not None:
                total, change = _encode_dense(0, n, table, weights, conditionals, prior, beta, alpha, own, after)
            n_steps, reached = n_steps + 1, -alpha * total
            if ahead:
                kept = reached <= energy
                if not kept:
                    continue
                for a in range(encoder.shape[0]):
                    for b in range(encoder.shape[1]):
                        encoder[a, b] = trial[a, b]
            once, log_once, joint, logs = joint, logs, after, log_table(after)
            if part == 1:
                rate, gains = extrapolate(joint, point, log_once, logs)
                settled = change <= np.sqrt(tol) * (1 - rate) and abs(energy - reached) <= tol * max(1.0, abs(reached))
                energy, gains = reached, gains and not settled
        if settled:
            break
    return joint, logs, once, log_once, kept, energy, n_steps, settled


@njit
def extrapolate(table, first, second, third):
    """Replace the logarithms of the first of three successive tables by those of the table that they lead to.

    `table` is the third one. Returns the rate of convergence, and whether anything is gained.
    """
    start = end = bent = 0.0
    for j in range(table.shape[0]):
        for t in range(table.shape[1]):
            a, b = second[j, t] - first[j, t], third[j, t] - second[j, t]
            start, end, bent = start + table[j, t] * a * a, end + table[j, t] * b * b, bent + table[j, t] * (b - a) ** 2
    rate = min(np.sqrt(end / start), 1 - 1e-6) if start > 0.0 else 0.0
    length = min(np.sqrt(start / bent), _LONGEST) if bent > 0.0 else 0.0
    if length <= 1:
        return rate, False
    largest = -np.inf
    for j in range(table.shape[0]):
        for t in range(table.shape[1]):
            ahead, bend = second[j, t] - first[j, t], third[j, t] - 2 * second[j, t] + first[j, t]
            first[j, t] += 2 * length * ahead + length * length * bend
            largest = max(largest, first[j, t])
    total = 0.0
    for j in range(table.shape[0]):
        for t in range(table.shape[1]):
            total += np.exp(first[j, t] - largest)
    shift = largest + np.log(total)
    for j in range(table.shape[0]):
        for t in range(table.shape[1]):
            first[j, t] -= shift
    return rate, True


@njit
def dual_on_intervals(p, log_duals, beta, left, right, places, values, bounds):
    """The sum G of exp(log_duals + beta (p log c + (1 - p) log(1 - c))) on intervals of the log odds s of c.

    Stores of each interval the place of its largest value, that value, and a number; the largest of these numbers is a
    bound of G if the intervals contain its maximum. G is a polynomial of s around the middle, but for an error of a
    known share e of the maximum: where G is the largest, it is at most the largest value divided by 1 - e.
    """
    n = len(p)
    term, power, scaled = np.empty(n), np.empty(n), np.empty(n)
    bits, sums = scaled.view(np.int64), np.empty(_ORDER)
    for i in range(len(left)):
        middle, half = 0.5 * (left[i] + right[i]), 0.5 * (right[i] - left[i])
        c = 1.0 / (1.0 + np.exp(-middle))
        beyond = np.log1p(np.exp(-abs(middle)))
        log_c, log_rest = min(middle, 0.0) - beyond, min(-middle, 0.0) - beyond
        for x in range(n):
            term[x] = log_duals[x] + beta * (p[x] * log_c + (1.0 - p[x]) * log_rest)
            power[x] = beta * half * (p[x] - c)
        scale = _exponentials_of_any(term, scaled, bits)
        for k in range(_ORDER):
            sums[k] = scale * _sum(term)
            scale /= k + 1
            for x in range(n):
                term[x] *= power[x]
        place, values[i], bound = _largest_of_polynomial(_times_series(sums, c, half, beta))
        places[i] = middle + place * half
        share = _share_of_remainder(middle, half, beta)
        bounds[i] = bound / (1.0 - share) if share < 1.0 else np.inf


@njit
def _times_series(sums, c, half, beta):
    """Multiply a polynomial by the part of G that all rows have in common, a series around the log odds of c.

    The logarithm of that part has the derivative beta (c - y), where y is the logistic function and y' = y (1 - y).
    """
    y, part, out = np.zeros(_ORDER), np.zeros(_ORDER), np.zeros(_ORDER)
    y[0], part[0] = c, 1.0
    for k in range(_ORDER - 1):
        square = slope = 0.0
        for j in range(k + 1):
            square += y[j] * y[k - j]
            slope -= y[j] * part[k - j] if j else 0.0
        y[k + 1] = half * (y[k] - square) / (k + 1)
        part[k + 1] = half * beta * slope / (k + 1)
    for k in range(_ORDER):
        for j in range(k + 1):
            out[k] += part[j] * sums[k - j]
    return out


@njit
def _largest_of_polynomial(coefficients):
    """Return the place in [-1, 1] of about the largest value of a polynomial, that value, and a bound of it."""
    place, largest, bound, h = 0.0, -np.inf, -np.inf, 1.0 / _PIECES
    moved = np.empty(_ORDER)
    for piece in range(_PIECES):
        u = (2 * piece + 1) * h - 1.0
        for k in range(_ORDER):
            moved[k] = coefficients[k]
        for first in range(_ORDER):  # the coefficients around u
            for k in range(_ORDER - 2, first - 1, -1):
                moved[k] += u * moved[k + 1]
        value, slope, bend, rest = moved[0], abs(moved[1]) * h, moved[2] * h * h, 0.0
        for k in range(_ORDER - 1, 2, -1):
            rest = (rest + abs(moved[k])) * h
        rest *= h * h
        inner = bend < 0.0 and slope < -2.0 * bend
        bound = max(bound, value + rest + (-0.25 * slope * slope / bend if inner else slope + bend))
        if value > largest:
            place, largest = u, value
    return place, largest, bound


@njit
def _share_of_remainder(middle, half, beta):
    """Bound the remainder of the series of G on an interval by a share of the largest G.

    At s + iy, G is at most (1 - 2 c (1 - c) (1 - cos y))^(-beta/2) times G at s. Of a function that is at most M on a
    disk, the k-th coefficient is at most M / radius^k. The disk is cut into slabs, of which the largest y and the
    smallest abs(s) are taken.
    """
    least = np.inf
    radius = min(np.sqrt(_ORDER / beta) * 2.0 * np.cosh(0.5 * middle), _WIDEST)
    for _ in range(_RADII):
        if radius <= half:
            break
        base = 1.0
        for slab in range(_SLABS):
            y = radius * np.sqrt(1.0 - (slab / _SLABS) ** 2)
            nearest = max(abs(middle) - radius * (slab + 1) / _SLABS, 0.0)
            base = min(base, 1.0 - (1.0 - np.cos(y)) / (1.0 + np.cosh(nearest)))
        ratio = half / radius
        least = min(least, -0.5 * beta * np.log(base) + _ORDER * np.log(ratio) - np.log1p(-ratio))
        radius *= 0.8
    return np.exp(min(least, 0.0))


@njit
def _exponentials_of_any(x, scaled, bits):
    """Replace values by their exponentials divided by the largest one, which is returned.

    Small ones are not below exp(-300), so that products with them are no denormal numbers, which are slow.
    """
    largest = _largest(x)
    for i in range(len(x)):
        x[i] = max(x[i] - largest, -300.0)
    exponentials(x, len(x), scaled, bits)
    return np.exp(largest)
