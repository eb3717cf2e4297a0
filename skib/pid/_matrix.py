"""Decomposition of what all pairs of columns of a frame tell about a target."""

from dataclasses import dataclass, field
from itertools import combinations
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import check_scalar

from skib._columns import (
    check_missing,
    column_of,
    columns_of,
    complete_counts,
    require_same_length,
    warn_of_columns,
    warn_of_indexes,
    warn_of_missing,
)
from skib._kernels.counts import dense_codes
from skib._parallel import blocks, run_tasks, spawn_generators
from skib._typing import Missing, Seed, TableLike
from skib._warnings import UnreliableEstimateWarning, hold_warnings, listed, warn
from skib.pid._discrete_cells import cells_of_rows
from skib.pid._discrete_redundancy import LatticeDecomposition
from skib.pid._matrix_measure import checked_measure
from skib.pid._matrix_symbols import default_n_bins, symbols_of, symbols_of_target

TERMS = "redundancy", "unique_1", "unique_2", "synergy"
# Pairs of one task: some ten milliseconds of work without permutations.
_PAIRS_PER_TASK = 8
_LEAST_ROWS = 2


@dataclass(frozen=True, eq=False)
class PIDMatrix:
    """Decomposition of what all pairs of columns tell about a target.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair, those with the most synergy beyond their redundancy first. The columns:

        - ``first``, ``second``: names of the two columns;
        - ``redundancy``, ``unique_1``, ``unique_2``, ``synergy``: the terms, in nats, not clipped at 0;
        - ``net_synergy``: synergy less redundancy, :math:`I(X_1,X_2;Y) - I(X_1;Y) - I(X_2;Y)`, in nats. It is the same
          for every measure;
        - ``gap``: bound of the error of the optimization, in nats;
        - ``std_error_redundancy`` and so on: standard error of each term, in nats, which does not cover the bias;
        - ``pvalue_redundancy`` and so on: permutation p-value of each term; only with permutations.
    mutual_info : Series of shape (n_columns,)
        Information of each column about the target, in nats.
    n_symbols : Series of shape (n_columns,)
        Number of symbols of each column, after columns of numbers were cut.
    n_target_symbols : int
        Number of symbols of the target.
    n_samples : int
        Number of rows.
    """

    pairs: pd.DataFrame = field(repr=False)
    mutual_info: pd.Series
    n_symbols: pd.Series = field(repr=False)
    n_target_symbols: int
    n_samples: int

    def matrix(self, term: str) -> pd.DataFrame:
        """Return a column of `pairs` as a square table.

        Parameters
        ----------
        term : str
            Name of a column of `pairs`, or ``"unique"``: what the column of the row alone has, beside that of the
            column.

        Returns
        -------
        matrix : DataFrame of shape (n_columns, n_columns)
            The term of every pair, symmetric unless it is ``"unique"``. On the diagonal stands the term of a column
            with itself: the information of the column for ``"redundancy"``, 0 for ``"synergy"`` and ``"unique"``, and
            NaN for all others.
        """
        names = self.mutual_info.index
        upper, lower = ("unique_1", "unique_2") if term == "unique" else (term, term)
        known = self.pairs.columns.difference(["first", "second"])
        if upper not in known:
            raise ValueError(f"term={term!r} is no term of the pairs; pass 'unique' or one of {[*known]}")
        values = np.full((len(names), len(names)), np.nan)
        i, j = names.get_indexer(self.pairs["first"]), names.get_indexer(self.pairs["second"])
        values[i, j], values[j, i] = self.pairs[upper], self.pairs[lower]
        if term in ("redundancy", "synergy", "unique"):
            np.fill_diagonal(values, self.mutual_info if term == "redundancy" else 0.0)
        return pd.DataFrame(values, names, names)


def pid_matrix(
    frame: TableLike,
    y: TableLike,
    *,
    measure: LatticeDecomposition | None = None,
    n_bins: int | None = None,
    n_permutations: int = 0,
    missing: Missing = "auto",
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> PIDMatrix:
    r"""Decompose what all pairs of columns of a frame tell about a target.

    Parameters
    ----------
    frame : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        At least two columns of any kind. Text, categories, bools and columns of two values are symbols as they are;
        numbers and dates on more than `n_bins` levels are cut at their quantiles.
    y : array-like of shape (n_samples,)
        The target, of any kind. Text, categories, bools and numbers on at most sqrt(n_samples) levels are classes; all
        other numbers and dates are cut at their quantiles.
    measure : measure of redundancy, default=None
        What is called redundant; clones are fitted to all pairs.
        ``None`` means :class:`BROJA` with a gap of at most 1e-4 nats.
    n_bins : int, default=None
        Number of bins of columns of numbers. More bins miss less of a dependence, and leave fewer rows to each cell.
        ``None`` means as many as leave five rows to each cell of two cut columns and the target: from 2 to 5.
    n_permutations : int, default=0
        Permutations of y for the p-values, the same for all pairs; 0 for none.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values.

        - ``"auto"`` makes them a symbol of their own among classes, and leaves rows that miss a number out of the pairs
          of this column.
        - ``"error"`` refuses them.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the pairs of columns; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    matrix : PIDMatrix
        The terms of all pairs, with gaps, standard errors and p-values.

    Raises
    ------
    ValueError
        If a value is infinite, or missing with ``missing="error"``, there are fewer than two columns, two columns have
        one name, or the lengths of `frame` and y differ.
    TypeError
        If `measure` is no measure of redundancy on discrete columns.

    Warns
    -----
    ConstantInputWarning
        If columns are constant: their information is 0.
    MissingValuesWarning
        If numbers are missing, with the share of each column and the rows that remain.
    UnreliableEstimateWarning
        If pairs have fewer than five rows per combination of symbols.

    See Also
    --------
    PIDMatrixDisplay : The heat maps of redundancy and synergy.

    Notes
    -----
    A selector that scores single columns leaves out columns that tell something only together; pairs with much synergy
    beyond their redundancy are to be kept, or left out, together. In a pair with much redundancy and little unique
    information on one side, that column may go.

    The p-values test whether y is independent of both columns, for each pair by itself; with many pairs they need a
    correction, such as ``scipy.stats.false_discovery_control``.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.pid import pid_matrix
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame(rng.random((2000, 3)) < 0.5, columns=["a", "b", "c"])
    >>> frame["copy"] = frame["c"]
    >>> y = (frame["a"] ^ frame["b"]).astype(int) + 2 * frame["c"]
    >>> matrix = pid_matrix(frame, y, n_bins=2)
    >>> matrix.pairs[["first", "second", "synergy"]].round(2).head(1)  # log 2
      first second  synergy
    0     a      b     0.69
    >>> matrix.pairs[["first", "second", "redundancy"]].round(2).tail(1)  # log 2
      first second  redundancy
    5     c   copy        0.69
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    if n_bins is not None:
        check_scalar(n_bins, "n_bins", Integral, min_val=2)
    check_missing(missing)
    measure = checked_measure(measure)
    columns, target = _read(frame, y, missing)
    n_bins = default_n_bins(target) if n_bins is None else n_bins
    symbols, labels = [symbols_of(column, n_bins) for column in columns], symbols_of_target(target, n_bins)
    if n_permutations:
        seed = int(spawn_generators(random_state, 1)[0].integers(2**31 - 1))
        measure = measure.set_params(n_permutations=n_permutations, random_state=seed)
    names = [column.name for column in columns]
    numbers = list(combinations(range(len(names)), 2))
    tasks = [(measure, [(symbols[i], symbols[j]) for i, j in numbers[part]], labels) for part in _parts(numbers)]
    results = run_tasks(_decomposed, tasks, n_jobs=n_jobs, verbose=verbose, description="pairs of columns")
    rows = [row for of_task in results for row in of_task]
    _warn_of_thin_pairs([(names[i], names[j]) for i, j in numbers], [thin for _, thin in rows], target.n_samples)
    index = pd.Index(names)
    information = [_information(codes, labels, corrected=measure.bias_correction) for codes in symbols]
    return PIDMatrix(
        _table(names, numbers, [row for row, _ in rows]),
        pd.Series(information, index, name="mutual_info"),
        pd.Series([int(codes.max()) + 1 for codes in symbols], index, name="n_symbols"),
        int(labels.max()) + 1,
        target.n_samples,
    )


def _read(frame, y, missing):
    target = column_of(y, "y", missing=missing, remedy="join its columns to one of categories")
    columns = columns_of(frame, missing=missing)
    if len(columns) < 2:
        raise ValueError(f"frame has {len(columns)} column, but a pair needs two; pass at least two columns")
    require_same_length(columns[0].n_samples, target.n_samples, "y", "frame")
    names = pd.Index([column.name for column in columns])
    if not names.is_unique:
        raise ValueError(f"frame has several columns of the name {names[names.duplicated()][0]!r}; rename them")
    warn_of_columns([target])
    warn_of_indexes(frame=frame, y=y)
    of_target = [target] if target.complete is not None else []
    n_complete = complete_counts([*columns, *of_target], [*columns, *of_target])
    warn_of_missing(columns, n_complete, _LEAST_ROWS - 1, target)
    return columns, target


def _parts(pairs):
    return blocks(len(pairs), _PAIRS_PER_TASK)


def _decomposed(measure, pairs, labels):
    """Decompose some pairs of codes; returns the terms of each, and whether its cells are thin."""
    results = []
    for x1, x2 in pairs:
        rows = (x1 >= 0) & (x2 >= 0) & (labels >= 0)
        if rows.sum() < _LEAST_ROWS:
            results.append(({}, False))
            continue
        with hold_warnings() as held:
            fitted = clone(measure).fit(np.column_stack([x1[rows], x2[rows]]), labels[rows])
        thin = any(issubclass(record.category, UnreliableEstimateWarning) for record in held)
        results.append((_row(fitted), thin))
    return results


def _row(fitted):
    atoms = fitted.atoms_
    row = {term: atoms.at[term, "value"] for term in TERMS} | {"gap": fitted.gap_}
    for name in ("std_error", "pvalue"):
        if name in atoms:
            row |= {f"{name}_{term}": atoms.at[term, name] for term in TERMS}
    return row


def _information(codes, labels, *, corrected):
    rows = (codes >= 0) & (labels >= 0)
    if rows.sum() < _LEAST_ROWS:
        return np.nan
    known, target = (dense_codes(values[rows], values.max() + 1) for values in (codes, labels))
    cells = cells_of_rows([known], target, corrected=corrected)[0]
    return cells.shares @ cells.information(frozenset([0]))


def _table(names, numbers, rows):
    table = pd.DataFrame(rows, index=range(len(rows)))
    table.insert(0, "first", pd.Index([names[i] for i, _ in numbers]))
    table.insert(1, "second", pd.Index([names[j] for _, j in numbers]))
    table.insert(6, "net_synergy", table["synergy"] - table["redundancy"])
    return table.sort_values("net_synergy", ascending=False, kind="stable", ignore_index=True)


def _warn_of_thin_pairs(pairs, thin, n_samples):
    shown = [f"{first!r} and {second!r}" for (first, second), is_thin in zip(pairs, thin, strict=True) if is_thin]
    if shown:
        warn(
            f"{len(shown)} of {len(pairs)} pairs ({listed(shown)}) have fewer than five rows of each combination of "
            f"symbols in {n_samples} rows, too few for the terms, above all for the synergy; lower n_bins, merge rare "
            "categories, or pass more rows",
            UnreliableEstimateWarning,
        )
