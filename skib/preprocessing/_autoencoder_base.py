"""What autoencoders share: one scale for all columns, encoding and decoding in the units of X."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skib._sklearn import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_numbers, require_samples


class AutoencoderBase(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A network that is trained to reconstruct rows; subclasses train it, encode and decode scaled rows."""

    mean_: Floats
    scale_: float
    reconstruction_error_: float
    n_iter_: int

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: object = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.
        y : None
            Ignored.

        Returns
        -------
        self : Autoencoder
            The fitted transformer.
        """
        x = check_numbers(self, X)
        require_samples(self, len(x), 2)
        self.mean_ = x.mean(axis=0)
        largest = np.abs(x - self.mean_).max()
        # Divided by the largest first, so that squares neither overflow nor vanish.
        self.scale_ = float(largest * np.sqrt(np.mean(((x - self.mean_) / largest) ** 2))) if largest else 1.0
        scaled = self._scaled(x)
        self._train(scaled.astype(np.float32))  # training takes half the time of float64
        self.reconstruction_error_ = self._lost(scaled, self._encoded(x))
        return self

    def transform(self, X: TableLike) -> NDArray[Any]:
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            The columns of the code.
        """
        check_is_fitted(self)
        return self._encoded(check_numbers(self, X, reset=False))

    def inverse_transform(self, X: TableLike) -> NDArray[Any]:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            The codes; of an ordered code the first columns suffice, and the others count as 0.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Their reconstructions, in units of the training rows.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=np.float64, input_name="X")
        n_missing = self._n_features_out - codes.shape[1]
        if n_missing < 0 or (n_missing and not self._is_ordered):
            raise ValueError(
                f"X has {codes.shape[1]} columns, but the codes of this {type(self).__name__} have "
                f"{self._n_features_out}; pass what transform returned"
            )
        return self.mean_ + self.scale_ * self._decoded(np.pad(codes, ((0, 0), (0, n_missing))))

    def _hidden_sizes(self):
        sizes = tuple(self.hidden_layer_sizes)
        if not all(isinstance(size, Integral) and size > 0 for size in sizes):
            raise ValueError(
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} must hold whole numbers of units, 1 or more; pass () "
                "for no hidden layer"
            )
        return sizes

    def _truncation_errors(self, scaled, codes):
        """Return the share of the variance that is lost by the first 1, 2, ... columns of the code."""
        return np.array([self._lost(scaled, codes * (np.arange(codes.shape[1]) <= k)) for k in range(codes.shape[1])])

    def _scaled(self, x):
        return (x - self.mean_) / self.scale_

    def _lost(self, scaled, codes):
        return float(np.mean((scaled - self._decoded(codes)) ** 2))
