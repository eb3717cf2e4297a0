"""The first pass over a table in parts: what each column holds, its values if they are few, and a sample of them."""

from collections import Counter
from functools import partial, reduce
from typing import NamedTuple

import numpy as np

from skib._columns import incomplete_columns
from skib._parallel import run_tasks

# Rows from whose values bins are cut: the share of rows in a bin is then right to a tenth of it.
_SAMPLE = 10_000
# Values of a category that are told apart; of numbers at most the square root of the rows, and these.
_MOST_LEVELS = 2**14


class Summary(NamedTuple):
    """What is known of one column of some rows."""

    kind: str | None  # as of an IncompleteColumn; None if no row has a value
    n_samples: int
    n_missing: int
    levels: Counter | None  # rows of each value; None if there are too many
    low: float  # of numbers
    high: float
    is_whole: bool  # whether all numbers are
    is_wide: bool  # whether some are integers that float64 rounds; then they are Python's in levels and sample
    sample: np.ndarray  # of numbers


_NOTHING = Summary(None, 0, 0, Counter(), np.inf, -np.inf, True, False, np.empty(0))


class SummaryPass(NamedTuple):
    """What every task of the first pass is given."""

    parts: object
    names: list
    target: str
    sampled: np.ndarray  # numbers of the rows of the sample, ascending
    most_levels: float  # of a column of numbers that is counted by its values


def summarize(parts, names, target, *, random_state, n_jobs=None, verbose=0):
    """Return the Summary of each named column, of the rows that have a target, and of the target itself."""
    n_sampled = min(_SAMPLE, parts.n_samples)
    sampled = np.random.default_rng(random_state).choice(parts.n_samples, n_sampled, replace=False, shuffle=False)
    first_pass = SummaryPass(parts, names, target, np.sort(sampled), max(2.0, np.sqrt(parts.n_samples)))
    tasks = [(first_pass, part) for part in range(len(parts))]
    summaries = run_tasks(_of_part, tasks, n_jobs=n_jobs, verbose=verbose, description="columns")
    return {name: reduce(partial(_merged, name), (part[name] for part in summaries)) for name in [*names, target]}


def rows_with_target(frame, target):
    """Return the columns of the rows of a frame that have a target, by name, and which rows these are."""
    known = incomplete_columns("table", frame[[target]])[0].complete
    frame = frame[known] if not known.all() else frame
    columns = incomplete_columns("table", frame) if len(frame) else []
    return dict(zip(frame.columns, columns, strict=False)), known


def as_numbers(column):
    """Return the values of a column of numbers, dates or durations as float64."""
    values = column.values
    return (values.astype(f"{values.dtype.kind}8[us]").astype(np.int64) if column.kind != "number" else values).astype(
        np.float64
    )


def offsets_of(column, low):
    """Return the values of a column of whole numbers exactly: uint64, from the smallest of the whole table."""
    values = column.values
    whole = values if values.dtype.kind in "iu" else values.astype(np.int64)
    return whole.astype(np.uint64) - np.uint64(low % 2**64)


def _of_part(first_pass, part):
    names = [*first_pass.names, first_pass.target]
    summaries = dict.fromkeys(names, _NOTHING)
    for start, frame in first_pass.parts.batches(part, names):
        columns, known = rows_with_target(frame, first_pass.target)
        numbers = start + np.flatnonzero(known)
        place = np.searchsorted(first_pass.sampled, numbers)
        in_sample = first_pass.sampled[np.minimum(place, len(first_pass.sampled) - 1)] == numbers
        for name, column in columns.items():
            are_many = summaries[name].levels is None
            batch = _of_column(column, in_sample, -1 if are_many else first_pass.most_levels)
            summaries[name] = _merged(name, summaries[name], batch)
    return summaries


def _of_column(column, in_sample, most_levels):
    """Return the Summary of a column, without its levels if it is of numbers on more than so many."""
    n_samples = len(column.complete)
    found = _NOTHING._replace(n_samples=n_samples, n_missing=n_samples - len(column.values))
    if not len(column.values):
        return found
    if column.kind == "category":
        from pandas import Series

        levels = Counter(Series(column.values).value_counts(sort=False).to_dict())
        return found._replace(kind="category", levels=_few(levels), is_whole=False)
    is_wide = column.values.dtype.kind in "iu"
    values = column.values if is_wide else as_numbers(column)
    sample = values[in_sample[column.complete]]
    return found._replace(
        kind=column.kind,
        levels=_levels_of_numbers(values, most_levels),
        low=values.min().item(),
        high=values.max().item(),
        is_whole=is_wide or bool((values == np.rint(values)).all()),
        is_wide=is_wide,
        sample=sample.astype(object) if is_wide else sample,
    )


def _levels_of_numbers(values, most_levels):
    first = values[: int(2 * most_levels) + 1]  # enough to see that there are many, of most columns of numbers
    if most_levels < 0 or len(np.unique(first)) > most_levels:
        return None
    levels, counts = np.unique(values, return_counts=True)
    return _few(Counter(dict(zip(levels.tolist(), counts.tolist(), strict=True))))


def _few(levels):
    return levels if len(levels) <= _MOST_LEVELS else None


def _merged(name, first, second):
    kinds = {first.kind, second.kind} - {None}
    if len(kinds) > 1:
        raise TypeError(f"column {name!r} holds a {' and a '.join(sorted(kinds))}; convert it to values of one kind")
    levels = None if None in (first.levels, second.levels) else _few(first.levels + second.levels)
    return Summary(
        kinds.pop() if kinds else None,
        first.n_samples + second.n_samples,
        first.n_missing + second.n_missing,
        levels,
        min(first.low, second.low),
        max(first.high, second.high),
        first.is_whole and second.is_whole,
        first.is_wide or second.is_wide,
        np.concatenate([first.sample, second.sample]),
    )
