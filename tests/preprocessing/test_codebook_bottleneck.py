"""Codes of rows: their information is their entropy, and what they stand for."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.metrics import mutual_info_score

from skib.mutual_info import ChainRule, Compressed
from skib.preprocessing import CodebookBottleneck

VARIANTS = [
    CodebookBottleneck(n_codes=10, random_state=0),
    CodebookBottleneck(4, 6, random_state=0),
    CodebookBottleneck(3, 6, n_components_per_head=4, random_state=0),
    CodebookBottleneck(2, 8, 3, random_state=0),
    CodebookBottleneck(n_codes=3, per_dimension=True),
]
ids = {"ids": repr}


def numbers_of(rows):
    """The number of each distinct row."""
    return np.unique(rows, axis=0, return_inverse=True)[1].ravel()


def grid(n_samples=400, n_features=6, seed=0):
    """Rows of few whole numbers, with copies and ties."""
    return np.random.default_rng(seed).integers(0, 3, (n_samples, n_features)).astype(float)


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")  # nearly all rows are distinct
@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
@pytest.mark.parametrize("seed", range(4))
def test_information_is_the_entropy_of_the_codes(bottleneck, seed):
    x = grid(seed=seed)
    codes = bottleneck.fit(x).transform(x)
    assert mutual_info_score(numbers_of(x), numbers_of(codes)) == pytest.approx(bottleneck.entropy_, rel=1e-12)
    assert ChainRule().fit(x, codes).mutual_info_ == pytest.approx(bottleneck.entropy_, rel=1e-12)
    each = np.split(codes, len(bottleneck.codebooks_), axis=1)
    entropies = [mutual_info_score(numbers_of(part), numbers_of(part)) for part in each]
    assert_allclose(bottleneck.head_entropies_, entropies)


@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
def test_equal_rows_have_equal_codes_wherever_they_are(bottleneck):
    x = grid()
    bottleneck.fit(x)
    together = bottleneck.transform(np.r_[x, x[::-1], x[:7]])
    assert_array_equal(together, np.r_[together[:400], together[399::-1], together[:7]])
    assert_array_equal(np.concatenate([bottleneck.transform(x[[i]]) for i in range(50)]), together[:50])


@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
def test_limits_of_entropies(bottleneck):
    x = np.random.default_rng(0).normal(size=(500, 6))
    bottleneck.fit(x)
    n_sums = [np.prod([(len(c) - k) / (k + 1) for k in range(bottleneck.n_active)]) for c in bottleneck.codebooks_]
    assert (bottleneck.head_entropies_ <= np.log(n_sums) + 1e-9).all()
    assert bottleneck.head_entropies_.max() - 1e-9 <= bottleneck.entropy_ <= np.log(500)
    assert bottleneck.entropy_ <= bottleneck.head_entropies_.sum() + 1e-9


@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
def test_all_outputs_are_of_the_same_codes(bottleneck):
    x = np.random.default_rng(0).normal(size=(200, 6))
    encodings = ("ordinal", "onehot", "onehot-dense", "reconstruction")
    fits = {encode: clone(bottleneck).set_params(encode=encode).fit(x) for encode in encodings}
    out = {encode: fitted.transform(x) for encode, fitted in fits.items()}
    offsets = np.cumsum([0, *[len(codes) for codes in bottleneck.fit(x).codebooks_]])[:-1]
    columns = out["ordinal"] + np.repeat(offsets, bottleneck.n_active)
    assert_array_equal(np.sort(out["onehot"].indices.reshape(len(x), -1), axis=1), columns)
    assert (out["onehot"].data == 1).all()
    assert_array_equal(out["onehot-dense"], out["onehot"].toarray())
    for encode, fitted in fits.items():
        assert_allclose(fitted.inverse_transform(out[encode]), out["reconstruction"], atol=1e-12)
        assert len(fitted.get_feature_names_out()) == out[encode].shape[1]
    assert_allclose(fits["onehot"].inverse_transform(out["onehot"].toarray()), out["reconstruction"], atol=1e-12)
    lost = np.sum((x - out["reconstruction"]) ** 2) / np.sum((x - x.mean(axis=0)) ** 2)
    assert bottleneck.reconstruction_error_ == pytest.approx(lost)


def test_names_of_marks_are_those_of_heads_and_codes():
    frame = pd.DataFrame({"a": [0.0, 1, 2], "b": [5.0, 5, 7]})
    heads = CodebookBottleneck(2, 2, encode="onehot", random_state=0).fit(frame)
    assert heads.get_feature_names_out().tolist() == [f"codebookbottleneck{h}_{c}" for h in (0, 1) for c in (0, 1)]
    columns = CodebookBottleneck(n_codes=3, per_dimension=True, encode="onehot").fit(frame)
    assert columns.get_feature_names_out().tolist() == ["a_0", "a_1", "a_2", "b_0", "b_1"]
    mark = columns.transform(frame).toarray()[:, columns.get_feature_names_out() == "b_1"]
    assert mark.ravel().tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        columns.get_feature_names_out(["c", "d"])
    with pytest.raises(NotFittedError):
        CodebookBottleneck(encode="onehot").get_feature_names_out()


def test_a_single_head_is_k_means():
    x = load_digits().data
    bottleneck = CodebookBottleneck(n_codes=20, random_state=0).fit(x)
    best = KMeans(20, n_init=10, random_state=0).fit(x).inertia_ / np.sum((x - x.mean(axis=0)) ** 2)
    assert best <= bottleneck.reconstruction_error_ < 1.05 * best
    counts = np.bincount(bottleneck.transform(x)[:, 0])
    assert (np.diff(counts) <= 0).all()


def test_heads_that_are_a_rotation_lose_what_each_of_them_loses():
    x = np.random.default_rng(0).normal(size=(600, 8)) * np.arange(1, 9)
    bottleneck = CodebookBottleneck(4, 10, random_state=0).fit(x)
    lost = 0.0
    for projection, codes, number in zip(
        bottleneck.components_, bottleneck.codebooks_, bottleneck.transform(x).T, strict=True
    ):
        lost += np.sum(((x - bottleneck.mean_) @ projection.T - codes[number]) ** 2)
    assert bottleneck.reconstruction_error_ == pytest.approx(lost / np.sum((x - x.mean(axis=0)) ** 2))


def test_more_heads_active_codes_and_codes_lose_less():
    x = load_digits().data[:600]
    error = {
        name: CodebookBottleneck(*name, random_state=0).fit(x).reconstruction_error_
        for name in [(1, 16), (1, 64), (8, 16), (1, 16, 2), (1, 16, 3)]
    }
    assert error[1, 64] < error[1, 16] and error[8, 16] < error[1, 16]
    assert error[1, 16, 3] < error[1, 16, 2] < error[1, 16]


def test_heads_with_more_columns_than_rows_of_x_are_inverted():
    """Each row is a code of each head, so that nothing is lost."""
    x = np.random.default_rng(0).normal(size=(12, 5))
    bottleneck = CodebookBottleneck(3, 12, n_components_per_head=4, random_state=0).fit(x)
    assert bottleneck.reconstruction_error_ == pytest.approx(0, abs=1e-20)
    assert bottleneck.entropy_ == pytest.approx(np.log(12))


@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
@pytest.mark.parametrize("factor", [2.0**-900, 2.0**900])
def test_units_change_no_code(bottleneck, factor):
    x = np.random.default_rng(0).lognormal(size=(300, 6))
    one, other = clone(bottleneck).fit(x), clone(bottleneck).fit(factor * x)
    assert_array_equal(other.transform(factor * x), one.transform(x))
    assert other.reconstruction_error_ == one.reconstruction_error_
    assert_array_equal(other.codebooks_[0], factor * one.codebooks_[0])


def test_the_order_of_the_rows_changes_no_code_of_numbers():
    rng = np.random.default_rng(0)
    x, order = rng.lognormal(size=(300, 2)), rng.permutation(300)
    bottleneck = CodebookBottleneck(n_codes=7, per_dimension=True)
    assert_array_equal(bottleneck.fit(x[order]).transform(x), bottleneck.fit(x).transform(x))


@pytest.mark.parametrize("bottleneck", VARIANTS, **ids)
def test_jobs_change_no_bit(bottleneck):
    x = np.random.default_rng(0).normal(size=(300, 6))
    one, two = (clone(bottleneck).set_params(n_jobs=n_jobs).fit(x) for n_jobs in (None, 2))
    for first, second in zip(one.codebooks_, two.codebooks_, strict=True):
        assert_array_equal(first, second)
    assert_array_equal(one.transform(x), two.transform(x))


def test_progress(capsys):
    CodebookBottleneck(3, 4, verbose=1, random_state=0).fit(np.random.default_rng(0).normal(size=(50, 6)))
    assert "codebooks: 3 of 3" in capsys.readouterr().err


def test_fewer_distinct_rows_than_codes():
    x = np.repeat([[0.0, 1], [2, 3], [4, 5]], 4, axis=0)
    bottleneck = CodebookBottleneck(random_state=0).fit(x)
    assert [len(codes) for codes in bottleneck.codebooks_] == [3]
    assert bottleneck.entropy_ == pytest.approx(np.log(3)) and bottleneck.reconstruction_error_ == 0
    constant = CodebookBottleneck(random_state=0).fit(np.ones((5, 2)))
    assert constant.entropy_ == 0 == constant.reconstruction_error_


def test_many_rows_are_clustered_in_batches():
    rng = np.random.default_rng(0)
    places = rng.uniform(-5, 5, (8, 2))
    x = places[rng.integers(0, 8, 20_001)] + 0.01 * rng.normal(size=(20_001, 2))
    bottleneck = CodebookBottleneck(n_codes=16, random_state=0).fit(x)
    assert bottleneck.reconstruction_error_ < 1e-3
    assert np.log(8) < bottleneck.entropy_ < np.log(16)


def test_frames_and_pickles():
    pl = pytest.importorskip("polars")
    x = np.random.default_rng(0).normal(size=(50, 2))
    frame = pd.DataFrame(x, columns=["a", "b"])
    bottleneck = CodebookBottleneck(n_codes=4, per_dimension=True).set_output(transform="pandas").fit(frame)
    codes = bottleneck.transform(frame)
    assert list(codes.columns) == ["a", "b"]
    assert_array_equal(pickle.loads(pickle.dumps(bottleneck)).transform(frame), codes)
    heads = CodebookBottleneck(3, 4, n_components_per_head=1).set_output(transform="polars")
    assert heads.fit_transform(pl.DataFrame({"a": x[:, 0], "b": x[:, 1]})).columns[:1] == ["codebookbottleneck0"]
    rows = CodebookBottleneck(n_codes=4, encode="reconstruction").set_output(transform="pandas").fit_transform(frame)
    assert list(rows.columns) == ["a", "b"]
    marks = CodebookBottleneck(n_codes=4, encode="onehot-dense").set_output(transform="pandas").fit_transform(frame)
    assert marks.shape == (50, 4) and (marks.sum(axis=1) == 1).all()


def test_compressors():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    x = rng.normal(size=(600, 5)) + 8 * np.eye(5)[y]
    estimate = Compressed(CodebookBottleneck(n_codes=3, random_state=0), estimator=ChainRule()).fit(x, y)
    assert estimate.mutual_info_ == pytest.approx(mutual_info_score(y, y), rel=1e-6)


def test_errors():
    x = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(ValueError, match="n_active=5 codes cannot be active of n_codes=4"):
        CodebookBottleneck(n_codes=4, n_active=5).fit(x)
    with pytest.raises(ValueError, match="needs at least 2 distinct rows, got n_samples = 1; lower n_active"):
        CodebookBottleneck(n_active=2).fit(np.ones((9, 2)))
    for other in ({"n_heads": 2}, {"n_active": 2}, {"n_components_per_head": 1}):
        with pytest.raises(ValueError, match="a codebook for each column in place of heads; leave n_heads"):
            CodebookBottleneck(per_dimension=True, **other).fit(x)
    bottleneck = CodebookBottleneck(2, 4).fit(x)
    with pytest.raises(ValueError, match="X has 3 columns, but transform returns 2"):
        bottleneck.inverse_transform(x)
    for codes in ([[0, 4]], [[0, -1]], [[0.5, 0]]):
        with pytest.raises(ValueError, match="other numbers than those of codes, 0 to 3"):
            bottleneck.inverse_transform(codes)
