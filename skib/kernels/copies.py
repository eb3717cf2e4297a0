"""Are repeated rows copies of continuous rows, or do they repeat by nature?"""

import numpy as np


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
