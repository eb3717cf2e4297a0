"""Hostile data: the right answer, a warning that says what is wrong, or a clean error; never silent garbage."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats
from sklearn.base import clone

from skib import (
    ConstantInputWarning,
    DuplicateRowsWarning,
    SaturatedEstimateWarning,
    UnreliableEstimateWarning,
)
from skib.mutual_info import KSG, Auto, Ross

N = 2000
RHO = 0.9
TRUTH = -0.5 * np.log(1 - RHO**2)  # 0.830 nats


default_and_neighbors = pytest.mark.parametrize("estimator", [Auto(), KSG()])
default_and_classes = pytest.mark.parametrize("estimator", [Auto(), Ross()])


def pair(seed=0, n=N):
    x, noise = np.random.default_rng(seed).normal(size=(2, n))
    return x, RHO * x + np.sqrt(1 - RHO**2) * noise


def discrete_truth(x, y):
    """Plug-in information of a large sample of rounded values, less its bias."""
    joint = np.unique(np.column_stack([x, y]), axis=0, return_counts=True)[1]
    marginals = [np.unique(v, return_counts=True)[1] for v in (x, y)]

    def entropy(counts):
        p = counts / counts.sum()
        return -np.sum(p * np.log(p)) + (len(counts) - 1) / (2 * counts.sum())

    return sum(entropy(m) for m in marginals) - entropy(joint)


def outlier(x, value):
    x = x.copy()
    x[0] = value
    return x


MONOTONE = {
    "offset 1e10": lambda x, y: (x + 1e10, y),
    "offset 1e12": lambda x, y: (x + 1e12, y),
    "scale 1e-12": lambda x, y: (x * 1e-12, y),
    "scale 1e12": lambda x, y: (x * 1e12, y),
    "scale 1e-310": lambda x, y: (x * 1e-310, y),
    "scale 1e200": lambda x, y: (x * 1e200, y * 1e300),
    "float32 squares overflow": lambda x, y: (x, (y * 1e30).astype(np.float32)),
    "float32 offset 1e6": lambda x, y: ((x + 1e6).astype(np.float32), y),
    "float16": lambda x, y: (x.astype(np.float16), y),
    "exp(6x)": lambda x, y: (np.exp(6 * x), y),
    "x**9": lambda x, y: (x**9, y),
    "x**3": lambda x, y: (x**3, y),
    "Cauchy": lambda x, y: (stats.cauchy.ppf(stats.norm.cdf(x)), y),
    "Cauchy both": lambda x, y: tuple(stats.cauchy.ppf(stats.norm.cdf(v)) for v in (x, y)),
    "one outlier 1e6": lambda x, y: (outlier(x, 1e6), y),
    "one outlier 1e12": lambda x, y: (outlier(x, 1e12), y),
    "dates": lambda x, y: (np.datetime64("2026-01-01", "ns") + (x * 6e10).astype("timedelta64[ns]"), y),
}


@default_and_neighbors
@pytest.mark.parametrize("change", MONOTONE.values(), ids=MONOTONE.keys())
def test_monotone_maps_and_outliers(change, estimator):
    x, y = change(*pair())
    estimate = estimator.fit(x[:, None], y)
    assert abs(estimate.mutual_info_ - TRUTH) < 4 * estimate.std_error_


@default_and_neighbors
def test_strong_dependence_far_from_zero(estimator):
    x, noise = np.random.default_rng(0).normal(size=(2, N))
    rho = 0.9999
    estimate = estimator.fit(x[:, None] + 1e9, rho * x + np.sqrt(1 - rho**2) * noise)
    assert estimate.mutual_info_ == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.1)  # 4.26 nats


@default_and_neighbors
@pytest.mark.parametrize("step", [1.0, 0.5])
@pytest.mark.parametrize("dtype", [float, object])
def test_rounded_values(step, dtype, estimator):
    truth = discrete_truth(*(np.round(v / step) for v in pair(seed=1, n=400_000)))
    x, y = (np.round(v / step) * step for v in pair())
    estimate = estimator.fit(x[:, None].astype(dtype), y)
    assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_


@default_and_neighbors
def test_integers_and_bits(estimator):
    rng = np.random.default_rng(0)
    digits, bits, coins = rng.integers(0, 10, N), rng.integers(0, 2, N), rng.integers(0, 2, N)
    assert estimator.fit(digits[:, None], digits).mutual_info_ == pytest.approx(np.log(10), abs=0.02)
    assert estimator.fit(bits[:, None], bits).mutual_info_ == pytest.approx(np.log(2), abs=0.01)
    assert estimator.fit(bits[:, None] > 0, coins > 0).mutual_info_ == pytest.approx(0, abs=0.005)
    assert Ross().fit(bits[:, None], bits).mutual_info_ == pytest.approx(np.log(2), abs=0.01)


@default_and_neighbors
def test_an_atom_of_half_the_rows(estimator):
    # With probability 1/2 the row is (3, 3), else a Gaussian pair: H(1/2) + 1/2 of its information.
    x, y = pair()
    atom = np.random.default_rng(2).random(N) < 0.5
    x[atom] = y[atom] = 3.0
    estimate = estimator.fit(x[:, None], y)
    assert abs(estimate.mutual_info_ - (np.log(2) + 0.5 * TRUTH)) < 4 * estimate.std_error_


def saturated_truth():
    """Information of the float32 values of tanh(20 x): atoms beyond |x| = a, the density of x between."""
    a = 26 * np.log(2) / 40  # where 1 - tanh(20 a) is half a unit in the last place below 1
    rest = 1 - RHO**2

    def inner(x):  # divergence of y given x from y, times the density of x
        return stats.norm.pdf(x) * 0.5 * (rest + RHO**2 * x**2 - 1 - np.log(rest))

    def atom(y):
        ratio = stats.norm.cdf((RHO * y - a) / np.sqrt(rest)) / stats.norm.sf(a)
        return 2 * stats.norm.sf(a) * stats.norm.pdf(y) * special.xlogy(ratio, ratio)

    return integrate.quad(inner, -a, a)[0] + integrate.quad(atom, -10, 10)[0]


@default_and_neighbors
def test_saturated_unit(estimator):
    x, y = pair()
    unit = np.tanh(20 * x).astype(np.float32)
    assert np.mean(np.abs(unit) == 1) > 0.5
    estimate = estimator.fit(unit[:, None], y)
    assert abs(estimate.mutual_info_ - saturated_truth()) < 4 * estimate.std_error_


def repeats(kind):
    rng = np.random.default_rng(0)
    return {"twice": np.repeat(np.arange(N), 2), "5 times": np.repeat(np.arange(N), 5)}.get(kind, rng.integers(0, N, N))


@pytest.mark.parametrize("kind", ["twice", "5 times", "bootstrap"])
@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_repeated_rows_warn(kind):
    x, y = pair()
    rows = repeats(kind)
    for estimator in (Auto(), KSG()):
        with pytest.warns(DuplicateRowsWarning):
            estimator.fit(x[rows, None], y[rows])
    for estimator in (Auto(), Ross()):
        with pytest.warns(DuplicateRowsWarning):
            estimator.fit(x[rows, None], y[rows] > 0)


@default_and_neighbors
def test_constants(estimator):
    x, y = pair()
    for X, target, name in [(0 * x, y, "X"), (x, 0 * y, "y"), (0 * x, 0 * y, "X")]:
        with pytest.warns(ConstantInputWarning, match=f"{name} is constant"):
            assert estimator.fit(X[:, None], target).mutual_info_ == 0.0


@default_and_neighbors
@pytest.mark.parametrize("noise", [0.0, 1e-6])
def test_nearly_infinite_information_saturates(noise, estimator):
    x, other = np.random.default_rng(0).normal(size=(2, N))
    with pytest.warns(SaturatedEstimateWarning):
        assert np.isfinite(estimator.fit(x[:, None], x + noise * other).mutual_info_)


@default_and_neighbors
def test_one_column_a_thousand_times_wider(estimator):
    x, y = pair()
    wide = np.column_stack([x, 1000 * np.random.default_rng(5).normal(size=N)])
    estimate = clone(estimator).fit(wide, y)
    assert estimate.mutual_info_ > 0.85 * TRUTH  # the price of a useless column, not of its scale
    narrow = estimator.fit(wide / [1, 1000], y)
    assert estimate.mutual_info_ == pytest.approx(narrow.mutual_info_, abs=1e-12)


@default_and_classes
def test_labels(estimator):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N)
    x = rng.normal(size=N) + 2 * y
    clean = clone(estimator).fit(x[:, None], y)
    assert abs(estimator.fit(outlier(x, 1e12)[:, None], y).mutual_info_ - clean.mutual_info_) < 0.01
    rare = y.copy()
    rare[:200] = np.arange(200) + 10
    with pytest.warns(UnreliableEstimateWarning, match="200 of 2000 rows"):
        few = estimator.fit(x[:, None], np.char.mod("class %d", rare))
    assert abs(few.mutual_info_ - clean.mutual_info_) < 4 * clean.std_error_
    with pytest.warns(UnreliableEstimateWarning, match="2000 of 2000 rows"):
        assert estimator.fit(x[:, None], np.char.mod("row %d", np.arange(N))).mutual_info_ == 0
    with pytest.raises(ValueError, match="y contains NaN in 1 of 2000 rows, first in row 0"):
        estimator.fit(x[:, None], outlier(y.astype(float), np.nan))


@default_and_classes
@pytest.mark.parametrize("step", [0.01, 0.1, 0.5])
def test_rounded_feature_against_independent_labels(step, estimator):
    fits = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = np.round(rng.normal(size=N) / step) * step
        fits.append(clone(estimator).fit(x[:, None], rng.integers(0, 3, N)))
    values = [fit.mutual_info_ for fit in fits]
    assert abs(np.mean(values)) < 4 * fits[0].std_error_ / np.sqrt(8) + 0.005  # a few thousandths of bias remain


@default_and_classes
def test_rectified_feature_against_labels(estimator):
    # max(0, X) of X ~ N(+-1, 1): an atom at 0 besides a density.
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, N)
    x = np.maximum(rng.normal(size=N) + 2 * y - 1, 0)

    def term(p, q):
        return 0.5 * p * np.log(2 * p / (p + q)) + 0.5 * q * np.log(2 * q / (p + q))

    truth = term(stats.norm.cdf(-1), stats.norm.cdf(1))
    truth += integrate.quad(lambda t: term(stats.norm.pdf(t + 1), stats.norm.pdf(t - 1)), 0, 12)[0]
    estimate = estimator.fit(x[:, None], y)
    assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_


@default_and_neighbors
def test_many_tied_rows_do_not_hang(estimator):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 2, (2, 100_000))
    assert abs(estimator.fit(x[:, None], y).mutual_info_) < 1e-3
    x, y = (np.maximum(v, 0) for v in pair(n=100_000))
    assert estimator.fit(x[:, None], y).mutual_info_ == pytest.approx(0.554, abs=0.01)  # see make_relu_pair


@pytest.mark.parametrize("n", [1, 3, 5])
def test_too_few_rows(n):
    x, y = pair(n=n)
    for estimator, target in [(KSG(), y), (Ross(), y > 0), (Auto(), y)]:
        with pytest.raises(ValueError, match=rf"at least [26] rows, got n_samples = {n}"):
            estimator.fit(x[:, None], target)


@pytest.mark.parametrize("estimator", [Auto(), KSG(), Ross()])
def test_text_and_masks_are_refused(estimator):
    x, y = pair(n=50)
    y = (y > 0).astype(int)
    for text in (x.astype(str)[:, None], x.astype(str).astype(object)[:, None], pd.DataFrame({"a": x.astype(str)})):
        with pytest.raises(ValueError, match="text"):
            estimator.fit(text, y)
    with pytest.raises(ValueError, match="masked entries"):
        estimator.fit(np.ma.masked_greater(x, 0)[:, None], y)


def layouts(x, tmp_path):
    """The same two columns, as everything that may hold them."""
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    path = tmp_path / "x.npy"
    np.save(path, x)
    names = ["a", "b"]
    return {
        "Fortran": np.asfortranarray(x),
        "strided": np.repeat(x, 2, axis=0)[::2],
        "reversed": np.ascontiguousarray(x[:, ::-1])[:, ::-1],
        "big-endian": x.astype(">f8"),
        "memmap": np.load(path, mmap_mode="r"),
        "objects": x.astype(object),
        "list": x.tolist(),
        "pandas": pd.DataFrame(x, columns=names),
        "polars": polars.DataFrame(x, schema=names),
        "pyarrow": pyarrow.table(dict(zip(names, x.T, strict=True))),
    }


@pytest.mark.parametrize("estimator", [Auto(), KSG(), Ross()])
def test_every_layout_gives_the_same_bits(estimator, tmp_path):
    x, y = pair(n=200)
    X, y = np.column_stack([x, np.sin(3 * y)]), (y > 0).astype(int)
    expected, scores = estimator.fit(X, y).mutual_info_, estimator.score_features(X, y)
    for name, same in layouts(X, tmp_path).items():
        assert estimator.fit(same, y).mutual_info_ == expected, name
        np.testing.assert_array_equal(estimator.score_features(same, y), scores, err_msg=name)
    assert np.isfinite(expected)
