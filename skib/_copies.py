"""Repeated rows: how often each row occurs, and whether the repeats are copies of continuous rows."""

import numpy as np

from skib._kernels.counts import joint_codes
from skib._warnings import DuplicateRowsWarning, UnreliableEstimateWarning, warn

# For kernels that take the number of copies of every row: no row is repeated.
NO_COPIES = np.empty(0, np.int64)
# A warning is issued once copies exceed this share of the rows: 1 % of copies costs about 0.01 log(n) nats.
_COPY_SHARE = 0.01
# Pairs of equal rows that chance must put into one class, and the share of them below which rows are matched.
_LEAST_PAIRS, _FEW = 10, 0.1
# Values that are hashed, or compared, at a time, and stay in the cache of the processor.
_VALUES_AT_ONCE = 2**17


def warn_if_copied(x, y, *, classes=False):
    """Warn if rows of continuous data are copies, as after a bootstrap or an upsampling.

    A copy is a pair (x, y) that repeats while neither its x nor its y ever occurs in another pair. Rows that repeat by
    nature are exempt: those of a variable of few levels (or of classes, with ``classes=True``), of a heavy atom (more
    than sqrt(n_samples) rows), and values on a grid so coarse that the next step of the grid is about as frequent.
    """
    share = share_of_copies(x, y, classes=classes)
    if share:
        warn(
            f"{share:.1%} of the rows are exact copies of other rows, which inflates nearest-neighbor estimates; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
        )


def share_of_copies(x, y, *, classes=False):
    """Return the share of rows that are copies, 0 if they are few or repeat by nature (see ``warn_if_copied``)."""
    n_samples = len(x)
    variables = [x] if classes else [x, y.reshape(n_samples, -1)]
    if any(_all_differ(variable) for variable in variables):
        return 0.0
    coded = [(variable, row_codes(variable)) for variable in variables]
    fine = [(variable, codes) for variable, codes in coded if codes.max() >= np.sqrt(n_samples)]
    if not fine:
        return 0.0
    share = copied_share([codes for _, codes in fine], row_codes(np.column_stack([x, y])))
    few = share <= _COPY_SHARE or share <= 2 * grid_share(np.column_stack([variable for variable, _ in fine]))
    return 0.0 if few else share


def warn_if_matched(x, classes, *, names=("X", "y")):
    """Warn if rows of equal x are hardly ever of the same class, as in paired designs and matched samples."""
    if _all_differ(x):
        return
    rows = row_codes(x)
    n_equal, n_same = _n_pairs(rows), _n_pairs(joint_codes([rows, classes]))
    expected = n_equal * _n_pairs(classes) / (len(x) * (len(x) - 1) / 2)
    if expected > _LEAST_PAIRS and n_same < _FEW * expected:
        warn(
            f"{n_same:.0f} pairs of rows equal in {names[0]} are of one class in {names[1]}, where chance "
            f"gives {expected:.0f}: rows are matched across the classes, and the estimate is too low; leave matched "
            "columns out, or take the differences of matched rows",
            UnreliableEstimateWarning,
        )


def _n_pairs(codes):
    counts = np.bincount(codes).astype(float)
    return counts @ (counts - 1) / 2


def count_copies(rows):
    """Count the further rows equal to each row; the result is ``NO_COPIES`` if every row is distinct."""
    if _all_differ(rows):
        return NO_COPIES
    codes = row_codes(rows)
    return np.bincount(codes)[codes] - 1


def copied_share(variable_codes, pair_codes):
    """Return the share of rows that repeat an earlier pair of which no variable occurs in another pair.

    Pairs of more than sqrt(n_samples) rows, and a single repeated pair, are atoms of the distribution, not copies.
    """
    in_pair = np.bincount(pair_codes)[pair_codes]
    copied = (in_pair > 1) & (in_pair <= np.sqrt(len(pair_codes)))
    for codes in variable_codes:
        copied &= np.bincount(codes)[codes] == in_pair
    repeats = np.bincount(pair_codes, copied * (1 - 1 / in_pair))
    return (repeats.sum() - repeats.max()) / len(pair_codes)


def grid_share(rows):
    """Return the share of rows that differ from another row by one grid step up in one column, and in no other.

    The step is the most frequent gap between the levels of a column. Rounded values fill their grid, so that the
    share estimates how many rows repeat by nature; in copies of continuous values hardly any gap occurs twice.
    """
    shares = [0.0]
    for j, column in enumerate(rows.T):
        levels, index = np.unique(column, return_inverse=True)
        gaps, gap_of = np.unique(_whole_gaps(levels), return_inverse=True)
        if len(gaps):
            is_step = np.append(gap_of == np.bincount(gap_of).argmax(), False)
            others = np.unique(np.delete(rows, j, axis=1), axis=0, return_inverse=True)[1].ravel()
            key = others * (len(levels) + 1) + index
            shares.append(np.mean(is_step[index] & np.isin(key + 1, key)))
    return max(shares)


def _whole_gaps(levels):
    """Return the gaps between sorted levels in units of their rounding error: equal steps become equal numbers."""
    largest = np.abs(levels).max()
    single = largest < np.finfo(np.float32).max and (levels == levels.astype(np.float32)).all()
    error = 4 * np.finfo(np.float32 if single else np.float64).eps * largest
    return np.rint(np.diff(levels / max(error, np.finfo(np.float64).smallest_subnormal)))


def _all_differ(rows):
    """Whether no two rows of numbers are equal; False also if two share a hash by chance."""
    keys = np.sort(_hashes(rows))
    return bool((keys[1:] != keys[:-1]).all())


def row_codes(rows):
    """Return one dense code per row of numbers: equal rows, and only they, share a code."""
    first, codes = np.unique(_hashes(rows), return_index=True, return_inverse=True)[1:]
    repeats = np.flatnonzero(first[codes] != np.arange(len(rows)))
    if all((rows[some] == rows[first[codes[some]]]).all() for some in (repeats[p] for p in _parts(repeats, rows))):
        return codes
    return joint_codes([np.unique(column, return_inverse=True)[1] for column in rows.T])  # two share a hash by chance


def _hashes(rows):
    """Return a number for each row, the same for equal rows: the sum of its bits, times odd numbers of the columns."""
    if rows.shape[1] == 1:
        return rows[:, 0]
    weights = 2 * np.random.default_rng(0).integers(2**63, size=rows.shape[1], dtype=np.uint64) + 1
    hashes = np.empty(len(rows), np.uint64)
    for part in _parts(hashes, rows):
        bits = np.add(rows[part], 0.0, dtype=np.float64).view(np.uint64)  # of -0.0 as of 0.0
        hashes[part] = (bits ^ (bits >> 32)) @ weights  # the last bits of few values differ, and they count most
    return hashes


def _parts(places, rows):
    """Return slices of places that hold rows of some values at a time."""
    size = max(_VALUES_AT_ONCE // max(rows.shape[1], 1), 1)
    return [slice(start, start + size) for start in range(0, len(places), size)]
