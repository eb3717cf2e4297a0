import numpy as np
import pytest

from skib.entropy import MillerMadow, PlugIn

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


def test_known_counts():
    rows = np.repeat(np.arange(len(COUNTS)), COUNTS)[:, None]
    assert MillerMadow().fit(rows).entropy_ == pytest.approx(2.737717, abs=5e-7)


def test_adds_the_first_order_bias_to_every_row():
    rows = np.repeat(np.arange(len(COUNTS)), COUNTS)[:, None]
    bias = (len(COUNTS) - 1) / (2 * sum(COUNTS))
    np.testing.assert_allclose(MillerMadow().fit(rows).pointwise_ - PlugIn().fit(rows).pointwise_, bias, rtol=1e-12)


def test_unbiased_where_the_plug_in_is_not():
    rng, n, n_repeats, p = np.random.default_rng(0), 100, 500, np.array([0.4, 0.3, 0.2, 0.1])
    rows = [rng.choice(4, n, p=p)[:, None] for _ in range(n_repeats)]
    corrected, plain = (
        np.array([estimator.fit(X).entropy_ for X in rows]) + p @ np.log(p) for estimator in (MillerMadow(), PlugIn())
    )
    four_std_errors = 4 * plain.std() / np.sqrt(n_repeats)
    assert abs(corrected.mean()) < four_std_errors
    assert abs(plain.mean()) > four_std_errors
