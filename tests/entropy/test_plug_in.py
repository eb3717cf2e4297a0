import numpy as np
import pandas as pd
import pytest

from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning
from skib.entropy import PlugIn
from tests.naive import counts as naive

COUNTS = [4, 12, 4, 5, 3, 1, 5, 1, 2, 2, 2, 2, 11, 3, 4, 12, 12, 1, 2]


def _rows(counts):
    return np.repeat(np.arange(len(counts)), counts)[:, None]


def test_known_counts():
    assert PlugIn().fit(_rows(COUNTS)).entropy_ == pytest.approx(2.635444, abs=5e-7)


@pytest.mark.parametrize("counts", [[1, 3], [8, 8, 8], [7, 1, 1], COUNTS])
def test_equals_the_naive_sum(counts):
    rows = _rows(counts)
    expected = naive.entropy(rows[:, 0].tolist())
    assert PlugIn().entropy_of_counts(np.array(counts)) == pytest.approx(expected, rel=1e-13)
    assert PlugIn().fit(np.repeat(rows, 5, axis=0)).entropy_ == pytest.approx(expected, rel=1e-13)


def test_ceiling_is_log_n():
    assert PlugIn().fit(_rows(COUNTS)).ceiling_ == pytest.approx(np.log(sum(COUNTS)), rel=1e-15)


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.9, 0.05, 0.05], [0.4, 0.3, 0.2, 0.1]])
def test_truth_bias_and_standard_error(p):
    rng, n, n_repeats = np.random.default_rng(0), 400, 300
    fits = [PlugIn().fit(rng.choice(len(p), n, p=p)[:, None]) for _ in range(n_repeats)]
    errors = np.array([fit.entropy_ for fit in fits]) + np.dot(p, np.log(p))
    bias = -(len(p) - 1) / (2 * n)
    assert abs(errors.mean() - bias) < 4 * errors.std() / np.sqrt(n_repeats)
    if len(set(p)) > 1:  # the first-order error of a uniform distribution vanishes
        # The standard deviation of 300 errors is known to 1 / sqrt(600), or 4 %.
        assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(errors.std(), rel=4 / np.sqrt(2 * n_repeats))


def _weighted(n_samples=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 5, (n_samples, 1)), rng.integers(0, 4, n_samples)


def test_whole_weights_repeat_rows():
    X, weights = _weighted()
    weighted, repeated = PlugIn().fit(X, sample_weight=weights), PlugIn().fit(np.repeat(X, weights, axis=0))
    assert weighted.entropy_ == pytest.approx(repeated.entropy_, rel=1e-13)
    assert weighted.n_categories_ == repeated.n_categories_
    told = weights > 0
    np.testing.assert_allclose(np.repeat(weighted.pointwise_[told], weights[told]), repeated.pointwise_, rtol=1e-13)
    assert np.isnan(weighted.pointwise_[~told]).all()
    assert weighted.std_error_ > repeated.std_error_  # of fewer rows


@pytest.mark.parametrize("weight", [None, 1, 0.3, np.full(200, 2), pd.Series(np.full(200, 1e-300)), [1e308] * 200])
def test_equal_weights_change_nothing(weight):
    X, _ = _weighted()
    expected, got = PlugIn().fit(X), PlugIn().fit(X, sample_weight=weight)
    for name in ("entropy_", "std_error_", "ceiling_", "n_categories_", "saturated_"):
        assert getattr(got, name) == pytest.approx(getattr(expected, name), rel=1e-12)
    np.testing.assert_allclose(got.pointwise_, expected.pointwise_, rtol=1e-12)


def test_weights_undo_a_biased_sample():
    # Rows are drawn with probability q and weigh p / q: the entropy is that of p, the error what it is over samples.
    rng, p, q = np.random.default_rng(0), np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])
    fits = []
    for _ in range(300):
        x = rng.choice(3, 1000, p=q)
        fits.append(PlugIn().fit(x[:, None], sample_weight=(p / q)[x]))
    errors = np.array([fit.entropy_ for fit in fits]) + p @ np.log(p)
    assert abs(errors.mean()) < 4 * errors.std() / np.sqrt(300) + 0.002  # and the bias, about 2 / 2n
    assert np.mean([fit.std_error_ for fit in fits]) == pytest.approx(errors.std(), rel=4 / np.sqrt(600))


def test_weighted_extremes():
    weights = np.arange(1, 101)
    with pytest.warns(SaturatedEstimateWarning):
        fitted = PlugIn().fit(np.arange(100)[:, None], sample_weight=weights)
    assert fitted.entropy_ == pytest.approx(fitted.ceiling_, rel=1e-12)
    assert fitted.ceiling_ < np.log(100)
    with pytest.warns(ConstantInputWarning, match="constant over all 2 rows"):
        fitted = PlugIn().fit([[1], [2], [1]], sample_weight=[0.1, 0, 0.7])
    assert (fitted.entropy_, fitted.std_error_, fitted.n_categories_) == (0.0, 0.0, 1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1], "sample_weight has shape .2,.; pass one weight for each of the 3 rows"),
        ([[1], [1], [1]], "sample_weight has shape .3, 1."),
        ([1, -1, 1], "non-negative and not all zero, got a minimum of -1"),
        ([0, 0, 0], "non-negative and not all zero"),
        ([1, np.nan, 1], "sample_weight contains NaN"),
        (np.ma.masked_less([1, 2, 3], 2), "sample_weight has 1 masked entries"),
        (pd.date_range("2024", periods=3), "sample_weight holds values of the kind 'date'; pass numbers"),
        (pd.Categorical([1, 2, 3]), "sample_weight holds values of the kind 'category'; pass numbers"),
        ([1, np.inf, 1], "sample_weight contains infinity"),
        (["a", "b", "c"], "sample_weight holds values of the kind 'text'"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        PlugIn().fit([[1], [2], [2]], sample_weight=weights)
