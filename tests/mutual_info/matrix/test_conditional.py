"""The information of all pairs given a target: equal to pair by pair fits, and to the identities of entropies."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import skib
from skib.entropy import Grassberger
from skib.mutual_info import (
    KSG,
    Auto,
    ChainRule,
    Ross,
    conditional_mutual_info_matrix,
    mutual_info,
    mutual_info_features,
    mutual_info_matrix,
)

N = 400


def make_frame(seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(size=N)
    return pd.DataFrame(
        {
            "size": size,
            "weight": size + rng.normal(size=N),
            "town": rng.choice(["Oslo", "Bergen", "Bodo"], N),
            "grade": np.digitize(size + rng.normal(size=N), [-1, 0, 1]),
            "coin": rng.random(N) < 0.5,
        }
    ), pd.Series(np.where(size + rng.normal(size=N) > 0, "large", "small"), name="label")


CLASSES = ["town", "grade", "coin"]
given_of_each = pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")


@given_of_each
def test_every_pair_equals_the_estimate_of_its_own():
    frame, y = make_frame()
    matrix = conditional_mutual_info_matrix(frame, y)
    assert matrix.pvalue is None and matrix.n_complete is None
    assert_array_equal(matrix.kinds, mutual_info_matrix(frame).kinds)
    for i, one in enumerate(frame):
        for other in list(frame)[i + 1 :]:
            fit = Auto().fit(frame[[one]], frame[other], given=y)
            assert matrix.mutual_info.loc[one, other] == pytest.approx(fit.mutual_info_, abs=1e-12)
            assert matrix.std_error.loc[one, other] == pytest.approx(fit.std_error_, abs=1e-12)
    assert_array_equal(matrix.mutual_info, matrix.mutual_info.T)
    assert_array_equal(np.isnan(np.diag(matrix.mutual_info)), [True, True, False, False, False])


def test_the_diagonal_is_the_conditional_entropy():
    frame, y = make_frame()
    matrix = conditional_mutual_info_matrix(frame[CLASSES], y).mutual_info
    for name in CLASSES:
        expected = ChainRule(Grassberger()).fit(frame[[name]], frame[name], given=y).mutual_info_
        assert matrix.loc[name, name] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(10, 80), st.integers(2, 5), st.integers(2, 20))
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_any_classes(seed, n_samples, n_levels, n_classes):
    """Named classes are counted whatever their number; thin strata and missing levels included."""
    rng = np.random.default_rng(seed)
    X = np.char.add("level ", rng.integers(n_levels, size=(n_samples, 4)).astype(str))
    y = np.char.add("class ", rng.integers(n_classes, size=n_samples).astype(str))
    matrix = conditional_mutual_info_matrix(X, y)
    for i in range(4):
        for j in range(i):
            if len(set(X[:, i])) > 1 and len(set(X[:, j])) > 1 and len(set(y)) > 1:
                fit = Auto().fit(X[:, [i]], X[:, j], given=y)
                assert matrix.mutual_info.iloc[i, j] == pytest.approx(fit.mutual_info_, abs=1e-12)
                assert matrix.std_error.iloc[i, j] ** 2 == pytest.approx(fit.std_error_**2, abs=1e-12)


def test_information_with_the_target_given_a_column_follows():
    frame, y = make_frame()
    X = frame[CLASSES]
    unique = mutual_info_features(X, y)[:, None] + conditional_mutual_info_matrix(X, y).mutual_info
    unique -= mutual_info_matrix(X).mutual_info
    for one in CLASSES:
        for other in CLASSES:
            if one != other:
                expected = mutual_info(X[one], y, given=X[other], estimator=ChainRule(Grassberger()))
                assert unique.loc[one, other] == pytest.approx(expected, abs=1e-12)


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_columns_of_many_levels():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 60, size=(600, 3))
    codes[:, 1] = codes[:, 0] // 2
    X = np.char.add("level ", codes.astype(str))
    y = np.char.add("class ", (codes[:, 2] % 3).astype(str))
    matrix = conditional_mutual_info_matrix(X, y, n_jobs=2)
    fit = Auto().fit(X[:, [0]], X[:, 1], given=y)
    assert matrix.mutual_info.iloc[0, 1] == pytest.approx(fit.mutual_info_, abs=1e-12)
    assert_array_equal(conditional_mutual_info_matrix(X, y).mutual_info, matrix.mutual_info)


@pytest.mark.parametrize("n_classes", [1, 2, 30])
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_sparse_columns_equal_dense_bools(n_classes):
    rng = np.random.default_rng(0)
    bools = rng.random((N, 9)) < np.linspace(0.02, 0.9, 9)
    y = rng.integers(n_classes, size=N)
    y = np.where(bools[:, 4], y, 0)
    found = conditional_mutual_info_matrix(sparse.csr_array(2.5 * bools), y)
    expected = conditional_mutual_info_matrix(bools, y)
    assert_allclose(found.mutual_info, expected.mutual_info, atol=1e-12, rtol=0)
    assert_allclose(found.std_error, expected.std_error, atol=1e-12, rtol=0)
    assert_array_equal(found.kinds, expected.kinds)
    by_name = conditional_mutual_info_matrix(sparse.csr_array(bools), [f"id {i}" for i in range(N)])
    assert_allclose(by_name.mutual_info, 0, atol=1e-12)


def test_a_constant_target_changes_nothing():
    frame, _ = make_frame()
    X = frame[CLASSES]
    with pytest.warns(skib.ConstantInputWarning, match=r"columns \['y'\]"):
        matrix = conditional_mutual_info_matrix(X, np.ones(N))
    assert_allclose(matrix.mutual_info, mutual_info_matrix(X).mutual_info, atol=1e-12)


@given_of_each
def test_numbers_to_condition_on():
    frame, _ = make_frame()
    matrix = conditional_mutual_info_matrix(frame[["weight", "grade"]], frame["size"]).mutual_info
    expected = mutual_info(frame["weight"], frame["grade"], given=frame["size"])
    assert matrix.loc["weight", "grade"] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(np.diag(matrix)).all()


def test_an_estimator_of_ones_own():
    frame, y = make_frame()
    X, given = frame[["size", "weight"]], frame["grade"].to_numpy(float)
    matrix = conditional_mutual_info_matrix(X, given, estimator=KSG(3))
    expected = KSG(3).fit(X[["size"]], X["weight"], given=given).mutual_info_
    assert matrix.mutual_info.iloc[0, 1] == pytest.approx(expected)
    with pytest.raises(TypeError, match="takes no `given`"):
        conditional_mutual_info_matrix(X, y, estimator=Ross())


@given_of_each
@pytest.mark.filterwarnings("ignore::skib.MissingValuesWarning")
def test_missing_values():
    frame, y = make_frame()
    holed = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.1)
    y = y.mask(np.random.default_rng(2).random(N) < 0.1)
    matrix = conditional_mutual_info_matrix(holed, y)
    named = holed[["town", "coin"]].astype(object).fillna("missing").astype(str)
    expected = conditional_mutual_info_matrix(named, y.fillna("missing"))
    assert_allclose(matrix.mutual_info.loc["town", "coin"], expected.mutual_info.loc["town", "coin"], atol=1e-12)
    by_hand = mutual_info(holed["size"], holed["weight"], given=y)
    assert matrix.mutual_info.loc["size", "weight"] == pytest.approx(by_hand, abs=1e-12)
    assert matrix.n_complete.loc["size", "weight"] == holed[["size", "weight"]].notna().all(axis=1).sum()
    of_numbers = conditional_mutual_info_matrix(holed[["town", "coin"]], holed["size"]).mutual_info
    by_hand = mutual_info(holed["town"], holed["coin"], given=holed["size"])
    assert of_numbers.iloc[0, 1] == pytest.approx(by_hand, abs=1e-12)
    with pytest.raises(ValueError, match="column 'size' contains NaN"):
        conditional_mutual_info_matrix(holed, y.fillna("missing"), missing="error")


def test_lengths_must_agree():
    frame, y = make_frame()
    for X in (frame, sparse.csr_array(np.eye(N))):
        with pytest.raises(ValueError, match="X has 400 rows but y has 399"):
            conditional_mutual_info_matrix(X, y[:-1])
