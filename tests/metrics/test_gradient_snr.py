"""Drift and diffusion of gradients: the ratio, its null, the transition, and what must match."""

import numpy as np
import pytest

from skib.dumps import open_dump
from skib.metrics import gradient_snr


@pytest.mark.parametrize("signal", [0.0, 0.1, 1.0])
def test_truth_of_simulated_batches(signal):
    values, raw = [], []
    for seed in range(30):
        batches = np.random.default_rng(seed).normal(signal, 1, size=(50, 40, 10))
        mean, sd = batches.mean(axis=0), batches.std(axis=0, ddof=1)
        values.append(gradient_snr(mean, sd, n_batches=50).value)
        raw.append(gradient_snr(mean, sd).value)
    if signal:
        # The norm of 400 means: of the first order only the spread over runs is left.
        assert abs(np.mean(np.square(values)) - signal**2) < 4 * np.std(np.square(values), ddof=1) / np.sqrt(30)
    null = gradient_snr(mean, sd, n_batches=50).null
    assert null == pytest.approx(50**-0.5)
    assert np.mean(np.square(raw)) == pytest.approx(signal**2 + null**2, rel=0.05)
    assert np.isnan(gradient_snr(mean, sd).null)


def test_scale_and_shape_change_nothing():
    mean, sd = np.random.default_rng(0).normal(size=(2, 6, 4)) ** 2
    value = gradient_snr(mean, sd).value
    assert gradient_snr(1e-3 * mean.ravel(), 1e-3 * sd.ravel()).value == pytest.approx(value)
    for unit in (1e-170, 1e160):
        assert gradient_snr(unit * mean, unit * sd, n_batches=50).value == pytest.approx(
            gradient_snr(mean, sd, n_batches=50).value
        )
    assert gradient_snr([np.linalg.norm(mean)], [np.linalg.norm(sd)]).value == pytest.approx(value)


def run(ratios):
    """Gradients of one layer over epochs, with these ratios."""
    return {10 * e: {"fc": np.full((2, 3), ratio)} for e, ratio in enumerate(ratios)}, {
        10 * e: {"fc": np.ones((2, 3))} for e in range(len(ratios))
    }


@pytest.mark.parametrize(
    ("ratios", "transition"),
    [([3, 2, 0.5, 0.2], 20), ([3, 0.5, 2, 0.2], 30), ([0.5, 0.2], 0), ([0.5, 2], np.nan), ([2.0], np.nan)],
)
def test_transition(ratios, transition):
    table = gradient_snr(*run(ratios))
    np.testing.assert_allclose(table["value"], ratios)
    np.testing.assert_array_equal(table["transition_epoch"], np.full(len(ratios), transition))


def test_layers_of_different_shapes_and_dumps_on_disk(tmp_path):
    rng = np.random.default_rng(0)
    shapes = {"conv": (4, 3, 3), "fc": (7,)}
    mean, sd = ({e: {layer: rng.random(shape) for layer, shape in shapes.items()} for e in (0, 5)} for _ in range(2))
    table = gradient_snr(mean, sd, n_batches=9)
    assert table[["epoch", "layer"]].values.tolist() == [[0, "conv"], [0, "fc"], [5, "conv"], [5, "fc"]]
    one = gradient_snr(mean[5]["conv"], sd[5]["conv"], n_batches=9)
    assert (table["value"][2], table["null"][2]) == (one.value, one.null)
    for name, gradients in (("mean", mean), ("sd", sd)):
        for epoch, layers in gradients.items():
            (tmp_path / name).mkdir(exist_ok=True)
            np.savez(tmp_path / name / f"epoch_{epoch}.npz", **{k: g.ravel()[None] for k, g in layers.items()})
    stored = gradient_snr(tmp_path / "mean", tmp_path / "sd", n_batches=9)
    assert stored.equals(table)
    with pytest.warns(UserWarning, match="no ids"):
        dumps = open_dump(tmp_path / "mean"), open_dump(tmp_path / "sd")
    assert gradient_snr(*dumps, n_batches=9).equals(table)


def test_layers_without_noise_or_gradient():
    assert gradient_snr([1.0, 1.0], [0.0, 0.0]).value == np.inf
    assert np.isnan(gradient_snr([0.0, 0.0], [0.0, 0.0]).value)
    assert gradient_snr([0.1, 0.1], [1.0, 1.0], n_batches=9).value == 0  # less than the noise of the mean


@pytest.mark.parametrize(
    ("mean", "sd", "message"),
    [
        ([1.0, 2.0], [1.0], "the mean gradient has 2 entries and sd 1"),
        ([1.0, np.nan], [1.0, 1.0], "mean contains NaN"),
        ([1.0], [-1.0], "sd has negative entries"),
        ({0: {"a": [1.0]}}, {1: {"a": [1.0]}}, "must have the same epochs and layers"),
        ([], [], "has 0 entries"),
    ],
)
def test_bad_input(mean, sd, message):
    with pytest.raises(ValueError, match=message):
        gradient_snr(mean, sd)


def test_number_of_batches():
    with pytest.raises(ValueError, match="n_batches must be None or an int of at least 2, got 1"):
        gradient_snr([1.0], [1.0], n_batches=1)
