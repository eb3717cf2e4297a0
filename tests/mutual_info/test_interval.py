"""The interval covers the truth as often as it says, also for groups of dependent rows."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from skib import UnreliableEstimateWarning
from skib.datasets import make_discrete_pair, make_gaussian_pair
from skib.entropy import PlugIn
from skib.mutual_info import (
    KSG,
    ChainRule,
    GaussianCopula,
    Ross,
    confidence_interval,
)
from tests.toys import Mean


def require_coverage(hits, level=0.95):
    """Within 5 points of the level, and four standard errors of so many trials."""
    assert abs(np.mean(hits) - level) < 0.05 + 4 * np.sqrt(level * (1 - level) / len(hits))


TABLE = np.full((8, 8), 0.5 / 64) + 0.5 * np.eye(8) / 8  # half of the symbols arrive, half are drawn anew


def covers(estimator, pair, seed, level=0.95):
    interval = confidence_interval(estimator, pair.X, pair.y, confidence_level=level, random_state=seed)
    return interval.low < pair.mutual_info < interval.high


def test_interval_covers_with_neighbors():
    pairs = [make_gaussian_pair(400, rho=0.6, random_state=seed) for seed in range(60)]
    require_coverage([covers(KSG(), pair, seed, level=0.8) for seed, pair in enumerate(pairs)], level=0.8)


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


def test_what_only_halves_say_is_reported_once_with_their_number():
    labels = np.repeat([0, 1, 2], [60, 34, 6])  # the last class has few rows in many halves, but enough in all
    x = np.random.default_rng(0).normal(size=(100, 1))
    Ross().fit(x, labels)
    message = r"on \d+ of 20 halves of the rows, first: y has 1 class of few rows \(2: \d rows?\)"
    with pytest.warns(UnreliableEstimateWarning, match=message) as records:
        confidence_interval(Ross(), x, labels, random_state=0)
    assert len(records) == 1


def interval_for_groups(estimator, seed):
    """Interval of I(X;Y) for pairs of numbers whose sums of a part per group and a part per row correlate by 0.6."""
    rng = np.random.default_rng(seed)
    mix = np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
    groups = np.repeat(np.arange(60), 10)
    rows = (rng.normal(size=(60, 2))[groups] + rng.normal(size=(600, 2))) @ mix / np.sqrt(2)
    return confidence_interval(estimator, rows[:, [0]], rows[:, 1], groups=groups, random_state=0)


def share_covered(estimator, n_data_sets):
    truth = -0.5 * np.log(1 - 0.6**2)
    intervals = [interval_for_groups(estimator, seed) for seed in range(n_data_sets)]
    return np.mean([interval.low < truth < interval.high for interval in intervals])


def test_coverage_with_groups():
    assert share_covered(GaussianCopula(), 40) >= 0.9 - 4 * np.sqrt(0.9 * 0.1 / 40)


@pytest.mark.slow
@pytest.mark.parametrize(("estimator", "most"), [(GaussianCopula(), 0.98), (KSG(), 1.0)])
def test_level_with_groups(estimator, most):
    """Intervals of KSG are wider than need be: 99 % in 200 samples."""
    assert 0.9 <= share_covered(estimator, 200) <= most


def test_groups_of_equal_rows_widen_the_interval():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(100), 5)
    u, v = rng.normal(size=(2, 100))
    x, y = np.array([u, 0.8 * u + 0.6 * v])[:, groups] + 0.01 * rng.normal(size=(2, 500))
    interval = partial(confidence_interval, GaussianCopula(), x[:, None], y, random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match="successive rows are alike"):
        free = interval()
    grouped = interval(groups=groups)
    assert grouped.high - grouped.low > 1.5 * (free.high - free.low)


def test_too_few_groups():
    with pytest.raises(ValueError, match="groups has 3 distinct labels"):
        confidence_interval(KSG(), np.zeros((9, 1)), np.zeros(9), groups=np.arange(9) // 3)


def rows_in_groups(n_groups, size, noise, seed):
    """Independent x and y, each of a part per group and a part per row, and the groups."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), size)
    x, y = rng.normal(size=(2, n_groups))[:, groups] + noise * rng.normal(size=(2, n_groups * size))
    return x[:, None], y, groups


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_are_alike_in_groups_warn(seed):
    X, y, groups = rows_in_groups(60, 10, 0.1, seed)
    message = r"the estimate is still 0\.[4-8]\d? on average \(-?0\.0.* Average the rows of each group"
    with pytest.warns(UnreliableEstimateWarning, match=message):
        interval = confidence_interval(KSG(), X, y, groups=groups, random_state=0)
    assert interval.low > 0.1  # the truth is 0
    means = [np.bincount(groups, values) / 10 for values in (X[:, 0], y)]
    interval = confidence_interval(KSG(), means[0][:, None], means[1], random_state=0)
    assert interval.low < 0 < interval.high


@pytest.mark.parametrize("seed", range(3))
def test_groups_that_do_not_harm_the_estimate_do_not_warn(seed):
    X, y, groups = rows_in_groups(200, 5, 1.0, seed)
    confidence_interval(KSG(), X, y, groups=groups, random_state=0)
    confidence_interval(KSG(), X, y + 3 * X[:, 0], groups=groups, random_state=0)
    codes = np.random.default_rng(seed).integers(0, 12, (2, 1000))  # the plug-in is 0.06 nats too high for any rows
    confidence_interval(ChainRule(PlugIn()), codes[0][:, None], codes[1], groups=groups, random_state=0)


def test_groups_of_sizes_of_their_own_are_not_exchanged():
    sizes = np.arange(10, 40)
    groups = np.repeat(np.arange(30), sizes)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30))[:, groups] + 0.1 * rng.normal(size=(2, len(groups)))
    confidence_interval(KSG(), x[:, None], y, groups=groups, random_state=0)
