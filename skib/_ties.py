"""Equal values of a continuous column, as rounding makes them, put in a random order that depends on the rows alone."""

import numpy as np

# Share of the rows that one value of a rounded column may take; a value that more rows have, by so many standard errors
# of their number, is an atom.
_LARGEST_SHARE, _ERRORS = 0.05, 2
# Multipliers and shifts of the finalizer of splitmix64, whose bits pass tests of randomness.
_MIXERS = (30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB))
_LAST_SHIFT, _SEED = np.uint64(31), np.uint64(0x9E3779B97F4A7C15)
# Upper bits of a multiple of the bits of a number that tell in which of 1024 buckets it is.
_TO_BUCKET = np.uint64(64 - 10)


def has_atom(column):
    """Whether a value is taken by more than one row and, beyond chance, more than 5 %, as none is in fine rounding."""
    expected = _LARGEST_SHARE * len(column)
    reach = max(int(expected + _ERRORS * np.sqrt(expected)), 1)
    if _most_in_a_bucket(column) <= reach:
        return False
    values = np.sort(column)
    return bool((values[reach:] == values[: len(values) - reach]).any())


def _most_in_a_bucket(column):
    """Count the rows in the fullest bucket: at least those of the most frequent value, at a tenth of a sort's cost."""
    bits = (np.asarray(column, np.float64) + 0.0).view(np.uint64)  # of -0.0 and 0.0 the same
    return np.bincount((bits * _SEED >> _TO_BUCKET).view(np.int64)).max(initial=0)


def break_ties(variables):
    """Replace the columns that have ties, but no atom, by ranks in which equal values are in random order.

    Ranks keep the information of a column, and within a tie they carry none: a continuous column with the information
    of the rounded one. The order is a hash of all values of the row, by their ranks. It is therefore the same for rows,
    columns and variables in any order, and after monotone maps; rows equal in all columns may be exchanged. Columns
    that are ordered alike, which are copies of each other, remain so.

    Parameters
    ----------
    variables : list of ndarray of shape (n_samples, n_columns)
        Columns of numbers, taken jointly.

    Returns
    -------
    variables : list of ndarray
        The variables; those without a column to replace are the same arrays.
    """
    rounded = [np.array([_is_rounded(column) for column in part.T], bool) for part in variables]
    if not any(columns.any() for columns in rounded):
        return variables
    codes = [[np.unique(column, return_inverse=True)[1].ravel() for column in part.T] for part in variables]
    tags, keys = _tags([column for part in codes for column in part])
    ends = np.cumsum([part.shape[1] for part in variables])[:-1]
    parts = zip(variables, rounded, codes, np.split(keys, ends), strict=True)
    return [_with_ranks(part, columns, *hashes, tags) if columns.any() else part for part, columns, *hashes in parts]


def _is_rounded(column):
    """Whether values of the column repeat, but none is an atom."""
    values = np.sort(column)
    return bool((values[1:] == values[:-1]).any()) and not has_atom(values)


def _with_ranks(part, replaced, codes, keys, tags):
    part = part.copy()
    for j in np.flatnonzero(replaced):
        order = np.lexsort([_mixed(tags ^ keys[j]), codes[j]])
        part[order, j] = np.arange(len(part))
    return part


def _tags(codes):
    """Return a random number for each row, from its ranks in all columns, and one for each column, from all rows.

    Sums over columns and over rows depend on the order of neither. A column is known by the rows that its values are
    in, so that two columns have one number only if they are equal, or if the columns that they belong to may be
    exchanged altogether.
    """
    hashes = [_mixed(column.astype(np.uint64) + _SEED) for column in codes if column.max() > 0]
    rows = _sum_of(hashes)
    keys = np.array([np.sum(_mixed(_mixed(column.astype(np.uint64) + _SEED) ^ rows)) for column in codes], np.uint64)
    pairs = zip(codes, keys, strict=True)
    rows = _sum_of(
        [_mixed(_mixed(column.astype(np.uint64) + _SEED) ^ key) for column, key in pairs if column.max() > 0]
    )
    return _mixed(rows ^ _mixed(_repeats(rows))), keys


def _sum_of(hashes):
    return np.sum(hashes, axis=0, dtype=np.uint64)


def _repeats(rows):
    """Number the rows that are equal from 0."""
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
    numbers = np.empty(len(rows), np.uint64)
    numbers[order] = np.arange(len(rows)) - np.repeat(first, np.diff(first, append=len(rows)))
    return numbers


def _mixed(values):
    """Map whole numbers to random ones, one to one."""
    for shift, factor in _MIXERS:
        values = (values ^ (values >> np.uint64(shift))) * factor
    return values ^ (values >> _LAST_SHIFT)
