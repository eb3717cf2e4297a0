"""The base of the estimators of mutual information, skib's own or yours."""

from typing import Self

import numpy as np

from skib._dependence import DependenceMixin
from skib._statistics import SATURATION
from skib._typing import Floats
from skib._warnings import SaturatedEstimateWarning, UnreliableEstimateWarning, warn

# An estimate is negative beyond chance where it is below 0 by so many nats, by so many standard errors (three are not
# rare for many columns), and by so many nats over the root of the number of rows: at independence estimates by
# neighbors have a standard deviation of about 0.5 over that root, which their terms do not show where rows are few.
NEGATIVE_NATS, _NEGATIVE_ERRORS, _NEGATIVE_OF_ROOT = 0.05, 4, 2.0
WHY_NEGATIVE = (
    "and information is never negative: the rows are no independent draws (a grid, matched or stratified rows, a table "
    "without its duplicates), or the bias of the estimate is larger than the information; do not read it as a "
    "measurement"
)


class MutualInfoMixin(DependenceMixin):
    """Mixin of the estimators of I(X;Y).

    A class derives from it first and from :class:`sklearn.base.BaseEstimator` second, and defines ``fit(X, y)``, which
    ends with ``return self._set_pointwise(...)`` if the estimate is a mean over rows, else with
    ``return self._set_estimate(...)``. The fitted attributes follow from these, and so do ``score_features``,
    ``score``, ``permuted_estimates`` and ``prepare_permutations``. A class whose ``fit`` has a keyword ``given``
    estimates I(X;Y|Z) as well.

    Attributes
    ----------
    takes_classes : bool
        Class attribute: whether y may hold class labels, which have no order and no distance. False by default.
    is_lower_bound : bool
        Class attribute: whether the estimate is a lower bound, which may well be negative, in place of the information
        itself, which is not: an ``UnreliableEstimateWarning`` is then issued. False by default.

    See Also
    --------
    skib.entropy.EntropyMixin : Base of the entropies of discrete data.
    skib.entropy.DifferentialEntropyMixin : Base of the entropies of continuous data.

    Notes
    -----
    These members have defaults that fit clones. A class overrides them if estimates can share work, and returns the
    same values:

    ``_score_columns(X, y)``
        The estimate of each column of X with y, which ``score_features`` returns.
    ``permuted_estimates(X, y, permutations)``
        The estimates with the rows of y in the order of each permutation.
    ``prepare_permutations(X, y)``
        A function of permutations that returns these; :func:`permutation_test` calls it once, and the function in its
        threads.

    The functions of skib take any other estimator too, if its ``fit(X, y)`` stores ``mutual_info_``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from skib.datasets import make_gaussian_pair
    >>> from skib.mutual_info import MutualInfoMixin, permutation_test
    >>> class Pearson(MutualInfoMixin, BaseEstimator):
    ...     '''Mutual information of two Gaussian variables, from their correlation.'''
    ...
    ...     def fit(self, X, y):
    ...         r = np.corrcoef(np.ravel(X), np.ravel(y))[0, 1]
    ...         return self._set_estimate(-0.5 * np.log(1 - r**2), np.inf, len(X), std_error=abs(r) / np.sqrt(len(X)))
    >>> pair = make_gaussian_pair(1000, rho=0.6, random_state=0)
    >>> round(Pearson().fit(pair.X, pair.y).mutual_info_, 1)  # truth: 0.223 nats
    0.2
    >>> permutation_test(Pearson(), pair.X, pair.y, n_permutations=99, random_state=0).pvalue
    0.01
    """

    mutual_info_: float
    pointwise_: Floats
    std_error_: float
    ceiling_: float
    saturated_: bool

    takes_classes = False
    is_lower_bound = False

    def _set_pointwise(self, pointwise: Floats, ceiling: float, *, saturated: bool | None = None) -> Self:
        """Store the pointwise information and what follows from it: the estimate, its error, whether it is saturated.

        Parameters
        ----------
        pointwise : ndarray of shape (n_samples,)
            One term per row in nats, whose mean is the estimate. NaN: the row is left out; without rows it is 0.
        ceiling, saturated
            As in ``_set_estimate``.
        """
        valid = pointwise[~np.isnan(pointwise)]
        value = np.mean(valid) if len(valid) else 0.0
        std_error = np.std(valid, ddof=1) / np.sqrt(len(valid)) if len(valid) > 1 else np.nan
        self.pointwise_ = pointwise
        return self._set_estimate(value, ceiling, len(pointwise), std_error=std_error, saturated=saturated)

    def _set_estimate(
        self,
        mutual_info: float,
        ceiling: float,
        n_samples: int,
        *,
        std_error: float = np.nan,
        saturated: bool | None = None,
    ) -> Self:
        """Store an estimate; warn if it is saturated, or negative beyond chance.

        Parameters
        ----------
        mutual_info, std_error : float
            The estimate and its standard error in nats.
        ceiling : float
            Largest possible estimate on these rows, in nats; infinity for none.
        n_samples : int
            Number of rows.
        saturated : bool, default=None
            Whether the estimate is determined by the number of rows. None: whether it exceeds 90 % of the ceiling.
        """
        self.mutual_info_ = float(mutual_info)
        self.std_error_ = float(std_error)
        self.ceiling_ = float(ceiling)
        self.saturated_ = bool(self.mutual_info_ > SATURATION * self.ceiling_ if saturated is None else saturated)
        if self.saturated_:
            warn(
                f"{self!r} gives {self.mutual_info_:.3g} nats and could give at most {self.ceiling_:.3g} on "
                f"{n_samples} rows: the true value may be far larger, even infinite, or the data too fine for so few "
                "rows",
                SaturatedEstimateWarning,
            )
        if not self.is_lower_bound:
            warn_if_negative(self, self.mutual_info_, self.std_error_, n_samples)
        return self


def warn_if_negative(estimator, value, std_error, n_samples):
    """Warn of a value that no information has, unless its noise explains it."""
    if negative_beyond_chance(value, std_error, n_samples):
        warn(
            f"{estimator!r} gives {value:.3g} nats (standard error {std_error:.2g}), {WHY_NEGATIVE}",
            UnreliableEstimateWarning,
        )


def negative_beyond_chance(values, std_errors, n_samples):
    """Whether each of some estimates is a value that no information has, and that its noise does not explain."""
    noise = np.fmax(_NEGATIVE_ERRORS * np.asarray(std_errors), _NEGATIVE_OF_ROOT / np.sqrt(n_samples))
    return values < -np.maximum(NEGATIVE_NATS, noise)
