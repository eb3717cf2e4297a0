"""Contraction coefficients: closed forms, the data processing inequality on random inputs, layers, and bad input."""

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import norm

from skib.metrics import (
    contraction_coefficients,
    dropconnect_contraction,
    dropout_contraction,
    gaussian_noise_contraction,
)


def erasure(rate, n_inputs):
    return np.column_stack([(1 - rate) * np.eye(n_inputs), np.full(n_inputs, rate)])


@pytest.mark.parametrize(
    ("channel", "total_variation", "kl", "correlation"),
    [
        ([[0.9, 0.1], [0.1, 0.9]], 0.8, 0.64, 0.8),
        ([[0.75, 0.25], [0.25, 0.75]], 0.5, 0.25, 0.5),
        (erasure(0.3, 2), 0.7, 0.7, np.sqrt(0.7)),
        (erasure(0.3, 5), 0.7, 0.7, np.sqrt(0.7)),
        (np.eye(3), 1, 1, 1),
        ([[0.2, 0.8]] * 3, 0, 0, 0),
        ([[0.2, 0.8]], 0, 0, 0),
        ([[1.0, 0.0], [0.5, 0.5]], 0.5, 0.5, np.sqrt(1 / 3)),  # Z channel
        ([[0.9, 0.1], [0.2, 0.8]], 0.7, (np.sqrt(0.72) - np.sqrt(0.02)) ** 2, 0.7 / np.sqrt(4 * 0.55 * 0.45)),
    ],
)
def test_closed_forms(channel, total_variation, kl, correlation):
    found = contraction_coefficients(channel)
    assert found.total_variation == pytest.approx(total_variation, abs=1e-12)
    assert found.kl == pytest.approx(kl, abs=1e-6)
    assert found.maximal_correlation == pytest.approx(correlation, abs=1e-7)


def test_no_pair_of_inputs_keeps_more():
    rng = np.random.default_rng(0)
    for _ in range(20):
        channel = rng.dirichlet(np.ones(4), size=5)
        found = contraction_coefficients(channel)
        assert found.maximal_correlation**2 <= found.kl <= found.total_variation
        ratios = []
        for _ in range(200):
            a, b = rng.dirichlet(np.full(5, 0.2), size=2)
            ratios.append(rel_entr(a @ channel, b @ channel).sum() / rel_entr(a, b).sum())
        assert max(ratios) <= found.kl
        # Inputs on the best pair, near each other, come near to it.
        best = max(
            rel_entr(a @ channel, b @ channel).sum() / rel_entr(a, b).sum()
            for i in range(5)
            for j in range(i)
            for share in np.linspace(0.01, 0.99, 99)
            for a, b in [[_pair(i, j, share), _pair(i, j, share + 1e-4)]]
        )
        assert best == pytest.approx(found.kl, rel=0.01)


def _pair(i, j, share):
    p = np.full(5, 1e-300)
    p[i], p[j] = share, 1 - share
    return p


def test_weights_of_the_inputs():
    channel = erasure(0.3, 3)
    np.testing.assert_allclose(
        contraction_coefficients(channel, sample_weight=[2, 3, 5]).maximal_correlation, np.sqrt(0.7)
    )
    alone = contraction_coefficients([[0.9, 0.1], [0.1, 0.9]], sample_weight=[1, 0])
    assert (alone.maximal_correlation, alone.total_variation) == (pytest.approx(0, abs=1e-12), pytest.approx(0.8))


def dropout_channel(rate, n_units):
    """The channel of two inputs that differ in every unit, over all patterns of dropped units."""
    patterns = np.array(np.meshgrid(*[[0, 1]] * n_units)).reshape(n_units, -1)
    p = np.prod(np.where(patterns, 1 - rate, rate), axis=0)
    outputs = {tuple(unit * pattern) for unit in (1, 2) for pattern in patterns.T}
    places = {output: k for k, output in enumerate(sorted(outputs))}
    channel = np.zeros((2, len(places)))
    for row, unit in enumerate((1, 2)):
        for share, pattern in zip(p, patterns.T, strict=True):
            channel[row, places[tuple(unit * pattern)]] += share
    return channel


@pytest.mark.parametrize(("rate", "n_units"), [(0.5, 1), (0.5, 3), (0.8, 4)])
def test_dropout_is_the_channel_of_its_masks(rate, n_units):
    exact, found = contraction_coefficients(dropout_channel(rate, n_units)), dropout_contraction(rate, n_units)
    assert (found.kl, found.total_variation) == pytest.approx((exact.kl, exact.total_variation), abs=1e-7)
    assert dropconnect_contraction(rate, n_units, 2).kl == pytest.approx(1 - rate ** (2 * n_units))


def test_ends_of_dropout():
    assert dropout_contraction(0, 5).kl == 1
    assert dropout_contraction(1, 5).kl == 0
    assert dropout_contraction(0.999999, 1).kl == pytest.approx(1e-6)


@pytest.mark.parametrize("diameter", [0.01, 1, 4, 30])
def test_gaussian_noise_is_the_limit_of_fine_bins(diameter):
    edges = np.linspace(-diameter / 2 - 8, diameter / 2 + 8, 4001)
    channel = [np.diff(norm.cdf(edges, center)) for center in (-diameter / 2, diameter / 2)]
    exact, found = contraction_coefficients(channel), gaussian_noise_contraction(2.0, 2 * diameter)
    assert (found.kl, found.total_variation) == pytest.approx((exact.kl, exact.total_variation), rel=2e-4)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (contraction_coefficients, ([[0.5, 0.6]],), "rows of channel are no probabilities"),
        (contraction_coefficients, ([[0.5, np.nan]],), "channel contains NaN"),
        (dropout_contraction, (1.5, 2), "rate must lie between 0 and 1"),
        (dropout_contraction, (0.5, 0), "n_units must be a positive int"),
        (dropconnect_contraction, (0.5, 2, 1.5), "n_outputs must be a positive int"),
        (gaussian_noise_contraction, (0, 1), "noise_std must be a positive finite number"),
        (gaussian_noise_contraction, (1, np.inf), "diameter must be a positive finite number"),
    ],
)
def test_bad_input(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


@pytest.mark.parametrize("weights", [[-1, 1], [0, 0]])
def test_bad_weights(weights):
    with pytest.raises(ValueError, match="sample_weight must be non-negative and not all zero"):
        contraction_coefficients(np.eye(2), sample_weight=weights)


def test_small_and_large_noise_keeps_its_digits():
    for distance in (1e-12, 1e-8, 1e-4):  # truth: D^2 / 4 and D / sqrt(2 pi), and terms of D^2 relative to them
        found = gaussian_noise_contraction(1.0, distance)
        assert found.kl == pytest.approx(distance**2 / 4, rel=1e-7, abs=0)
        assert found.total_variation == pytest.approx(distance / np.sqrt(2 * np.pi), rel=1e-7, abs=0)
    for distance in (12, 19, 21, 1e3, 1e10):
        assert 1 - 1e-7 < gaussian_noise_contraction(1.0, distance).kl <= 1


def test_coefficient_that_is_reached_at_an_end_is_exact():
    assert contraction_coefficients([[1, 0], [0.5, 0.5]]).kl == 0.5


def test_weights_of_any_size():
    for size in (1e-310, 1, 1e308):
        found = contraction_coefficients([[0.9, 0.1], [0.1, 0.9]], sample_weight=[size, size])
        assert found.maximal_correlation == pytest.approx(0.8)
