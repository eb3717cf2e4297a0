"""The optimum of BROJA: its bounds, its certificate, and distributions that are hard to optimize."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skib.pid import BROJA
from tests.naive.broja import least_information_2x2
from tests.pid.gates import GATES, uniform


def distribution(seed):
    """A random distribution, many of its cells empty, sometimes whole symbols of the target or of a source."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(2, 6, size=3)
    return rng.dirichlet(np.full(shape.prod(), rng.choice([0.1, 1.0]))).reshape(shape)


@pytest.mark.parametrize("seed", range(300))
def test_terms_are_not_negative_and_sources_exchangeable(seed):
    p = distribution(seed)
    if seed % 3 == 0:
        p[..., 0] = 0.0
        p /= p.sum()
    pid = BROJA().fit_distribution(p)
    mirrored = BROJA().fit_distribution(np.swapaxes(p, 0, 1))
    values = pid.atoms_["value"].to_numpy()
    assert 0 <= pid.gap_ <= 5e-6
    assert values.min() >= -pid.gap_ - 1e-14
    assert mirrored.atoms_["value"].to_numpy()[[0, 2, 1, 3]] == pytest.approx(
        values, abs=pid.gap_ + mirrored.gap_ + 1e-13
    )


@pytest.mark.parametrize("seed", range(10))
def test_minimum_is_that_of_a_grid(seed):
    p = np.random.default_rng(seed).dirichlet(np.ones(8)).reshape(2, 2, 2)
    pid = BROJA().fit_distribution(p)
    union = pid.redundancy_ + pid.unique_1_ + pid.unique_2_
    on_grid = least_information_2x2(p)
    assert union - pid.gap_ <= on_grid + 1e-14
    assert union == pytest.approx(on_grid, abs=2e-4)  # of second order in the step of the grid


def test_gap_bounds_the_error():
    p = np.random.default_rng(1).dirichlet(np.ones(1000)).reshape(10, 10, 10)
    rough, fine = BROJA(tol=1e-3).fit_distribution(p), BROJA(tol=1e-7).fit_distribution(p)
    assert fine.gap_ <= 1e-7 < rough.gap_ <= 1e-3
    assert rough.n_iter_ < fine.n_iter_
    difference = rough.atoms_["value"] - fine.atoms_["value"]
    assert 1e-7 < difference.abs().max() <= rough.gap_ + fine.gap_


def test_iterations_that_are_too_few_are_announced():
    p = np.random.default_rng(1).dirichlet(np.ones(1000)).reshape(10, 10, 10)
    with pytest.warns(ConvergenceWarning, match="max_iter = 10 iterations with a gap of"):
        pid = BROJA(max_iter=10).fit_distribution(p)
    assert pid.n_iter_ == 10
    assert pid.gap_ > 1e-4


def test_noisy_and():
    p = 0.9 * GATES["and"] + 0.1 * GATES["and"][..., ::-1]
    pid = BROJA(tol=1e-8).fit_distribution(p)
    assert pid.atoms_["value"].to_numpy() / np.log(2) == pytest.approx([0.1468, 0, 0, 0.2655], abs=5e-5)


def test_tiny_probabilities_change_nothing():
    p = GATES["and"].copy()
    p[p == 0] = [1e-320, 1e-150, 1e-120, 1e-90][: np.sum(p == 0)]
    pid = BROJA().fit_distribution(p)
    assert pid.atoms_["value"].to_numpy() / np.log(2) == pytest.approx([0.3113, 0, 0, 0.5], abs=5e-5)


def test_more_combinations_than_memory_are_refused():
    X = np.arange(2000)
    with (
        pytest.warns(match="combinations of symbols"),
        pytest.raises(ValueError, match="2000 x 2000 x 2000 combinations of symbols, more than"),
    ):
        BROJA().fit(np.column_stack([X, X[::-1]]), X)


def test_target_of_one_symbol():
    table = uniform([(a, b, 0) for a in (0, 1) for b in (0, 1)])
    assert (BROJA().fit_distribution(table).atoms_["value"] == 0).all()
