import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import exp1
from scipy.stats import poisson

from skib.entropy import Grassberger, MillerMadow, PlugIn
from tests.naive import counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


@given(st.lists(st.integers(1, 60), min_size=2, max_size=20))
def test_equals_the_naive_sum(counts):
    assert Grassberger().entropy_of_counts(np.array(counts)) == pytest.approx(naive.grassberger(counts), abs=1e-12)


def test_known_counts():
    # The recursion: G(1) = -gamma - log 2, G(2) = G(1) + 2, G(2k + 1) = G(2k), G(2k + 2) = G(2k) + 2 / (2k + 1).
    g = [np.nan, -np.euler_gamma - np.log(2), 2 - np.euler_gamma - np.log(2)]
    for n in range(3, 13):
        g.append(g[n - 1] if n % 2 else g[n - 2] + 2 / (n - 1))
    expected = np.log(sum(COUNTS)) - sum(n * g[n] for n in COUNTS) / sum(COUNTS)
    rows = np.repeat(np.arange(len(COUNTS)), COUNTS)[:, None]
    assert Grassberger().fit(rows).entropy_ == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("mean", [0.3, 1.0, 4.0])
def test_mean_over_poisson_counts(mean):
    # E[n G(n)] = mu log(mu) + mu E1(2 mu); log(n) - pointwise is G.
    counts = np.arange(1, 100)
    g = np.log(counts.sum()) - Grassberger().pointwise_of_counts(counts)
    expected = mean * np.log(mean) + mean * exp1(2 * mean)
    assert np.dot(poisson.pmf(counts, mean), counts * g) == pytest.approx(expected, rel=1e-12)


def test_less_biased_than_miller_madow_where_symbols_are_missing():
    rng, n_repeats = np.random.default_rng(0), 300
    rows = [rng.integers(0, 100, (150, 1)) for _ in range(n_repeats)]
    errors = {
        type(e): np.array([e.entropy_of_counts(np.unique(X, return_counts=True)[1]) for X in rows]) - np.log(100)
        for e in (Grassberger(), MillerMadow(), PlugIn())
    }
    four_std_errors = 4 * errors[Grassberger].std() / np.sqrt(n_repeats)
    assert abs(errors[Grassberger].mean() + exp1(3)) < four_std_errors  # 1.5 rows per symbol
    assert errors[MillerMadow].mean() < -exp1(3) - four_std_errors
    assert errors[PlugIn].mean() < errors[MillerMadow].mean()
