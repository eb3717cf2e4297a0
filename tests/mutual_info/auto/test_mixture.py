"""Mixtures of Gaussians: the fit, its density, information and samples."""

import numpy as np
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from skib.mutual_info._auto._mixture import MixtureScores

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
    np.testing.assert_allclose(found.components.weights, twin.weights_, atol=1e-8)
    np.testing.assert_allclose(found.components.means, twin.means_, atol=1e-8)
    np.testing.assert_allclose(found.components.covariances, twin.covariances_, atol=1e-8)
    np.testing.assert_allclose(found.log_density(rows, np.arange(3)), twin.score_samples(rows), atol=1e-8)


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
