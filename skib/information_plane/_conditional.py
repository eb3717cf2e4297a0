"""Information given a class label, from estimators that cannot condition on one themselves."""

import numpy as np

from skib._dependence import fit_information
from skib._sklearn import BaseEstimator


class WithinClasses(BaseEstimator):
    r"""Conditional mutual information as the mean over the classes.

    .. math:: \hat I(X;T \mid Y) = \sum_y \tfrac{n_y}{n} \hat I(X;T \mid Y = y)

    Parameters
    ----------
    estimator : mutual-information estimator
        Estimator fitted to the rows of each class.

    Attributes
    ----------
    mutual_info_ : float
        Mean of the estimates, in nats.
    std_error_ : float
        Standard error of the mean, in nats: that of the estimates and that of the shares of the classes.
    ceiling_ : float
        Mean of the ceilings, in nats.
    saturated_ : bool
        Whether the estimate of any class is saturated.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, *, given):
        """Fit a clone to each class; `given` holds the codes of the classes, one per row."""
        shares = np.bincount(given) / len(given)
        fits = [fit_information(self.estimator, X[given == code], y[given == code]) for code in range(len(shares))]
        values, errors, ceilings = (
            np.array([getattr(fit, name, np.nan) for fit in fits])
            for name in ("mutual_info_", "std_error_", "ceiling_")
        )
        self.mutual_info_ = float(shares @ values)
        between = shares @ (values - self.mutual_info_) ** 2 / len(given)
        self.std_error_ = float(np.sqrt(shares**2 @ errors**2 + between))
        self.ceiling_ = float(shares @ ceilings)
        self.saturated_ = any(getattr(fit, "saturated_", False) for fit in fits)
        return self
