"""Are repeated rows copies of continuous rows, or do they repeat by nature?"""

import numpy as np

from skib._kernels.counts import joint_codes
from skib._warnings import DuplicateRowsWarning, warn

# For kernels that take the number of copies of every row: no row is repeated.
NO_COPIES = np.empty(0, np.int64)
# The warning is due once copies are more than this share of the rows: 1 % of copies costs about 0.01 log(n) nats.
_COPY_SHARE = 0.01


def copied_share(side_codes, pair_codes):
    """Share of the rows that repeat an earlier pair, where no side of the pair occurs in another pair.

    Pairs of more than sqrt(n_samples) rows, and a single repeated pair, are atoms of the distribution, not copies.
    """
    in_pair = np.bincount(pair_codes)[pair_codes]
    copied = (in_pair > 1) & (in_pair <= np.sqrt(len(pair_codes)))
    for codes in side_codes:
        copied &= np.bincount(codes)[codes] == in_pair
    repeats = np.bincount(pair_codes, copied * (1 - 1 / in_pair))
    return (repeats.sum() - repeats.max()) / len(pair_codes)


def grid_share(rows):
    """Share of the rows with another row one grid step above them in one column and beside them in all others.

    The step is the most frequent gap between the levels of a column. Rounded values fill their grid, so that the
    share tells how many rows repeat by nature; in copies of continuous values hardly any gap occurs twice.
    """
    shares = [0.0]
    for j, column in enumerate(rows.T):
        levels, index = np.unique(column, return_inverse=True)
        gaps, gap_of = np.unique(_whole_gaps(levels), return_inverse=True)
        if len(gaps):
            is_step = np.append(gap_of == np.bincount(gap_of).argmax(), False)
            beside = np.unique(np.delete(rows, j, axis=1), axis=0, return_inverse=True)[1].ravel()
            key = beside * (len(levels) + 1) + index
            shares.append(np.mean(is_step[index] & np.isin(key + 1, key)))
    return max(shares)


def _whole_gaps(levels):
    """Gaps between sorted levels in units of their rounding error: equal steps of a grid become equal numbers."""
    largest = np.abs(levels).max()
    single = largest < np.finfo(np.float32).max and (levels == levels.astype(np.float32)).all()
    error = 4 * np.finfo(np.float32 if single else np.float64).eps * largest
    return np.rint(np.diff(levels / max(error, np.finfo(np.float64).smallest_subnormal)))


def warn_if_copied(x, y, *, classes=False):
    """Warn when rows of continuous data are copies, as after a bootstrap or an upsampling.

    A copy is a pair (x, y) that repeats while neither its x nor its y ever occurs in another pair. What repeats by
    nature is spared: a side of few levels (or of classes, with ``classes=True``), a heavy atom (more than
    sqrt(n_samples) rows), and values on a grid so coarse that the next step of the grid is about as often taken.
    """
    n_samples = len(x)
    sides = [x] if classes else [x, y.reshape(n_samples, -1)]
    if any(len(np.unique(column)) == n_samples for side in sides for column in side.T):
        return
    coded = [(side, _row_codes(side)) for side in sides]
    fine = [(side, codes) for side, codes in coded if codes.max() >= np.sqrt(n_samples)]
    if not fine:
        return
    share = copied_share([codes for _, codes in fine], _row_codes(np.column_stack([x, y])))
    if share > _COPY_SHARE and share > 2 * grid_share(np.column_stack([side for side, _ in fine])):
        warn(
            f"{share:.1%} of the rows are exact copies of other rows, which inflates nearest-neighbour estimates; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
        )


def count_copies(x, y):
    """How many further rows equal each row of (x, y); an empty array if every row is distinct."""
    rows = np.column_stack([x, y])
    if any(len(np.unique(column)) == len(rows) for column in rows.T):
        return NO_COPIES
    codes = _row_codes(rows)
    return np.bincount(codes)[codes] - 1


def _row_codes(rows):
    """One dense code per row of numbers: equal rows, and only they, share a code."""
    return joint_codes([np.unique(column, return_inverse=True)[1] for column in rows.T])
