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
        self.codes = codes[fold.train]
        self.counts = np.maximum(np.bincount(self.codes, minlength=n_classes), 1)
        self.means = class_sums(fold.train_rows, self.codes, n_classes) / self.counts[:, None]
        self.products = _products_of_means(self.means, self.counts, fold.train_squares)


def _products_of_means(means, counts, squares):
    """Return the products of class means less their noise; `squares` are the squared lengths of the rows."""
    products, n_samples = means @ means.T, len(squares)
    within = max(np.mean(squares) - counts @ np.diag(products) / n_samples, 0.0)
    return products - within * (np.diag(1 / counts) - 1 / n_samples)


def _shrinkage(means, counts, squares):
    """Return the share of the squared length of the means that is not noise."""
    length = np.sum(means**2)
    return max(np.trace(_products_of_means(means, counts, squares)) / length, 0.0) if length > 0 else 0.0


def linear_ratios(fold, moments):
    """Compute linear discriminants as long as suits rows held out, where the noise of the class means has no length."""
    scores = fold.test_rows @ moments.means.T
    if len(moments.means) > _MOST_SCALED:
        return scores - 0.5 * np.diag(moments.products)
    projected = fold.train_rows @ moments.means.T
    residuals = _within_classes(projected, moments)
    within = residuals.T @ residuals / len(residuals)
    slopes = np.linalg.pinv(within, rcond=1e-8, hermitian=True) @ moments.products
    return scores @ slopes - 0.5 * np.einsum("ij,ij->j", moments.products, slopes)


def quadratic_ratios(fold, moments):
    """Compute log densities of normal classes, their covariance matrices shrunk towards multiples of the common one.

    Rows are whitened by the covariance within the classes, which differs from that of all rows where the means differ.
    """
    stretch, counts = _Stretch(fold, moments), np.bincount(moments.codes, minlength=len(moments.means))
    means = stretch.of(moments.means)
    centers = _shrinkage(means, moments.counts, stretch.train_squares) * means
    ratios, new = np.zeros((len(fold.test), len(means))), None
    for c in np.flatnonzero(counts > 1):
        own = moments.codes == c
        if means.shape[1] > min(_MOST_COLUMNS, _COLUMNS_PER_ROW * counts[c]):
            ratios[:, c] = _log_density_of_sphere(stretch, own, means[c], centers[c])
            continue
        new = stretch.of(fold.test_rows) if new is None else new
        ratios[:, c] = _log_density(stretch.of(fold.train_rows[own]) - means[c], new - centers[c])
    return ratios


class _Stretch:
    """The linear map that whitens rows within the classes: it changes them along the class means alone."""

    def __init__(self, fold, moments):
        _, lengths, axes = np.linalg.svd(moments.means, full_matrices=False)
        self.fold, self.axes = fold, axes[lengths > _NO_LENGTH]
        train, self._test = fold.train_rows @ self.axes.T, fold.test_rows @ self.axes.T
        residuals = _within_classes(train, moments)
        variances, directions = np.linalg.eigh(residuals.T @ residuals / len(residuals))
        roots = (directions / np.sqrt(np.maximum(variances, _LEAST_VARIANCE))) @ directions.T
        self._change = roots - np.eye(len(roots))
        # The axes are orthonormal, so that squared lengths change by those of the coordinates along them.
        self.train_squares = fold.train_squares + _change_of_squares(train, roots)
        self.test_squares = fold.test_squares + _change_of_squares(self._test, roots)

    def of(self, rows):
        return rows + (rows @ self.axes.T) @ self._change @ self.axes

    def test_products(self, point):
        """Return the inner products of the stretched held-out rows with a point."""
        return self.fold.test_rows @ point + self._test @ (self._change @ (self.axes @ point))


def _change_of_squares(coordinates, roots):
    stretched = coordinates @ roots
    return np.einsum("ij,ij->i", stretched, stretched) - np.einsum("ij,ij->i", coordinates, coordinates)


def _within_classes(projected, moments):
    """Subtract the class means from some coordinates of the training rows."""
    centers = class_sums(projected, moments.codes, len(moments.means)) / moments.counts[:, None]
    return projected - centers[moments.codes]


def _log_density_of_sphere(stretch, own, mean, center):
    """Compute log densities of a normal class of one variance in all directions, from squared lengths alone."""
    n, d = np.count_nonzero(own), len(mean)
    scale = max((stretch.train_squares[own].sum() - n * mean @ mean) / ((n - 1) * d), _LEAST_VARIANCE)
    squares = stretch.test_squares - 2 * stretch.test_products(center) + center @ center
    return -0.5 * squares / scale - 0.5 * d * np.log(scale)


def _log_density(rows, new):
    n, d = rows.shape
    scale = max(np.einsum("ij,ij->", rows, rows) / ((n - 1) * d), _LEAST_VARIANCE)
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
    """Fit a multinomial logistic regression with normal priors of the coefficients, which sum to 0 over the classes."""
    z, own, n_classes = fold.train_rows, codes[fold.train], len(log_prior)
    rows, d = np.arange(len(z)), z.shape[1]
    precision = d / _PRIOR_VARIANCE

    def loss(parameters):
        weights = parameters.reshape(n_classes, d + 1)
        slopes = weights[:, :d]
        log_p = log_softmax(_contrasts(z, slopes.T) + weights[:, d] + log_prior, axis=1)
        residuals = np.exp(log_p)
        residuals[rows, own] -= 1
        gradient = np.column_stack([_contrasts(z.T, residuals).T + precision * slopes, residuals.sum(axis=0)])
        value = 0.5 * precision * np.sum(slopes**2) - log_p[rows, own].sum()
        return value / len(z), gradient.ravel() / len(z)

    start = np.zeros(n_classes * (d + 1))
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x
    weights = weights.reshape(n_classes, d + 1)
    return fold.test_rows @ weights[:, :d].T + weights[:, d]


def _contrasts(rows, columns):
    """Return the products of rows with columns that sum to 0; the last follows from the others."""
    products = rows @ columns[:, :-1]
    return np.column_stack([products, -products.sum(axis=1)])
