"""Information given a class label, from estimators that condition on numbers or on nothing."""

import numpy as np
from sklearn.base import BaseEstimator, clone


class WithinClasses(BaseEstimator):
    r"""Conditional mutual information as the mean over the classes.

    .. math:: \hat I(X;T \mid Y) = \sum_y \tfrac{n_y}{n} \hat I(X;T \mid Y = y)

    Parameters
    ----------
    estimator : mutual-information estimator
        Fitted to the rows of each class.

    Attributes
    ----------
    mutual_info_ : float
        The mean, in nats.
    std_error_ : float
        Its standard error, in nats: of the estimates, and of the shares of the classes.
    ceiling_ : float
        Mean of the ceilings, in nats.
    saturated_ : bool
        Whether the estimate of some class is.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, *, given):
        """Estimate, `given` being the codes of the classes."""
        shares = np.bincount(given) / len(given)
        fits = [clone(self.estimator).fit(X[given == code], y[given == code]) for code in range(len(shares))]
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
