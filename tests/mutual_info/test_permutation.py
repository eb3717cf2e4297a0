"""The null distribution of an estimate."""

import warnings
from functools import partial

import numpy as np
import pytest
from joblib import parallel_config
from scipy import stats
from sklearn.base import BaseEstimator

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Binned,
    ChainRule,
    GaussianCopula,
    MutualInfoMixin,
    PermutationTestResult,
    Ross,
    confidence_interval,
    permutation_test,
)
from tests.toys import Mean


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


class Prepared(MutualInfoMixin, BaseEstimator):
    """An estimator whose preparation counts how often it is asked for."""

    n_prepared = 0

    def fit(self, X, y):
        return self._set_estimate(0.0, np.inf, len(X))

    def prepare_permutations(self, X, y):
        Prepared.n_prepared += 1
        return lambda permutations: np.array([float(order[0]) for order in permutations])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_work_that_permutations_share_is_done_once(n_jobs):
    Prepared.n_prepared = 0
    x = np.arange(50.0)
    test = permutation_test(Prepared(), x[:, None], x, n_permutations=45, random_state=0, n_jobs=n_jobs)
    assert Prepared.n_prepared == 1
    assert len(np.unique(test.null_distribution)) > 20  # every permutation has its own


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


def test_dependence_measures_have_a_null_and_an_interval_too():
    pair = make_gaussian_pair(200, rho=0.6, random_state=0)
    test = permutation_test(HSIC(), pair.X, pair.y, n_permutations=99, random_state=0)
    assert test.statistic == HSIC().fit(pair.X, pair.y).dependence_
    assert test.pvalue == 0.01
    interval = confidence_interval(HSIC(), pair.X, pair.y, random_state=0)
    assert 0 < interval.low < test.statistic < interval.high


def autoregressive(phi, n_samples, rng):
    noise = rng.normal(size=n_samples)
    values = np.empty(n_samples)
    values[0] = noise[0] / np.sqrt(1 - phi**2)
    for i in range(1, n_samples):
        values[i] = phi * values[i - 1] + noise[i]
    return values


def level(pvalue_of, n_data_sets):
    """Share of data sets with p <= .05."""
    return np.mean([pvalue_of(np.random.default_rng(seed)) <= 0.05 for seed in range(n_data_sets)])


def shifted_pvalue(phi, rng):
    x, y = autoregressive(phi, 500, rng), autoregressive(phi, 500, rng)
    return permutation_test(KSG(), x[:, None], y, shuffle="circular", n_permutations=39, random_state=0).pvalue


def exchanged_pvalue(size, rng):
    groups = np.repeat(np.arange(1000 // size), size)
    x, y = rng.normal(size=(2, 1000 // size))[:, groups] + 0.01 * rng.normal(size=(2, 1000))
    return permutation_test(GaussianCopula(), x[:, None], y, groups=groups, n_permutations=39, random_state=0).pvalue


@pytest.mark.parametrize("phi", [0.0, 0.9, 0.98])
def test_shifts_keep_the_level_for_series(phi):
    assert level(lambda rng: shifted_pvalue(phi, rng), 60) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.9, 0.98])
def test_level_for_series(phi):
    assert 0.03 <= level(lambda rng: shifted_pvalue(phi, rng), 300) <= 0.07


@pytest.mark.parametrize("size", [5, 50])
def test_exchanged_groups_keep_the_level(size):
    assert level(lambda rng: exchanged_pvalue(size, rng), 60) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 60)


@pytest.mark.slow
@pytest.mark.parametrize("size", [5, 50])
def test_level_for_groups(size):
    assert 0.03 <= level(lambda rng: exchanged_pvalue(size, rng), 300) <= 0.07


@pytest.mark.filterwarnings("ignore::skib.DuplicateRowsWarning")
def test_dependence_between_series_and_between_groups_is_found():
    rng = np.random.default_rng(0)
    x = autoregressive(0.9, 500, rng)
    y = x + rng.normal(size=500)
    assert permutation_test(KSG(), x[:, None], y, shuffle="circular", random_state=0).pvalue < 0.02
    groups = np.repeat(np.arange(100), 5)
    x, y = rng.normal(size=100)[groups], np.sign(x[::5])[groups]
    x = x + 2 * y
    assert permutation_test(Ross(), x[:, None], y, groups=groups, random_state=0).pvalue < 0.02


def test_rows_of_a_series_are_warned_of():
    rng = np.random.default_rng(0)
    x, y = autoregressive(0.9, 500, rng), autoregressive(0.9, 500, rng)
    with pytest.warns(UnreliableEstimateWarning, match="successive rows are alike in both X and y"):
        result = permutation_test(KSG(), x[:, None], y, n_permutations=39, random_state=0)
    assert result.pvalue <= 0.05  # what the warning is about
    permutation_test(KSG(), x[:, None], y, n_permutations=9, shuffle="circular", random_state=0)
    permutation_test(KSG(), x[:, None], y, n_permutations=9, groups=np.repeat(np.arange(10), 50), random_state=0)


def test_groups_with_given_are_exchanged_within_equal_conditions():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(80), 5)
    z = rng.integers(0, 2, 80)
    x, y = z[groups] + 0.3 * rng.normal(size=400), z[groups] + 0.3 * rng.normal(size=400)
    test = partial(permutation_test, KSG(20), x[:, None], y, groups=groups, n_permutations=99, random_state=0)
    assert test().pvalue < 0.05 < test(given=z[groups]).pvalue
