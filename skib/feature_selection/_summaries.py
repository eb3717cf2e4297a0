"""The first pass over a table in parts: what each column holds, its values if they are few, and a sample of them."""

from collections import Counter
from functools import reduce
from typing import NamedTuple

import numpy as np

from skib._columns import incomplete_columns
from skib._parallel import run_tasks

# Rows from whose values bins are cut: the share of rows in a bin is then right to a tenth of it.
_SAMPLE = 10_000
# A column of classes has at most so many; numbers have at most the square root of the rows, or these.
MOST_LEVELS = 2**14


class Summary(NamedTuple):
    """What is known of one column of some rows."""

    kind: str | None  # as of an IncompleteColumn; None if no row has a value
    n_samples: int
    n_missing: int
    levels: Counter | None  # rows of each value; None if there are too many
    low: float  # of numbers
    high: float
    is_whole: bool  # whether all numbers are
    sample: np.ndarray  # of numbers


class SummaryPass(NamedTuple):
    """What every task of the first pass is given."""

    parts: object
    names: list
    target: str
    sampled: np.ndarray  # numbers of the rows of the sample, ascending


def summarize(parts, names, target, *, random_state, n_jobs=None, verbose=0):
    """Return the Summary of each named column, of the rows that have a target, and of the target itself."""
    n_sampled = min(_SAMPLE, parts.n_samples)
    sampled = np.random.default_rng(random_state).choice(parts.n_samples, n_sampled, replace=False, shuffle=False)
    first_pass = SummaryPass(parts, names, target, np.sort(sampled))
    tasks = [(first_pass, part) for part in range(len(parts))]
    summaries = run_tasks(_of_part, tasks, n_jobs=n_jobs, verbose=verbose, description="columns")
    return {name: reduce(_merged, (part[name] for part in summaries)) for name in [*names, target]}


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


def _of_part(first_pass, part):
    summaries = []
    for start, frame in first_pass.parts.batches(part, [*first_pass.names, first_pass.target]):
        columns, known = rows_with_target(frame, first_pass.target)
        numbers = start + np.flatnonzero(known)
        place = np.searchsorted(first_pass.sampled, numbers)
        in_sample = first_pass.sampled[np.minimum(place, len(first_pass.sampled) - 1)] == numbers
        summaries.append({name: _of_column(column, in_sample) for name, column in columns.items()})
    nothing = Summary(None, 0, 0, Counter(), np.inf, -np.inf, True, np.empty(0))
    names = [*first_pass.names, first_pass.target]
    return {name: reduce(_merged, (batch[name] for batch in summaries if batch), nothing) for name in names}


def _of_column(column, in_sample):
    n_samples = len(column.complete)
    n_missing = n_samples - len(column.values)
    if not len(column.values):
        return Summary(None, n_samples, n_missing, Counter(), np.inf, -np.inf, True, np.empty(0))
    if column.kind == "category":
        from pandas import Series

        levels = Counter(Series(column.values).value_counts(sort=False).to_dict())
        return Summary("category", n_samples, n_missing, _few(levels), np.inf, -np.inf, False, np.empty(0))
    values = as_numbers(column)
    levels = _few(Counter(dict(zip(*map(np.ndarray.tolist, np.unique(values, return_counts=True)), strict=True))))
    is_whole = bool((values == np.rint(values)).all())
    sample = values[in_sample[column.complete]]
    return Summary(column.kind, n_samples, n_missing, levels, values.min(), values.max(), is_whole, sample)


def _few(levels):
    return levels if len(levels) <= MOST_LEVELS else None


def _merged(first, second):
    kinds = {first.kind, second.kind} - {None}
    if len(kinds) > 1:
        raise TypeError(f"a column holds values of {len(kinds)} kinds ({', '.join(sorted(kinds))}); convert it to one")
    levels = None if None in (first.levels, second.levels) else _few(first.levels + second.levels)
    return Summary(
        kinds.pop() if kinds else None,
        first.n_samples + second.n_samples,
        first.n_missing + second.n_missing,
        levels,
        min(first.low, second.low),
        max(first.high, second.high),
        first.is_whole and second.is_whole,
        np.concatenate([first.sample, second.sample]),
    )
