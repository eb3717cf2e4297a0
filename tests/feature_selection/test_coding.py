"""Codes of columns: quantile bins that part no ties, levels as they are, and missing values apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator

from skib._columns import check_incomplete, quantile_edges
from skib.feature_selection import _coding
from skib.feature_selection._coding import Binning, code_array, code_columns, default_n_bins


def naive_codes(column, n_bins, most_levels):
    """Number of the bin of each value of one column, NaN last, from its sorted values."""
    numbers = column[~np.isnan(column)]
    levels = np.unique(numbers)
    if len(levels) > most_levels:
        levels = np.unique(quantile_edges(numbers, n_bins)[:-1])
    return (
        [len(levels) if np.isnan(v) else int(np.sum(v >= levels[1:])) for v in column]
        if len(levels)
        else [1] * len(column)
    )


@st.composite
def numeric_tables(draw):
    """Columns with many ties, few levels, an atom at zero, missing values, constants, or none of these."""
    n_rows = draw(st.integers(1, 150))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = np.round(rng.normal(size=(n_rows, 5)), draw(st.sampled_from([0, 1, 9])))
    x[:, 1] = np.maximum(x[:, 1], 0)
    x[rng.random(n_rows) < draw(st.sampled_from([0.0, 0.2, 1.0])), 2] = np.nan
    x[:, 3] = draw(st.sampled_from([0.0, -1e300, 1e-300]))
    return np.asarray(x, order=draw(st.sampled_from("CF")))


@given(x=numeric_tables(), n_bins=st.integers(2, 20), most_levels=st.integers(1, 30))
@settings(max_examples=100)
def test_codes_equal_the_naive_twin(x, n_bins, most_levels):
    coded = code_array(x, Binning(n_bins, most_levels))
    assert coded.codes.flags.c_contiguous
    for column, codes in zip(x.T, coded.codes, strict=True):
        assert codes.tolist() == naive_codes(column, n_bins, most_levels)
    assert_array_equal(coded.n_missing, np.isnan(x).sum(axis=0))


@given(x=numeric_tables(), n_bins=st.integers(2, 20))
@settings(max_examples=50)
def test_whole_weights_are_repeated_rows(x, n_bins):
    weights = np.random.default_rng(0).integers(0, 4, len(x)).astype(float)
    weights[0] = 2.0
    kept = weights > 0
    repeated = np.repeat(np.arange(len(x)), weights.astype(int))
    got = code_array(x, Binning(n_bins, 3, kept, weights[kept])).codes
    first = np.searchsorted(repeated, np.flatnonzero(kept))
    assert_array_equal(got, code_array(x[repeated], Binning(n_bins, 3)).codes[:, first])


def test_single_precision_has_the_codes_of_double():
    x = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
    expected = code_array(x.astype(float), Binning(7, 22)).codes
    assert_array_equal(code_array(x, Binning(7, 22)).codes, expected)
    assert_array_equal(code_array(x.astype(float), Binning(7, 22), n_jobs=2).codes, expected)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.int64, np.uint64, bool, np.float16])
def test_numbers_of_every_dtype_have_the_codes_of_double(dtype):
    x = np.random.default_rng(0).integers(0, 100, (300, 4)).astype(dtype)
    assert_array_equal(code_array(x, Binning(5, 3)).codes, code_array(x.astype(float), Binning(5, 3)).codes)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, ">i4"])
@pytest.mark.parametrize("weighted", [False, True])
def test_whole_numbers_of_few_and_of_many_levels_have_the_codes_of_double(dtype, weighted):
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.integers(0, k, 300) * step - 9 for k, step in [(3, 1), (12, 10), (120, 1), (1, 1)]])
    x = np.asfortranarray(x % 128, dtype) if weighted else x.astype(dtype)
    kept = rng.random(300) < 0.8
    binning = Binning(5, 17, kept, rng.random(kept.sum())) if weighted else Binning(5, 17)
    assert_array_equal(code_array(x, binning).codes, code_array(x.astype(float), binning).codes)


def test_codes_of_other_processes_are_received():
    x = np.random.default_rng(0).integers(0, 9, (2**17, 20)).astype(np.uint8)
    with parallel_config("multiprocessing", n_jobs=2):
        found = code_array(x, Binning(5, 17)).codes
    assert_array_equal(found, x.T)


@pytest.mark.usefixtures("few_sorted")
def test_rare_levels_of_whole_numbers_are_kept():
    x = np.random.default_rng(0).integers(0, 3, (20_000, 2))
    x[0, 0] = 10
    assert_array_equal(code_array(x, Binning(2, 4)).codes, code_array(x.astype(float), Binning(2, 4)).codes)


def test_whole_numbers_beyond_53_bits_keep_apart():
    x = 2**60 + np.arange(6).reshape(3, 2) // 2
    assert code_array(x, Binning(2, 3)).codes.tolist() == [[0, 1, 2]] * 2
    frame = check_incomplete(BaseEstimator(), pd.DataFrame(x))
    assert code_columns(frame, Binning(2, 3)).codes.tolist() == [[0, 1, 2]] * 2


def test_a_frequent_value_has_a_bin_of_its_own():
    x = np.r_[np.zeros(900), np.random.default_rng(0).random(100) + 1][:, None]
    codes = code_array(x, Binning(5, 31)).codes[0]
    assert set(codes[:900]) == {0}
    assert 0 not in codes[900:]


def test_infinity_is_refused():
    x = np.ones((4, 3))
    x[2, 1] = -np.inf
    with pytest.raises(ValueError, match="column 1 of X contains infinity in 1 of 4 rows"):
        code_array(x, Binning(2, 2))


@pytest.fixture
def few_sorted(monkeypatch):
    monkeypatch.setattr(_coding, "_MOST_SORTED", 200)


@pytest.mark.usefixtures("few_sorted")
def test_bins_of_a_sample_have_nearly_equal_masses():
    codes = code_array(np.random.default_rng(0).normal(size=(20_000, 3)), Binning(4, 2)).codes
    for column in codes:
        assert_array_equal(np.unique(column), np.arange(4))
        # The mass below a quantile of 200 rows has a standard error of at most 0.5 / sqrt(200).
        assert np.abs(np.bincount(column) / 20_000 - 0.25).max() < 4 * 0.5 / np.sqrt(200)


@pytest.mark.usefixtures("few_sorted")
@pytest.mark.parametrize("n_rare", [1, 3])
def test_rare_levels_that_no_sample_holds_are_kept(n_rare):
    x = np.random.default_rng(0).integers(0, 3, 20_000).astype(float)
    x[:n_rare] = 10 + np.arange(n_rare)
    x[-1] = np.nan
    columns = np.column_stack([x, np.random.default_rng(1).normal(size=20_000)])
    codes = code_array(columns, Binning(2, 4)).codes
    if n_rare == 1:
        assert_array_equal(codes[0], [*np.where(x == 10, 3, x)[:-1].astype(int), 4])
    else:  # more levels than a column keeps
        assert codes[0].tolist() == naive_codes(x, 2, 4)
    assert_array_equal(np.unique(codes[1]), [0, 1])


def test_columns_of_a_frame():
    frame = pd.DataFrame(
        {
            "number": [0.5, np.nan, 2.0, 1.0],
            "text": ["b", "a", None, "b"],
            "day": pd.to_datetime(["2020-01-01", "2021-01-01", "2020-01-01", None]),
            "bool": [True, False, True, True],
            "empty": [None, None, None, None],
        }
    )
    coded = code_columns(check_incomplete(BaseEstimator(), frame), Binning(2, 4))
    expected = [[0, 3, 2, 1], [0, 1, 2, 0], [0, 1, 0, 2], [0, 1, 0, 0]]
    assert coded.codes[:4].tolist() == expected
    assert len(set(coded.codes[4])) == 1
    assert coded.n_missing.tolist() == [1, 1, 1, 0, 4]
    kept = np.array([True, True, False, True])
    coded = code_columns(check_incomplete(BaseEstimator(), frame), Binning(2, 4, kept))
    assert coded.codes[:4].tolist() == [[0, 2, 1], [0, 1, 0], [0, 1, 2], [0, 1, 0]]


def test_more_than_256_categories_and_more_than_two_bytes_hold():
    text = np.arange(300).astype(str).astype(object)
    columns = check_incomplete(BaseEstimator(), pd.DataFrame({"a": text, "b": text == "0"}))
    coded = code_columns(columns, Binning(2, 17))
    assert coded.codes.dtype == np.uint16
    assert len(set(coded.codes[0])) == 300
    numbers = np.arange(70_000)
    numbers[:5] = 3
    column = check_incomplete(BaseEstimator(), pd.DataFrame({"a": numbers.astype(str).astype(object)}))
    codes = code_columns(column, Binning(2, 17)).codes[0]
    assert len(np.unique(codes)) == _coding._MOST_CATEGORIES + 1
    assert (codes == codes[0]).sum() == 5  # of the frequent one


def test_default_number_of_bins():
    """Of 2600, 569, 1797 and 178 rows with 2, 2, 10 and 3 classes."""
    assert [default_n_bins(*shape) for shape in [(2600, 2), (569, 2), (1797, 10), (178, 3)]] == [16, 7, 5, 3]
    assert (default_n_bins(2, 2), default_n_bins(10**9, 1)) == (2, 16)
