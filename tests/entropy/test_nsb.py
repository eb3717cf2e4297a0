import time

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import digamma

from skib._warnings import ConstantInputWarning
from skib.entropy import NSB
from tests.naive import counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


def _moments(counts, n_categories):
    """Posterior mean and standard deviation."""
    fitted = NSB(n_categories).fit(np.repeat(np.arange(len(counts)), counts)[:, None])
    return fitted.entropy_, fitted.std_error_


def test_known_counts():
    # Published: 2.80609225 and .1194550, from beta within 4 standard deviations (of its logarithm) from its mode.
    log_beta = np.linspace(-25, 15, 601)
    assert _moments(COUNTS, 100) == pytest.approx(naive.nsb(COUNTS, 100, log_beta), rel=1e-10)
    assert _moments(COUNTS, 100) == pytest.approx((2.80609692, 0.11947691), abs=5e-9)
    near = -2.54076 + 4 * 0.3162332 * np.linspace(-1, 1, 3001)
    assert naive.nsb(COUNTS, 100, near) == pytest.approx((2.80609225, 0.1194550), abs=2e-7)
    assert _moments(COUNTS, 100) == pytest.approx((2.80609225, 0.1194550), abs=3e-5)


@pytest.mark.parametrize(
    ("counts", "n_categories"),
    [([3, 1], 2), ([1, 1], 2), ([5, 5, 5], 3), ([1] * 6, 6), ([1] * 6, 20), ([40, 1, 1], 30), ([100, 90, 1], 4)],
)
@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_equals_the_naive_integral(counts, n_categories):
    # Far to the right the naive logarithms cancel: what is left of the posterior there is below 1e-7.
    expected = naive.nsb(counts, n_categories, np.linspace(-40, 17, 1501))
    assert _moments(counts, n_categories) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("n_categories", [2, 10, 1000])
def test_one_row_leaves_half_the_prior(n_categories):
    # The first symbol tells nothing of the entropy: flat prior between 0 and log K, so its mean is in the middle.
    with pytest.warns(ConstantInputWarning, match="constant over all 1 rows"):
        fitted = NSB(n_categories).fit([["a"]])
    assert fitted.entropy_ == pytest.approx(np.log(n_categories) / 2, rel=1e-6)
    assert fitted.ceiling_ == pytest.approx(np.log(n_categories), rel=1e-15)


def test_a_declared_alphabet_keeps_a_constant_from_being_certain():
    with pytest.warns(ConstantInputWarning):
        few, many = (NSB(2).fit([["heads"]] * n) for n in (3, 300))
    assert 0.1 < few.entropy_ < np.log(2) / 2
    assert 0 < many.entropy_ < 0.01
    assert few.std_error_ > 10 * many.std_error_ > 0


def _draw(rng, n_categories):
    """Probabilities from the prior: a flat expected entropy, then Dirichlet."""

    def excess(log_beta, xi):
        beta = np.exp(log_beta)
        return digamma(n_categories * beta + 1) - digamma(beta + 1) - xi

    beta = np.exp(brentq(excess, -25, 25, args=(rng.uniform(0.02, 0.98) * np.log(n_categories),)))
    return rng.dirichlet(np.full(n_categories, beta))


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_posterior_is_calibrated():
    # Under the prior, errors in posterior standard deviations have mean 0 and mean square 1.
    rng, n_repeats, scores = np.random.default_rng(0), 400, []
    for _ in range(n_repeats):
        p = _draw(rng, 20)
        truth = -np.sum(p[p > 0] * np.log(p[p > 0]))
        fitted = NSB(20).fit(rng.choice(20, 60, p=p)[:, None])
        scores.append((truth - fitted.entropy_) / fitted.std_error_)
    scores = np.array(scores)
    assert abs(scores.mean()) < 4 / np.sqrt(n_repeats)
    assert abs(np.mean(scores**2) - 1) < 4 * np.std(scores**2) / np.sqrt(n_repeats)


@pytest.mark.parametrize("n_categories", [2, 1000, 10**6, 10**12])
def test_a_million_rows(n_categories):
    # So many even counts leave no doubt, whatever else might exist.
    n_seen = min(n_categories, 1000)
    counts = np.full(n_seen, 10**6 // n_seen)
    entropy, std_error = NSB(n_categories).entropy_of_counts(counts), NSB(n_categories)._std_error(counts)
    assert entropy == pytest.approx(np.log(n_seen), abs=0.02)
    assert 0 < std_error < 0.01


def test_cost_depends_on_the_number_of_different_counts_only():
    rng = np.random.default_rng(0)
    counts = np.unique(rng.integers(0, 10**6, 10**6), return_counts=True)[1]
    start = time.perf_counter()
    value = NSB(10**6).entropy_of_counts(counts)
    assert time.perf_counter() - start < 2
    assert value == pytest.approx(np.log(10**6), abs=0.003)


def test_a_small_alphabet_is_refused():
    with pytest.raises(ValueError, match="n_categories=18, but 19 distinct rows were seen; pass n_categories >= 19"):
        NSB(18).fit(np.arange(19)[:, None])
