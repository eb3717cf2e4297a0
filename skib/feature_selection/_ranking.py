"""`rank_table`: the columns of a table too large for memory, in the order of a greedy selection."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils import check_scalar

from skib._typing import Seed
from skib._warnings import MissingValuesWarning, listed, warn
from skib.feature_selection._batches import BatchedCounts
from skib.feature_selection._coded_parts import CodedPart
from skib.feature_selection._coders import coder_of, why_left_out
from skib.feature_selection._coding import default_n_bins, default_n_target_bins
from skib.feature_selection._criteria import FORMULAS, Criterion, formula_of
from skib.feature_selection._greedy import Search, greedy_path
from skib.feature_selection._groups import variables_of
from skib.feature_selection._parts import open_parts
from skib.feature_selection._path import Path, path_frame
from skib.feature_selection._stops import ChiSquareStop
from skib.feature_selection._summaries import summarize

if TYPE_CHECKING:
    from pandas import DataFrame

    from skib.feature_selection._stops import Stop


@dataclass(frozen=True, eq=False)
class Ranking:
    """The columns of a table in the order of a greedy selection.

    Attributes
    ----------
    path : DataFrame
        A row per pick, as in the `path_` of :class:`InformationSelector`.
    stop_reason : str
        Why there are no more picks.
    left_out : dict of str to str
        Why columns were not ranked: constants, identifiers, columns without a value.
    n_samples : int
        Number of rows that have a target.
    n_features : int
        Number of columns that were ranked.
    n_bins : int
        Number of quantile bins of numbers.
    n_classes : int
        Number of classes of the target, or of its bins.
    """

    path: "DataFrame"
    stop_reason: str
    left_out: dict[str, str] = field(repr=False)
    n_samples: int
    n_features: int
    n_bins: int
    n_classes: int


def rank_table(
    table: Any,
    target: str,
    *,
    n_features_to_select: int | Literal["auto"] = "auto",
    criterion: Criterion = "jmi",
    stop: "Stop | None" = None,
    init: Literal["pair"] | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    n_bins: int | None = None,
    random_state: Seed = 0,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Ranking:
    """Rank the columns of a table by a greedy selection, with a part of the table in memory at a time.

    Parameters
    ----------
    table : str, path or DataFrame
        A Parquet file, a folder of Parquet files of equal columns, a CSV file (which is read whole), or a frame. All
        columns beside the target are ranked, by their names.
    target : str
        Name of the column of the target. Rows without a target are left out, with a ``MissingValuesWarning``.
    n_features_to_select : int or "auto", default="auto"
        How many columns to rank at most; ``"auto"`` leaves it to `stop`.
    criterion : str or callable, default="jmi"
        As in :class:`InformationSelector`.
    stop : object with ``decide``, default=None
        As in :class:`InformationSelector`.
    init : {"pair"}, default=None
        As in :class:`InformationSelector`.
    include, exclude : sequence of str, default=()
        Columns that are selected first, and columns that are not ranked.
    n_bins : int, default=None
        Number of quantile bins of numbers; None chooses it by the rows and classes, as :class:`InformationSelector`
        does.
    random_state : int, RandomState instance or None, default=0
        Seeds the sample of rows in which bins are cut. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the parts of the table; the result is the same for every value. Within
        ``joblib.parallel_config(backend="dask")`` the workers of a cluster read the parts, if they see the files.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    ranking : Ranking
        The path, and what was left out.

    Raises
    ------
    ValueError
        If the table has no such column, no rows, or only columns that are left out.
    FileNotFoundError
        If there is no such file.
    ImportError
        If a Parquet file is read without pyarrow.

    See Also
    --------
    InformationSelector : The same for tables in memory, as a transformer.

    Notes
    -----
    The table is read twice to learn what its columns hold, and for every pick twice: for its tables and for its test.
    Counts add up, so that the estimates are those of all rows together. Bins are cut at the quantiles of 10 000
    random rows: up to so many rows the ranking is that of :class:`InformationSelector`. Parquet files are read by row
    groups, of which each batch of rows is decoded on its own.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skib.feature_selection import rank_table
    >>> table = load_wine(as_frame=True).frame
    >>> ranking = rank_table(table, "target", n_features_to_select=3)
    >>> ranking.path["feature"].tolist()
    ['flavanoids', 'color_intensity', 'proline']
    """
    if n_features_to_select != "auto":
        check_scalar(n_features_to_select, "n_features_to_select", Integral, min_val=1)
    if n_bins is not None:
        check_scalar(n_bins, "n_bins", Integral, min_val=2)
    if not callable(criterion) and criterion not in FORMULAS:
        raise ValueError(f"criterion must be one of {', '.join(map(repr, FORMULAS))}, got {criterion!r}")
    parts = open_parts(table)
    names = _ranked_names(parts, target, include, exclude)
    work = {"n_jobs": n_jobs, "verbose": verbose}
    summaries = summarize(parts, names, target, random_state=random_state, **work)
    _check_target(parts, summaries[target], target)
    coders, left_out, n_bins = _coders_of(summaries, target, include, n_bins)
    names = [name for name in names if name in coders]
    if not names:
        raise ValueError(f"no column of the table can be ranked: {_described(left_out, exclude)}")
    counts = BatchedCounts([CodedPart(parts, i, coders, names, target) for i in range(len(parts))], n_jobs)
    variables = variables_of(names, len(names), include=[names.index(name) for name in include])
    test = ChiSquareStop()
    auto = n_features_to_select == "auto"
    search = Search(
        counts,
        formula_of(criterion),
        np.arange(len(names)),
        np.inf if auto else n_features_to_select,
        tested=counts,
        stop=test if stop is None and auto else stop,
        test=test,
        included=variables.included,
        pair=init == "pair",
        n_jobs=n_jobs,
    )
    picks, reason = greedy_path(search)
    path = path_frame(Path(picks, variables, names, reason))
    return Ranking(path, reason, left_out, counts.n_samples, len(names), n_bins, counts.n_classes)


def _ranked_names(parts, target, include, exclude):
    """Return the names of the columns other than the target and those that are excluded."""
    repeated = sorted({name for name in parts.names if parts.names.count(name) > 1})
    if repeated:
        raise ValueError(f"columns [{listed(list(map(repr, repeated)))}] occur more than once; give each its own name")
    for argument, wanted in (("target", [target]), ("include", include), ("exclude", exclude)):
        unknown = [repr(name) for name in wanted if name not in parts.names]
        if unknown:
            known = listed([repr(name) for name in parts.names])
            near = get_close_matches(unknown[0], map(repr, parts.names), 1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{argument} names {listed(unknown)}, but the columns of the table are {known}{guess}")
    refused = {target: "is the target", **dict.fromkeys(exclude, "is in exclude as well")}
    for name in include:
        if name in refused:
            raise ValueError(f"include names {name!r}, which {refused[name]}; leave it out of include")
    return [name for name in parts.names if name != target and name not in exclude]


def _check_target(parts, summary, target):
    """Refuse a target without values or with one only, and warn of rows without a target."""
    if not summary.n_samples:
        raise ValueError(f"no row of the table has a value of the target {target!r}; pass a table with one")
    if why_left_out(summary) == "constant":
        raise ValueError(f"the target {target!r} has one value only, about which no column has information")
    n_lost = parts.n_samples - summary.n_samples
    if n_lost:
        warn(
            f"{n_lost} of {parts.n_samples} rows ({n_lost / parts.n_samples:.1%}) have no {target!r} and are left out",
            MissingValuesWarning,
        )


def _coders_of(summaries, target, include, n_bins):
    """Return the coders of the target and of the columns that can be ranked, why others cannot, and the bins."""
    coders = {target: coder_of(summaries[target], default_n_target_bins(summaries[target].n_samples))}
    n_bins = default_n_bins(summaries[target].n_samples, coders[target].n_values) if n_bins is None else n_bins
    left_out = {}
    for name, summary in summaries.items():
        reason = None if name in (target, *include) else why_left_out(summary)
        if reason is not None:
            left_out[name] = reason
        elif name != target:
            coders[name] = coder_of(summary, n_bins)
    return coders, left_out, n_bins


def _described(left_out, exclude):
    reasons = left_out | dict.fromkeys(exclude, "in exclude")
    return listed([f"{name!r} ({reason})" for name, reason in reasons.items()]) or "there is none beside the target"
