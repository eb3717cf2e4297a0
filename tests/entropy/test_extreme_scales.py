"""Entropies of rows at the ends of the range of floats, beside outliers, and with offsets that cost digits."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skib import UnreliableEstimateWarning
from skib._linear_algebra import independent_columns
from skib.entropy import (
    GaussianEntropy,
    KolchinskyTracey,
    KozachenkoLeonenko,
    LeaveOneOutKDE,
    WeightedKozachenkoLeonenko,
)
from skib.metrics import HSIC
from skib.mutual_info import ChainRule

NEAREST = [KozachenkoLeonenko(), WeightedKozachenkoLeonenko()]
DENSITIES = [*NEAREST, LeaveOneOutKDE()]
SCALED = [*DENSITIES, GaussianEntropy()]
scaled_estimators = pytest.mark.parametrize("estimator", SCALED, ids=repr)
densities = pytest.mark.parametrize("estimator", DENSITIES, ids=repr)
nearest = pytest.mark.parametrize("estimator", NEAREST, ids=repr)
quiet = pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
NORMAL = 0.5 * np.log(2 * np.pi * np.e)  # entropy of a standard normal variable


def normal_rows(n_samples=120, d=2, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, d))


def levels(n_samples=120, seed=1):
    return np.random.default_rng(seed).integers(0, 4, n_samples)


def entropy(estimator, X):
    return clone(estimator).fit(X).entropy_


@scaled_estimators
@pytest.mark.parametrize("scales", [1e-300, 1e-200, 1e200, 1e300, 5e307, (1e-300, 1e300), (1.0, 5e307)], ids=str)
def test_any_scale_adds_its_logarithm(estimator, scales):
    X = np.clip(normal_rows(), -3.5, 3.5)
    expected = entropy(estimator, X) + np.sum(np.log(scales) * np.ones(2))
    assert entropy(estimator, X * scales) == pytest.approx(expected, abs=1e-9)


@quiet
@scaled_estimators
@pytest.mark.parametrize("scale", [1e-300, 1e200])
def test_any_scale_of_rows_in_a_plane(estimator, scale):
    X = normal_rows()
    X = np.column_stack([X, X.sum(axis=1)])
    assert entropy(estimator, scale * X) == pytest.approx(entropy(estimator, X) + 2 * np.log(scale), abs=1e-9)


@quiet
def test_a_plane_between_scales_that_no_float_can_hold_is_refused():
    a = normal_rows(d=1)
    with pytest.raises(ValueError, match="so different in scale that the hyperplane"):
        GaussianEntropy().fit(np.hstack([1e-300 * a, 1e300 * a]))


@quiet
@scaled_estimators
@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_integers_keep_the_bits_that_a_float_lacks(estimator, dtype):
    offset = 2**53 if dtype is np.int64 else 2**63
    number, few = normal_rows(d=1)[:, 0], levels()
    wide = np.full(120, offset, dtype) + few.astype(dtype)
    expected = entropy(estimator, pd.DataFrame({"id": few, "number": number}))
    assert entropy(estimator, pd.DataFrame({"id": wide, "number": number})) == expected
    many = np.random.default_rng(2).integers(0, 2**40, 120).astype(dtype)
    expected = entropy(estimator, np.column_stack([few.astype(dtype), many]))
    assert entropy(estimator, np.column_stack([wide, many])) == pytest.approx(expected, abs=1e-12)


@scaled_estimators
def test_names_of_wide_columns_are_kept(estimator):
    frame = pd.DataFrame({"id": 2**60 + np.arange(120) ** 2, "number": normal_rows(d=1)[:, 0]})
    assert list(clone(estimator).fit(frame).feature_names_in_) == ["id", "number"]


@quiet
@scaled_estimators
def test_a_column_within_its_rounding_is_constant(estimator):
    number = normal_rows(d=1)
    with pytest.warns(UnreliableEstimateWarning, match="linearly dependent or constant: the rows lie in 1 dimensions"):
        got = entropy(estimator, np.column_stack([2.0**53 + 2 * (levels() // 2), number]))
    assert got == entropy(estimator, number)


@quiet
@scaled_estimators
def test_nothing_but_rounding_is_refused(estimator):
    X = 2.0**60 + 256 * np.indices((8, 8)).reshape(2, -1).T
    with pytest.raises(ValueError, match="all 64 rows of X differ by no more than the rounding of their values"):
        clone(estimator).fit(X)


@scaled_estimators
def test_dead_columns_change_nothing(estimator):
    X = normal_rows(d=3)
    with pytest.warns(UnreliableEstimateWarning, match="the rows lie in 3 dimensions"):
        got = entropy(estimator, np.insert(X, [1, 1, 3], 7.0, axis=1))
    assert got == entropy(estimator, X)


@quiet
@scaled_estimators
def test_order_of_rows_does_not_matter_within_a_hyperplane(estimator):
    a, b, c = normal_rows(d=3).T
    X = np.column_stack([a, 2.0**53 + levels(), b, a + b, np.full(120, 2.0**63), c, b - c])
    orders = [np.random.default_rng(seed).permutation(120) for seed in range(5)]
    np.testing.assert_allclose([entropy(estimator, X[order]) for order in orders], entropy(estimator, X), rtol=1e-9)


@pytest.mark.parametrize("estimator", NEAREST, ids=repr)
@pytest.mark.parametrize("far", [1e3, 1e12, 1e20, 1e200])
@pytest.mark.parametrize("d", [1, 2])
def test_one_outlier_costs_its_own_logarithm(estimator, far, d):
    X = normal_rows(200, d)
    got = clone(estimator).fit(np.vstack([X, np.full((1, d), far)]))
    assert abs(got.entropy_ - d * NORMAL - d * np.log(far) / 201) < 4 * got.std_error_


@pytest.mark.parametrize("far", [1e4, 1e12, 1e20, 1e200])
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("n_outliers", [1, 2])
def test_kernels_as_wide_as_the_distance_of_outliers(far, d, n_outliers):
    X = np.vstack([normal_rows(200, d), np.full((1, d), far), np.full((1, d), -far)][: n_outliers + 1])
    order = np.random.default_rng(1).permutation(len(X))
    with pytest.warns(UnreliableEstimateWarning, match=f"{n_outliers} of {len(X)} rows are outliers, at least"):
        fitted, shuffled = LeaveOneOutKDE().fit(X), LeaveOneOutKDE().fit(X[order])
    # Truth: a mixture of the normal law and few points spread as far as they lie.
    truth = d * NORMAL + n_outliers * d * np.log(far) / len(X)
    assert abs(fitted.entropy_ - truth) < 0.3
    assert shuffled.entropy_ == pytest.approx(fitted.entropy_, abs=1e-9)
    with pytest.warns(UnreliableEstimateWarning, match="are outliers"):
        assert abs(LeaveOneOutKDE("silverman").fit(X).entropy_ - truth) < 0.3


@densities
def test_an_outlier_that_no_float_can_measure_is_refused(estimator):
    with pytest.raises(ValueError, match="take logarithms or ranks first, or drop the outliers"):
        clone(estimator).fit(np.vstack([normal_rows(d=1), [[1e300]]]))


@quiet
@nearest
def test_many_orders_of_magnitude(estimator):
    z = 40 * normal_rows(400, 1)
    fitted = clone(estimator).fit(np.exp(z))
    truth = NORMAL + np.log(40) + z.mean()  # at the mean of this sample
    assert abs(fitted.entropy_ - truth) < 4 * fitted.std_error_
    order = np.random.default_rng(1).permutation(400)
    assert entropy(estimator, np.exp(z[order])) == pytest.approx(fitted.entropy_, abs=1e-9)


@nearest
def test_rows_as_near_as_they_are_rounded_are_refused(estimator):
    X = normal_rows(100) @ [[1, 0.5], [0, 1]]
    X[:10] = np.column_stack([1e-30 * np.arange(10), np.full(10, 0.5)])
    with pytest.raises(
        ValueError, match="10 of 100 distinct rows are as near to their neighbors as values of this size are"
    ):
        clone(estimator).fit(X)


def test_noise_that_no_float_can_measure_is_refused():
    X = 5e307 * np.clip(normal_rows(), -3, 3)
    with pytest.raises(ValueError, match=r"values up to 1\.\d*e\+308 are too large for distances in units of a noise"):
        KolchinskyTracey().fit(X)
    with pytest.raises(ValueError, match=r"values up to 1\.\d*e\+308 are too large for distances in units of a noise"):
        ChainRule(KolchinskyTracey()).fit(X[:, :1], X[:, 1] / 5e307)


@quiet
@scaled_estimators
@pytest.mark.parametrize("scale", [1e-300, 5e307])
def test_mutual_information_at_any_scale(estimator, scale):
    X, e = np.split(np.random.default_rng(0).uniform(-1, 1, (120, 3)), [2], axis=1)
    y = X.sum(axis=1) + e[:, 0]
    expected, got = (ChainRule(clone(estimator)).fit(rows, y) for rows in (X, scale * X))
    assert got.mutual_info_ == pytest.approx(expected.mutual_info_, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e200, 5e307])
def test_kernels_without_marginals_at_any_scale(scale):
    X, y = np.clip(normal_rows(), -3, 3).T
    expected = HSIC(marginals=None).fit(X[:, None], y)
    fitted = HSIC(marginals=None).fit(scale * X[:, None], scale * y)
    assert fitted.dependence_ == pytest.approx(expected.dependence_, rel=1e-6)
    assert fitted.std_error_ == pytest.approx(expected.std_error_, rel=1e-6)


def test_ordinary_rows_are_returned_as_they_are():
    X = normal_rows()
    rows, log_volume = independent_columns(X)
    assert rows is X
    assert log_volume == 0
