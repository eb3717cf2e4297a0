"""Predictors of classes, in whitened coordinates: log p(x|class), up to one number for every held-out row."""

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_softmax

# Columns, and columns per row of a class, beyond which its covariance matrix is a multiple of the common one.
_MOST_COLUMNS, _COLUMNS_PER_ROW = 256, 0.5
# Classes beyond which linear discriminants are not scaled direction by direction.
_MOST_SCALED = 64
# Length of a mean, and variance within the classes, that is nothing but rounding, in whitened coordinates.
_NO_LENGTH, _LEAST_VARIANCE = 1e-8, 1e-6
# Variance of the coefficients of a logistic regression, times the number of columns.
_PRIOR_VARIANCE = 10.0
_STEPS = 100


def log_shares(codes, n_classes):
    """Return the log shares of the classes, with half a row added to each."""
    counts = np.bincount(codes, minlength=n_classes) + 0.5
    return np.log(counts / counts.sum())


def class_sums(rows, codes, n_classes):
    """Sum the rows of each class."""
    indicator = np.zeros((n_classes, len(codes)))
    indicator[codes, np.arange(len(codes))] = 1
    return indicator @ rows


class ClassMeans:
    """The class means of the training rows, and their products without what the noise of the means adds to them."""

    def __init__(self, fold, codes, n_classes):
        self.z, self.codes, self.codes_of_all = fold.z[fold.train], codes[fold.train], codes
        self.counts = np.maximum(np.bincount(self.codes, minlength=n_classes), 1)
        self.means = class_sums(self.z, self.codes, n_classes) / self.counts[:, None]
        products = self.means @ self.means.T
        n_samples = len(self.codes)
        within = max(fold.length - self.counts @ np.diag(products) / n_samples, 0.0)
        self.products = products - within * (np.diag(1 / self.counts) - 1 / n_samples)
        self.length = np.trace(products)

    def shrinkage(self):
        """Return the share of the squared length of the means that is not noise."""
        return max(np.trace(self.products) / self.length, 0.0) if self.length > 0 else 0.0


def linear_ratios(fold, moments):
    """Compute linear discriminants as long as suits rows held out, where the noise of the class means has no length."""
    scores = fold.z[fold.test] @ moments.means.T
    if len(moments.means) > _MOST_SCALED:
        return scores - 0.5 * np.diag(moments.products)
    projected = moments.z @ moments.means.T
    centers = class_sums(projected, moments.codes, len(moments.means)) / moments.counts[:, None]
    residuals = projected - centers[moments.codes]
    within = residuals.T @ residuals / len(residuals)
    slopes = np.linalg.pinv(within, rcond=1e-8, hermitian=True) @ moments.products
    return scores @ slopes - 0.5 * np.einsum("ij,ij->j", moments.products, slopes)


def quadratic_ratios(fold, moments):
    """Compute log densities of normal classes, their covariance matrices shrunk towards multiples of the common one."""
    fold, moments = _whitened_within(fold, moments)
    test, centers = fold.z[fold.test], moments.shrinkage() * moments.means
    ratios = np.zeros((len(test), len(centers)))
    for c, mean in enumerate(moments.means):
        rows = moments.z[moments.codes == c] - mean
        if len(rows) > 1:
            ratios[:, c] = _log_density(rows, test - centers[c])
    return ratios


def _whitened_within(fold, moments):
    """Whiten rows by the covariance within the classes; it differs from that of all rows where the means differ."""
    _, lengths, axes = np.linalg.svd(moments.means, full_matrices=False)
    axes = axes[lengths > _NO_LENGTH]
    projected = moments.z @ axes.T
    centers = class_sums(projected, moments.codes, len(moments.means)) / moments.counts[:, None]
    residuals = projected - centers[moments.codes]
    variances, directions = np.linalg.eigh(residuals.T @ residuals / len(residuals))
    roots = (directions / np.sqrt(np.maximum(variances, _LEAST_VARIANCE))) @ directions.T
    z = fold.z + (fold.z @ axes.T) @ (roots - np.eye(len(roots))) @ axes
    train = z[fold.train]
    fold = fold._replace(z=z, length=np.einsum("ij,ij->", train, train) / len(train))
    return fold, ClassMeans(fold, moments.codes_of_all, len(moments.means))


def _log_density(rows, new):
    n, d = rows.shape
    scale = max(np.einsum("ij,ij->", rows, rows) / ((n - 1) * d), _LEAST_VARIANCE)
    if d > _MOST_COLUMNS or d > _COLUMNS_PER_ROW * n:
        return -0.5 * np.einsum("ij,ij->i", new, new) / scale - 0.5 * d * np.log(scale)
    factor = cholesky(_shrunk(rows, scale), lower=True)
    scaled = solve_triangular(factor, new.T, lower=True)
    return -0.5 * np.einsum("ij,ij->j", scaled, scaled) - np.log(np.diag(factor)).sum()


def _shrunk(rows, scale):
    """Shrink a covariance matrix towards a multiple of the unit matrix: Chen et al. (2010), equation (23)."""
    n, d = rows.shape
    covariance = rows.T @ rows / (n - 1)
    size = np.sum(covariance**2)
    distance = (n + 1 - 2 / d) * (size - d * scale**2)
    share = min(((1 - 2 / d) * size + (d * scale) ** 2) / distance, 1.0) if distance > 0 else 1.0
    covariance *= 1 - share
    covariance[np.diag_indices(d)] += share * scale
    return covariance


def logistic_ratios(fold, codes, log_prior):
    """Fit a multinomial logistic regression with normal priors of the coefficients."""
    z, own, n_classes = fold.z[fold.train], codes[fold.train], len(log_prior)
    rows, d = np.arange(len(z)), z.shape[1]
    precision = d / _PRIOR_VARIANCE

    def loss(parameters):
        weights = parameters.reshape(n_classes, d + 1)
        slopes = weights[:, :d]
        log_p = log_softmax(z @ slopes.T + weights[:, d] + log_prior, axis=1)
        residuals = np.exp(log_p)
        residuals[rows, own] -= 1
        gradient = np.column_stack([residuals.T @ z + precision * slopes, residuals.sum(axis=0)])
        value = 0.5 * precision * np.sum(slopes**2) - log_p[rows, own].sum()
        return value / len(z), gradient.ravel() / len(z)

    start = np.zeros(n_classes * (d + 1))
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    weights = weights.reshape(n_classes, d + 1)
    return fold.z[fold.test] @ weights[:, :d].T + weights[:, d]
