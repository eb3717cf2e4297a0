"""What the entropy estimators of continuous data share: checks of the rows, their scale, the fitted attributes."""

from typing import Self

import numpy as np

from skib._linear_algebra import independent_columns
from skib._sklearn import fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_numeric, require_samples
from skib._warnings import DuplicateRowsWarning, SaturatedEstimateWarning, UnreliableEstimateWarning, warn

# A value of a column held by more rows than this, and than sqrt(n_samples), is an atom.
_FEW = 5
# Copies beyond this share of the rows cause a warning; fewer are dropped without one.
_COPY_SHARE = 0.01


class DifferentialEntropyMixin:
    """Mixin of the estimators of differential entropy.

    A class derives from it first and from :class:`sklearn.base.BaseEstimator` second, and defines ``_fit_rows(x)``.
    ``fit`` calls it with the rows, validated as a float64 array of shape (n_samples, n_features), and it ends with
    ``return self._set_pointwise(pointwise)``: one term per row in nats, whose mean is the entropy. Options are
    ``n_distinct``, the number of rows that determine the standard error if some are copies, ``ceiling``, the largest
    possible estimate on these rows, and ``saturated``, whether the estimate is determined by the number of rows.

    See Also
    --------
    EntropyMixin : Base of the entropies of discrete data.
    skib.mutual_info.ChainRule : Mutual information from such entropies.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from skib.entropy import DifferentialEntropyMixin
    >>> class ExponentialEntropy(DifferentialEntropyMixin, BaseEstimator):
    ...     '''Entropy of an exponential variable.'''
    ...
    ...     def _fit_rows(self, x):
    ...         mean = x.mean()
    ...         return self._set_pointwise(x[:, 0] / mean + np.log(mean))  # minus the log density of each row
    >>> x = np.random.default_rng(0).exponential(2.0, size=(2000, 1))
    >>> round(ExponentialEntropy().fit(x).entropy_, 1)  # truth: 1 + log 2 = 1.69 nats
    1.7
    """

    entropy_: float
    pointwise_: Floats
    std_error_: float
    ceiling_: float
    saturated_: bool

    _parameter_constraints = {}

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Estimate the entropy of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers, taken together as one variable.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._fit_rows(check_numeric(self, X, X))  # there is no y

    def _set_pointwise(
        self, pointwise: Floats, *, n_distinct: int | None = None, ceiling: float = np.inf, saturated: bool = False
    ) -> Self:
        """Store the pointwise entropies and what follows from them; copies of rows add nothing to the precision."""
        n_samples = len(pointwise)
        self.pointwise_ = pointwise
        self.entropy_ = float(np.mean(pointwise))
        self.std_error_ = float(np.std(pointwise, ddof=1) / np.sqrt(n_distinct or n_samples))
        self.ceiling_ = float(ceiling)
        self.saturated_ = bool(saturated)
        if self.saturated_:
            warn(
                f"{self!r} gives {self.entropy_:.4g} nats and could give at most {self.ceiling_:.4g} on {n_samples} "
                "rows: nearly every row stands alone; pass more rows or assume more noise",
                SaturatedEstimateWarning,
            )
        return self


def distinct_rows(estimator, x, min_samples):
    """Distinct rows with as many dimensions as columns, the log volume of their unit, and each row's place among them.

    Without copies that place is a slice over everything. Raises ValueError where so many rows are equal that they have
    atoms: their differential entropy is minus infinity.
    """
    n_samples, d = x.shape
    required = max(min_samples, d + 1)
    require_samples(estimator, n_samples, required)
    levels = [np.unique(column, return_counts=True)[1] for column in x.T]
    place = slice(None)
    if all(len(counts) < n_samples for counts in levels):
        rows, place, counts = np.unique(x, axis=0, return_inverse=True, return_counts=True)
        place = place.ravel()
        _refuse_atoms(counts, n_samples)
        _warn_of_copies(n_samples - len(rows), n_samples)
        require_samples(estimator, len(rows), required, kind="distinct rows")
        x = rows
    _warn_of_grids(levels, n_samples)
    return *independent_columns(x), place


def _has_atoms(counts, n_samples):
    return counts.max() > max(_FEW, np.sqrt(n_samples)) or 2 * len(counts) < n_samples


def _refuse_atoms(counts, n_samples):
    if _has_atoms(counts, n_samples):
        raise ValueError(
            f"X has {len(counts)} distinct rows among {n_samples}, one of them {counts.max()} times: it has no density "
            "and a differential entropy of minus infinity; use skib.entropy.PlugIn for discrete values, pass each row "
            "once if rows were copied, or add noise as wide as the rounding"
        )


def _warn_of_copies(n_copies, n_samples):
    if n_copies > _COPY_SHARE * n_samples:
        warn(
            f"{n_copies} of {n_samples} rows are exact copies of others; distances are taken among the distinct rows; "
            "pass each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
        )


def _warn_of_grids(levels, n_samples):
    grids = [j for j, counts in enumerate(levels) if len(counts) > 1 and _has_atoms(counts, n_samples)]
    if grids:
        warn(
            f"columns {grids} of X repeat their values, as rounded or discrete ones do: they have no density, and the "
            "estimate reflects the rounding; use skib.entropy.PlugIn, or add noise as wide as the rounding",
            UnreliableEstimateWarning,
        )
