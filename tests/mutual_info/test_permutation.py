"""The null distribution and the error of an estimate."""

import re
import warnings

import numpy as np
import pytest
from joblib import parallel_config
from scipy import stats
from sklearn.base import BaseEstimator

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.datasets import make_discrete_pair, make_gaussian_pair
from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Binned,
    ChainRule,
    PermutationTestResult,
    Ross,
    confidence_interval,
    permutation_test,
)


def test_pvalues_are_uniform_under_independence():
    pairs = [make_gaussian_pair(60, rho=0, random_state=seed) for seed in range(150)]
    tests = [permutation_test(KSG(), p.X, p.y, n_permutations=19, random_state=s) for s, p in enumerate(pairs)]
    for pvalues in ([t.pvalue for t in tests], [t.tail_pvalue for t in tests]):
        assert stats.kstest(pvalues, "uniform", alternative="greater").pvalue > 0.001  # not too many small ones
        assert 0.35 < np.mean(pvalues) < 0.65


def test_ties_in_the_null_count_as_reached():
    x = np.repeat([0, 1], 4)
    test = permutation_test(ChainRule(), x[:, None], np.tile([0, 1], 4), n_permutations=50, random_state=0)
    assert test.statistic == pytest.approx(0, abs=1e-12)
    assert test.pvalue == 1.0  # no shuffle can give less


def test_dependence_is_told_from_the_null():
    pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    test = permutation_test(KSG(), pair.X, pair.y, n_permutations=99, random_state=0)
    assert test.pvalue == 0.01
    assert test.tail_pvalue < 1e-3  # below what 99 permutations can say exactly
    assert abs(test.null_mean) < 4 * test.null_std / np.sqrt(99) + 0.01
    assert test.null_distribution.shape == (99,)


def test_a_null_that_does_not_vary():
    # Every row has a bin of its own: the plug-in says H(Y) for any order of y.
    rows = np.random.default_rng(0).normal(size=(40, 12))
    with pytest.warns(UserWarning, match="at most"):
        test = permutation_test(Binned(), rows, np.arange(40) % 2, n_permutations=5, random_state=0)
    assert test.statistic == pytest.approx(np.log(2))
    assert test.null_mean == pytest.approx(np.log(2))
    assert test.pvalue == test.tail_pvalue == 1.0


@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_same_bits_for_any_n_jobs_and_backend(function):
    pair = make_gaussian_pair(80, rho=0.5, random_state=0)
    alone = function(KSG(), pair.X, pair.y, random_state=3)
    threads = function(KSG(), pair.X, pair.y, random_state=3, n_jobs=2)
    with parallel_config("loky", n_jobs=2):
        processes = function(KSG(), pair.X, pair.y, random_state=3)
    for other in (threads, processes):
        if function is permutation_test:
            assert other.statistic == alone.statistic
            np.testing.assert_array_equal(other.null_distribution, alone.null_distribution)
        else:
            assert other == alone


def covers(estimator, pair, seed, level=0.95):
    interval = confidence_interval(estimator, pair.X, pair.y, confidence_level=level, random_state=seed)
    return interval.low < pair.mutual_info < interval.high


def require_coverage(hits, level=0.95):
    """Within 5 points of the level, and four standard errors of so many trials."""
    assert abs(np.mean(hits) - level) < 0.05 + 4 * np.sqrt(level * (1 - level) / len(hits))


def test_interval_covers_with_neighbours():
    pairs = [make_gaussian_pair(400, rho=0.6, random_state=seed) for seed in range(60)]
    require_coverage([covers(KSG(), pair, seed, level=0.8) for seed, pair in enumerate(pairs)], level=0.8)


TABLE = np.full((8, 8), 0.5 / 64) + 0.5 * np.eye(8) / 8  # half of the symbols arrive, half are drawn anew


def test_interval_covers_in_spite_of_the_plug_in_bias():
    pairs = [make_discrete_pair(500, joint=TABLE, random_state=seed) for seed in range(100)]
    intervals = [confidence_interval(ChainRule(), p.X, p.y, random_state=s) for s, p in enumerate(pairs)]
    truth = pairs[0].mutual_info
    plain = [abs(i.estimate - truth) < (i.high - i.low) / 2 for i in intervals]
    require_coverage([i.low < truth < i.high for i in intervals])
    assert np.mean(plain) < 0.85  # an interval around the estimate itself would not do
    biases = np.array([i.bias for i in intervals])
    assert abs(np.mean(biases) - np.mean([i.estimate for i in intervals]) + truth) < 0.02  # 0.05 nats


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_interval_coverage_in_the_long_run(rho):
    pairs = [make_gaussian_pair(1000, rho=rho, random_state=seed) for seed in range(500)]
    assert 0.9 <= np.mean([covers(KSG(), pair, seed) for seed, pair in enumerate(pairs)]) <= 0.995


def test_interval_is_centerd_and_scales_with_the_level():
    pair = make_gaussian_pair(300, rho=0.6, random_state=0)
    narrow, wide = (confidence_interval(KSG(), pair.X, pair.y, confidence_level=v, random_state=0) for v in (0.5, 0.99))
    assert narrow.std_error == wide.std_error
    center = narrow.estimate - narrow.bias
    assert wide.low < narrow.low < center < narrow.high < wide.high
    assert center == pytest.approx((narrow.low + narrow.high) / 2)
    # 20 halves are 10 splits, and as many degrees of freedom.
    assert wide.high - center == pytest.approx(stats.t.ppf(0.995, 10) * wide.std_error)


class Mean(BaseEstimator):
    """The mean of y, plus 10 / n, plus the mean of `given`."""

    def fit(self, X, y, given=None):
        self.mutual_info_ = np.mean(y) + 10 / len(y) + (0 if given is None else np.mean(given))
        return self


def test_interval_of_a_mean_is_that_of_the_textbook():
    y = np.random.default_rng(0).normal(size=1000)
    interval = confidence_interval(Mean(), y[:, None], y, n_subsamples=400, random_state=0)
    assert interval.bias == pytest.approx(0.01)  # a bias of c/n, and nothing but that, is found exactly
    assert interval.low + interval.high == pytest.approx(2 * y.mean())
    assert interval.std_error == pytest.approx(y.std() / np.sqrt(1000), rel=4 * np.sqrt(0.5 / 200))


def test_halves_are_taken_of_given_too():
    y = np.arange(100.0)
    interval = confidence_interval(Mean(), y[:, None], y, given=-y, random_state=0)
    assert interval.estimate == pytest.approx(0.1)
    assert interval.std_error < 1e-12


def test_odd_rows_and_odd_halves():
    y = np.arange(101.0)
    odd, even = (confidence_interval(Mean(), y[:, None], y, n_subsamples=n, random_state=0) for n in (3, 4))
    assert odd == even
    assert odd.std_error > 0


# --- given


def confounded(n_samples, seed):
    """x and y are one coin and one die beside z, which moves both: dependent, yet independent given z."""
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 4, n_samples)
    return (z + rng.integers(0, 2, n_samples))[:, None], z + rng.integers(0, 6, n_samples), z


class Recorder(Mean):
    """Keeps every y it is fitted to in `log`."""

    def __init__(self, log):
        self.log = log

    def __sklearn_clone__(self):
        return self

    def fit(self, X, y, given=None):
        self.log.append(y)
        return super().fit(X, y, given)


def test_given_is_held_when_shuffling():
    X, y, z = confounded(200, seed=0)
    log = []
    permutation_test(Recorder(log), X, y, given=z, n_permutations=20, random_state=0)
    assert len({tuple(shuffled) for shuffled in log}) == 21
    for shuffled in log:
        for stratum in range(4):
            assert sorted(shuffled[z == stratum]) == sorted(y[z == stratum])


def test_conditional_pvalues_are_uniform_under_conditional_independence():
    tests = {}
    for seed in range(200):
        X, y, z = confounded(80, seed)
        for name, given in {"marginal": None, "conditional": z}.items():
            test = permutation_test(ChainRule(), X, y, given=given, n_permutations=19, random_state=seed)
            tests.setdefault(name, []).append(test.pvalue)
    assert np.mean(np.array(tests["marginal"]) == 0.05) > 0.5
    counts = np.bincount(np.round(20 * np.array(tests["conditional"])).astype(int) - 1, minlength=20)
    assert stats.chisquare(counts).pvalue > 1e-4


def test_conditional_dependence_is_found():
    x, z = np.random.default_rng(0).integers(0, 2, (2, 100))
    test = permutation_test(ChainRule(), x[:, None], x ^ z, given=z, n_permutations=99, random_state=0)
    assert test.pvalue == 0.01
    assert permutation_test(ChainRule(), x[:, None], x ^ z, n_permutations=99, random_state=0).pvalue > 0.01


def test_given_without_repeated_rows_is_refused():
    pair = make_gaussian_pair(50, rho=0.6, random_state=0)
    with pytest.raises(ValueError, match="given has 50 distinct rows, 50 of them unique among 50.*KBinsDiscretizer"):
        permutation_test(KSG(), pair.X, pair.y, given=pair.y, n_permutations=3)


@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_estimators_that_do_not_condition_say_so(function):
    labels = np.arange(50) % 2
    with pytest.raises(TypeError, match="takes no `given` in fit.*such as .*KSG"):
        function(Ross(), labels[:, None] + 0.5, labels, given=labels)


# --- the tail


@pytest.mark.parametrize("n_permutations", [20, 100])
@pytest.mark.parametrize("dof", [np.inf, 1000.0, 16.0])  # skewness 0, 0.09 and 0.71
def test_tail_pvalues_are_not_too_small(dof, n_permutations):
    rng = np.random.default_rng(0)
    n_trials = 10_000
    shape = (n_trials, n_permutations + 1)
    draws = rng.normal(size=shape) if np.isinf(dof) else rng.chisquare(dof, shape)
    pvalues = np.array([PermutationTestResult(float(d[0]), d[1:], 1.0).tail_pvalue for d in draws])
    for level in (0.05, 0.01, 0.001):
        assert np.mean(pvalues <= level) < level + 4 * np.sqrt(level / n_trials)
    assert np.mean(pvalues <= 0.05) > 0.03  # nor useless


def test_tail_pvalue_follows_the_moments():
    null = stats.norm.ppf((np.arange(10_000) + 0.5) / 10_000)
    assert PermutationTestResult(3.0, null, 1.0).tail_pvalue == pytest.approx(stats.norm.sf(3.0), rel=0.15)
    skewed = stats.gamma(4).ppf((np.arange(10_000) + 0.5) / 10_000)
    assert PermutationTestResult(15.0, skewed, 1.0).tail_pvalue == pytest.approx(stats.gamma(4).sf(15.0), rel=0.5)
    assert PermutationTestResult(15.0, -skewed, 1.0).tail_pvalue < 1e-9
    assert 0 < PermutationTestResult(3.0, np.array([0.0, 1.0]), 1.0).tail_pvalue < 0.5


@pytest.mark.parametrize(
    ("function", "arguments", "text"),
    [
        (permutation_test, {"n_permutations": 1}, "n_permutations == 1, must be >= 2"),
        (confidence_interval, {"n_subsamples": 0}, "n_subsamples == 0, must be >= 2"),
        (confidence_interval, {"confidence_level": 95}, "confidence_level must lie strictly between 0 and 1, got 95"),
    ],
)
def test_bad_arguments_are_named(function, arguments, text):
    pair = make_gaussian_pair(30, rho=0.6, random_state=0)
    with pytest.raises(ValueError, match=text):
        function(KSG(), pair.X, pair.y, **arguments)


# --- warnings


def issued(function, *arguments, **options):
    """The distinct warnings of a call, each of which must be issued once and at this line."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        function(*arguments, **options)
    messages = [str(record.message) for record in records]
    assert len(set(messages)) == len(messages)
    assert {record.filename for record in records} <= {__file__}
    return [record.category for record in records], messages


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_a_constant_is_reported_once(function, n_jobs):
    y = np.random.default_rng(0).normal(size=100)
    categories, messages = issued(function, KSG(), np.ones((100, 1)), y, random_state=0, n_jobs=n_jobs)
    assert categories == [ConstantInputWarning] and "all 100 rows" in messages[0]


@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_saturation_is_reported_once(function):
    x = np.random.default_rng(0).normal(size=100)
    assert issued(function, KSG(), x[:, None], x, random_state=0)[0] == [SaturatedEstimateWarning]


def test_what_permuted_rows_would_say_is_dropped():
    # Only permuted rows make pairs with symbols of their own.
    x = np.repeat(np.arange(30), 4)
    assert issued(permutation_test, ChainRule(), x[:, None], x, random_state=0)[0] == []


def test_what_only_halves_say_is_reported_once_with_their_number():
    labels = np.repeat([0, 1, 2], [60, 37, 3])  # the last class has one row in many halves, but three in all
    x = np.random.default_rng(0).normal(size=(100, 1))
    assert issued(Ross().fit, x, labels)[0] == []
    categories, messages = issued(confidence_interval, Ross(), x, labels, random_state=0)
    assert categories == [UnreliableEstimateWarning]
    assert re.match(r"on \d+ of 20 halves of the rows, first: 1 of 50 rows are alone in their class", messages[0])


def test_dependence_measures_have_a_null_and_an_interval_too():
    pair = make_gaussian_pair(200, rho=0.6, random_state=0)
    test = permutation_test(HSIC(), pair.X, pair.y, n_permutations=99, random_state=0)
    assert test.statistic == HSIC().fit(pair.X, pair.y).dependence_
    assert test.pvalue == 0.01
    interval = confidence_interval(HSIC(), pair.X, pair.y, random_state=0)
    assert 0 < interval.low < test.statistic < interval.high
