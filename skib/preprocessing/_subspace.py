"""What the transformers have in common that find the directions of X on which y depends."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skib._parallel import one_blas_thread
from skib._sklearn import ClassNamePrefixFeaturesOutMixin, TransformerMixin, fit_context
from skib._typing import Floats, TableLike
from skib._validation import check_numbers, require_samples
from skib._warnings import UnreliableEstimateWarning, warn
from skib.preprocessing._directions import direction_pvalues
from skib.preprocessing._moments import whiten

# Rank correlation of lengths from which on rows are not Gaussian enough for second moments, and the number of
# standard errors that are added for chance.
_NOT_GAUSSIAN, _STANDARD_ERRORS = 0.1, 3.3


class SubspaceMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Directions of X from the eigenvectors of a matrix of moments of whitened X and y, and their number by a test.

    A class has the parameters `n_components`, `alpha`, `n_permutations`, `n_jobs`, `random_state` and `verbose`, and
    defines `_target`, `_kernel`, `_most`, `_uses_spread` and `_new_scale`.
    """

    components_: Floats
    mean_: Floats
    eigenvalues_: Floats
    n_components_: int
    pvalues_: Floats

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Find the directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows of numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            What the directions are to explain.

        Returns
        -------
        self : estimator
            The fitted transformer.
        """
        x = check_numbers(self, X)
        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        require_samples(self, len(x), 2)
        y = self._target(y, len(x))
        self._scale = self._new_scale(x)
        with one_blas_thread():
            self._fit(self._scaled(x), whiten(y)[0])
        return self

    def _fit(self, x, responses):
        z, whitening = whiten(x)
        if not z.shape[1]:
            raise ValueError(f"all {len(x)} rows of X are equal, so that there is no direction; pass columns that vary")
        most = self._most(z, responses)
        if self.n_components is not None and self.n_components > most:
            raise ValueError(
                f"n_components={self.n_components} is more than the {most} directions that X and y can have; pass at "
                f"most {most}, or None"
            )
        if z.shape[1] >= len(z) - 1:
            warn(
                f"the {len(z)} rows of X extend in {z.shape[1]} directions, so that a linear fit of any y is perfect: "
                "noise has directions, too; pass more rows, or put a PCA of few components in front",
                UnreliableEstimateWarning,
            )
        values, vectors = np.linalg.eigh(self._kernel(z, responses))
        self.eigenvalues_, vectors = np.maximum(values[::-1][:most], 0.0), vectors[:, ::-1]
        z = z @ vectors
        self.pvalues_ = np.empty(0)
        self.n_components_ = self._number(z, responses, most) if self.n_components is None else self.n_components
        self._store(whitening, vectors[:, : self.n_components_])
        self._warn_of_rows(z)

    def _store(self, whitening, vectors):
        self.mean_ = whitening.mean
        weights = whitening.spread[:, None] * (whitening.to_z @ vectors)
        signs = np.where(weights[np.argmax(np.abs(weights), axis=0), np.arange(weights.shape[1])] < 0, -1.0, 1.0)
        self.components_ = np.ascontiguousarray((signs * (whitening.to_z @ vectors)).T)
        self._to_x = (signs * vectors).T @ whitening.to_x

    def transform(self, X: TableLike) -> NDArray[Any]:
        """Return the coordinates of rows along the directions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        coordinates : ndarray of shape (n_samples, n_components)
            ``(X - mean_) @ components_.T``, uncorrelated and of unit variance on the fitted rows.
        """
        check_is_fitted(self)
        return (self._scaled(check_numbers(self, X, reset=False)) - self.mean_) @ self.components_.T

    def inverse_transform(self, X: TableLike) -> NDArray[Any]:
        """Return the linear regression of the rows on their coordinates, E[X|T] if the rows are Gaussian.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Coordinates.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Rows, which ``transform`` maps to the same coordinates. If these are coordinates of normal scores, the
            scores are mapped to values by the fitted quantiles, and the coordinates are equal up to those.
        """
        check_is_fitted(self)
        rows = self.mean_ + check_array(X, dtype=np.float64, input_name="X") @ self._to_x
        return rows if self._scale is None else self._scale.means_of(rows, np.zeros(rows.shape[1]))

    def _scaled(self, x):
        return x if self._scale is None else self._scale.scaled(x)

    @property
    def _n_features_out(self):
        return len(self.components_)

    def _number(self, z, responses, most):
        """Count the significant directions, at least one."""
        if not responses.shape[1]:
            return 1
        options = {
            name: getattr(self, name) for name in ("alpha", "n_permutations", "n_jobs", "random_state", "verbose")
        }
        self.pvalues_ = direction_pvalues(z, responses, self._kernel, self.eigenvalues_, **options)
        n_significant = int(np.sum(self.pvalues_ <= self.alpha))
        if not n_significant:
            warn(
                f"no direction of X is significant (p = {self.pvalues_[0]:.2g}, alpha = {self.alpha:g}); one is kept, "
                "which may be noise: pass more rows, or n_components",
                UnreliableEstimateWarning,
            )
        return max(n_significant, 1)

    def _warn_of_rows(self, z):
        """Warn if the lengths of rows along the first directions, and across these, depend on each other."""
        if not self._uses_spread() or z.shape[1] >= len(z) - 1:
            return
        splits = range(1, min(self.n_components_ + 1, z.shape[1]))
        correlation = max((_correlation_of_lengths(z, k) for k in splits), key=abs, default=0.0)
        if abs(correlation) > _NOT_GAUSSIAN + _STANDARD_ERRORS / np.sqrt(len(z)):
            warn(
                "the lengths of the rows of X along directions that were found and across them have a rank correlation "
                f"of {correlation:.2f}, where Gaussian rows have 0: directions may stand for the spread of X and not "
                "for y; make the columns more Gaussian, remove outliers, or pass order='first'",
                UnreliableEstimateWarning,
            )


def _correlation_of_lengths(z, k):
    inside, outside = (rankdata(np.sum(part**2, axis=1)) - (len(z) + 1) / 2 for part in (z[:, :k], z[:, k:]))
    sizes = np.linalg.norm(inside) * np.linalg.norm(outside)
    return inside @ outside / sizes if sizes else 0.0
