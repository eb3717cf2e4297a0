"""The Gaussian and the Student t copula: their densities, their information and their samples."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import multivariate_normal, multivariate_t, norm, t

from skib._marginals import transform_marginals
from skib.datasets import make_benchmark_task
from skib.mutual_info._auto._copula_models import GaussianScores, StudentScores
from skib.mutual_info._auto._mixture import MixtureScores

COLUMNS = np.array([0, 1]), np.array([2]), np.array([], int)
CORRELATION = np.array([[1, 0.5, 0.6], [0.5, 1, 0.3], [0.6, 0.3, 1]])
TRUTH = -0.5 * np.log(np.linalg.det(CORRELATION) / np.linalg.det(CORRELATION[:2, :2]))


def gaussian_rows(n_samples, seed):
    return np.random.default_rng(seed).multivariate_normal(np.zeros(3), CORRELATION, n_samples)


def scores(task, n_samples=5000, seed=0):
    pair = make_benchmark_task(task, n_samples, random_state=seed)
    return transform_marginals(np.column_stack([pair.X, pair.y]), "rank"), pair


def test_gaussian_density_and_samples_are_those_of_its_correlation():
    rows = gaussian_rows(500, 0)
    model = GaussianScores(rows)
    expected = multivariate_normal(np.zeros(2), np.corrcoef(rows[:, [0, 2]].T)).logpdf(rows[:, [0, 2]])
    np.testing.assert_allclose(model.log_density(rows, np.array([0, 2])), expected, atol=1e-6)
    drawn = model.sample(100_000, np.random.default_rng(0))
    np.testing.assert_allclose(np.corrcoef(drawn.T), np.corrcoef(rows.T), atol=4 / np.sqrt(100_000))


def test_gaussian_of_one_column_is_standard_normal():
    rows = gaussian_rows(500, 0)[:, :1]
    model = GaussianScores(rows)
    np.testing.assert_allclose(model.log_density(rows, np.array([0])), norm.logpdf(rows[:, 0]), atol=1e-6)
    assert abs(model.sample(10_000, np.random.default_rng(0)).std() - 1) < 4 / np.sqrt(2 * 10_000)


def test_gaussian_information_has_no_bias_on_few_rows():
    values = [GaussianScores(gaussian_rows(40, seed)).information(COLUMNS) for seed in range(400)]
    assert abs(np.mean(values) - TRUTH) < 4 * np.std(values) / np.sqrt(len(values))


def test_student_density_is_that_of_a_t_copula_on_normal_scores():
    rows = scores("student-identity-2-2-2", 1000)[0]
    model = StudentScores(rows)
    x = t(model.dof).ppf(norm.cdf(rows))
    copula = multivariate_t(np.zeros(4), model.dispersion, model.dof).logpdf(x) - t(model.dof).logpdf(x).sum(axis=1)
    np.testing.assert_allclose(model.log_density(rows, np.arange(4)), copula + norm.logpdf(rows).sum(axis=1), atol=1e-8)


def test_student_information_and_samples():
    rows, pair = scores("student-identity-2-2-2", 10_000)
    model = StudentScores(rows)
    columns = np.array([0, 1]), np.array([2, 3]), np.array([], int)
    assert abs(model.dof - 2) < 0.2
    pointwise = model.pointwise(rows, columns)
    tolerance = 4 * pointwise.std() / np.sqrt(len(rows))
    assert abs(model.information(columns) - pair.mutual_info) < tolerance
    assert abs(pointwise.mean() - pair.mutual_info) < tolerance
    again = StudentScores(model.sample(10_000, np.random.default_rng(0)))
    assert abs(again.information(columns) - model.information(columns)) < tolerance


def test_conditional_information_of_a_gaussian():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    x, y = z + rng.normal(size=20_000), z + rng.normal(size=20_000)  # independent given z
    columns = np.array([0]), np.array([1]), np.array([2])
    assert abs(GaussianScores(np.column_stack([x, y, z])).information(columns)) < 1e-3


@pytest.mark.parametrize(
    "kind", [GaussianScores, StudentScores, partial(MixtureScores.of_size, n_components=4, seed=0)]
)
def test_conditional_samples_are_those_of_the_joint_distribution(kind):
    """Columns drawn given the others of a sample make rows of the model again."""
    rows = scores("student-identity-2-2-2", 4000)[0]
    model, rng = kind(rows + 0.5 * rows[:, ::-1]), np.random.default_rng(0)
    drawn = model.sample(20_000, rng)
    again = np.column_stack([model.sample_given(drawn[:, 2:], rng), drawn[:, 2:]])
    for power in (1, 2):
        np.testing.assert_allclose(*(np.corrcoef(part.T**power) for part in (drawn, again)), atol=0.05)
    densities = [model.log_density(part, np.arange(4)) for part in (drawn, again)]
    spread = np.hypot(*(density.std() for density in densities))
    assert abs(densities[0].mean() - densities[1].mean()) < 4 * spread / np.sqrt(20_000)
