"""The criteria: a slow twin written from the formulas, and the orders of FEAST and praznik, references in C and R."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from skib.feature_selection import InformationSelector
from skib.feature_selection._criteria import FORMULAS
from tests.naive.selection import Naive, greedy


def selected(criterion, X, y, k, **parameters):
    return InformationSelector(criterion, k, **parameters).fit(X, y)


@st.composite
def tables(draw):
    """Columns of classes that share something with y and with each other."""
    n, d = draw(st.integers(20, 60)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = rng.integers(draw(st.integers(1, 3)) + 1, size=n)
    levels = rng.integers(1, 5, size=d)
    X = np.where(rng.random((n, d)) < rng.random(d), y[:, None], rng.integers(0, 5, (n, d))) % levels
    X[:, -1] = X[:, 0] if draw(st.booleans()) else X[:, -1]
    weights = rng.integers(1, 4, size=n) if draw(st.booleans()) else np.ones(n, int)
    return X, y, weights


@pytest.mark.parametrize("criterion", FORMULAS)
@settings(max_examples=25, deadline=None)
@given(data=tables())
def test_order_and_scores_are_those_of_the_twin(criterion, data):
    X, y, weights = data
    order, scores = greedy(X.tolist(), y.tolist(), criterion, X.shape[1], weights.tolist())
    frame = [[str(value) for value in row] for row in X]  # classes, whatever their number
    selector = InformationSelector(criterion, X.shape[1]).fit(frame, y.astype(str), sample_weight=weights)
    assert selector.selected_features_.tolist() == order
    np.testing.assert_allclose(selector.scores_, scores, atol=1e-10)


def test_terms_of_the_path_are_those_of_the_twin():
    X, y = load_wine(return_X_y=True)
    codes = equal_width(X)
    selector = selected("jmi", codes, y, 5)
    twin, order = Naive(codes.tolist(), y.tolist()), selector.selected_features_.tolist()
    for place, k in enumerate(order):
        before = order[:place]
        assert selector.relevance_[place] == pytest.approx(twin.relevance(k))
        if before:
            assert selector.redundancy_[place] == pytest.approx(np.mean([twin.redundancy(k, j) for j in before]))
            synergy = np.mean([twin.conditional_redundancy(k, j) for j in before])
            assert selector.synergy_[place] == pytest.approx(synergy)
    net = selector.relevance_ - selector.redundancy_ + selector.synergy_
    np.testing.assert_allclose(selector.scores_, net)


def equal_width(X):
    """Codes of 5 bins of equal width."""
    low, high = X.min(axis=0), X.max(axis=0)
    return np.minimum((5 * (X - low) / (high - low)).astype(int), 4)


# Computed by FEAST 2.0 (Craigacp/FEAST and Craigacp/MIToolbox, compiled with gcc), from the same codes: BetaGamma(1, 0)
# is "mifs" and BetaGamma(1, 1) "cife". CondMI ends where nothing is left, which is -1 there. mRMR (MID) of fast-select
# 0.3.0 selects the same columns as "mrmr" in the same order.
FEAST = {
    "digits": {
        "mim": [21, 34, 33, 26, 42, 43, 30, 61, 28, 36],
        "mifs": [21, 33, 61, 10, 0, 32, 39, 56, 24, 31],
        "mrmr": [21, 33, 61, 43, 26, 30, 42, 10, 36, 20],
        "jmi": [21, 61, 26, 43, 34, 27, 13, 20, 58, 29],
        "cife": [21, 61, 5, 37, 45, 52, 51, 29, 12, 27],
        "cmim": [21, 34, 26, 42, 43, 30, 61, 28, 36, 20],
        "icap": [21, 34, 26, 42, 43, 30, 61, 28, 36, 20],
        "disr": [21, 42, 43, 26, 34, 61, 36, 20, 13, 28],
        "cmi": [21, 61, 2, 27, 44],
    },
    "breast_cancer": {
        "mim": [27, 7, 22, 20, 2, 23, 0, 6, 3, 26],
        "mifs": [27, 23, 19, 21, 14, 16, 28, 13, 11, 4],
        "mrmr": [27, 23, 21, 7, 26, 20, 28, 3, 6, 24],
        "jmi": [27, 20, 7, 26, 22, 23, 6, 2, 0, 21],
        "cife": [27, 20, 9, 29, 19, 14, 24, 18, 11, 15],
        "cmim": [27, 20, 1, 7, 21, 22, 6, 26, 28, 23],
        "icap": [27, 20, 29, 18, 14, 9, 19, 11, 16, 8],
        "disr": [27, 23, 13, 7, 22, 6, 20, 3, 16, 26],
        "cmi": [27, 20, 21, 7, 28, 11, 9, 24, 8, 3],
    },
    "wine": {
        "mim": [6, 11, 9, 12, 0, 10, 5, 4, 8, 3],
        "mifs": [6, 0, 10, 4, 2, 3, 1, 7, 8, 9],
        "mrmr": [6, 0, 11, 9, 12, 10, 4, 5, 3, 1],
        "jmi": [6, 9, 12, 11, 0, 10, 5, 4, 3, 8],
        "cife": [6, 9, 4, 8, 1, 3, 2, 7, 0, 10],
        "cmim": [6, 9, 12, 0, 10, 4, 3, 11, 5, 2],
        "icap": [6, 9, 4, 3, 2, 1, 8, 7, 0, 10],
        "disr": [6, 9, 12, 11, 0, 10, 5, 4, 3, 8],
        "cmi": [6, 9, 12, 0, 4],
    },
}
LOADERS = {"digits": load_digits, "breast_cancer": load_breast_cancer, "wine": load_wine}


@pytest.mark.parametrize("name", FEAST)
@pytest.mark.parametrize("criterion", FEAST["wine"])
def test_orders_are_those_of_feast(criterion, name):
    X, y = LOADERS[name](return_X_y=True)
    codes = X.astype(int) if name == "digits" else equal_width(X)
    order = FEAST[name][criterion]
    assert selected(criterion, codes, y, len(order)).selected_features_.tolist() == order


def test_criterion_of_your_own():
    X, y = load_wine(return_X_y=True)
    own = selected(lambda terms: terms.relevance - terms.redundancy / terms.n_selected, X, y, 6)
    named = selected("mrmr", X, y, 6)
    assert own.selected_features_.tolist() == named.selected_features_.tolist()
    np.testing.assert_array_equal(own.scores_, named.scores_)


@pytest.mark.parametrize("score", [lambda terms: 0.0, lambda terms: np.full(len(terms.relevance), np.nan)])
def test_criterion_that_gives_no_scores_is_refused(score):
    X, y = load_wine(return_X_y=True)
    with pytest.raises(ValueError, match="return one score per candidate"):
        selected(score, X, y, 2)


def test_quotient_of_uncorrelated_columns_is_bounded():
    # The redundancy of the noise with the first column is 0 to the last bit, and its relevance by chance small.
    y = np.repeat([0, 1], 500)
    first = np.where(np.arange(1000) % 100 < 90, y, 1 - y)
    noise = np.tile([0, 1], 500)
    second = np.where(np.arange(1000) % 7 < 6, y, 1 - y)
    selector = selected("mrmr_quotient", np.column_stack([first, noise, second]), y, 2)
    assert selector.selected_features_.tolist() == [0, 2]


# Orders of the R package praznik 11.0.0, which counts the same tables, on the columns of ``dependent_columns``.
ORDERS_OF_PRAZNIK = {
    "mim": [6, 5, 1, 0, 4, 2, 3, 7, 18, 8, 13, 22],
    "jmi": [6, 5, 0, 1, 4, 3, 2, 18, 13, 16, 8, 15],
    "mrmr": [6, 5, 0, 3, 9, 17, 1, 8, 18, 2, 15, 23],
    "cmim": [6, 5, 0, 3, 1, 2, 4, 18, 8, 13, 22, 15],
    "disr": [6, 5, 0, 1, 4, 3, 2, 7, 18, 16, 13, 22],
    "jmim": [6, 5, 0, 3, 1, 2, 4, 16, 18, 13, 17, 15],
    "njmim": [6, 5, 0, 3, 2, 1, 4, 7, 18, 9, 22, 15],
}


def dependent_columns():
    """Columns of four values, of which the first eight and the target depend on each other."""
    rng = np.random.default_rng(7)
    X = rng.integers(0, 4, (900, 24))
    y = (X[:, 0] + X[:, 1] > 3).astype(int) + (X[:, 2] * X[:, 3] > 4)
    X[:, 4] = np.where(rng.random(900) < 0.8, X[:, 0], X[:, 4])
    X[:, 5] = (X[:, 1] + X[:, 2]) // 2
    X[:, 6] = np.where(rng.random(900) < 0.7, y, X[:, 6])
    X[:, 7] = X[:, 3] % 2
    return X, np.where(rng.random(900) < 0.1, rng.integers(0, 3, 900), y)


@pytest.mark.parametrize("criterion", ORDERS_OF_PRAZNIK)
def test_orders_equal_those_of_praznik(criterion):
    selector = InformationSelector(criterion, 12).fit(*dependent_columns())
    assert selector.selected_features_.tolist() == ORDERS_OF_PRAZNIK[criterion]


@pytest.mark.parametrize(
    ("criterion", "scores"),
    [
        ("jmim", [0.312198172936, 0.402228341607, 0.291833782532, 0.189830929339, 0.158371960647, 0.158153663712]),
        ("njmim", [0.312198172936, 0.134825167534, 0.088797480723, 0.053812473854, 0.052056509582, 0.050913694276]),
    ],
)
def test_scores_equal_those_of_praznik(criterion, scores):
    selector = InformationSelector(criterion, 6).fit(*dependent_columns())
    assert_allclose(selector.scores_, scores, atol=1e-11)
