"""Groups of categories of bounded entropy: the bound, weights, missing and new values, scikit-learn."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import entropy
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skib import ConstantInputWarning
from skib.mutual_info import ChainRule, Compressed
from skib.preprocessing import EntropyBoundedMerger
from tests.naive.couplings import best_function_entropy


def towns(n_samples=2000, n_towns=60, seed=0):
    """A column of text, of which few values are frequent."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, n_towns + 1)
    return np.char.mod("town %d", rng.choice(n_towns, n_samples, p=shares / shares.sum()))[:, None]


def entropy_of(column):
    return entropy(np.unique(column, return_counts=True)[1])


@pytest.mark.parametrize("bound", [0.1, 0.5, 1.0, 2.0, 3.0])
def test_groups_attain_the_bound(bound):
    x = towns()
    merger = EntropyBoundedMerger(bound).fit(x)
    groups = merger.transform(x)[:, 0]
    assert merger.entropy_[0] == pytest.approx(entropy_of(groups), abs=1e-12)
    assert bound - 1e-3 < merger.entropy_[0] <= bound + 1e-9
    assert merger.loss_[0] == pytest.approx(entropy_of(x) - merger.entropy_[0])
    # A function of x: what it keeps of x is its entropy.
    assert mutual_info_score(groups, x[:, 0]) == pytest.approx(merger.entropy_[0])
    assert groups.min() == 0 and (np.diff(np.bincount(groups)) <= 0).all()


def test_few_categories_are_close_to_the_best_groups():
    """The mean distance in bits over 60 columns of 3 to 7 categories."""
    distances = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = np.repeat(np.arange(rng.integers(3, 8)), 1)
        x = np.r_[x, rng.choice(x, 80)]
        shares, bound = np.bincount(x) / len(x), rng.uniform(0.2, entropy_of(x))
        merger = EntropyBoundedMerger(bound).fit(x[:, None])
        distances.append(best_function_entropy(shares, bound) - merger.entropy_[0])
    assert min(distances) > -1e-9 and np.mean(distances) / np.log(2) <= 0.01


def test_a_column_within_the_bound_is_kept():
    x = towns()
    merger = EntropyBoundedMerger(10).fit(x)
    assert len(set(merger.mapping_[0].values())) == len(merger.mapping_[0]) == len(np.unique(x))
    assert merger.loss_[0] == pytest.approx(0, abs=1e-12)


def test_columns_are_merged_one_by_one():
    frame = pd.DataFrame({"town": towns()[:, 0], "size": np.arange(2000) % 7, "open": np.arange(2000) % 2 == 0})
    merger = EntropyBoundedMerger(1.0).fit(frame)
    for j, name in enumerate(frame):
        alone = EntropyBoundedMerger(1.0).fit(frame[[name]])
        assert alone.mapping_[0] == merger.mapping_[j]
        assert_array_equal(alone.transform(frame[[name]])[:, 0], merger.transform(frame)[:, j])
    assert merger.entropy_[2] == pytest.approx(np.log(2))


def test_missing_values_are_a_category():
    x = np.array(["a"] * 4 + ["b"] * 2 + [None] * 2, object)[:, None]
    merger = EntropyBoundedMerger(5).fit(x)
    assert merger.mapping_ == [{"a": 0, "b": 1, None: 2}]
    for missing in (None, np.nan, pd.NA):
        assert merger.transform(np.array([[missing]], object)).tolist() == [[2]]


def test_what_was_not_seen_goes_to_the_heaviest_group():
    x = np.array(["a"] * 2 + ["b"] * 5 + ["c"] * 3)[:, None]
    merger = EntropyBoundedMerger(5).fit(x)
    assert merger.unseen_groups_.tolist() == [0]
    new = merger.transform(np.array([["z"], [None], ["a"], ["b"]], object))
    assert new.tolist() == [[0], [0], [2], [0]]


def test_other_types_than_fitted_are_refused():
    merger = EntropyBoundedMerger().fit(pd.DataFrame({"a": ["x", "y", "y"]}))
    with pytest.raises(ValueError, match="column 'a' of X holds numbers .first 1.*but text when it was fit"):
        merger.transform(pd.DataFrame({"a": [1, 2]}))


def test_weights_are_repetitions():
    x, weights = towns(300), np.random.default_rng(0).integers(0, 3, 300)
    weighted = EntropyBoundedMerger(1.2).fit(x, sample_weight=weights)
    repeated = EntropyBoundedMerger(1.2).fit(np.repeat(x, weights, axis=0))
    assert weighted.mapping_ == repeated.mapping_
    assert_allclose(weighted.entropy_, repeated.entropy_, rtol=1e-14)


def test_the_order_of_the_rows_does_not_matter():
    x = towns()
    order = np.random.default_rng(0).permutation(len(x))
    merger, other = EntropyBoundedMerger(1.5).fit(x), EntropyBoundedMerger(1.5).fit(x[order])
    assert_allclose(other.entropy_, merger.entropy_, atol=1e-6)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_containers_of_the_output(library):
    pytest.importorskip(library)
    frame = pd.DataFrame({"town": towns(200)[:, 0], "other": towns(200, seed=1)[:, 0]})
    merger = EntropyBoundedMerger().set_output(transform=library).fit(frame)
    groups = merger.transform(frame)
    assert type(groups).__module__.startswith(library) and list(groups.columns) == ["town", "other"]
    assert merger.get_feature_names_out().tolist() == ["town", "other"]
    assert_array_equal(pickle.loads(pickle.dumps(merger)).transform(frame).to_numpy(), groups.to_numpy())


def test_in_a_pipeline_and_a_search():
    x = towns(600)
    y = (np.char.str_len(x[:, 0]) > 6).astype(int)
    pipe = make_pipeline(EntropyBoundedMerger(), OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    search = GridSearchCV(pipe, {"entropyboundedmerger__max_entropy": [0.05, 3.0]}, cv=3).fit(x, y)
    assert search.best_params_ == {"entropyboundedmerger__max_entropy": 3.0}


def test_as_a_compressor():
    """It needs no y, so that it can compress a layer of few values."""
    codes = np.unique(towns()[:, 0], return_inverse=True)[1].reshape(-1, 1).astype(float)
    y = (codes[:, 0] < 3).astype(int)
    expected = mutual_info_score(EntropyBoundedMerger(1.0).fit_transform(codes)[:, 0], y)
    fitted = Compressed(EntropyBoundedMerger(1.0), estimator=ChainRule()).fit(codes, y)
    assert fitted.mutual_info_ == pytest.approx(expected)


def test_constant_columns_warn():
    with pytest.warns(ConstantInputWarning, match="column 'a' of X is constant, .* in all rows: the entropy is 0"):
        merger = EntropyBoundedMerger().fit(pd.DataFrame({"a": ["x", "x"], "b": ["x", "y"]}))
    assert merger.mapping_[0] == {"x": 0} and merger.entropy_[0] == merger.loss_[0] == 0.0


@pytest.mark.parametrize("bound", [0, -1, "1", None, np.nan])
def test_bounds_that_are_refused(bound):
    with pytest.raises(ValueError, match="'max_entropy' parameter of EntropyBoundedMerger|max_entropy=nan"):
        EntropyBoundedMerger(bound).fit(towns(50))
