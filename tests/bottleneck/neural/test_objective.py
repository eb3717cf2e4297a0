"""Derivatives of the whole objective, by parameters and inputs, against finite differences."""

import pickle

import numpy as np
import pytest

from skib.bottleneck.neural import (
    HSIC,
    CauchySchwarzQMI,
    ConditionalCauchySchwarz,
    CrossEntropy,
    ExponentialLagrangian,
    LinearLagrangian,
    PairwiseRate,
    SquaredError,
    SquaredLagrangian,
    VariationalRate,
)
from skib.bottleneck.neural._network import Architecture, Network, initial_network
from skib.bottleneck.neural._objective import Objective, cubature, drawn

STEP = 1e-6
N, D, K, M = 9, 4, 3, 2
ROWS = np.random.default_rng(0).normal(size=(N, D))
NUMBERS = np.random.default_rng(1).normal(size=(N, M))
CLASSES = np.random.default_rng(2).integers(0, M, N)


def network(noise="learned", decoder=(5,)):
    drawn_network = initial_network(
        Architecture((D, 6, K), (K, *decoder, M), "tanh", noise), np.random.default_rng(3), np.float64
    )
    drawn_network.vector += 0.1 * np.random.default_rng(4).normal(size=len(drawn_network.vector))
    return drawn_network


def differences(function, array):
    """Central differences of a function by the entries of an array, which is changed in place and restored."""
    gradient = np.empty_like(array)
    for i in np.ndindex(array.shape):
        value = array[i]
        array[i] = value + STEP
        above = function()
        array[i] = value - STEP
        gradient[i] = (above - function()) / (2 * STEP)
        array[i] = value
    return gradient


def assert_right(objective, net, y, noise):
    x = ROWS.copy()
    terms = objective.terms(net, x, y, noise)
    found = differences(lambda: objective.terms(net, x, y, noise).loss, net.vector)
    np.testing.assert_allclose(terms.by_vector, found, atol=1e-6, rtol=1e-6)
    return terms, x


CASES = {
    "variational, classes": (VariationalRate(), CrossEntropy(), LinearLagrangian(), False),
    "variational, numbers": (VariationalRate(), SquaredError(noise_variance=None), LinearLagrangian(), False),
    "pairwise, squared": (PairwiseRate(), SquaredError(), SquaredLagrangian(), False),
    "Cauchy-Schwarz": (CauchySchwarzQMI(2.0, 1.0), ConditionalCauchySchwarz(2.0), ExponentialLagrangian(0.5), False),
    "HSIC": (HSIC(2.0, 1.0), CrossEntropy(), LinearLagrangian(), False),
    "ordered": (VariationalRate(), SquaredError(noise_variance=None), LinearLagrangian(), True),
    "ordered classes": (VariationalRate(), CrossEntropy(), LinearLagrangian(), True),
}


@pytest.mark.parametrize("noise", ["learned", "shared", 0.7])
@pytest.mark.parametrize("name", CASES)
def test_derivatives_by_parameters(name, noise):
    penalty, datafit, lagrangian, ordered = CASES[name]
    y = CLASSES if isinstance(datafit, CrossEntropy) else NUMBERS
    objective = Objective(penalty, datafit, lagrangian, 2.0, ordered)
    assert_right(objective, network(noise), y, drawn(N, K, np.random.default_rng(5), np.float64))


@pytest.mark.parametrize("ordered", [False, True])
def test_derivatives_with_a_cubature(ordered):
    objective = Objective(VariationalRate(), SquaredError(noise_variance=None), LinearLagrangian(), 2.0, ordered)
    assert_right(objective, network(), NUMBERS, cubature(N, K, np.random.default_rng(5)))


@pytest.mark.parametrize("penalty", [VariationalRate(), PairwiseRate()])
def test_derivatives_by_inputs(penalty):
    objective = Objective(penalty, SquaredError(), LinearLagrangian(), 2.0, False)
    noise = drawn(N, K, np.random.default_rng(5), np.float64)
    net = network()
    terms, x = assert_right(objective, net, NUMBERS, noise)
    found = differences(lambda: objective.terms(net, x, NUMBERS, noise).loss, x)
    np.testing.assert_allclose(terms.by_input, found, atol=1e-6)


def test_a_code_without_noise():
    objective = Objective(CauchySchwarzQMI(2.0, 1.0), SquaredError(), LinearLagrangian(), 2.0, False)
    terms, _ = assert_right(objective, network(0.0), NUMBERS, drawn(N, K, np.random.default_rng(5), np.float64))
    again = objective.terms(network(0.0), ROWS, NUMBERS, drawn(N, K, np.random.default_rng(6), np.float64))
    assert terms.loss == again.loss  # no draw matters


def test_variances_beyond_their_range_have_no_derivative():
    net = network()
    net.encoder.intercepts[-1][K:] = -30.0
    assert (net.encoded(ROWS).log_variance == -20).all()
    objective = Objective(VariationalRate(), SquaredError(), LinearLagrangian(), 2.0, False)
    assert_right(objective, net, NUMBERS, drawn(N, K, np.random.default_rng(5), np.float64))


def test_cubature_has_the_moments_of_the_noise():
    points = cubature(1, K, np.random.default_rng(0)).decoded[:, 0]
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(points.T @ points / len(points), np.eye(K), atol=1e-12)
    np.testing.assert_allclose(np.einsum("ij,ik,il->jkl", points, points, points), 0, atol=1e-12)


def test_the_objective_is_the_datafit_and_the_rate_over_beta():
    objective = Objective(VariationalRate(), SquaredError(), SquaredLagrangian(), 4.0, False)
    terms = objective.terms(network(), ROWS, NUMBERS, drawn(N, K, np.random.default_rng(5), np.float64))
    assert terms.loss == pytest.approx(terms.datafit + terms.rate**2 / 4)


def test_layers_are_views_of_the_vector_after_pickling():
    net = pickle.loads(pickle.dumps(network("shared")))
    before = net.encoded(ROWS).mu
    net.vector += 1.0
    assert not np.allclose(before, net.encoded(ROWS).mu)
    assert net.shared_log_variance[0] == net.vector[-K]


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="vector has 5 parameters, but the architecture"):
        Network(network().architecture, np.zeros(5))
