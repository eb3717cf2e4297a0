"""What holds for every entropy of discrete data."""

import pickle
from inspect import signature

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning
from skib.entropy import NSB, ChaoShen, EntropyMixin, Grassberger, JamesStein, MillerMadow, PlugIn

POINTWISE = [PlugIn(), MillerMadow(), Grassberger(), ChaoShen()]
BY_ALPHABET = [JamesStein(), JamesStein(12), NSB(), NSB(12)]
every_pointwise = pytest.mark.parametrize("estimator", POINTWISE, ids=repr)
every_estimator = pytest.mark.parametrize("estimator", POINTWISE + BY_ALPHABET, ids=repr)
quiet = pytest.mark.filterwarnings("ignore::skib._warnings.SkibWarning")


@every_estimator
def test_tags(estimator):
    tags = get_tags(estimator)
    assert tags.input_tags.string
    assert not tags.target_tags.required


def _pointwise(fitted):
    return getattr(fitted, "pointwise_", np.empty(0))


def _symbols(seed=0, n_samples=200, n_levels=5):
    return np.random.default_rng(seed).integers(0, n_levels, n_samples)


@every_pointwise
def test_pointwise_values_average_to_the_entropy(estimator):
    fitted = estimator.fit(_symbols()[:, None])
    assert fitted.pointwise_.shape == (200,)
    assert fitted.pointwise_.mean() == pytest.approx(fitted.entropy_, rel=1e-12)
    assert fitted.std_error_ == pytest.approx(fitted.pointwise_.std(ddof=1) / np.sqrt(200), rel=1e-12)
    assert fitted.n_categories_ == 5
    assert not fitted.saturated_


@pytest.mark.parametrize("estimator", BY_ALPHABET, ids=repr)
def test_entropies_of_an_alphabet(estimator):
    X = _symbols()[:, None]
    fitted = clone(estimator).fit(X)
    assert not hasattr(fitted, "pointwise_")
    assert fitted.n_categories_ == (estimator.n_categories or 5)
    assert fitted.ceiling_ == pytest.approx(np.log(fitted.n_categories_), rel=1e-15)
    assert np.log(4) < fitted.entropy_ < fitted.ceiling_ + 1e-12
    assert fitted.entropy_ == estimator.entropy_of_counts(np.bincount(X[:, 0]), fitted.n_categories_)
    assert 0 < fitted.std_error_ < 0.1
    with pytest.raises(ValueError, match="n_categories=4, but 5 distinct rows were seen"):
        clone(estimator).set_params(n_categories=4).fit(X)


@pytest.mark.parametrize("estimator", POINTWISE, ids=repr)
def test_weights_are_for_the_plug_in_only(estimator):
    assert ("sample_weight" in signature(estimator.fit).parameters) == isinstance(estimator, PlugIn)


@every_estimator
def test_all_agree_once_the_counts_are_large(estimator):
    counts = np.array([50_000, 20_000, 10_000, 20_000])
    truth = -np.dot(counts / 1e5, np.log(counts / 1e5))
    assert estimator.entropy_of_counts(counts) == pytest.approx(truth, abs=5e-4)


@every_estimator
@pytest.mark.parametrize(
    "recode",
    [
        lambda s: s * 1000 - 7,
        lambda s: s.astype(np.int8),
        lambda s: s.astype(np.uint64) + np.uint64(2**63),
        lambda s: (s - 2) * 2**61,
        lambda s: s.astype(">i4"),
        lambda s: s * np.pi + 1e12,
        lambda s: s.astype(np.float16),
        lambda s: np.array(list("abcde"))[s],
        lambda s: np.array(["a", 2, 2.5, True, "b"], dtype=object)[s],
        lambda s: np.datetime64("2020-01-01", "ns") + s * np.timedelta64(1, "ns"),
    ],
)
def test_only_equality_of_symbols_matters(estimator, recode):
    symbols = _symbols()
    expected = clone(estimator).fit(symbols[:, None])
    got = clone(estimator).fit(recode(symbols)[:, None])
    assert got.entropy_ == pytest.approx(expected.entropy_, rel=1e-12)
    np.testing.assert_allclose(_pointwise(got), _pointwise(expected), rtol=1e-12)


@every_estimator
def test_frames(estimator):
    a, b = _symbols(0), _symbols(1, n_levels=2)
    expected = clone(estimator).fit(np.c_[a, b]).entropy_
    letters = np.array(list("abcde"))[a]
    frames = [
        pd.DataFrame({"a": letters, "b": b}),
        pd.DataFrame({"a": pd.Categorical(letters), "b": b.astype(bool)}),
        pd.DataFrame({"a": pd.array(letters, dtype="string"), "b": pd.array(b, dtype="Int64")}),
        pl.DataFrame({"a": letters, "b": b}),
        pl.DataFrame({"a": pl.Series(letters).cast(pl.Categorical), "b": b.astype(bool)}),
    ]
    for frame in frames:
        fitted = clone(estimator).fit(frame)
        assert fitted.entropy_ == pytest.approx(expected, rel=1e-12)
        assert list(fitted.feature_names_in_) == ["a", "b"]
        assert fitted.n_features_in_ == 2


@every_estimator
def test_pickle(estimator):
    fitted = clone(estimator).fit(_symbols()[:, None])
    assert pickle.loads(pickle.dumps(fitted)).entropy_ == fitted.entropy_


@pytest.mark.parametrize("estimator", [*POINTWISE, JamesStein(), NSB()], ids=repr)
@pytest.mark.parametrize("n_samples", [1, 50])
def test_a_constant_has_no_entropy(estimator, n_samples):
    with pytest.warns(ConstantInputWarning, match=f"constant over all {n_samples} rows: its entropy is 0"):
        fitted = clone(estimator).fit([["a", 1]] * n_samples)
    assert fitted.entropy_ == 0.0
    assert not _pointwise(fitted).any()
    assert not fitted.saturated_


@pytest.mark.parametrize("estimator", [*POINTWISE, JamesStein(), JamesStein(300), NSB(), NSB(300)], ids=repr)
def test_rows_that_are_all_different_saturate(estimator):
    with pytest.warns(SaturatedEstimateWarning, match="100 distinct rows among 100") as record:
        fitted = clone(estimator).fit(np.arange(100)[:, None])
    assert len(record) == 1
    assert fitted.saturated_
    if not isinstance(estimator, NSB):
        assert fitted.entropy_ == pytest.approx(fitted.ceiling_, rel=1e-12)


@every_estimator
@quiet
@given(data=st.data())
def test_order_of_rows_and_columns_and_names_of_symbols_do_not_matter(estimator, data):
    n, d = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 3))
    estimator = clone(estimator)
    if getattr(estimator, "n_categories", None):
        estimator.set_params(n_categories=4**d)
    X = np.array(data.draw(st.lists(st.lists(st.integers(0, 3), min_size=d, max_size=d), min_size=n, max_size=n)))
    names = np.array(data.draw(st.permutations(["u", "v", "w", "x"])))
    rows, columns = (data.draw(st.permutations(range(size))) for size in (n, d))
    expected = clone(estimator).fit(X)
    got = clone(estimator).fit(names[X][rows][:, columns])
    assert got.entropy_ == pytest.approx(expected.entropy_, abs=1e-12)
    if hasattr(expected, "pointwise_"):
        np.testing.assert_allclose(got.pointwise_, expected.pointwise_[rows], atol=1e-12)


BAD = {
    "NaN": (np.array([[1.0], [np.nan]] * 2), ValueError, "X contains NaN in 2 of 4 rows, first in row 1"),
    "inf": (np.array([[1.0], [2.0], [np.inf]]), ValueError, "X contains infinity in 1 of 3 rows, first in row 2"),
    "None": (np.array([["a"], [None], ["b"]], dtype=object), ValueError, "X contains NaN or None in 1 of 3 rows"),
    "inf among objects": (np.array([["a"], [np.inf]], dtype=object), ValueError, "X contains infinity in 1 of 2 rows"),
    "missing category": (pd.DataFrame({"a": pd.Categorical(["u", None])}), ValueError, "X contains NaN or None in 1"),
    "NaT": (np.array([["2020-01-01"], ["NaT"]], dtype="M8[ns]"), ValueError, "X contains NaN .not a time. in 1 of 2"),
    "complex": (np.array([[1j], [2]]), ValueError, "Complex data not supported"),
    "masked": (np.ma.masked_array([[1], [2], [3]], mask=[[0], [1], [0]]), ValueError, "X has 1 masked entries"),
    "no rows": (np.empty((0, 2)), ValueError, "0 sample"),
    "no columns": (np.empty((2, 0)), ValueError, "0 feature"),
    "one dimension": ([1, 2, 3], ValueError, "Expected 2D array"),
    "not hashable": (np.array([[{}], [{}]], dtype=object), TypeError, "must be a string or a number"),
}


@every_estimator
@pytest.mark.parametrize(("X", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused(estimator, X, error, message):
    with pytest.raises(error, match=message):
        clone(estimator).fit(X)


@every_estimator
def test_an_empty_mask_is_no_hindrance(estimator):
    X = _symbols()[:, None]
    assert clone(estimator).fit(np.ma.masked_array(X)).entropy_ == clone(estimator).fit(X).entropy_


class Alphabet(EntropyMixin, BaseEstimator):
    """The log of the number of symbols: an entropy without pointwise values."""

    def _entropy(self, counts):
        return np.log(len(counts)) + 1  # the 1 shows that a constant is not asked about


def test_a_new_entropy_is_one_method():
    fitted = Alphabet().fit(_symbols()[:, None])
    assert fitted.entropy_ == np.log(5) + 1
    assert np.isnan(fitted.std_error_)
    assert not hasattr(fitted, "pointwise_")
    with pytest.warns(ConstantInputWarning):
        assert Alphabet().fit([[1], [1]]).entropy_ == 0.0
