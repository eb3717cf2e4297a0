"""The null and the error of an estimate."""

import numpy as np
import pytest
from joblib import parallel_config
from scipy import stats

from skib.datasets import make_gaussian_pair
from skib.mutual_info import KSG, Binned, ChainRule, confidence_interval, permutation_test


def test_p_values_are_uniform_under_independence():
    pairs = [make_gaussian_pair(60, rho=0, random_state=seed) for seed in range(150)]
    tests = [permutation_test(KSG(), p.X, p.y, n_permutations=19, random_state=s) for s, p in enumerate(pairs)]
    for p_values in ([t.p_value for t in tests], [t.tail_p_value for t in tests]):
        assert stats.kstest(p_values, "uniform", alternative="greater").pvalue > 0.001  # not too many small ones
        assert 0.35 < np.mean(p_values) < 0.65


def test_ties_in_the_null_count_as_reached():
    x = np.repeat([0, 1], 4)
    test = permutation_test(ChainRule(), x[:, None], np.tile([0, 1], 4), n_permutations=50, random_state=0)
    assert test.mutual_info == pytest.approx(0, abs=1e-12)
    assert test.p_value == 1.0  # no shuffle can give less


def test_dependence_is_told_from_the_null():
    pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    test = permutation_test(KSG(), pair.X, pair.y, n_permutations=99, random_state=0)
    assert test.p_value == 0.01
    assert test.tail_p_value < 1e-3  # below what 99 permutations can say exactly
    assert abs(test.null_mean) < 4 * test.null_std / np.sqrt(99) + 0.01
    assert test.null.shape == (99,)


def test_a_null_that_does_not_vary():
    # Every row has a bin of its own: the plug-in says H(Y) for any order of y.
    rows = np.random.default_rng(0).normal(size=(40, 12))
    with pytest.warns(UserWarning, match="at most"):
        test = permutation_test(Binned(), rows, np.arange(40) % 2, n_permutations=5, random_state=0)
    assert test.mutual_info == pytest.approx(np.log(2))
    assert test.null_mean == pytest.approx(np.log(2))
    assert test.p_value == test.tail_p_value == 1.0


@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_same_bits_for_any_n_jobs_and_backend(function):
    pair = make_gaussian_pair(80, rho=0.5, random_state=0)
    alone = function(KSG(), pair.X, pair.y, random_state=3)
    threads = function(KSG(), pair.X, pair.y, random_state=3, n_jobs=2)
    with parallel_config("loky", n_jobs=2):
        processes = function(KSG(), pair.X, pair.y, random_state=3)
    for other in (threads, processes):
        assert other.mutual_info == alone.mutual_info
        if function is permutation_test:
            np.testing.assert_array_equal(other.null, alone.null)
        else:
            assert other == alone


def coverage(seeds):
    hits = []
    for seed in seeds:
        pair = make_gaussian_pair(400, rho=0.6, random_state=seed)
        interval = confidence_interval(KSG(), pair.X, pair.y, level=0.9, random_state=seed)
        hits.append(interval.low < pair.mutual_info < interval.high)
    return np.mean(hits)


def test_interval_covers():
    assert 0.75 <= coverage(range(40)) <= 1.0  # 90 % nominal, four standard errors of 40 trials are 0.19


@pytest.mark.slow
def test_interval_coverage_in_the_long_run():
    assert 0.84 <= coverage(range(1000, 1500)) <= 0.96


def test_interval_is_centred_and_scales_with_the_level():
    pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    narrow, wide = (confidence_interval(KSG(), pair.X, pair.y, level=v, random_state=0) for v in (0.5, 0.99))
    assert narrow.std_error == wide.std_error
    assert wide.low < narrow.low < narrow.mutual_info < narrow.high < wide.high
    assert narrow.mutual_info == pytest.approx((narrow.low + narrow.high) / 2)


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        (permutation_test, {"n_permutations": 1}, "n_permutations must be a whole number of at least 2, got 1"),
        (confidence_interval, {"n_subsamples": 0}, "n_subsamples must be"),
        (confidence_interval, {"level": 95}, "level must lie strictly between 0 and 1, got 95"),
    ],
)
def test_bad_arguments_are_named(function, arguments, text):
    pair = make_gaussian_pair(30, rho=0.6, random_state=0)
    with pytest.raises(ValueError, match=text):
        function(KSG(), pair.X, pair.y, **arguments)
