"""The predictors of classes against formulas written out, and against scikit-learn."""

import numpy as np
import pytest
from scipy.linalg import orth, sqrtm
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from skib.mutual_info._summary._class_ratios import (
    ClassMeans,
    linear_ratios,
    log_shares,
    logistic_ratios,
    quadratic_ratios,
)
from skib.mutual_info._summary._combination import combined
from skib.mutual_info._summary._folds import fold_members, whitened_fold


def sample(n_samples=400, n_columns=4, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(n_classes, size=n_samples)
    x = rng.normal(size=(n_samples, n_columns)) @ rng.normal(size=(n_columns, n_columns))
    return x + 1.5 * rng.normal(size=(n_classes, n_columns))[codes], codes


def fold_of(x, k=0, n_folds=4):
    return whitened_fold(x, fold_members(x, n_folds, np.random.default_rng(0)), k)


def test_folds_do_not_depend_on_the_order_of_rows_and_columns():
    x, _ = sample()
    order = np.random.default_rng(1).permutation(len(x))
    members = fold_members(x, 4, np.random.default_rng(0))
    again = fold_members(x[order][:, ::-1], 4, np.random.default_rng(0))
    np.testing.assert_array_equal(again, members[order])
    assert np.ptp(np.bincount(members)) <= 1


@pytest.mark.parametrize("n_columns", [1, 4, 120])
def test_whitening_is_by_the_covariance_matrix_of_ledoit_and_wolf(n_columns):
    x, _ = sample(100, n_columns)
    fold = fold_of(x)
    rows = x[fold.train]
    covariance, _ = ledoit_wolf(rows)
    new = x[fold.test] - rows.mean(axis=0)
    distances = np.einsum("ij,jk,ik->i", new, np.linalg.inv(covariance), new)
    np.testing.assert_allclose(np.sum(fold.test_rows**2, axis=1), distances, rtol=1e-4)
    np.testing.assert_allclose(fold.train_squares, np.sum(fold.train_rows**2, axis=1))
    np.testing.assert_allclose(fold.test_squares, distances, rtol=1e-4)


def test_linear_ratios_as_written_out():
    x, codes = sample()
    fold = fold_of(x)
    z, own, new = fold.train_rows, codes[fold.train], fold.test_rows
    means = np.array([z[own == c].mean(axis=0) for c in range(3)])
    counts = np.bincount(own)
    within = np.sum((z - means[own]) ** 2) / len(z)
    products, projected = means @ means.T, z @ means.T
    for c in range(3):
        for e in range(3):
            products[c, e] -= within * ((c == e) / counts[c] - 1 / len(z))
    residuals = projected - np.array([projected[own == c].mean(axis=0) for c in range(3)])[own]
    inverse = np.linalg.pinv(residuals.T @ residuals / len(z), rcond=1e-8, hermitian=True)
    expected = [
        [products[c] @ inverse @ (means @ row) - 0.5 * products[c] @ inverse @ products[c] for c in range(3)]
        for row in new
    ]
    np.testing.assert_allclose(linear_ratios(fold, ClassMeans(fold, codes, 3)), expected, rtol=1e-8, atol=1e-10)


def test_linear_ratios_are_those_of_scikit_learn_where_rows_are_many():
    x, codes = sample(100_000)
    fold = fold_of(x)
    log_prior = log_shares(codes[fold.train], 3)
    log_p = log_softmax(linear_ratios(fold, ClassMeans(fold, codes, 3)) + log_prior, axis=1)
    reference = LinearDiscriminantAnalysis().fit(x[fold.train], codes[fold.train]).predict_proba(x[fold.test])
    np.testing.assert_allclose(np.exp(log_p), reference, atol=0.01)


def whitened_within(fold, codes, n_classes=3):
    """Whiten all rows by the covariance within the classes along the class means."""
    z, own = fold.train_rows, codes[fold.train]
    means = np.array([z[own == c].mean(axis=0) for c in range(n_classes)])
    basis = orth(means.T)
    within = basis.T @ np.cov((z - means[own]).T, bias=True) @ basis
    rows = np.empty((len(codes), len(basis)))
    rows[fold.train], rows[fold.test] = z, fold.test_rows
    return rows + rows @ basis @ (np.linalg.inv(np.real(sqrtm(within))) - np.eye(basis.shape[1])) @ basis.T


def shrinkage_of_means(z, own, n_classes=3):
    """Share of the squared length of the class means that is not noise."""
    counts = np.bincount(own)
    means = np.array([z[own == c].mean(axis=0) for c in range(n_classes)])
    noise = np.sum((z - means[own]) ** 2) / len(z) * np.sum(1 / counts - 1 / len(z))
    return 1 - noise / np.sum(means**2)


def test_quadratic_ratios_are_normal_densities():
    x, codes = sample()
    fold, expected = fold_of(x), []
    z = whitened_within(fold, codes)
    new, own, z = z[fold.test], codes[fold.train], z[fold.train]
    length = shrinkage_of_means(z, own)
    assert 0.9 < length < 1
    for c in range(3):
        rows = z[own == c]
        s, d, n = np.cov(rows.T), 4, len(rows)
        trace, square = np.trace(s), np.trace(s @ s)
        share = ((1 - 2 / d) * square + trace**2) / ((n + 1 - 2 / d) * (square - trace**2 / d))
        shrunk = (1 - share) * s + share * trace / d * np.eye(d)
        density = multivariate_normal(length * rows.mean(axis=0), shrunk)
        expected.append(density.logpdf(new) + 0.5 * d * np.log(2 * np.pi))
    found = quadratic_ratios(fold, ClassMeans(fold, codes, 3))
    np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-6, atol=1e-6)


def test_classes_of_few_rows_per_column_have_spheres():
    x, codes = sample(60, 30)
    fold = fold_of(x)
    z, own = whitened_within(fold, codes), codes[fold.train]
    rows = z[fold.train][own == 1]
    scale = np.sum((rows - rows.mean(axis=0)) ** 2) / (30 * (len(rows) - 1))
    center = shrinkage_of_means(z[fold.train], own) * rows.mean(axis=0)
    expected = -0.5 * np.sum((z[fold.test] - center) ** 2, axis=1) / scale - 15 * np.log(scale)
    found = quadratic_ratios(fold, ClassMeans(fold, codes, 3))[:, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("rounding", [0, 1e-17])
def test_class_of_equal_rows_is_narrow_but_not_without_bounds(rounding):
    """The variance of such a class is nothing but rounding: its density would be of any size."""
    x, codes = sample()
    x[codes == 1] = np.arange(1, 5) / 3 + rounding * x[codes == 1]
    fold = fold_of(x)
    found = quadratic_ratios(fold, ClassMeans(fold, codes, 3))
    own, distances = codes[fold.test] == 1, np.sum(whitened_within(fold, codes)[fold.test] ** 2, axis=1)
    assert np.all(found[own, 1] > found[own][:, [0, 2]].max(axis=1) + 10)
    assert np.abs(found[:, 1]).max() < 4 * distances.max() / (2 * 1e-6)  # no center is farther than the farthest row


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_regression_is_that_of_scikit_learn(n_classes):
    x, codes = sample(n_classes=n_classes)
    fold = fold_of(x)
    log_prior = log_shares(codes[fold.train], n_classes)
    log_p = log_softmax(logistic_ratios(fold, codes, log_prior) + log_prior, axis=1)
    # Two classes have two vectors of coefficients here, of half the length each.
    reference = LogisticRegression(C=10 / 4 * (2 if n_classes == 2 else 1), tol=1e-10, max_iter=5000)
    reference.fit(fold.train_rows, codes[fold.train])
    np.testing.assert_allclose(np.exp(log_p), reference.predict_proba(fold.test_rows), atol=2e-3)


@pytest.mark.parametrize("n_predictors", [1, 3])
def test_combination_minimizes_the_log_loss_of_the_other_folds(n_predictors):
    rng = np.random.default_rng(0)
    codes, members = rng.integers(3, size=300), np.arange(300) % 3
    ratios = rng.normal(size=(300, 3, n_predictors))
    ratios[np.arange(300), codes] += [1.0, 0.5, -1.0][:n_predictors]  # the last one is worse than nothing
    log_prior = np.tile(np.log([0.5, 0.3, 0.2]), (300, 1))
    found, _ = combined(ratios, codes, log_prior, members)
    for k in range(3):
        others = members != k

        def loss(weights, others=others):
            log_p = log_softmax(ratios[others] @ weights + log_prior[others], axis=1)
            return -log_p[np.arange(others.sum()), codes[others]].mean()

        weights = minimize(loss, np.full(n_predictors, 0.3), bounds=[(0, None)] * n_predictors, tol=1e-12).x
        expected = log_softmax(ratios[~others] @ weights + log_prior[~others], axis=1) - log_prior[~others]
        np.testing.assert_allclose(found[~others], expected, atol=1e-4)
    if n_predictors == 3:
        assert weights[2] == 0
