"""O-information, total and dual total correlation of all sets of columns of a size, in one table."""

from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from math import comb
from typing import Any, Literal

import numpy as np
import pandas as pd

from skib._parallel import spawn_generators
from skib._typing import Seed, TableLike
from skib.pid._o_information_columns import read_sets

# Sets of one call: tables of more do not fit into the memory of small machines.
_MOST_SETS = 2_000_000
_QUANTITIES = ("o_information", "total_correlation", "dual_total_correlation")


def o_information(
    X: TableLike,
    y: TableLike | None = None,
    *,
    order: int = 3,
    multiplets: Iterable[Sequence[Any]] | None = None,
    discrete: bool | None = None,
    bias_correction: bool = True,
    n_permutations: int = 0,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Compute the O-information of sets of columns: whether they are redundant or synergistic.

    With the total correlation TC, which all columns share, and the dual total correlation DTC, which only several
    columns together determine of each other [1]_,

    .. math:: \Omega(X) = TC - DTC, \qquad TC = \sum_j H(X_j) - H(X), \qquad
              DTC = H(X) - \sum_j H(X_j | X_{-j}).

    It is positive where redundancy prevails, as among copies, and negative where synergy does, as in an exclusive or.
    For three columns, :math:`\Omega = I(X_1;X_2) - I(X_1;X_2|X_3)`.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        Columns of numbers, whose normal scores are taken for Gaussian, or of classes, whose cells are counted.
    y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
        A target, of the kind of X and taken as one variable. It adds the column ``gradient`` [2]_,
        :math:`\Omega(X, Y) - \Omega(X)`: how redundantly (or, where negative, synergistically) the set is informative
        about y.
    order : int, default=3
        Number of columns in each set. All sets of so many columns are measured.
    multiplets : iterable of sequences, default=None
        The sets to measure, of columns by name or number, instead of all.
    discrete : bool, default=None
        Whether the columns hold classes. ``None`` decides by their values; ``False`` takes few levels as numbers.
    bias_correction : bool, default=True
        Whether to subtract the bias: that of Gaussian rows, or by Grassberger's entropies of counts.
    n_permutations : int, default=0
        Number of permutations for the column ``pvalue``; 0 leaves it out.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    table : DataFrame
        A row for each set, in the order of the columns: ``multiplet`` (a tuple of names), ``o_information``,
        ``std_error``, ``total_correlation`` and ``dual_total_correlation``, in nats; with `y`, ``gradient``; with
        permutations, ``pvalue``: the two-sided p-value of the O-information, all columns being permuted, or of the
        gradient, the rows of y being permuted.

    See Also
    --------
    greedy_o_information : A search for larger sets.
    total_correlation : Its first part alone.

    Notes
    -----
    The null hypothesis of the p-value without `y` is that all columns are independent. A small one does not exclude
    that the dependence is one of two columns, whose O-information is 0; compare ``std_error`` then.

    With a Gaussian copula, only what the rank correlations determine is seen: the O-information of an exclusive or is
    0. The standard error is that of Gaussian rows, up to the second order in the noise of the correlations.

    The bias of counts grows with the number of cells, and is negative: a warning is issued for fewer than 5 rows per
    occupied cell.

    References
    ----------
    .. [1] F. E. Rosas, P. A. M. Mediano, M. Gastpar, H. J. Jensen, "Quantifying high-order interdependencies via
       multivariate extensions of the mutual information", Physical Review E 100, 032305, 2019, equation 5.
    .. [2] T. Scagliarini, D. Nuzzi, Y. Antonacci, L. Faes, F. E. Rosas, D. Marinazzo, S. Stramaglia, "Gradients of
       O-information: low-order descriptors of high-order dependencies", Physical Review Research 5, 013025, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import o_information
    >>> X = np.random.default_rng(0).normal(size=(5000, 4))
    >>> X[:, 2] += X[:, 0] + X[:, 1]  # the sum of the first two, and noise
    >>> least = o_information(X).nsmallest(1, "o_information").squeeze()
    >>> least["multiplet"]
    (0, 1, 2)
    >>> bool(abs(least["o_information"] + np.log(4 / 3) / 2) < 4 * least["std_error"])  # truth: -log(4 / 3) / 2
    True
    """
    sets = read_sets(X, y, discrete, bias_correction)
    chosen = _by_size(sets.names, multiplets) if multiplets is not None else _all_of_order(sets, order)
    table = _table(sets, chosen)
    if n_permutations:
        table["pvalue"] = _pvalues(sets, chosen, 0, n_permutations, random_state)
    return _in_order(table, chosen)


def total_correlation(
    X: TableLike,
    *,
    order: int = 2,
    multiplets: Iterable[Sequence[Any]] | None = None,
    discrete: bool | None = None,
    bias_correction: bool = True,
    n_permutations: int = 0,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Compute the total correlation of sets of columns, the divergence from their independence.

    .. math:: TC(X) = \sum_j H(X_j) - H(X)

    For two columns it is their mutual information [1]_.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        Columns of numbers, whose normal scores are taken for Gaussian, or of classes, whose cells are counted.
    order : int, default=2
        Number of columns in each set. All sets of so many columns are measured.
    multiplets : iterable of sequences, default=None
        The sets to measure, of columns by name or number, instead of all.
    discrete : bool, default=None
        Whether the columns hold classes. ``None`` decides by their values; ``False`` takes few levels as numbers.
    bias_correction : bool, default=True
        Whether to subtract the bias: that of Gaussian rows, or by Grassberger's entropies of counts.
    n_permutations : int, default=0
        Number of permutations of all columns for the column ``pvalue``; 0 leaves it out.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    table : DataFrame
        A row for each set: ``multiplet`` (a tuple of names), ``total_correlation`` and ``std_error`` in nats, and, with
        permutations, ``pvalue``.

    See Also
    --------
    o_information : All three quantities, and the gradient with respect to a target.

    References
    ----------
    .. [1] S. Watanabe, "Information theoretical analysis of multivariate correlation", IBM Journal of Research and
       Development 4, 1960.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import total_correlation
    >>> X = np.random.default_rng(0).normal(size=(5000, 3))
    >>> X[:, 2] += X[:, 0] + X[:, 1]
    >>> table = total_correlation(X, order=3)
    >>> round(float(table["total_correlation"].item()), 2)  # truth: log(3) / 2 = 0.55
    0.55
    """
    sets = read_sets(X, None, discrete, bias_correction)
    return _one_quantity(sets, 1, order, multiplets, n_permutations, random_state)


def dual_total_correlation(
    X: TableLike,
    *,
    order: int = 2,
    multiplets: Iterable[Sequence[Any]] | None = None,
    discrete: bool | None = None,
    bias_correction: bool = True,
    n_permutations: int = 0,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Compute the dual total correlation of sets of columns, what no column has for itself.

    .. math:: DTC(X) = H(X) - \sum_j H(X_j | X_{-j})

    For two columns it is their mutual information [1]_.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        Columns of numbers, whose normal scores are taken for Gaussian, or of classes, whose cells are counted.
    order : int, default=2
        Number of columns in each set. All sets of so many columns are measured.
    multiplets : iterable of sequences, default=None
        The sets to measure, of columns by name or number, instead of all.
    discrete : bool, default=None
        Whether the columns hold classes. ``None`` decides by their values; ``False`` takes few levels as numbers.
    bias_correction : bool, default=True
        Whether to subtract the bias: that of Gaussian rows, or by Grassberger's entropies of counts.
    n_permutations : int, default=0
        Number of permutations of all columns for the column ``pvalue``; 0 leaves it out.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    table : DataFrame
        A row for each set: ``multiplet`` (a tuple of names), ``dual_total_correlation`` and ``std_error`` in nats, and,
        with permutations, ``pvalue``.

    See Also
    --------
    o_information : All three quantities, and the gradient with respect to a target.

    References
    ----------
    .. [1] T. S. Han, "Nonnegative entropy measures of multivariate symmetric correlations", Information and Control 36,
       1978.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import dual_total_correlation
    >>> bits = np.random.default_rng(0).integers(0, 2, (5000, 2))
    >>> table = dual_total_correlation(np.c_[bits, bits[:, 0] ^ bits[:, 1]], order=3)
    >>> round(float(table["dual_total_correlation"].item()), 2)  # truth: 2 log(2) = 1.39
    1.39
    """
    sets = read_sets(X, None, discrete, bias_correction)
    return _one_quantity(sets, 2, order, multiplets, n_permutations, random_state)


def greedy_o_information(
    X: TableLike,
    y: TableLike | None = None,
    *,
    goal: Literal["synergy", "redundancy"] = "synergy",
    max_order: int | None = None,
    n_best: int = 10,
    discrete: bool | None = None,
    bias_correction: bool = True,
) -> pd.DataFrame:
    r"""Search for large sets of columns of extreme O-information, one column at a time.

    All sets of three columns (two, with a target) are measured. The best ones are extended by each other column, the
    best ones of these again, and so on: some :math:`n_{best} \cdot n_{columns}` sets for each order instead of all.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        Columns of numbers, whose normal scores are taken for Gaussian, or of classes, whose cells are counted.
    y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
        A target; the gradient of the O-information with respect to it is searched then.
    goal : {"synergy", "redundancy"}, default="synergy"
        ``"synergy"`` looks for the lowest values. ``"redundancy"`` looks for the highest ones.
    max_order : int, default=None
        Number of columns in the largest sets. ``None`` means 6, or all columns of a table that has fewer.
    n_best : int, default=10
        Number of sets of each order that are kept and extended.
    discrete : bool, default=None
        Whether the columns hold classes. ``None`` decides by their values; ``False`` takes few levels as numbers.
    bias_correction : bool, default=True
        Whether to subtract the bias: that of Gaussian rows, or by Grassberger's entropies of counts.

    Returns
    -------
    table : DataFrame
        The columns of :func:`o_information` and ``order``, with up to `n_best` rows for each order, the best first.

    See Also
    --------
    o_information : All sets of one order, or given ones, with p-values.

    Notes
    -----
    A set whose parts are not extreme is missed. The extreme of many estimates is biased away from 0: measure the sets
    that were found on other rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import greedy_o_information
    >>> X = np.random.default_rng(0).normal(size=(5000, 12))
    >>> X[:, 5] += X[:, :5].sum(axis=1)
    >>> table = greedy_o_information(X, n_best=5)
    >>> table[table["order"] == 6]["multiplet"].iloc[0]
    (0, 1, 2, 3, 4, 5)
    """
    if goal not in ("synergy", "redundancy"):
        raise ValueError(f'goal must be "synergy" or "redundancy", got {goal!r}')
    sets = read_sets(X, y, discrete, bias_correction)
    first = min(3 if y is None else 2, sets.n_columns)
    max_order = min(6, sets.n_columns) if max_order is None else max_order
    if not first <= max_order <= sets.n_columns:
        raise ValueError(f"max_order must be from {first} to the {sets.n_columns} columns of X, got {max_order}")
    if n_best < 1:
        raise ValueError(f"n_best must be at least 1, got {n_best}")
    sets.require_rows(max_order)
    candidates, tables = _combinations(sets.n_columns, first), []
    for order in range(first, max_order + 1):
        rank = sets.statistics(candidates)[0] * (1 if goal == "synergy" else -1)
        best = candidates[np.argsort(rank, kind="stable")[:n_best]]
        table = _table(sets, [(np.arange(len(best)), best)])
        table.insert(1, "order", order)
        tables.append(table)
        if order < max_order:
            candidates = _extended(best, sets.n_columns)
    return pd.concat(tables, ignore_index=True)


def _one_quantity(sets, which, order, multiplets, n_permutations, random_state):
    chosen = _by_size(sets.names, multiplets) if multiplets is not None else _all_of_order(sets, order)
    table = _table(sets, chosen, which)
    if n_permutations:
        table["pvalue"] = _pvalues(sets, chosen, which, n_permutations, random_state)
    return _in_order(table, chosen)


def _all_of_order(sets, order):
    """Return all sets of a size, with their places."""
    if not isinstance(order, int | np.integer) or not 2 <= order <= sets.n_columns:
        raise ValueError(f"order must be a whole number from 2 to the {sets.n_columns} columns of X, got {order!r}")
    n_sets = comb(sets.n_columns, order)
    if n_sets > _MOST_SETS:
        raise ValueError(
            f"{sets.n_columns} columns have {n_sets} sets of {order}, more than {_MOST_SETS}; pass fewer columns, some "
            "multiplets or a lower order, or search with greedy_o_information"
        )
    return [(np.arange(n_sets), _combinations(sets.n_columns, order))]


def _combinations(n_columns, order):
    n_sets = comb(n_columns, order)
    numbers = chain.from_iterable(combinations(range(n_columns), order))
    return np.fromiter(numbers, np.intp, n_sets * order).reshape(n_sets, order)


def _by_size(names, multiplets):
    """Return the given sets by their size, with their places."""
    place_of = {name: j for j, name in enumerate(names)}
    sets = [[_number(item, place_of) for item in members] for members in multiplets]
    for members in sets:
        if len(members) < 2 or len(set(members)) < len(members):
            shown = [names[j] for j in members]
            raise ValueError(f"multiplets has {shown!r}; each set needs at least two columns, and each column once")
    sizes = np.array([len(members) for members in sets], np.intp)
    places = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
    return [(where, np.array([sets[i] for i in where], np.intp)) for where in places]


def _number(item, place_of):
    if item in place_of:
        return place_of[item]
    if isinstance(item, int | np.integer) and 0 <= item < len(place_of):
        return int(item)
    raise ValueError(
        f"multiplets has {item!r}, which is no column of X; pass names of columns, or numbers from 0 to "
        f"{len(place_of) - 1}"
    )


def _extended(best, n_columns):
    """Return the sets with each other column, each set once."""
    grown = {tuple(sorted([*members, j])) for members in best.tolist() for j in range(n_columns) if j not in members}
    return np.array(sorted(grown), np.intp)


def _table(sets, chosen, which=None):
    """Return the estimates of sets of each size, one size after the other; `which` quantity, None for all."""
    parts = []
    for _, members in chosen:
        sets.require_rows(members.shape[1])
        values, errors, gradients = sets.estimates(members)
        asked = [0, 1, 2] if which is None else [which]
        part = pd.DataFrame({"multiplet": _named(sets.names, members)})
        for k in asked:
            part[_QUANTITIES[k]] = values[k]
            if k == asked[0]:
                part["std_error"] = errors[k]
        if gradients is not None:
            part["gradient"] = gradients
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _named(names, members):
    labels = np.empty(len(names), object)
    labels[:] = names
    return list(zip(*labels[members.T].tolist(), strict=True))


def _pvalues(sets, chosen, which, n_permutations, random_state):
    """Return the p-value of each set, two-sided where the quantity may be negative."""

    def statistics(some_sets):
        value = np.concatenate([some_sets.statistics(members)[which] for _, members in chosen])
        return np.abs(value) if which == 0 else value

    observed = statistics(sets)
    # Equal values may differ in their last bits: permuted rows are summed in another order.
    least, n_reached = observed - 1e-10 * np.maximum(1.0, observed), np.zeros(len(observed))
    for rng in spawn_generators(random_state, n_permutations):
        n_reached += statistics(sets.permuted(rng)) >= least
    return (1 + n_reached) / (1 + n_permutations)


def _in_order(table, chosen):
    """Put the rows in the order of the sets that were asked for."""
    table.index = np.concatenate([places for places, _ in chosen])
    return table.sort_index()
