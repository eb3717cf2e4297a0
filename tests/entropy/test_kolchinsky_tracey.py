import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib import SaturatedEstimateWarning
from skib._entropies import log_mean_overlaps
from skib.entropy import KolchinskyTracey
from tests.naive import density as naive

quiet = pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")


def mixture_entropy(rows, variance, n_draws=200_000):
    """Monte Carlo entropy of the mixture in nats, and its standard error."""
    rng = np.random.default_rng(1)
    draws = rows[rng.integers(0, len(rows), n_draws)] + np.sqrt(variance) * rng.normal(size=(n_draws, rows.shape[1]))
    logs = np.zeros(n_draws)
    for row in rows:
        logs += np.exp(-((draws - row) ** 2).sum(axis=1) / (2 * variance))
    surprise = np.log(len(rows)) - np.log(logs) + rows.shape[1] / 2 * np.log(2 * np.pi * variance)
    return surprise.mean(), surprise.std() / np.sqrt(n_draws)


@quiet
@given(seed=st.integers(0, 1000), variance=st.sampled_from([1e-4, 0.1, 1.0, 1e4]), d=st.integers(1, 5))
def test_both_bounds_equal_the_equation(seed, variance, d):
    rows = np.random.default_rng(seed).normal(size=(30, d))
    noise = d / 2 * np.log(2 * np.pi * np.e * variance)
    for bound, scale in (("upper", 2 * variance), ("lower", 8 * variance)):
        fitted = KolchinskyTracey(variance, bound=bound).fit(rows)
        np.testing.assert_allclose(fitted.pointwise_, noise - naive.log_mean_overlaps(rows, scale), atol=1e-12)
        assert fitted.entropy_ == fitted.bounds_[bound == "upper"]


@quiet
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("variance", [0.01, 0.3, 3.0])
def test_bounds_hold(d, variance):
    rows = np.random.default_rng(0).normal(size=(60, d))
    lower, upper = KolchinskyTracey(variance).fit(rows).bounds_
    truth, error = mixture_entropy(rows, variance)
    assert lower < truth + 4 * error
    assert truth - 4 * error < upper


@pytest.mark.parametrize("bound", ["lower", "upper"])
def test_clusters_far_apart_are_counted_exactly(bound):
    rows = np.repeat([[0.0, 0.0], [1e3, 0.0], [0.0, 1e3]], [60, 30, 10], axis=0)
    fitted = KolchinskyTracey(1.0, bound=bound).fit(rows)
    shares = np.array([0.6, 0.3, 0.1])
    assert fitted.entropy_ - fitted.noise_entropy_ == pytest.approx(-shares @ np.log(shares), abs=1e-12)


def test_equal_rows_have_the_entropy_of_the_noise():
    fitted = KolchinskyTracey(0.5).fit(np.full((40, 3), 2.0))
    assert fitted.entropy_ == pytest.approx(1.5 * np.log(np.pi * np.e), abs=1e-12)


def test_little_noise_reaches_the_ceiling_and_warns():
    X = np.random.default_rng(0).normal(size=(100, 5))
    with pytest.warns(SaturatedEstimateWarning, match="at most"):
        fitted = KolchinskyTracey(1e-8).fit(X)
    assert fitted.saturated_
    assert fitted.entropy_ == pytest.approx(fitted.ceiling_, abs=1e-12)
    assert fitted.ceiling_ == pytest.approx(2.5 * np.log(2 * np.pi * np.e * 1e-8) + np.log(100), abs=1e-12)


def test_information_about_labels_from_the_same_sums():
    # Two clusters, one per label: the whole information within T is about the label.
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    rows = 50.0 * y[:, None] + 1e-3 * rng.normal(size=(200, 2))
    within = sum((y == c).mean() * -log_mean_overlaps(rows[y == c], 1.0).mean(axis=1) for c in (0, 1))
    share = y.mean()
    label_entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    np.testing.assert_allclose(-log_mean_overlaps(rows, 1.0).mean(axis=1) - within, label_entropy, atol=1e-9)


@quiet
@given(seed=st.integers(0, 1000), scale=st.sampled_from([1e-3, 1.0, 40.0]))
def test_adaptive_noise_is_that_of_the_largest_activation(seed, scale):
    rows = scale * np.random.default_rng(seed).normal(size=(30, 3))
    adaptive = KolchinskyTracey(0.01, adaptive=True).fit(rows)
    assert adaptive.noise_variance_ == 0.01 * np.abs(rows).max()
    fixed = KolchinskyTracey(adaptive.noise_variance_).fit(rows)
    np.testing.assert_array_equal(adaptive.pointwise_, fixed.pointwise_)
    assert (adaptive.bounds_, adaptive.noise_entropy_) == (fixed.bounds_, fixed.noise_entropy_)
    assert fixed.noise_variance_ == fixed.noise_variance


def test_adaptive_noise_grows_with_the_layer():
    # A layer four times as large, under twice the noise: as the layer twice as large under the same noise.
    rows = np.random.default_rng(0).normal(size=(100, 2))
    information = [f.entropy_ - f.noise_entropy_ for f in (KolchinskyTracey(0.1, adaptive=True).fit(4 * rows),)]
    base = KolchinskyTracey(0.1 * np.abs(rows).max())
    assert information[0] == pytest.approx(base.fit(2 * rows).entropy_ - base.noise_entropy_, abs=1e-12)
    assert information[0] < base.fit(4 * rows).entropy_ - base.noise_entropy_


def test_adaptive_noise_of_extreme_layers():
    silent = KolchinskyTracey(0.5, adaptive=True).fit(np.zeros((10, 2)))
    assert silent.noise_variance_ == 0.5
    assert silent.entropy_ == pytest.approx(silent.noise_entropy_, abs=1e-12)
    for scale, variance in [(1e300, 1e10), (5e-324, 1e-3)]:
        with pytest.raises(ValueError, match="noise_variance times the largest absolute value .* rescale X"):
            KolchinskyTracey(variance, adaptive=True).fit([[scale], [-scale]])
