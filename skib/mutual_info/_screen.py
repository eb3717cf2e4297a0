"""A screen: the mutual information of every column with one target, tested, with p-values adjusted for their number."""

import numpy as np
import pandas as pd

from skib._statistics import benjamini_hochberg_adjust, holm_adjust
from skib._typing import Missing, Seed, Shuffle, TableLike
from skib._warnings import UnreliableEstimateWarning, listed, warn
from skib.mutual_info._functions import features_and_pvalues

# The usual level of a test, at which a column is significant.
_LEVEL = 0.05


def mutual_info_screen(
    X: TableLike,
    y: TableLike,
    *,
    n_permutations: int = 1000,
    groups: TableLike | None = None,
    shuffle: Shuffle = "rows",
    missing: Missing = "auto",
    random_state: Seed = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    r"""Test which columns of X depend on y, with p-values adjusted for the number of columns.

    .. math:: p_j = \frac{1 + \#\{b : \hat I_b \geq \hat I(X_j;Y)\}}{1 + B}

    Parameters
    ----------
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        Columns of any kind, as in :func:`mutual_info_features`.
    y : array-like of shape (n_samples,)
        The target: class labels or numbers, one column.
    n_permutations : int, default=1000
        Number B of permutations. No p-value is below 1 / (1 + B), and none that is adjusted by Holm's method for m
        columns below m / (1 + B): pass 20 m or more to reach 0.05.
    groups : array-like of shape (n_samples,), default=None
        Labels of groups of dependent rows, which are permuted as in :func:`permutation_test`.
    shuffle : {"rows", "circular"}, default="rows"
        How the rows are permuted, as in :func:`permutation_test`; ``"circular"`` for time series. With groups or shifts
        every column has a null distribution of its own.
    missing : {"auto", "error"}, default="auto"
        What to do with missing values, as in :func:`mutual_info_features`.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.

    Returns
    -------
    screen : DataFrame of shape (n_features, 4)
        One row per column of X, in their order and with their names as index:

        - ``mutual_info``: the estimate in nats, not clipped at 0; NaN for a column of too few complete rows;
        - ``pvalue``: of independence, for this column alone;
        - ``pvalue_holm``: adjusted by Holm's method [2]_. Of the columns with values up to alpha, the probability that
          any is independent of y is at most alpha, however the columns depend on each other;
        - ``pvalue_bh``: adjusted by the method of Benjamini and Hochberg [3]_. Of the columns with values up to alpha,
          the expected share that is independent of y is at most alpha.

    Warns
    -----
    UnreliableEstimateWarning
        If columns have the least p-value there is, and yet no adjusted one reaches 0.05: more permutations are needed.
        Other warnings are those of :func:`mutual_info_features`.

    See Also
    --------
    mutual_info_features : The same estimates and p-values as arrays, for the selectors of scikit-learn.
    mutual_info_matrix : All pairs of columns.

    Notes
    -----
    The estimates use codes and ranks only. Under independence every order of the rows is equally likely, so that the
    distribution of an estimate depends only on how many rows share each value in the column and in y. One null
    distribution of B permuted estimates therefore serves all columns that agree in this: with numbers in y all columns
    of numbers without atoms (rounded values are ranked in random order), with classes in y those of which at most 1 %
    of the rows are tied, all binary columns of as many ones, all columns cut at quantiles. Each p-value is as exact as
    if its column had permutations of its own [1]_, and a screen of thousands of columns takes little more time than
    their estimates. Other columns of numbers have a null distribution of their own.

    Columns that share a null distribution share its chance errors: if its 95 % quantile is too low, it is for all of
    them. Over many screens 5 % of independent columns have a p-value up to 0.05; within one screen their share varies
    by :math:`\sqrt{0.05 \cdot 0.95 / B}` more than by chance of the columns alone, 0.007 for B = 1000. Holm's method
    holds for p-values that depend on each other in any way. That of Benjamini and Hochberg holds for p-values of
    independent columns that share their null: they depend on each other positively [4]_.

    References
    ----------
    .. [1] B. Phipson, G. K. Smyth, "Permutation p-values should never be zero", Statistical Applications in Genetics
       and Molecular Biology 9, 2010.
    .. [2] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
       1979.
    .. [3] Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B
       57, 1995.
    .. [4] S. Bates, E. Candes, L. Lei, Y. Romano, M. Sesia, "Testing for outliers with conformal p-values", Annals of
       Statistics 51, 2023, theorem 2.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.mutual_info import mutual_info_screen
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(500, 3)), columns=["cause", "noise", "more noise"])
    >>> y = X["cause"] ** 2 + rng.normal(size=500)
    >>> screen = mutual_info_screen(X, y, n_permutations=499, random_state=0)
    >>> screen.index[screen["pvalue_holm"] < 0.05].tolist()
    ['cause']
    """
    names, estimates, pvalues = features_and_pvalues(
        X,
        y,
        n_permutations=n_permutations,
        groups=groups,
        shuffle=shuffle,
        missing=missing,
        random_state=random_state,
        n_jobs=n_jobs,
    )
    values = {
        "mutual_info": estimates,
        "pvalue": pvalues,
        "pvalue_holm": holm_adjust(pvalues),
        "pvalue_bh": benjamini_hochberg_adjust(pvalues),
    }
    _warn_of_coarse_pvalues(names, pvalues, values["pvalue_bh"], n_permutations)
    return pd.DataFrame(values, index=pd.Index(np.asarray(names, dtype=object)).infer_objects(), dtype=np.float64)


def _warn_of_coarse_pvalues(names, pvalues, adjusted, n_permutations):
    """Warn if columns that no permutation reaches are not significant for the number of columns alone."""
    least = 1 / (1 + n_permutations)
    reached = np.flatnonzero(pvalues <= least)
    if least <= _LEVEL < np.nanmin(adjusted, initial=1.0) and len(reached):
        needed = int(np.ceil(len(pvalues) / _LEVEL))
        warn(
            f"{len(reached)} of {len(pvalues)} columns ({listed([repr(names[j]) for j in reached])}) have the least "
            f"p-value of {n_permutations} permutations, {least:.2g}, and yet none is significant when adjusted for "
            f"so many: pass n_permutations={needed} or more",
            UnreliableEstimateWarning,
        )
