"""Two continuous columns: the parts of the estimate, their weight, and saturation."""

import numpy as np
import pytest

from skib import DuplicateRowsWarning
from skib._marginals import sort_column, transform_marginals
from skib._neighbors import ksg_terms
from skib.datasets import make_benchmark_task, make_gaussian_pair
from skib.mutual_info import KSG, GaussianCopula
from skib.mutual_info._auto._continuous import planar_estimate
from skib.mutual_info._auto._two_columns import N_NEIGHBORS, two_column_estimate, two_column_value


def columns_of(pair):
    return pair.X[:, 0], np.ravel(pair.y)


@pytest.fixture
def columns():
    return columns_of(make_gaussian_pair(2000, rho=0.8, random_state=0))


def test_parts_are_neighbors_and_gaussian_copula(columns):
    x, y = np.exp(columns[0]), columns[1]  # whose noise is not additive
    estimate = two_column_estimate(x, y)
    terms = ksg_terms(x[:, None], y[:, None], N_NEIGHBORS, marginals="rank")
    assert estimate.neighbors == terms.mean()
    assert estimate.gaussian == pytest.approx(GaussianCopula().fit(x[:, None], y).mutual_info_, abs=1e-4)
    assert estimate.ceiling == KSG(N_NEIGHBORS).fit(x[:, None], y).ceiling_
    assert estimate.pointwise.mean() == pytest.approx(estimate.value, abs=1e-12)
    assert min(estimate.gaussian, estimate.neighbors) <= estimate.value <= max(estimate.gaussian, estimate.neighbors)


def test_gaussian_terms_are_the_log_density_ratio(columns):
    """The weight is 0 for some Gaussian data: the pointwise terms are then those of the copula, shifted by the bias."""
    for seed in range(20):
        x, y = columns_of(make_gaussian_pair(500, rho=0.5, random_state=seed))
        estimate = two_column_estimate(x, y)
        if estimate.value == estimate.gaussian:
            break
    a, b = transform_marginals(np.column_stack([x, y]), "rank").T
    a, b = a / a.std(), b / b.std()
    rho = np.mean(a * b)
    covariance = np.array([[1, rho], [rho, 1]])
    norms = np.einsum("in,ij,jn->n", [a, b], np.linalg.inv(covariance), [a, b])
    density = -0.5 * np.log(np.linalg.det(covariance)) - 0.5 * (norms - a**2 - b**2)
    np.testing.assert_allclose(estimate.pointwise - estimate.value, density - density.mean(), atol=1e-9)


def test_shrinking_helps_where_the_copula_is_gaussian_and_does_no_harm_elsewhere():
    def errors(make):
        pairs = [make(seed) for seed in range(30)]
        estimates = [two_column_estimate(*columns_of(pair)) for pair in pairs]
        truth = np.array([pair.mutual_info for pair in pairs])
        return [e.value for e in estimates] - truth, [e.neighbors for e in estimates] - truth

    shrunk, alone = errors(lambda seed: make_gaussian_pair(500, rho=0.5, random_state=seed))
    assert np.std(shrunk) < 0.9 * np.std(alone)
    shrunk, alone = errors(lambda seed: make_benchmark_task("1v1-X-0.9", 500, random_state=seed))
    assert np.mean(np.abs(shrunk)) < 1.05 * np.mean(np.abs(alone))


def test_a_sorted_target_gives_the_same_bits(columns):
    x, y = columns
    alone, shared = two_column_estimate(x, y), two_column_estimate(x, y, sort_column(y, "rank"))
    assert shared._replace(pointwise=None) == alone._replace(pointwise=None)
    np.testing.assert_array_equal(shared.pointwise, alone.pointwise)


@pytest.mark.parametrize("decimals", [None, 1])
def test_exchanging_the_columns_changes_nothing(columns, decimals):
    x, y = columns if decimals is None else np.round(columns, decimals)
    there, back = two_column_estimate(x, y), two_column_estimate(y, x)
    assert there.value == pytest.approx(back.value, abs=1e-12)
    assert there.std_error == pytest.approx(back.std_error, abs=1e-12)
    np.testing.assert_allclose(there.pointwise, back.pointwise, atol=1e-12)


def test_a_function_is_saturated_below_the_ceiling_too():
    x = np.random.default_rng(0).normal(size=1000)
    function = two_column_estimate(x, np.sin(4 * x))
    assert function.saturated
    assert function.value < 0.9 * function.ceiling  # the bound from interpolation decides
    noisy = two_column_estimate(x, np.sin(4 * x) + 0.3 * np.random.default_rng(1).normal(size=1000))
    assert not noisy.saturated


@pytest.mark.parametrize("n_samples", [64, 100, 110, 150, 300, 1000])
def test_independent_columns_are_not_saturated(n_samples):
    """Of ranks that are independent the excess of the bound has one distribution: 1 of 100 000 is above the slack."""
    rng = np.random.default_rng(n_samples)
    assert sum(two_column_estimate(*rng.normal(size=(2, n_samples))).saturated for _ in range(1000)) == 0
    assert sum(two_column_estimate(x, 0.6 * x + 0.8 * y).saturated for x, y in rng.normal(size=(50, 2, n_samples))) == 0


@pytest.mark.parametrize("n_samples", [100, 200, 1000])
def test_a_sine_of_ten_periods_is_saturated(n_samples):
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = rng.uniform(size=n_samples)
        assert two_column_estimate(x, np.sin(20 * np.pi * x)).saturated


@pytest.mark.parametrize("rho", [0.99, 0.9999])
def test_a_strong_gaussian_dependence_is_not_saturated(rho):
    """Five neighbors are too many for a correlation of 0.9999, but the copula needs none."""
    for seed in range(5):
        x, noise = np.random.default_rng(seed).normal(size=(2, 2000))
        estimate = two_column_estimate(x, rho * x + np.sqrt(1 - rho**2) * noise)
        assert not estimate.saturated
        assert estimate.value == pytest.approx(-0.5 * np.log(1 - rho**2), abs=4 * estimate.std_error)


def test_copied_rows_warn(columns):
    with pytest.warns(DuplicateRowsWarning):
        planar_estimate(*np.repeat(columns, 2, axis=1))


@pytest.mark.parametrize("task", ["additive", "smooth", "drifting"])
def test_the_value_alone_is_that_of_the_estimate(columns, task):
    x, y = columns
    if task == "smooth":
        x = np.exp(x)
    if task == "drifting":
        y = np.sin(40 * x) + 0.01 * y
    source, target = sort_column(x, "rank"), sort_column(y, "rank")
    order = np.random.default_rng(0).permutation(len(x))
    estimate = two_column_estimate(x, y)
    assert (estimate.nearest is not None) == (task == "drifting")
    assert (estimate.additive_noise is not None) == (task == "additive")
    assert two_column_value(x, y, source, target) == estimate.value
    assert two_column_value(x, y[order], source, target.permuted(order)) == two_column_estimate(x, y[order]).value
