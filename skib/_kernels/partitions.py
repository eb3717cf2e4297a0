"""Optimal groups of successive cells: the most information about Y that K groups can keep, for all K at once.

A row of `masses` is a cell x: the counts or weights of the classes y in it. A group t adds up its cells, and loses

    sum_x f(x) - f(t),   f(m) = sum_y g(m_y) - g(sum_y m_y),   g(v) = v log v,

which is I(X;Y) - I(T;Y) in nats, times the total mass. Groups are runs of successive cells, in the order given. For
two classes and cells sorted by m_0 / m_1, no other groups lose less (Kurkoski and Yagi 2014), and the losses satisfy
the quadrangle inequality (Iwata and Ozawa 2014): the last group of the best partition starts no earlier if cells are
appended, so that divide and conquer finds all starts in O(K n log n). Any other order takes O(n^2 (classes + K)).
"""

import numpy as np

from skib._jit import njit

# Counts up to this total take their v log v from a table (8 MB), five times as fast as logarithms.
_LARGEST_TABLE = 2**20
# Terms of one call of the quadratic kernel: about a quarter of a second.
_TERMS = 2**26


def best_partitions(masses, n_groups, *, by_ratio=False):
    """Find the partitions of successive cells into at most 1, 2, ..., n_groups groups that lose the least.

    `masses` (n_cells, n_classes) is nonnegative, int64 or float64. `by_ratio` promises two classes, and cells sorted by
    their ratio. Returns the losses (n_groups,), in nats times the total mass, and the table from which `starts` reads
    the groups.
    """
    n_cells = len(masses)
    sums, log_terms = _prefix_sums(masses), _log_terms(masses)
    kept = np.r_[0.0, np.cumsum(information_terms(masses))]
    losses = np.full((n_cells + 1, n_groups), np.inf)
    last = np.zeros((n_cells + 1, n_groups), np.int32)
    losses[0] = 0.0
    fill = _fill_by_ratio if by_ratio else _fill_in_any_order
    fill(sums, kept, log_terms, losses, last)
    return losses[n_cells].copy(), last


def starts(last, n_groups):
    """Return the first cells of the best partition into at most n_groups groups, and the number of cells behind them.

    Groups that would lose nothing by being joined may be one: there are then fewer of them.
    """
    bounds = [len(last) - 1]
    for k in range(n_groups - 1, -1, -1):
        bounds.append(last[bounds[-1], k])
    return np.unique(bounds).astype(np.int64)


def information_terms(masses):
    """Compute f of each row of masses: its sum over the groups, less f of all rows together, is I(T;Y) times mass."""
    masses = np.asarray(masses, np.float64)
    return _x_log_x(masses).sum(axis=1) - _x_log_x(masses.sum(axis=1))


def _fill_by_ratio(sums, kept, log_terms, losses, last):
    n_cells, n_groups = len(losses) - 1, losses.shape[1]
    fill_first(sums, kept, log_terms, losses)
    for k in range(1, n_groups):
        stride = 1 << (n_cells.bit_length() - 1)
        while stride:
            fill_between(sums, kept, log_terms, losses[:, k - 1].copy(), losses, last, k, stride)
            stride //= 2


def _fill_in_any_order(sums, kept, log_terms, losses, last):
    n_cells, n_terms = len(losses) - 1, sums.shape[1] + losses.shape[1]
    first = 1
    while first <= n_cells:
        end = min(first + max(_TERMS // (n_terms * n_cells), 1), n_cells + 1)
        fill_rows(first, end, sums, kept, log_terms, losses, last)
        first = end


def _prefix_sums(masses):
    """Sums over the first 0 to n cells: of all classes together, and of each."""
    rows = np.column_stack([masses.sum(axis=1), masses])
    return np.concatenate([np.zeros_like(rows[:1]), np.cumsum(rows, axis=0)])


def _log_terms(masses):
    """g(0), g(1), ... of all counts that occur; empty if masses are no counts, or too many."""
    total = masses.sum()
    if masses.dtype.kind != "i" or total > _LARGEST_TABLE:
        return np.empty(0)
    return _x_log_x(np.arange(total + 1.0))


def _x_log_x(values):
    return values * np.log(np.where(values > 0, values, 1.0))


@njit
def fill_first(sums, kept, log_terms, losses):
    """Losses of one group."""
    for j in range(1, len(losses)):
        losses[j, 0] = _loss(0, j, sums, kept, log_terms)


@njit
def fill_between(sums, kept, log_terms, previous, losses, last, k, stride):
    """Losses of k + 1 groups of the first `stride`, 3 `stride`, ... cells; those of multiples of 2 `stride` are known.

    The start of the last group is between those of the neighbors on both sides.
    """
    for j in range(stride, len(losses), 2 * stride):
        low = last[j - stride, k]
        high = last[j + stride, k] if j + stride < len(losses) else j
        for i in range(low, min(high, j) + 1):
            loss = previous[i] + _loss(i, j, sums, kept, log_terms)
            if loss < losses[j, k]:
                losses[j, k], last[j, k] = loss, i


@njit
def fill_rows(first, end, sums, kept, log_terms, losses, last):
    """Losses of the first j cells for j = first to end - 1, in groups of any number."""
    n_groups = losses.shape[1]
    for j in range(first, end):
        best, start = losses[j], last[j]
        best[0] = _loss(0, j, sums, kept, log_terms)
        for i in range(j):
            loss = _loss(i, j, sums, kept, log_terms)
            for k in range(1, n_groups):
                if losses[i, k - 1] + loss < best[k]:
                    best[k], start[k] = losses[i, k - 1] + loss, i


@njit
def _loss(i, j, sums, kept, log_terms):
    """Loss of the cells i to j - 1 as one group."""
    loss = kept[j] - kept[i] + _term(sums[j, 0] - sums[i, 0], log_terms)
    for y in range(1, sums.shape[1]):
        loss -= _term(sums[j, y] - sums[i, y], log_terms)
    return loss


@njit
def _term(value, log_terms):
    if len(log_terms):
        return log_terms[int(value)]
    return value * np.log(value) if value > 0 else 0.0
