"""What every entropy estimator of discrete data shares."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skib._entropies import alphabet_size
from skib._sklearn import Interval, fit_context
from skib._statistics import is_saturated, mean_std_error
from skib._typing import Floats, TableLike
from skib._validation import check_codes
from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning, warn


class EntropyMixin:
    """Mixin of the estimators that map the counts of the observed symbols to an entropy.

    A class derives from it first and from :class:`sklearn.base.BaseEstimator` second, and defines
    ``_pointwise(counts)``, the nats that each symbol contributes per row. A class without such values defines
    ``_entropy(counts)`` instead and, if there is a standard error, ``_std_error(counts)``. They are called with the
    counts of two symbols or more: a single symbol has entropy 0.

    See Also
    --------
    DifferentialEntropyMixin : Base of the entropies of continuous data.
    skib.mutual_info.ChainRule : Mutual information from such entropies.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from skib.entropy import EntropyMixin
    >>> class Shannon(EntropyMixin, BaseEstimator):
    ...     '''Entropy of the shares of the symbols.'''
    ...
    ...     def _pointwise(self, counts):
    ...         return np.log(counts.sum() / counts)
    >>> round(Shannon().fit([["a"], ["b"], ["a"], ["b"]]).entropy_, 3)  # log 2
    0.693
    """

    entropy_: float
    pointwise_: Floats
    std_error_: float
    ceiling_: float
    saturated_: bool
    n_categories_: int

    _parameter_constraints = {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Estimate the entropy of the rows of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, strings, bools or categories; each distinct row is one symbol.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        return self._fit_codes(check_codes(self, X))

    def _fit_codes(self, codes):
        counts = np.bincount(codes)
        pointwise = self.pointwise_of_counts(counts)
        if pointwise is not None:
            self.pointwise_ = pointwise[codes]
        self.std_error_ = float(self._std_error(counts))
        self.n_categories_ = self._alphabet(counts)
        self.ceiling_ = self._ceiling(len(codes))
        return self._set_entropy(self.entropy_of_counts(counts), is_saturated(counts), codes)

    def _set_entropy(self, entropy, saturated, codes):
        n_seen, n_samples = codes.max() + 1, len(codes)
        self.entropy_ = entropy
        self.saturated_ = saturated
        if n_seen == 1:
            message = f"X is constant over all {n_samples} rows: its entropy is {entropy:.3g}"
            warn(message, ConstantInputWarning)
        if saturated:
            warn(
                f"X has {n_seen} distinct rows among {n_samples}: so few repeat that {entropy:.3g} nats reflect the "
                f"number of rows (log(n_samples) = {np.log(n_samples):.3g}), and the true value may be larger; pass "
                "more rows or coarser values",
                SaturatedEstimateWarning,
            )
        return self

    def entropy_of_counts(self, counts: NDArray[np.integer[Any]], n_categories: int | None = None) -> float:
        """Estimate the entropy of symbols from their counts.

        Parameters
        ----------
        counts : ndarray of shape (n_symbols,)
            How often each symbol occurs; positive.
        n_categories : int, default=None
            Size of the alphabet, for estimators that have a parameter of this name, which it replaces. The others
            ignore it.

        Returns
        -------
        entropy : float
            The estimate, in nats.
        """
        return 0.0 if len(counts) == 1 else float(self._entropy(counts))

    def pointwise_of_counts(self, counts: NDArray[np.integer[Any]]) -> Floats | None:
        """Return the terms whose mean over the rows is the entropy.

        Parameters
        ----------
        counts : ndarray of shape (n_symbols,)
            How often each symbol occurs; positive.

        Returns
        -------
        pointwise : ndarray of shape (n_symbols,) or None
            The term of each symbol in nats; None if the entropy is no mean over rows.
        """
        return np.zeros(1) if len(counts) == 1 else self._pointwise(counts)

    def _entropy(self, counts):
        return np.dot(counts, self._pointwise(counts)) / counts.sum()

    def _pointwise(self, counts):
        return None

    def _std_error(self, counts):
        pointwise = self.pointwise_of_counts(counts)
        return np.nan if pointwise is None else mean_std_error(pointwise, counts)

    def _alphabet(self, counts):
        return len(counts)

    def _ceiling(self, n_samples):
        return float(np.log(n_samples))


class AlphabetMixin(EntropyMixin):
    """Mixin of the entropies that need the number of symbols, seen or not: the parameter ``n_categories``.

    A class gives ``_entropy(counts, n_categories)`` and ``_std_error(counts)``. There are no pointwise values, as
    symbols that are in no row contribute too.
    """

    _parameter_constraints = {"n_categories": [Interval(Integral, 1, None, closed="left"), None]}

    def __init__(self, n_categories: int | None = None) -> None:
        self.n_categories = n_categories

    def entropy_of_counts(self, counts: NDArray[np.integer[Any]], n_categories: int | None = None) -> float:
        """Estimate the entropy of `n_categories` symbols, of which those that occur have these counts.

        By default that number is the parameter of the same name or, if this is None, the number of counts.
        """
        n_categories = self._alphabet(counts, n_categories)
        return 0.0 if n_categories == 1 else float(self._entropy(counts, n_categories))

    def pointwise_of_counts(self, counts: NDArray[np.integer[Any]]) -> None:
        """Return None: the entropy is no mean over rows."""

    def _alphabet(self, counts, n_categories=None):
        return alphabet_size(self.n_categories if n_categories is None else n_categories, len(counts))

    def _ceiling(self, n_samples):
        return float(np.log(self.n_categories_))
