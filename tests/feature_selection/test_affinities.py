"""Affinities of columns, each against its formula, written out pair by pair."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.metrics import mutual_info_score

from skib.feature_selection import (
    ConditionalInformationAffinity,
    ECFSAffinity,
    InfFSAffinity,
    SupervisedInfFSAffinity,
)

X, Y = load_iris(return_X_y=True)
BINARY = load_breast_cancer().data[:, :6], load_breast_cancer().target
RNG = np.random.default_rng(0)
CODES = RNG.integers(3, size=(200, 4)).astype(float)
LABELS = (CODES[:, 0] + CODES[:, 1] + RNG.integers(2, size=200)).astype(int) % 2


def scaled(values):
    return (values - values.min()) / (values.max() - values.min())


def larger_spreads(x):
    sigma = np.std(x, axis=0, ddof=1)
    return np.array([[max(a, b) for b in sigma] for a in sigma])


def fisher(x, y):
    pairs = [(a, b) for a in np.unique(y) for b in np.unique(y) if a < b]
    of_pairs = []
    for a, b in pairs:
        first, second = x[y == a], x[y == b]
        within = first.var(axis=0, ddof=1) + second.var(axis=0, ddof=1)
        of_pairs.append((first.mean(axis=0) - second.mean(axis=0)) ** 2 / within)
    return np.mean(of_pairs, axis=0)


def information(x, y):
    return np.array([mutual_info_score(column, y) for column in x.T])


def given(x, y, z):
    """I(X;Y|Z), the mean of the information within the values of z."""
    return sum(np.mean(z == value) * mutual_info_score(x[z == value], y[z == value]) for value in np.unique(z))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_inf_fs(alpha):
    correlation = 1 - np.abs(spearmanr(X)[0])
    expected = alpha * larger_spreads(X) + (1 - alpha) * correlation
    np.testing.assert_allclose(InfFSAffinity(alpha)(X), expected, atol=1e-12)
    expected = alpha * scaled(larger_spreads(X)) + (1 - alpha) * correlation
    np.testing.assert_allclose(InfFSAffinity(alpha, scaled=True)(X), expected, atol=1e-12)


@pytest.mark.parametrize(("x", "y"), [(CODES, LABELS), (CODES, LABELS + (CODES[:, 2] > 1))], ids=["two", "three"])
def test_supervised_inf_fs_and_ec_fs(x, y):
    m, f, s = information(x, y), fisher(x, y), larger_spreads(x)
    weights, worth = (0.2, 0.3, 0.5), np.abs(m + f) / 2
    parts = np.empty((4, 4))
    for i in range(4):
        for j in range(4):
            mi, fi, sd = scaled(m)[j], scaled(f)[i], scaled(s)[i, j]
            parts[i, j] = weights[0] * (mi + fi) / 2 + weights[1] * (mi + sd) / 2 + weights[2] * (sd + fi) / 2
    np.testing.assert_allclose(SupervisedInfFSAffinity(weights)(x, y), parts, atol=1e-12)
    kernel = scaled(np.array([[a * b for b in worth] for a in worth]))
    np.testing.assert_allclose(ECFSAffinity(0.7)(x, y), 0.7 * kernel + 0.3 * scaled(s), atol=1e-12)


def test_conditional_information():
    matrix = ConditionalInformationAffinity(n_jobs=2)(CODES, LABELS)
    for k in range(4):
        assert matrix[k, k] == pytest.approx(mutual_info_score(CODES[:, k], LABELS), abs=1e-12)
        for j in set(range(4)) - {k}:
            a, b = CODES[:, k], CODES[:, j]
            assert matrix[k, j] == pytest.approx((given(a, LABELS, b) + given(b, LABELS, a)) / 2, abs=1e-12)


def test_classes_without_variance():
    x = np.array([[0.0, 1.0], [0.0, 3.0], [1.0, 2.0], [1.0, 4.0]])
    y = np.array([0, 0, 1, 1])  # the first column is constant within both classes
    worth = np.array([1 / 4 + np.log(2), 1 / 4 + mutual_info_score(x[:, 1] > 2.5, y)]) / 2  # as separated as the other
    np.testing.assert_allclose(ECFSAffinity(1.0, n_bins=2)(x, y), scaled(np.outer(worth, worth)), atol=1e-12)


@pytest.mark.parametrize("units", [1.0, 0.3, 1e100])
def test_a_copy_of_the_target_is_most_separated(units):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=200)
    x = np.column_stack([rng.normal(size=(200, 3)), y * units])
    x[:, 1] += 2 * y
    fisher_part = SupervisedInfFSAffinity((0, 0, 2))(x, y) - scaled(larger_spreads(x / x.std(axis=0).max()))
    np.testing.assert_allclose(fisher_part[:, 0], [0, 1, 0, 1], atol=0.05)
    assert SupervisedInfFSAffinity()(np.column_stack([y, y + 1.0]), y).max() == 0  # nothing differs


@pytest.mark.parametrize("affinity", [InfFSAffinity(scaled=True), SupervisedInfFSAffinity(), ECFSAffinity()])
@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_extreme_units_that_all_columns_share_change_nothing(affinity, scale):
    x, y = BINARY
    x = x / x.max()
    np.testing.assert_allclose(affinity(x * scale, y), affinity(x, y), rtol=1e-9)


@pytest.mark.parametrize("affinity", [SupervisedInfFSAffinity(), ECFSAffinity(), ConditionalInformationAffinity()])
def test_names_of_classes_and_order_of_rows_change_nothing(affinity):
    x, y = BINARY
    order = np.random.default_rng(0).permutation(len(y))
    np.testing.assert_allclose(affinity(x[order], 1 - y[order]), affinity(x, y), atol=1e-12)


def test_the_rounding_of_standardized_columns_is_not_scaled():
    x = (X - X.mean(axis=0)) / X.std(axis=0)
    assert len(np.unique(x.std(axis=0, ddof=1))) > 1
    assert not ECFSAffinity(0.0)(x, Y).any()
    np.testing.assert_allclose(InfFSAffinity(scaled=True)(x), 0.5 * (1 - np.abs(spearmanr(X)[0])), atol=1e-12)


def test_one_class():
    y = np.zeros(len(X), int)
    assert not ECFSAffinity(1.0)(X, y).any()
    assert not ConditionalInformationAffinity()(X, y).any()


def test_bad_weights():
    for weights in [(1, 2), (1, 2, -1)]:
        with pytest.raises(ValueError, match="weights must be three numbers from 0"):
            SupervisedInfFSAffinity(weights)(X, Y)


def test_parameters_are_validated():
    with pytest.raises(ValueError, match="'alpha' parameter of InfFSAffinity"):
        InfFSAffinity(2.0)(X)
