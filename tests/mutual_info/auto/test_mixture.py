"""Mixtures of Gaussians: the fit, its density, information and samples."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from skib._marginals import transform_marginals
from skib.mutual_info._auto._mixture import _COVARIANCE_RIDGE, MixtureScores

COLUMNS = np.array([0, 1]), np.array([2]), np.array([], int)
CORRELATION = np.array([[1, 0.5, 0.6], [0.5, 1, 0.3], [0.6, 0.3, 1]])
TRUTH = -0.5 * np.log(np.linalg.det(CORRELATION) / np.linalg.det(CORRELATION[:2, :2]))


def gaussian_rows(n_samples, seed):
    return np.random.default_rng(seed).multivariate_normal(np.zeros(3), CORRELATION, n_samples)


def test_fit_is_that_of_scikit_learn_from_the_same_start():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1000, 3)) * np.where(rng.random((1000, 1)) < 0.5, 0.3, 1.5) + (rng.random((1000, 1)) < 0.3)
    found = MixtureScores.of_size(rows, 3, 0)
    centers = rows[np.random.default_rng(0).choice(1000, 3, replace=False)]
    nearest = np.argmin(((rows[:, None] - centers) ** 2).sum(axis=2), axis=1)
    parts = [rows[nearest == k] for k in range(3)]
    start = {
        "weights_init": [len(part) / 1000 for part in parts],
        "means_init": [part.mean(axis=0) for part in parts],
        "precisions_init": [np.linalg.inv(np.cov(part.T, bias=True) + 1e-4 * np.eye(3)) for part in parts],
    }
    twin = GaussianMixture(3, reg_covar=1e-4, max_iter=1000, **start).fit(rows)
    single = 100 * np.finfo(np.float32).eps  # the precision of the steps, each of which rounds
    np.testing.assert_allclose(found.components.weights, twin.weights_, atol=single)
    np.testing.assert_allclose(found.components.means, twin.means_, atol=single)
    np.testing.assert_allclose(found.components.covariances, twin.covariances_, atol=single)
    np.testing.assert_allclose(found.log_density(rows, np.arange(3)), twin.score_samples(rows), atol=10 * single)


def test_mixture_density_of_some_columns_is_the_marginal():
    rows = gaussian_rows(2000, 0)
    model = MixtureScores.of_size(rows, 3, 0)
    part = np.array([2, 0])
    parts = zip(*model.components, strict=True)
    density = sum(w * multivariate_normal(m[part], c[np.ix_(part, part)]).pdf(rows[:, part]) for w, m, c in parts)
    np.testing.assert_allclose(model.log_density(rows, part), np.log(density), atol=1e-9)


def test_mixture_information_and_samples():
    rows = gaussian_rows(5000, 0)
    model = MixtureScores.of_size(rows, 2, 0)
    tolerance = 4 * model.pointwise(rows, COLUMNS).std() / np.sqrt(len(rows))
    assert abs(model.information(COLUMNS) - TRUTH) < tolerance
    drawn = model.sample(5000, np.random.default_rng(0))
    assert abs(np.mean(model.pointwise(drawn, COLUMNS)) - TRUTH) < tolerance
    assert abs(np.corrcoef(drawn[1:, 0], drawn[:-1, 0])[0, 1]) < 4 / np.sqrt(5000)  # in random order


def test_fit_to_more_rows_goes_on_from_the_components():
    rows = gaussian_rows(4000, 0)
    model = MixtureScores.of_size(rows[:3000], 2, 0)
    again = model.refitted(rows)
    every = np.arange(3)
    assert again.log_density(rows, every).mean() >= model.log_density(rows, every).mean()


def test_densities_whose_exponentials_leave_the_range_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(500, 12)), 1e-6 * rng.normal(size=(500, 12)) + 3.5])
    model = MixtureScores.of_size(rows, 2, 0)
    rows = np.vstack([rows, np.full((1, 12), 40.0)])
    parts = [np.log(w) + multivariate_normal(m, c).logpdf(rows) for w, m, c in zip(*model.components, strict=True)]
    np.testing.assert_allclose(model.log_density(rows, np.arange(12)), np.logaddexp(*parts), rtol=1e-8, atol=1e-6)
    model.components = model.components._replace(means=np.zeros((2, 12)))
    low = model.log_density(np.zeros((1, 12)), np.arange(12))
    model.components = model.components._replace(covariances=1e-60 * model.components.covariances)
    high = model.log_density(np.zeros((1, 12)), np.arange(12))
    np.testing.assert_allclose(high, low + 360 * np.log(10), rtol=1e-9)  # of which the exponential overflows


@pytest.mark.parametrize("n_columns", [2, 4, 12])
def test_columns_that_nearly_determine_each_other_leave_covariances_positive_definite(n_columns):
    x = np.random.default_rng(0).standard_cauchy((3000, 1))
    rows = transform_marginals(x * (1 + 1e-7 * np.random.default_rng(1).normal(size=(3000, n_columns))), "rank")
    model = MixtureScores.of_size(rows, 2, 0)
    for _ in range(3):
        model = model.doubled(rows)
        assert np.linalg.eigvalsh(model.components.covariances).min() > 0.98 * _COVARIANCE_RIDGE


def test_part_of_a_mixture_fits_its_columns_better_than_as_a_part():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, size=(3000, 2))
    rows = np.column_stack([x, np.sin(3 * x) + 0.2 * rng.normal(size=x.shape)])
    model, side = MixtureScores.of_size(rows, 8, 0), np.array([0, 1])
    part = model.marginal(rows[:, side], side)
    assert len(part.components.weights) == 8
    assert part.log_density(rows[:, side], side).mean() > model.log_density(rows, side).mean() + 0.01
