"""Pointwise V-information by slices of the data, for several transformations of the input."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from skib._columns import require_same_length
from skib._statistics import holm_adjust
from skib._typing import Floats, TableLike

_ALL = "all"


def pvi_by_slice(estimates: Any, slices: TableLike | None = None) -> pd.DataFrame:
    r"""Compare usable information between slices of the data and between transformations of the input.

    The V-information of a slice S is the mean of the pointwise V-information of its rows,

    .. math:: \frac{1}{|S|} \sum_{i \in S} \mathrm{PVI}(\tau(x_i) \to y_i),

    and a transformation :math:`\tau` that removes or isolates one attribute of the input shows, by what it leaves, how
    much of the information is in that attribute.

    Parameters
    ----------
    estimates : UsableInformation, array-like of shape (n_samples,), or mapping of str to either
        Fitted estimators, or their ``pvi_``, one for each transformation of the same rows. The first one is what the
        others are compared with: usually the input as it is.
    slices : array-like of shape (n_samples,) or frame of shape (n_samples, n_variables), default=None
        The slice of each row, for one or several ways of slicing: classes, annotations, whether a word occurs. None
        compares the transformations alone.

    Returns
    -------
    table : DataFrame
        A row per transformation and slice; the rows named "all" are of all data:

        - ``transformation``, ``variable``, ``slice``, ``n_samples``;
        - ``value``, ``std_error``: the V-information of the slice in nats;
        - ``null``: the V-information of all other rows, with which the slice would agree if slicing made no difference;
        - ``pvalue``, ``adjusted_pvalue``: two-sided test of that difference, the larger p-value of the tests of Student
          and of Welch, and its correction by Holm over all slices of the table;
        - ``change``, ``change_std_error``: difference from the first transformation on the same rows, whose errors are
          those of paired rows.

    Raises
    ------
    ValueError
        If the estimates or slices are not of the same rows, or an estimate has no row.

    See Also
    --------
    skib.mutual_info.UsableInformation : Estimates pointwise V-information, cross-fitted.
    classifier_information : Pointwise V-information from probabilities of a classifier.

    Notes
    -----
    Rows whose PVI is NaN (in no test set) are left out. A slice of one row has no standard error. Slices that were
    chosen by looking at PVI itself, such as "the rows below 0", have no valid p-value.

    PVI has a long tail of hard rows. A few rows that hold none of them by chance vary little, and Welch's test alone
    would call them different: at a level of .05, 12 % of random slices of 3 of 1000 rows with exponential tails.
    Student's test takes the spread of all rows, and would be deceived by a slice that varies more than the others.

    References
    ----------
    .. [1] K. Ethayarajh, Y. Choi, S. Swayamdipta, "Understanding dataset difficulty with V-usable information",
       ICML 2022, sections 4.2 and 4.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import pvi_by_slice
    >>> from skib.mutual_info import UsableInformation
    >>> rng = np.random.default_rng(0)
    >>> X, group = rng.normal(size=(1000, 2)), np.repeat(["clean", "mislabeled"], [900, 100])
    >>> y = np.where((X[:, 0] > 0) ^ (group == "mislabeled"), "yes", "no")
    >>> estimates = {
    ...     "both columns": UsableInformation(random_state=0).fit(X, y),
    ...     "second column": UsableInformation(random_state=0).fit(X[:, 1:], y),
    ... }
    >>> table = pvi_by_slice(estimates, {"label": group})
    >>> table[["transformation", "slice", "value", "change"]].round(1).values.tolist()[:3]
    [['both columns', 'all', 0.2, 0.0], ['both columns', 'clean', 0.4, 0.0], ['both columns', 'mislabeled', -1.4, 0.0]]
    """
    pvi = _pointwise(estimates)
    first = next(iter(pvi.values()))
    codes = _slices(slices, len(first))
    rows = []
    for name, values in pvi.items():
        rows.append({"transformation": name, "variable": _ALL, "slice": _ALL} | _row(values, first, None))
        for variable, of_rows in codes.items():
            rows += [
                {"transformation": name, "variable": variable, "slice": level}
                | _row(values, first, np.asarray(of_rows == level))
                for level in _levels(of_rows)
            ]
    table = pd.DataFrame(rows)
    table.insert(table.columns.get_loc("pvalue") + 1, "adjusted_pvalue", holm_adjust(table["pvalue"]))
    return table


def _pointwise(estimates) -> dict[str, Floats]:
    """Return the PVI of each transformation."""
    if not isinstance(estimates, Mapping):
        estimates = {"input": estimates}
    if not estimates:
        raise ValueError("estimates is empty; pass at least one fitted UsableInformation or array of PVI")
    found = {}
    for name, estimate in estimates.items():
        values = _numbers(name, getattr(estimate, "pvi_", estimate))
        if values.ndim != 1:
            raise ValueError(
                f"the estimate {name!r} has shape {values.shape}; pass one PVI per row, of shape (n_samples,)"
            )
        if not np.isfinite(values).any() or np.isinf(values).any():
            raise ValueError(
                f"the estimate {name!r} has infinite values or no finite one; clip the probabilities first"
            )
        require_same_length(len(next(iter(found.values()), values)), len(values), repr(name), "the first estimate")
        found[name] = values
    return found


def _numbers(name, values):
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"the estimate {name!r} holds no numbers ({error}); pass a fitted UsableInformation or its pvi_"
        ) from error


def _slices(slices, n_samples):
    """Return the variables that slice the rows, as a frame of n_samples rows."""
    if slices is None:
        return {}
    if not isinstance(slices, pd.DataFrame):
        named = hasattr(slices, "columns") or isinstance(slices, Mapping)
        slices = slices.to_pandas() if hasattr(slices, "to_pandas") else slices
        if np.ndim(slices) > 1 and not named:
            raise ValueError(
                f"slices has shape {np.shape(slices)}; pass a frame, whose columns have names, or one column"
            )
        slices = pd.DataFrame(slices) if named else pd.DataFrame({getattr(slices, "name", None) or "slice": slices})
    require_same_length(n_samples, len(slices), "slices", "the first estimate")
    missing = slices.isna().any(axis=1)
    if missing.any():
        raise ValueError(f"slices has {missing.sum()} rows with missing values; name their slice, or leave them out")
    return {name: slices[name].reset_index(drop=True) for name in slices}


def _levels(of_rows):
    """Return the slices in ascending order, in that of their appearance if they have none."""
    try:
        return pd.unique(of_rows.sort_values())
    except TypeError:  # numbers and text
        return pd.unique(of_rows)


def _row(values, first, inside):
    """Return the estimates for one transformation and slice."""
    inside = np.ones(len(values), bool) if inside is None else inside
    value, error, n_samples = _mean(values[inside])
    other, _, _ = _mean(values[~inside])
    change, change_error, _ = _mean((values - first)[inside])
    return {
        "n_samples": n_samples,
        "value": value,
        "std_error": error,
        "null": other,
        "pvalue": _pvalue(values[inside], values[~inside]),
        "change": change,
        "change_std_error": change_error,
    }


def _pvalue(inside, outside):
    """Return the larger p-value of Student and Welch, NaN for a single row or without any spread."""
    inside, outside = (part[~np.isnan(part)] for part in (inside, outside))
    n = np.array([len(inside), len(outside)])
    if n.min() < 2:
        return np.nan
    variances = np.array([inside.var(ddof=1), outside.var(ddof=1)])
    if not variances.any():
        return np.nan
    pooled, squares = variances @ (n - 1) / (n.sum() - 2) * (1 / n).sum(), variances / n
    of_welch = squares.sum() ** 2 / (squares**2 / (n - 1)).sum()
    difference = abs(inside.mean() - outside.mean())
    statistics = difference / np.sqrt([pooled, squares.sum()])
    return float(2 * student.sf(statistics, [n.sum() - 2, of_welch]).max())


def _mean(values):
    """Return the mean of the values that are not NaN, its standard error and their number."""
    values = values[~np.isnan(values)]
    n = len(values)
    mean = float(np.mean(values)) if n else np.nan
    return mean, float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else np.nan, n
