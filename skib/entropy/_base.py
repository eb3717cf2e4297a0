"""What every entropy estimator of discrete data shares."""

import warnings

import numpy as np

from skib._validation import ConstantInputWarning, SaturatedEstimateWarning, check_codes, fit_context

# Beyond this share of log(n_samples) the plug-in entropy measures the number of rows, not the distribution.
_SATURATION = 0.9


class EntropyMixin:
    """Mixin of the estimators that map the counts of the observed symbols to an entropy.

    A class gives ``_pointwise(counts)``, the nats that each symbol contributes per row; one without such values gives
    ``_entropy(counts)`` instead. Either is asked about two symbols or more: a single symbol has entropy 0.
    """

    _parameter_constraints = {}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
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
        codes = check_codes(self, X)
        counts, n_samples = np.bincount(codes), len(codes)
        self.entropy_ = self.entropy_of_counts(counts)
        self.std_error_ = np.nan
        pointwise = self.pointwise_of_counts(counts)
        if pointwise is not None:
            self.pointwise_ = pointwise[codes]
            self.std_error_ = float(np.std(self.pointwise_, ddof=1) / np.sqrt(n_samples)) if n_samples > 1 else np.nan
        self.n_categories_ = len(counts)
        self.ceiling_ = self._ceiling(n_samples)
        self.saturated_ = is_saturated(counts)
        self._warn(n_samples)
        return self

    def entropy_of_counts(self, counts):
        """Entropy in nats of the symbols with these positive counts."""
        return 0.0 if len(counts) == 1 else float(self._entropy(counts))

    def pointwise_of_counts(self, counts):
        """Nats that each symbol contributes per row, or None: their mean over the rows is the entropy."""
        return np.zeros(1) if len(counts) == 1 else self._pointwise(counts)

    def _entropy(self, counts):
        return np.dot(counts, self._pointwise(counts)) / counts.sum()

    def _pointwise(self, counts):
        return None

    def _ceiling(self, n_samples):
        return float(np.log(n_samples))

    def _warn(self, n_samples):
        if self.n_categories_ == 1:
            message = f"X is constant over all {n_samples} rows: its entropy is 0"
            warnings.warn(message, ConstantInputWarning, stacklevel=4)
        if self.saturated_:
            warnings.warn(
                f"X has {self.n_categories_} distinct rows among {n_samples}: {self.entropy_:.3g} nats, near "
                f"log(n_samples) = {np.log(n_samples):.3g}, say how many rows there are; the true value may be larger; "
                "pass more rows or coarser values",
                SaturatedEstimateWarning,
                stacklevel=4,
            )


def is_saturated(counts):
    """Whether nearly every row is a symbol of its own, as the plug-in entropy of the counts tells."""
    n_samples = counts.sum()
    return bool(np.dot(counts, np.log(n_samples / counts)) > _SATURATION * n_samples * np.log(n_samples))
