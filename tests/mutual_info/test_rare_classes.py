"""Classes of few rows, labels that no row shares, and numbers that look like labels: one answer from every door."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from skib import UnreliableEstimateWarning
from skib.mutual_info import (
    Auto,
    MesnerShalizi,
    Ross,
    confidence_interval,
    mutual_info,
    mutual_info_features,
    mutual_info_matrix,
    permutation_test,
)

N = 400
# Each takes x and labels y, and returns an estimate.
DOORS = {
    "fit": lambda x, y: Auto().fit(x[:, None], y).mutual_info_,
    "fit, labels in X": lambda x, y: Auto().fit(pd.DataFrame({"y": y}), x).mutual_info_,
    "mutual_info": mutual_info,
    "score_features": lambda x, y: Auto().score_features(x[:, None], y)[0],
    "score_features, labels in X": lambda x, y: Auto().score_features(pd.DataFrame({"y": y}), x)[0],
    "mutual_info_features": lambda x, y: mutual_info_features(x[:, None], y)[0],
    "mutual_info_features, labels in X": lambda x, y: mutual_info_features(pd.DataFrame({"y": y}), x)[0],
    "mutual_info_matrix": lambda x, y: mutual_info_matrix(pd.DataFrame({"x": x, "y": y})).mutual_info.loc["x", "y"],
    "Ross": lambda x, y: Ross().fit(x[:, None], y).mutual_info_,
    "Ross.score_features": lambda x, y: Ross().score_features(x[:, None], y)[0],
}
doors = pytest.mark.parametrize("door", DOORS)


def rare(n_rare, seed=0):
    """Normal rows, some of which belong to a rare class and are 3 standard deviations apart."""
    codes = (np.arange(N) < n_rare).astype(int)
    return np.random.default_rng(seed).normal(size=N) + 3 * codes, codes


def truth(n_rare):
    p = n_rare / N

    def integrand(x):
        a, b = stats.norm.pdf(x), stats.norm.pdf(x - 3)
        mixed = (1 - p) * a + p * b
        return (1 - p) * a * np.log(a / mixed) + p * b * np.log(b / mixed)

    return integrate.quad(integrand, -8, 11)[0]


@doors
def test_labels_of_every_dtype_give_the_same(door):
    x, codes = rare(4)
    named = [
        ("0: 4 rows", 1 - codes),
        ("0: 4 rows", 1.0 - codes),
        ("False: 4 rows", codes == 0),
        ("'fraud': 4 rows", np.array(["fine", "fraud"])[codes]),
        ("'fraud': 4 rows", pd.Series(np.array(["fine", "fraud"])[codes], dtype="category")),
        ("7: 4 rows", pd.Series(np.array([3, 7])[codes], dtype="category")),
        ("0.5: 4 rows", np.array([0.25, 0.5])[codes]),
    ]
    values = []
    for listed, y in named:
        if door.startswith("Ross") and 0.5 in y:
            continue
        with pytest.warns(UnreliableEstimateWarning, match=f"1 class of few rows .{listed}"):
            values.append(DOORS[door](x, y))
    np.testing.assert_allclose(values, values[0], atol=1e-12)
    assert values[0] > 0.01  # 0.007 when labels of few rows were numbers


@pytest.mark.parametrize("n_rare", [3, 5, 8, 12])
def test_truth_of_rare_classes(n_rare):
    """k - 1 neighbors of a class of k rows: too low by at most a third, and by little from 6 rows on."""
    values = []
    for seed in range(40):
        x, y = rare(n_rare, seed)
        if n_rare > 5:
            values.append(Auto().fit(x[:, None], y).mutual_info_)
        else:
            with pytest.warns(UnreliableEstimateWarning, match="estimated too low"):
                values.append(Auto().fit(x[:, None], y).mutual_info_)
    error, spread = np.mean(values) - truth(n_rare), np.std(values, ddof=1) / np.sqrt(40)
    assert -0.3 * truth(n_rare) * (n_rare <= 5) - 4 * spread < error < 4 * spread


@doors
def test_labels_that_no_row_shares_give_zero_and_a_warning(door):
    x = np.random.default_rng(0).normal(size=60)
    names = np.array([f"row {i}" for i in range(60)])
    for y in (names, pd.Series(names, dtype="category"), names.astype(object)):
        with pytest.warns(UnreliableEstimateWarning, match="60 of 60 rows are alone|all rows of .'y'.: 0 is returned"):
            assert DOORS[door](x, y) == 0


def test_labels_that_no_row_shares_in_tests_and_intervals():
    x, names = np.random.default_rng(0).normal(size=(60, 1)), np.array([f"row {i}" for i in range(60)])
    for estimator in (Auto(), Ross()):
        with pytest.warns(UnreliableEstimateWarning, match="60 of 60 rows are alone"):
            assert permutation_test(estimator, x, names, n_permutations=9).pvalue == 1
        with pytest.warns(UnreliableEstimateWarning, match="60 of 60 rows are alone"):
            interval = confidence_interval(estimator, x, names)
        assert (interval.estimate, interval.low, interval.high) == (0, 0, 0)
    with pytest.warns(UnreliableEstimateWarning, match="0 is returned"):
        values, pvalues = mutual_info_features(x, names, n_permutations=9)
    assert (values[0], pvalues[0]) == (0, 1)
    frame = pd.DataFrame({"x": x[:, 0], "name": names})
    with pytest.warns(UnreliableEstimateWarning, match="0 is returned"):
        assert mutual_info_matrix(frame, n_permutations=9).pvalue.loc["x", "name"] == 1
    dates = pd.date_range("2020", periods=60)
    with pytest.warns(UnreliableEstimateWarning, match="60 of 60 rows are alone"):
        assert Ross().fit(x, dates).mutual_info_ == 0


@pytest.mark.parametrize("door", [name for name in DOORS if not name.startswith("Ross")])
def test_numbers_that_look_like_labels(door):
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    codes = (x > 0).astype(int)
    codes[:60] = 1000 + rng.permutation(600)[:60]
    identifiers = rng.permutation(600)
    for values in (codes, codes.astype(float), pd.Series(codes, dtype="Int64")):
        with pytest.warns(UnreliableEstimateWarning, match="60 whole numbers that occur once beside 2 frequent ones"):
            DOORS[door](x, values)
    for values in (identifiers, identifiers.astype(float), identifiers + 10**17):
        with pytest.warns(UnreliableEstimateWarning, match="whole numbers of which no two are equal"):
            DOORS[door](x, values)
    with pytest.warns(UnreliableEstimateWarning, match="60 classes of few rows"):
        value = DOORS[door](x, np.char.add("label ", codes.astype(str)))
    assert value == pytest.approx(np.log(2), abs=0.02)  # of the rows whose labels are shared


def test_numbers_that_do_not_look_like_labels():
    rng = np.random.default_rng(0)
    x = rng.normal(size=1000)
    for y in (
        rng.poisson(30 * np.exp(0.1 * x)),  # many levels, a few of which occur once
        rng.poisson(200, size=1000),
        np.maximum(x, 0),
        np.round(1000 * np.abs(rng.normal(size=1000)) ** 2),  # whole numbers, many of which repeat
        pd.date_range("2020", periods=1000, freq="min"),
    ):
        Auto().fit(x[:, None], y)
        mutual_info_features(x[:, None], y)


def test_several_rare_classes_are_listed_by_their_rows():
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c", "d", "e", "f", "g", "h"], [200, 100, 5, 4, 3, 2, 1, 6])
    with pytest.warns(
        UnreliableEstimateWarning,
        match=r"y has 5 classes of few rows \('g': 1 row, 'f': 2 rows, 'e': 3 rows, 'd': 4 rows, 'c': 5 rows\), no "
        "more than the 5 neighbors .* 1 of 321 rows are alone in their class and were left out",
    ):
        Auto().fit(rng.normal(size=(321, 2)), y)
    Ross(1).fit(rng.normal(size=(320, 2)), y[y != "g"])
    frame = pd.DataFrame({"town": y, "flag": np.arange(321) % 2})
    with pytest.warns(UnreliableEstimateWarning, match=r"y has \d+ classes of few rows .*'g'"):
        Auto().fit(rng.normal(size=(321, 1)), frame)


@pytest.mark.parametrize("estimator", [Auto(), MesnerShalizi()], ids=repr)
def test_rare_categories_beside_numbers(estimator):
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 200))
    codes = (np.arange(200) < 4).astype(int)
    town = np.array(["north", "south"])[codes]
    with pytest.warns(UnreliableEstimateWarning, match="the category has 1 class of few rows .'south': 4 rows"):
        estimator.fit(x[:, None], town, given=z)
    wet = np.arange(200) % 2 == 0
    with pytest.warns(UnreliableEstimateWarning, match="2 categories and bools, .* has 2 classes .*'south'"):
        estimator.fit(pd.DataFrame({"x": x, "town": town}), z, given=wet)
    if isinstance(estimator, Auto):
        with pytest.warns(UnreliableEstimateWarning, match="1 class of few rows .1: 4 rows"):
            assert estimator.fit(x[:, None], codes, given=z).method_ == "MesnerShalizi"


@pytest.mark.parametrize("n_samples", range(1, 6))
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_too_few_rows(n_samples):
    rng = np.random.default_rng(0)
    two = np.arange(n_samples) % 2
    tables = [rng.normal(size=(n_samples, 2)), np.column_stack([two, two[::-1]]), np.ones((n_samples, 2))]
    for X in tables:
        for y in (rng.normal(size=n_samples), two, two.astype(float)):
            frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y})
            for door in (
                lambda X=X, y=y: Auto().fit(X, y),
                lambda X=X, y=y: Auto().score_features(X, y),
                lambda X=X, y=y: Auto().fit(X, y, given=y),
                lambda X=X, y=y: mutual_info_features(X, y),
                lambda X=X, y=y: mutual_info_features(X, y, n_permutations=3),
                lambda frame=frame: mutual_info_matrix(frame),
                lambda frame=frame: mutual_info_matrix(frame, n_permutations=3),
            ):
                with pytest.raises(ValueError, match=rf"needs at least 6 rows, got n_samples = {n_samples}"):
                    door()
    if n_samples > 1:  # classes without order are counted in a table
        Auto().fit((two > 0)[:, None], two > 0)
        mutual_info_features((two > 0)[:, None], two > 0)
