"""Columns of classes with one target: tables that are counted together give what pairs give one by one."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import skib
from skib._class_tables import class_estimates
from skib._columns import column_of, columns_of
from skib._warnings import drop_warnings
from skib.feature_selection import mutual_info_classif
from skib.mutual_info import mutual_info_features
from skib.mutual_info._matrix import feature_estimates
from skib.mutual_info._matrix._pairs import pair_estimates


@st.composite
def columns_and_target(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_samples = draw(st.sampled_from([6, 17, 150, 700]))
    levels = draw(st.lists(st.sampled_from([1, 2, 3, 5, 16, 300, 10**6]), min_size=1, max_size=6))
    y = rng.integers(draw(st.sampled_from([1, 2, 3, 10, 500])), size=n_samples)
    X = np.column_stack([rng.integers(n, size=n_samples) for n in levels])
    copied = rng.random(len(levels)) < 0.3
    X[:, copied] += 10 * y[:, None]
    return X, y, draw(st.booleans()), draw(st.sampled_from([None, True]))


@settings(deadline=None, max_examples=200)
@given(columns_and_target())
def test_tables_counted_together_give_what_pairs_give(drawn):
    X, y, nominal, discrete = drawn
    with drop_warnings(""):
        choice = discrete and (lambda n_columns: [True] * n_columns)
        columns, target = columns_of(X, discrete=choice), column_of(y, "y")
        if target.kind == "discrete":
            target.nominal |= nominal
        expected = pair_estimates([(column, target) for column in columns])
        assert_allclose(feature_estimates(columns, target), expected.mutual_info, rtol=0, atol=1e-13)
    if target.kind == "continuous":
        return
    classes = [column for column in columns if column.kind == "discrete"]
    target.nominal = True
    got, n_cells, _ = class_estimates(classes, target)
    expected = pair_estimates([(column, target) for column in classes])
    assert_allclose(got.mutual_info, expected.mutual_info, rtol=0, atol=1e-13)
    assert_allclose(got.std_error, expected.std_error, rtol=0, atol=1e-7)  # roots of differences near 0
    assert_array_equal(got.saturated, expected.saturated)
    assert n_cells.tolist() == [len(np.unique(np.column_stack([c.codes, target.codes]), axis=0)) for c in classes]


def test_order_of_columns_and_threads_change_nothing():
    rng = np.random.default_rng(0)
    X, y = rng.integers(rng.integers(2, 60, 500), size=(2000, 500)), rng.integers(3, size=2000)
    scores = mutual_info_classif(X, y, discrete_features=True)
    assert_array_equal(mutual_info_classif(X, y, discrete_features=True, n_jobs=2), scores)
    assert_array_equal(mutual_info_classif(X[:, ::-1], y, discrete_features=True)[::-1], scores)
    assert_array_equal(mutual_info_classif(np.asfortranarray(X), y, discrete_features=True), scores)
    mixed = np.column_stack([X[:, :20], rng.normal(size=2000)])  # floats are read one by one
    mask = np.arange(21) < 20
    assert_allclose(mutual_info_classif(mixed, y, discrete_features=mask)[:20], scores[:20], rtol=0, atol=1e-14)


@pytest.mark.parametrize("classes", [False, True])
def test_many_columns_of_numbers_are_not_kept_sorted(classes):
    X = np.random.default_rng(0).normal(size=(500, 1000))
    X[:, :5] = X[:, :5].round(2)
    y = X[:, 9] > 0 if classes else X[:, 9] + X[:, 10]
    mutual_info_features(X[:, :8], y)  # loads what is compiled
    tracemalloc.start()
    mutual_info_features(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes  # sorted, a column takes three and a half times its memory


def test_identifiers_and_constants_are_named():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.permutation(200), rng.integers(3, size=200), np.full(200, 7)])
    y = rng.integers(2, size=200)
    with pytest.warns(skib.SaturatedEstimateWarning, match=r"1 of 3 columns \(0\)"):
        with pytest.warns(skib.ConstantInputWarning, match=r"columns \[2\] are constant"):
            scores = mutual_info_classif(X, y, discrete_features=True)
    assert scores[2] == 0.0
    with pytest.warns(skib.ConstantInputWarning, match=r"columns \[1\] are constant"):
        assert mutual_info_features(X[:, 1:], y)[1] == 0.0
