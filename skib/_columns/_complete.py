"""The rows in which no number is missing: of arguments of several columns each, and of pairs of columns."""

import numpy as np
from scipy.sparse import issparse

from skib._columns._column import column_of_part, complete_rows
from skib._columns._containers import opened, place, split
from skib._columns._incomplete import complete_values
from skib._columns._missing import require_same_length
from skib._columns._rows import take_rows
from skib._warnings import MissingValuesWarning, listed, warn


def complete_arguments(**arguments):
    """Return the arguments (None stays None) with nothing missing in them, in the rows that have all numbers.

    A column of classes has a level for its rows without a value. An argument is returned as it is if nothing is missing
    in any of them. A ``MissingValuesWarning`` tells how many rows were left out.
    """
    arguments = {name: None if values is None else _opened(name, values) for name, values in arguments.items()}
    columns = {name: _incomplete_columns(name, values) for name, values in arguments.items()}
    if not any(columns.values()):
        return list(arguments.values())
    _require_equal_lengths(arguments)
    rows = complete_rows([column for of_argument in columns.values() for column in of_argument])
    if rows is not None:
        _report(columns, rows)
    return [_complete(values, columns[name], rows) for name, values in arguments.items()]


def complete_counts(columns, others):
    """Count the complete rows of every pair, (len(columns), len(others)); None if all rows of all pairs are."""
    if all(column.complete is None for column in (*columns, *others)):
        return None
    x, y = (
        np.array([np.ones(c.n_samples) if c.complete is None else c.complete for c in axis], np.float32)
        for axis in (columns, others)
    )
    return np.rint(x @ y.T).astype(np.int64)  # exact in single precision below 2^24 rows


def warn_of_missing(columns, n_complete, n_neighbors, target=None):
    """Warn of rows that were left out of pairs, given the number of complete rows of each pair (None: all are).

    The `target` y of all pairs, if there is one, is named apart from the columns and does not count among them.
    """
    if n_complete is None or not n_complete.size:
        return
    incomplete = [column for column in columns if column.complete is not None]
    n_samples = (columns[0] if target is None else target).n_samples
    shares = [f"{column.n_missing / n_samples:.1%} of {column.name!r}" for column in incomplete]
    where = [f"in {len(incomplete)} of {len(columns)} columns ({listed(shares)})"] if incomplete else []
    if target is not None and target.complete is not None:
        where += [f"in {target.n_missing / n_samples:.1%} of y"]
    few = int(np.sum(n_complete <= n_neighbors))
    empty = f"; {few} pairs have no more than {n_neighbors} rows, and the estimate NaN" if few else ""
    warn(
        f"numbers are missing {' and '.join(where)}: each pair is estimated without the rows in which it lacks a "
        f"number, and the pairs have {np.min(n_complete)} to {np.max(n_complete)} of {n_samples} rows{empty}. The "
        "estimates are those of the rows that are left, which is right if numbers are missing completely at random",
        MissingValuesWarning,
    )


def _opened(name, values):
    return values if issparse(values) else opened(name, values)


def _incomplete_columns(name, values):
    """Return the columns of an argument if a value is missing in any of them."""
    if values is None or issparse(values) or (isinstance(values, np.ndarray) and _is_complete(values)):
        return []
    parts = split(name, values)
    if all(complete_values(place(name, label), part)[0] is None for label, part in parts):
        return []
    return [column_of_part(label, part, place(name, label), missing="auto") for label, part in parts]


def _is_complete(array):
    return array.dtype.kind in "biu" or (array.dtype.kind == "f" and not np.isnan(array).any())


def _require_equal_lengths(arguments):
    (first, x), *others = ((name, values) for name, values in arguments.items() if values is not None)
    n_samples = _n_rows(x)
    for name, values in others:
        require_same_length(n_samples, _n_rows(values), name, first)


def _n_rows(values):
    return values.shape[0] if hasattr(values, "shape") else len(values)


def _report(columns, rows):
    """Warn of the rows that are left out; refuse if none is left."""
    named = [(name, c) for name, of_argument in columns.items() for c in of_argument if c.complete is not None]
    shares = [f"{c.n_missing / len(rows):.1%} of {place(name, c.name)}" for name, c in named]
    if not rows.any():
        raise ValueError(f"no row has all numbers: missing are {listed(shares)}; leave such columns out, or fill them")
    warn(
        f"{np.sum(~rows)} of {len(rows)} rows ({np.mean(~rows):.1%}) are left out, for a number is missing in them "
        f"({listed(shares)}): the estimate is that of the other rows, which is right if numbers are missing completely "
        "at random",
        MissingValuesWarning,
    )


def _complete(values, columns, rows):
    if values is None or not (columns or rows is not None):
        return values
    if not columns:
        return take_rows(values, np.flatnonzero(rows))
    from pandas import DataFrame, Series

    rows = np.ones(columns[0].n_samples, bool) if rows is None else rows
    raw = [_native(column.taken(rows).raw) for column in columns]
    if len(raw) == 1 and not _is_table(values):
        return Series(raw[0])
    frame = DataFrame(dict(enumerate(raw)))
    return frame if columns[0].name is None else frame.set_axis([column.name for column in columns], axis=1)


def _is_table(values):
    return hasattr(values, "columns") or hasattr(values, "column_names") or getattr(values, "ndim", 1) == 2


def _native(raw):
    """Return an array of a dtype that pandas takes."""
    if raw.dtype.kind == "V":
        return raw.astype(np.float64)
    return raw.astype(object) if raw.dtype.kind == "T" else raw
