"""Neighbors assisted by a model: truth, independence, and the parts of the estimate."""

import numpy as np
import pytest

from skib.datasets import make_benchmark_task, make_gaussian_pair
from skib.mutual_info._auto._assisted import model_assisted, n_correlated

NOTHING = np.empty((2000, 0))


def estimate(pair, **options):
    return model_assisted(pair.X, pair.y.reshape(len(pair.y), -1), np.empty((len(pair.y), 0)), **options)


@pytest.mark.parametrize(
    "task", ["multinormal-dense-5-5-0.5", "multinormal-sparse-25-25-2-2.0", "student-identity-3-3-2"]
)
def test_truth(task):
    pair = make_benchmark_task(task, 2000, random_state=1)
    found = estimate(pair)
    assert abs(found.value - pair.mutual_info) < 4 * found.std_error + 0.02
    unassisted = found.candidates.get("neighbors", found.candidates["cca_neighbors"])
    assert abs(found.value - pair.mutual_info) < abs(unassisted - pair.mutual_info)


def test_of_a_shape_that_no_model_has_neighbors_supply_half_and_the_error_admits_the_rest():
    errors, of_models, admitted = [], [], []
    for seed in range(6):
        pair = make_benchmark_task("spiral-multinormal-sparse-3-3-2-2.0", 2000, random_state=seed)
        found = estimate(pair)
        errors.append(pair.mutual_info - found.value)
        of_models.append(pair.mutual_info - found.candidates[found.model])
        admitted.append(np.hypot(found.std_error, found.bias))
    assert 0 < np.mean(errors) < 0.5 * np.mean(of_models)
    assert np.mean(errors) < 2 * np.mean(admitted)


@pytest.mark.parametrize("dim", [2, 5, 25])
def test_independent_columns(dim):
    rng = np.random.default_rng(0)
    values = [
        model_assisted(rng.normal(size=(1000, dim)), rng.normal(size=(1000, dim)), np.empty((1000, 0))).value
        for _ in range(4)
    ]
    assert abs(np.mean(values)) < 0.01 + 4 * np.std(values, ddof=1) / 2


def test_canonical_pairs_of_independent_columns_tell_nothing():
    excess = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        found = model_assisted(rng.normal(size=(600, 20)), rng.normal(size=(600, 20)), np.empty((600, 0)))
        assert found.model == "independent"
        excess.append(found.excess)  # 0.05 and more if the draws were projected on the canonical pairs of the data
    assert abs(np.mean(excess)) < 4 * np.std(excess, ddof=1) / np.sqrt(10)
    assert abs(np.mean(excess)) < 0.03


def test_dependence_within_the_variables_is_no_information():
    """Joint models need so many parameters for these that they find 0.1 to 0.2 nats between the variables."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 5)) / np.sqrt(rng.chisquare(2, (2000, 1)))
    y = np.cumsum(rng.exponential(size=(2000, 5)), axis=1)
    found = model_assisted(x, y, np.empty((2000, 0)))
    assert found.model == "independent"
    assert abs(found.value) < max(4 * found.std_error, 0.02)
    assert 0 < found.std_error < 0.05


def test_dependence_on_the_condition_is_no_information():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 1))
    x = z + np.exp(z) * rng.normal(size=(2000, 2)) / np.sqrt(rng.chisquare(2, (2000, 1)))
    y = np.sin(2 * z) + np.cumsum(rng.exponential(size=(2000, 3)), axis=1)
    found = model_assisted(x, y, z)
    assert found.model == "independent"
    assert abs(found.value) < max(4 * found.std_error, 0.02)


def test_conditional_information():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(2000, 2))
    x = z + rng.normal(size=(2000, 2))
    y = z + rng.normal(size=(2000, 2))
    found = model_assisted(x, y, z)
    assert abs(found.value) < 4 * found.std_error + 0.02
    found = model_assisted(x, x[:, :1] + z[:, :1] + rng.normal(size=(2000, 1)), z)
    truth = 0.5 * np.log(2)  # given z, y is x plus noise, both of variance 1
    assert abs(found.value - truth) < 4 * found.std_error + 0.02


def test_order_of_rows_columns_and_variables_does_not_matter():
    pair = make_benchmark_task("student-identity-3-3-2", 500, random_state=0)
    once = estimate(pair)
    order = np.random.default_rng(0).permutation(500)
    for x, y in [(pair.X[order], pair.y[order]), (pair.X[:, ::-1], pair.y[:, [1, 2, 0]]), (pair.y, pair.X)]:
        assert model_assisted(x, y, np.empty((500, 0))).value == pytest.approx(once.value, abs=1e-12)
    again = model_assisted(pair.X[order], pair.y[order], np.empty((500, 0)))
    np.testing.assert_allclose(again.pointwise, once.pointwise[order], atol=1e-12)


def test_any_number_of_threads_gives_the_same_bits():
    pair = make_benchmark_task("student-identity-2-2-1", 500, random_state=0)
    assert estimate(pair, n_jobs=2).value == estimate(pair).value


def test_pointwise_terms_average_to_the_estimate():
    found = estimate(make_gaussian_pair(500, rho=0.6, dim=2, random_state=0))
    assert found.pointwise.mean() == pytest.approx(found.value, abs=1e-12)
    assert not found.saturated


def test_function_of_the_other_variable_is_saturated():
    x = np.random.default_rng(0).normal(size=(500, 3))
    found = model_assisted(x, x @ np.array([[1, 2, 0], [0, 1, 1], [1, 0, 1.0]]), np.empty((500, 0)))
    assert found.saturated
    assert np.isfinite(found.value)


def test_correlated_pairs_are_counted():
    pair = make_benchmark_task("multinormal-sparse-25-25-2-2.0", 2000, random_state=0)
    assert n_correlated(pair.X, pair.y, NOTHING) == 2
    rng = np.random.default_rng(0)
    assert n_correlated(rng.normal(size=(2000, 8)), rng.normal(size=(2000, 8)), NOTHING) == 0


def test_columns_on_a_curve_have_no_model():
    angle = np.random.default_rng(0).uniform(0, 6, 1000)
    curve = np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])
    assert model_assisted(curve, angle[:, None] + 0 * curve, np.empty((1000, 0))) is None


def test_standard_error_of_independent_sides_with_structure():
    """The joint models fit such columns worse than the product, which says nothing about its error."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 4)) * np.sqrt(2 / rng.chisquare(2, size=(2000, 1)))
    y = rng.exponential(size=(2000, 4)).cumsum(axis=1)
    found = model_assisted(x, y, NOTHING)
    assert found.model == "independent"
    assert abs(found.value) < 4 * np.hypot(found.std_error, found.bias)
    assert np.hypot(found.std_error, found.bias) < 0.1
