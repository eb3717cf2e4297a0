"""Functions for scripts: columns of any kind in, plain numbers out."""

from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.feature_selection import SelectFdr, SelectKBest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skib
from skib.datasets import make_gaussian_pair
from skib.mutual_info import KSG, Auto, mutual_info, mutual_info_features


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    a = rng.normal(size=400)
    return pd.DataFrame(
        {
            "a": a,
            "b": a + rng.normal(size=400),
            "sign": pd.Categorical(np.where(a > 0, "plus", "minus")),
            "coin": rng.random(400) < 0.5,
            "town": rng.choice(["Oslo", "Bergen"], 400),
        }
    )


def test_a_gaussian_pair():
    pair = make_gaussian_pair(2000, rho=0.9, random_state=0)
    error = Auto().fit(pair.X, pair.y).std_error_
    assert abs(mutual_info(pair.X, pair.y) - pair.mutual_info) < 4 * error


@pytest.mark.parametrize("x", ["a", "sign", "coin", "town"])
@pytest.mark.parametrize("y", ["b", "sign", "town"])
def test_single_columns(frame, x, y):
    expected = Auto().fit(frame[[x]], frame[y]).mutual_info_
    value = mutual_info(frame[x], frame[y])
    assert type(value) is float
    assert value == expected
    assert mutual_info(frame[x].tolist(), frame[y].tolist()) == pytest.approx(expected, abs=1e-12)


def test_polars_columns(frame):
    pl = pytest.importorskip("polars")
    for name in ("a", "sign", "coin"):
        expected = mutual_info(frame[name], frame["b"])
        assert mutual_info(pl.Series(frame[name].tolist()), frame["b"]) == pytest.approx(expected, abs=1e-12)


def test_several_columns_and_a_condition(frame):
    X, given = frame[["a", "coin"]], frame[["town"]]
    assert mutual_info(X, frame["b"], given=given) == Auto().fit(X, frame["b"], given=given).mutual_info_
    assert mutual_info(frame["a"], frame["b"], given=frame["sign"]) < mutual_info(frame["a"], frame["b"])


def test_an_estimator_of_ones_own(frame):
    estimator = KSG(3)
    found = mutual_info(frame["a"], frame["b"], estimator=estimator)
    assert found == KSG(3).fit(frame[["a"]], frame["b"]).mutual_info_
    assert not hasattr(estimator, "mutual_info_")


def test_lengths_must_agree(frame):
    with pytest.raises(ValueError, match="rows"):
        mutual_info(frame["a"], frame["b"][:-1])
    with pytest.raises(ValueError, match="X has 400 rows but y has 399"):
        mutual_info_features(frame, frame["b"][:-1])


@pytest.mark.parametrize("target", ["b", "sign", "town"])
def test_features_of_any_kind_equal_their_single_estimates(frame, target):
    features = frame.drop(columns=target)
    scores = mutual_info_features(features, frame[target])
    expected = [mutual_info(features[name], frame[target]) for name in features]
    assert_allclose(scores, expected, atol=1e-12)
    assert_array_equal(mutual_info_features(features, frame[target], n_jobs=2), scores)
    assert_array_equal(mutual_info_features(features, frame[[target]]), scores)


def test_as_score_func():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(300, 4)), rng.integers(4, size=300)])
    y = (X[:, 2] + X[:, 4] + 0.5 * rng.normal(size=300)).round(3)
    assert SelectKBest(mutual_info_features, k=2).fit(X, y).get_support(indices=True).tolist() == [2, 4]
    pipeline = make_pipeline(StandardScaler(), SelectKBest(mutual_info_features, k=1)).fit(X, X[:, 4] > 1)
    assert pipeline[-1].get_support(indices=True).tolist() == [4]


def test_false_discoveries_are_controlled():
    """Of 40 columns, 20 of them noise: over 20 seeds, at most a share of alpha of what is selected is noise."""
    alpha, share, found = 0.1, [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=150)
        X = rng.normal(size=(150, 40))
        X[:, :20] += y[:, None]
        tested = partial(mutual_info_features, n_permutations=999, random_state=seed)
        chosen = SelectFdr(tested, alpha=alpha).fit(X, y).get_support()
        share.append(chosen[20:].sum() / max(chosen.sum(), 1))
        found.append(chosen[:20].mean())
    assert np.mean(share) < alpha + 4 * np.std(share, ddof=1) / np.sqrt(20)
    assert np.mean(found) > 0.8


def test_pvalues_are_those_of_the_nulls(frame):
    features = frame.drop(columns="b")
    scores, p = mutual_info_features(features, frame["b"], n_permutations=99, random_state=0)
    assert_array_equal(scores, mutual_info_features(features, frame["b"]))
    assert (p[:2] == 0.01).all() and (p[2:] > 0.01).all()
    again = mutual_info_features(features, frame["b"], n_permutations=99, random_state=0, n_jobs=2)
    assert_array_equal(again[1], p)


def test_a_constant_target_tells_nothing(frame):
    with pytest.warns(skib.ConstantInputWarning, match=r"columns \['y'\] are constant"):
        scores = mutual_info_features(frame, np.ones(400))
    assert_array_equal(scores, 0)


def test_missing_values_are_refused_on_request(frame):
    with pytest.raises(ValueError, match="column 'a' contains NaN in 1 of 400 rows"):
        mutual_info_features(frame.assign(a=frame["a"].where(frame.index != 7)), frame["b"], missing="error")
    with pytest.raises(ValueError, match="Input y contains NaN"):
        mutual_info_features(frame, frame["b"].where(frame.index != 7), missing="error")
    with pytest.raises(ValueError, match="Input y contains NaN"):
        mutual_info(frame["a"], frame["b"].where(frame.index != 7), missing="error")


def test_a_masked_column_is_refused():
    x = np.random.default_rng(0).normal(size=100)
    with pytest.raises(ValueError, match="masked entries"):
        mutual_info(np.ma.array(x, mask=x > 0), x)


def test_decimals_are_numbers():
    x, noise = np.random.default_rng(0).normal(size=(2, 100))
    decimals = [Decimal(str(value)) for value in x]
    assert mutual_info(decimals, x + noise) == pytest.approx(mutual_info(x, x + noise))


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")  # copies are a drift with the number of neighbors
@pytest.mark.parametrize("y", ["numbers", "classes"])
def test_copied_rows_warn(y):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    target = X[:, 0] + rng.normal(size=300)
    target = target if y == "numbers" else (target > 0).astype(int)
    rows = rng.integers(0, 300, 300)
    noise = rng.normal(size=(300, 1))
    with pytest.warns(skib.DuplicateRowsWarning, match=r"of 3 of 4 columns \(0, 1, 2\) and y are exact copies"):
        mutual_info_features(np.hstack([X[rows], noise]), target[rows])
    mutual_info_features(X, target)
    mutual_info_features(X.round(1), target)


def test_copied_rows_of_classes_and_numbers_warn():
    rng = np.random.default_rng(0)
    rows, codes, y = rng.integers(0, 300, 300), rng.integers(0, 3, (300, 1)), rng.normal(size=300)
    with pytest.warns(skib.DuplicateRowsWarning):
        mutual_info_features(codes[rows], y[rows])
    negative = pytest.warns(skib.UnreliableEstimateWarning, match=r"\(0 and y\) are -0\.1\d+ nats, .* never negative")
    with negative, pytest.warns(skib.UnreliableEstimateWarning, match=r"equal in column 0 .* column 'y'"):
        mutual_info_features(np.tile(y, 2)[:, None], np.repeat([0, 1], 300))


def test_saturated_features_are_named():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1000)
    frame = pd.DataFrame({"good": y + 0.8 * rng.normal(size=1000), "id": [f"u{i}" for i in range(1000)]})
    with pytest.warns(skib.SaturatedEstimateWarning, match=r"of 1 of 2 columns \('id'\) with y are sat") as issued:
        scores = mutual_info_features(frame, y)
    assert len(issued) == 1
    assert abs(scores[1]) < 1e-12 < scores[0]  # in permuted rows identifiers determine y as well
    mutual_info_features(frame[["good"]], y)
    x = rng.normal(size=1000)
    with pytest.warns(skib.SaturatedEstimateWarning, match=r"of 1 of 2 columns \(0\) with y are saturated"):
        mutual_info_features(np.column_stack([x, rng.normal(size=1000)]), x)


def test_targets_of_several_columns_have_a_remedy(frame):
    X, Y = frame[["coin", "town"]], frame[["a", "b"]]
    with pytest.raises(ValueError, match=r"y has 2 columns, .*mutual_info\(x, y\) or .*score_features\(X, y\)"):
        mutual_info_features(X, Y)
    joint = Auto().score_features(X, Y)
    assert_allclose(joint, [mutual_info(X[name], Y) for name in X])


def test_largest_floats_do_not_overflow():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=200), rng.integers(2, size=200)
    x[:2] = -2, 2
    largest = 8e307 * np.clip(x, -2, 2)
    assert mutual_info_features(largest[:, None], y) == pytest.approx(
        mutual_info_features(np.clip(x, -2, 2)[:, None], y)
    )
