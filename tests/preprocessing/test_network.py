"""Derivatives of the network against finite differences."""

import numpy as np
import pytest

from skib.preprocessing._least_volume import volume
from skib.preprocessing._nested_dropout import nested_gradients, nested_loss
from skib.preprocessing._network import initial_network

STEP = 1e-6


def network(hidden="tanh", code="tanh", sizes=(5, 6, 3, 6, 5), seed=0):
    drawn = initial_network(list(sizes), hidden, code, np.random.RandomState(seed), dtype=np.float64)
    for intercept in drawn.intercepts_:
        intercept += np.random.RandomState(seed + 1).normal(size=len(intercept))
    return drawn


def by_finite_differences(loss, array):
    """Central differences of a loss by the entries of an array, which is changed in place and restored."""
    gradient = np.empty_like(array)
    for i in np.ndindex(array.shape):
        value = array[i]
        array[i] = value + STEP
        above = loss()
        array[i] = value - STEP
        gradient[i] = (above - loss()) / (2 * STEP)
        array[i] = value
    return gradient


@pytest.mark.parametrize(("hidden", "code"), [("tanh", "tanh"), ("leaky", "identity"), ("identity", "identity")])
def test_gradients_of_nested_dropout(hidden, code):
    net, x = network(hidden, code), np.random.default_rng(0).normal(size=(7, 5))
    for parameter, found in zip(net.parameters, nested_gradients(net, x), strict=True):
        np.testing.assert_allclose(found, by_finite_differences(lambda: nested_loss(net, x), parameter), atol=1e-6)


def test_nested_loss_is_the_mean_over_truncated_codes():
    net, x = network(), np.random.default_rng(0).normal(size=(7, 5))
    codes = np.tanh(np.tanh(x @ net.coefs_[0] + net.intercepts_[0]) @ net.coefs_[1] + net.intercepts_[1])
    losses = []
    for k in (1, 2, 3):
        hidden = np.tanh(codes * (np.arange(3) < k) @ net.coefs_[2] + net.intercepts_[2])
        losses.append(np.mean((hidden @ net.coefs_[3] + net.intercepts_[3] - x) ** 2))
    assert nested_loss(net, x) == pytest.approx(np.mean(losses))


def test_volume_and_its_derivatives():
    code, live = np.random.default_rng(0).normal(size=(9, 4)) * [1, 0.1, 2, 5], np.array([True, True, False, True])
    filled = volume(code, live)
    assert filled.value == pytest.approx(np.prod(code.std(axis=0)[live] + 0.01) ** (1 / 3))
    expected = by_finite_differences(lambda: volume(code, live).value, code)
    np.testing.assert_allclose(filled.by_code, expected, atol=1e-6)


def test_gradients_of_least_volume():
    net, x = network("leaky", "identity"), np.random.default_rng(1).normal(size=(8, 5))
    live = np.array([True, False, True])
    kept = live.astype(float)[None]

    def loss():
        outputs = net.outputs(x, kept)
        return np.mean((outputs[-1] - x) ** 2) + 0.3 * volume(outputs[net.code + 1][0], live).value

    outputs = net.outputs(x, kept)
    by_code = 0.3 * volume(outputs[net.code + 1][0], live).by_code
    found = net.gradients(outputs, (2 / x.size) * (outputs[-1] - x), by_code, kept)
    for parameter, gradient in zip(net.parameters, found, strict=True):
        np.testing.assert_allclose(gradient, by_finite_differences(loss, parameter), atol=1e-6)
