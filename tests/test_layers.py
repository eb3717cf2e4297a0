"""Dense layers against finite differences, steps of Adam against the formulas, and the rows of batches."""

import numpy as np
import pytest

from skib._layers import ACTIVATIONS, AdamState, Layers, batches

STEP = 1e-6


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_derivatives_of_layers(activation):
    rng = np.random.default_rng(0)
    coefs, intercepts = [rng.normal(size=(4, 5)), rng.normal(size=(5, 3))], [rng.normal(size=5), rng.normal(size=3)]
    layers, x, weights = Layers(coefs, intercepts, (activation,) * 2), rng.normal(size=(2, 6, 4)), rng.normal(size=3)
    outputs = layers.outputs(x)
    np.testing.assert_array_equal(outputs[-1], layers.last(x))
    by_coefs, by_intercepts, by_input = layers.gradients(outputs, np.broadcast_to(weights, outputs[-1].shape))
    pairs = zip([*coefs, *intercepts, x], [*by_coefs, *by_intercepts, by_input], strict=True)
    for array, found in pairs:
        for i in np.ndindex(array.shape):
            value = array[i]
            losses = []
            for array[i] in (value + STEP, value - STEP):
                losses.append(np.sum(layers.last(x) * weights))
            array[i] = value
            assert found[i] == pytest.approx((losses[0] - losses[1]) / (2 * STEP), abs=1e-6)


def test_steps_of_adam():
    value, first, second = np.array([1.0, -2.0]), 0.0, 0.0
    parameter = value.copy()
    adam = AdamState([parameter])
    for t in range(1, 6):
        gradient = 2 * value
        adam.step([2 * parameter], 0.1)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        value = value - 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * first / (np.sqrt(second) + 1e-8)
        np.testing.assert_allclose(parameter, value)


def test_a_snapshot_is_restored_whole():
    parameter = np.ones(3)
    adam = AdamState([parameter])
    adam.step([np.ones(3)], 0.1)
    saved, kept = adam.snapshot(), parameter.copy()
    adam.step([np.full(3, 5.0)], 0.1)
    adam.restore(saved)
    np.testing.assert_array_equal(parameter, kept)


@pytest.mark.parametrize("n_samples", [2, 19, 50, 499, 3000])
def test_batches_have_one_size_and_cover_most_rows(n_samples):
    rows = list(batches(n_samples, np.random.RandomState(0)))
    sizes = {len(batch) for batch in rows}
    assert len(rows) >= 25 or n_samples >= 500
    assert len(sizes) == 1 and 1 <= sizes.pop() <= 200
    assert len(np.unique(np.concatenate(rows))) > 0.9 * n_samples


def test_batches_of_a_size_are_gone_over_once():
    rows = list(batches(1000, np.random.RandomState(0), 128))
    assert [len(batch) for batch in rows] == [128] * 7
    assert [len(batch) for batch in batches(50, np.random.RandomState(0), 128)] == [50]
