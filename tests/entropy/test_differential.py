"""What holds for every entropy of continuous data."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.utils import get_tags

from skib import DuplicateRowsWarning, UnreliableEstimateWarning
from skib._linear_algebra import whitened
from skib.entropy import (
    GaussianEntropy,
    KolchinskyTracey,
    KozachenkoLeonenko,
    LeaveOneOutKDE,
    WeightedKozachenkoLeonenko,
)

NEAREST = [KozachenkoLeonenko(), KozachenkoLeonenko(1), WeightedKozachenkoLeonenko(), WeightedKozachenkoLeonenko(12)]
DENSITIES = [*NEAREST, LeaveOneOutKDE(0.5), LeaveOneOutKDE("scott")]
SCALED = [*DENSITIES, GaussianEntropy(), GaussianEntropy(bias_correction=False)]
EVERY = [*SCALED, KolchinskyTracey(0.1), KolchinskyTracey(0.1, bound="lower")]
every_estimator = pytest.mark.parametrize("estimator", EVERY, ids=repr)
scaled_estimators = pytest.mark.parametrize("estimator", SCALED, ids=repr)
densities = pytest.mark.parametrize("estimator", DENSITIES, ids=repr)
quiet = pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
NORMAL = 0.5 * np.log(2 * np.pi * np.e)  # entropy of a standard normal variable


def normal_rows(seed=0, n_samples=300, d=3, rho=0.6):
    rng = np.random.default_rng(seed)
    return np.sqrt(1 - rho) * rng.normal(size=(n_samples, d)) + np.sqrt(rho) * rng.normal(size=(n_samples, 1))


@every_estimator
def test_attributes(estimator):
    fitted = clone(estimator).fit(pd.DataFrame(normal_rows(), columns=["a", "b", "c"]))
    assert fitted.pointwise_.shape == (300,)
    assert fitted.pointwise_.mean() == pytest.approx(fitted.entropy_, rel=1e-13)
    assert fitted.std_error_ == pytest.approx(fitted.pointwise_.std(ddof=1) / np.sqrt(300), rel=1e-12)
    assert fitted.entropy_ < fitted.ceiling_
    assert not fitted.saturated_
    assert list(fitted.feature_names_in_) == ["a", "b", "c"]
    assert pickle.loads(pickle.dumps(fitted)).entropy_ == fitted.entropy_
    assert not get_tags(estimator).target_tags.required


@quiet
@scaled_estimators
@settings(max_examples=20)
@given(data=st.data())
def test_affine_maps_of_the_columns_add_the_log_of_their_scales(estimator, data):
    X = normal_rows(seed=data.draw(st.integers(0, 1000)), n_samples=80)
    scales = np.array(data.draw(st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=3)))
    signs = np.array(data.draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=3, max_size=3)))
    shifts = np.array(data.draw(st.lists(st.floats(-3, 3), min_size=3, max_size=3)))
    order = np.array(data.draw(st.permutations(range(3))))
    expected = clone(estimator).fit(X)
    got = clone(estimator).fit(((X + shifts) * signs * scales)[:, order])
    assert got.entropy_ == pytest.approx(expected.entropy_ + np.log(scales).sum(), abs=1e-10)
    np.testing.assert_allclose(got.pointwise_, expected.pointwise_ + np.log(scales).sum(), atol=1e-8)


@scaled_estimators
@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e12, 1e150])
def test_any_unit(estimator, scale):
    X = normal_rows()
    expected = clone(estimator).fit(X).entropy_ + 3 * np.log(scale)
    assert clone(estimator).fit(scale * X).entropy_ == pytest.approx(expected, abs=1e-9)
    assert clone(estimator).fit(scale * X + 1e3 * scale).entropy_ == pytest.approx(expected, abs=1e-6)


@every_estimator
def test_an_offset_costs_the_digits_it_takes_from_the_data_and_no_more(estimator):
    X = np.round(normal_rows() * 2**30) / 2**30
    expected, got = (clone(estimator).fit(rows) for rows in (X, X + 2.0**20))
    assert got.entropy_ == pytest.approx(expected.entropy_, abs=1e-10)


@every_estimator
def test_order_of_rows_does_not_matter(estimator):
    X, order = normal_rows(), np.random.default_rng(1).permutation(300)
    expected, got = (clone(estimator).fit(rows) for rows in (X, X[order]))
    np.testing.assert_allclose(got.pointwise_, expected.pointwise_[order], atol=1e-10)


@densities
@pytest.mark.parametrize("df", [1, 2])
def test_outliers_do_not_ruin_the_scale(estimator, df):
    # Heavy tails ask the kernel density for more than one bandwidth.
    if isinstance(estimator, LeaveOneOutKDE):
        estimator = LeaveOneOutKDE()
        df = 4
    law = stats.multivariate_t(np.zeros(2), [[1, 0.9], [0.9, 1]], df=df)
    fitted = clone(estimator).fit(law.rvs(2000, random_state=0))
    assert abs(fitted.entropy_ - law.entropy()) < 4 * fitted.std_error_


@pytest.mark.parametrize("d", [2, 5])
def test_whitened_rows_have_unit_scatter_and_the_volume_is_kept(d):
    X = normal_rows(n_samples=4000, d=d, rho=0.9) * 10.0 ** np.arange(d)
    z, log_volume = whitened(X)
    np.testing.assert_allclose(np.corrcoef(z, rowvar=False), np.eye(d), atol=0.05)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.1)
    volumes = [np.linalg.slogdet(np.cov(rows, rowvar=False))[1] / 2 for rows in (X, z)]
    assert volumes[0] == pytest.approx(volumes[1] + log_volume, abs=1e-9)


@pytest.mark.parametrize("estimator", [*NEAREST, GaussianEntropy()], ids=repr)
@pytest.mark.parametrize("noise", [1e-3, 1e-6, 1e-9])
def test_nearly_dependent_columns_are_told_apart(estimator, noise):
    rng = np.random.default_rng(0)
    a, b, e = rng.normal(size=(3, 1000, 1))
    fitted = clone(estimator).fit(np.hstack([a, b, a + b + noise * e]))
    assert abs(fitted.entropy_ - (3 * NORMAL + np.log(noise))) < 4 * fitted.std_error_


@scaled_estimators
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dependent_columns_leave_the_entropy_within_their_plane(estimator, dtype):
    X = normal_rows(n_samples=1000, d=2, rho=0).astype(dtype)
    dependent = np.column_stack([X, X.sum(axis=1)])
    with pytest.warns(UnreliableEstimateWarning, match="3 columns of X are linearly dependent or constant: .* 2 dimen"):
        fitted = clone(estimator).fit(dependent)
    # The plane z = x + y is larger than its shadow by sqrt(3).
    assert fitted.entropy_ == pytest.approx(clone(estimator).fit(X).entropy_ + 0.5 * np.log(3), abs=0.1)


@scaled_estimators
def test_a_dead_column_changes_nothing_but_warns(estimator):
    X = normal_rows(d=2)
    expected = clone(estimator).fit(X).entropy_
    with pytest.warns(UnreliableEstimateWarning, match="linearly dependent or constant"):
        got = clone(estimator).fit(np.column_stack([X, np.full(300, 7.0)])).entropy_
    assert got == pytest.approx(expected, abs=0.1)


@scaled_estimators
def test_a_constant_is_refused(estimator):
    with pytest.raises(ValueError, match="all 50 rows of X are equal|X has 1 distinct rows among 50"):
        clone(estimator).fit(np.ones((50, 2)))


@densities
def test_copied_rows_warn_and_are_left_out(estimator):
    X = normal_rows()
    expected = clone(estimator).fit(X)
    with pytest.warns(DuplicateRowsWarning, match="300 of 600 rows are exact copies"):
        got = clone(estimator).fit(np.repeat(X, 2, axis=0))
    np.testing.assert_allclose(got.pointwise_, np.repeat(expected.pointwise_, 2), atol=1e-10)
    assert got.std_error_ == pytest.approx(expected.std_error_, rel=0.01)


@densities
def test_a_bootstrap_sample_stays_near_the_truth(estimator):
    X = normal_rows(n_samples=1000, d=2, rho=0)
    rows = np.random.default_rng(0).integers(0, 1000, 1000)
    with pytest.warns(DuplicateRowsWarning):
        fitted = clone(estimator).fit(X[rows])
    assert abs(fitted.entropy_ - 2 * NORMAL) < 4 * fitted.std_error_


@densities
def test_atoms_are_refused(estimator):
    relu = np.maximum(normal_rows(d=1), 0)
    with pytest.raises(
        ValueError, match="no density and a differential entropy of minus infinity; use skib.entropy.Pl"
    ):
        clone(estimator).fit(relu)
    with pytest.raises(ValueError, match=r"X has \d+ distinct rows among 300"):
        clone(estimator).fit(np.round(normal_rows(d=1), 1))


@densities
def test_rounded_columns_warn(estimator):
    with pytest.warns(UnreliableEstimateWarning, match=r"columns \[0, 2\] of X repeat their values"):
        fitted = clone(estimator).fit(
            np.column_stack([np.round(normal_rows(d=2), 1), normal_rows(1, d=1)])[:, [0, 2, 1]]
        )
    assert np.isfinite(fitted.pointwise_).all()


@every_estimator
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([[1.0], [np.nan], [2.0]] * 9, ValueError, "X contains NaN in 9 of 27 rows, first in row 1"),
        ([[1.0], [np.inf], [2.0]] * 9, ValueError, "X contains infinity in 9 of 27 rows"),
        ([["a"], ["b"]] * 9, ValueError, "X holds text"),
        (np.arange(20.0)[:, None] * 1j, ValueError, "Complex data not supported"),
        (np.arange(20.0), ValueError, "Expected 2D array"),
        ([[1.0]], ValueError, "got n_samples = 1"),
    ],
)
def test_bad_input_is_named(estimator, X, error, message):
    with pytest.raises(error, match=message):
        clone(estimator).fit(X)


@scaled_estimators
def test_more_columns_than_rows_are_refused(estimator):
    with pytest.raises(ValueError, match="needs at least 41 rows, got n_samples = 40"):
        clone(estimator).fit(np.random.default_rng(0).normal(size=(40, 40)))
