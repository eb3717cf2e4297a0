"""The information of Gaussian copulas, of all candidates at once from products of matrices."""

import numpy as np
from scipy.linalg import qr

from skib._linear_algebra import log_det_bias
from skib._marginals import transform_marginals, warn_of_atoms
from skib.feature_selection._estimates import RelativeJoint

# Columns whose scores are linear in others up to this precision have no direction of their own.
_RANK_TOLERANCE = 1e-8


class GaussianCounts:
    """What :class:`~skib.mutual_info.GaussianCopula` estimates of single columns, given single columns or several.

    `x` (n_samples, n_features) and `y` (n_samples, n_targets) are numbers.
    """

    levels = None

    def __init__(self, x, y, *, bias_correction):
        x, y = transform_marginals(x, "rank"), transform_marginals(y, "rank")
        warn_of_atoms(x, y)
        self._scores, self._target, self._bias_correction = _unit(x), _basis(_unit(y)), bias_correction
        self.n_samples = self.n_effective = len(x)

    def uncorrected(self):
        """Return these counts without the correction of the bias: 2 n I has then a chi-squared distribution."""
        twin = object.__new__(GaussianCounts)
        twin.__dict__ = self.__dict__ | {"_bias_correction": False}
        return twin

    def joint(self, context, candidates, n_jobs=None):
        """Return the RelativeJoint of each candidate; of more than one context column only its `information`."""
        x, given = self._scores[:, candidates], _basis(self._scores[:, list(context)])
        along = given.T @ x
        residual = np.sum(x**2, axis=0) - np.sum(along**2, axis=0)
        target = _basis(self._target - given @ (given.T @ self._target))
        explained = np.sum((target.T @ x) ** 2, axis=0)
        # A covariance of as many columns as there are rows is singular: nothing more can be estimated then.
        has_rows = 1 + target.shape[1] + given.shape[1] < self.n_samples
        free = (residual > _RANK_TOLERANCE**2) & has_rows
        shares = np.divide(explained, residual, out=np.zeros_like(residual), where=free)
        bias = self._bias(1, target.shape[1], given.shape[1]) if has_rows else 0.0
        conditional = np.where(free, self._information(shares) - bias, 0.0)
        dof = np.where(free, target.shape[1], 0)
        if len(context) != 1:
            return RelativeJoint(-conditional, np.zeros_like(residual), 0.0, 0.0, dof)
        redundancy = self._redundancy(x, along)
        relevance = self._relevance(given)
        return RelativeJoint(-redundancy - relevance - conditional, -redundancy, -relevance, 0.0, dof)

    def _redundancy(self, x, along):
        values = self._information(np.sum(along**2, axis=0)) - self._bias(1, len(along), 0)
        return np.where(np.any(x != 0, axis=0), values, 0.0) if len(along) else np.zeros(x.shape[1])

    def _relevance(self, direction):
        """Return I(j;Y) of the one column of a context; 0 if it is constant."""
        if not direction.shape[1]:
            return 0.0
        share = np.sum((self._target.T @ direction) ** 2)
        return float(self._information(share) - self._bias(1, self._target.shape[1], 0))

    def _information(self, shares):
        """Compute -log(1 - r^2) / 2 of squared correlations, which ranks resolve up to 1 / n^2 below 1."""
        return -0.5 * np.log1p(-np.minimum(shares, 1 - float(self.n_samples) ** -2))

    def _bias(self, n_x, n_y, n_z):
        if not self._bias_correction:
            return 0.0
        b_xz, b_yz, b_z, b_xyz = (log_det_bias(self.n_samples, d) for d in (n_x + n_z, n_y + n_z, n_z, n_x + n_y + n_z))
        return b_xz + b_yz - b_z - b_xyz


def _unit(scores):
    """Return normal scores centered and of unit length; zeros for a constant column."""
    scores = scores - scores.mean(axis=0)
    norms = np.sqrt(np.sum(scores**2, axis=0))
    return np.divide(scores, norms, out=np.zeros_like(scores), where=norms > _RANK_TOLERANCE * np.sqrt(len(scores)))


def _basis(columns):
    """Return an orthonormal basis of some columns of at most unit length."""
    if not columns.shape[1]:
        return columns
    basis, triangle, _ = qr(columns, mode="economic", pivoting=True)
    return basis[:, np.abs(np.diag(triangle)) > _RANK_TOLERANCE]
