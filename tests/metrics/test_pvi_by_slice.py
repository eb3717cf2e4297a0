"""PVI by slices and transformations: means, paired errors, tests that hold their level, and bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from skib._statistics import holm_adjust
from skib.metrics import pvi_by_slice
from skib.mutual_info import UsableInformation


def row(table, **where):
    found = table[(table[list(where)] == pd.Series(where)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_numbers_of_a_slice():
    rng = np.random.default_rng(0)
    pvi, other, group = rng.normal(size=90), rng.normal(size=90), np.repeat([2, 10, 1], 30)
    pvi[5] = np.nan
    table = pvi_by_slice({"as it is": pvi, "shuffled": other}, pd.DataFrame({"g": group}))
    assert table["slice"].tolist() == ["all", 1, 2, 10] * 2
    inside, outside = np.delete(pvi[:30], 5), pvi[30:]
    found = row(table, transformation="as it is", slice=2)
    assert found["n_samples"] == 29
    assert found["value"] == pytest.approx(inside.mean())
    assert found["std_error"] == pytest.approx(stats.sem(inside))
    assert found["null"] == pytest.approx(outside.mean())
    pvalues = [stats.ttest_ind(inside, outside, equal_var=equal).pvalue for equal in (True, False)]
    assert found["pvalue"] == pytest.approx(max(pvalues))
    assert found["change"] == 0
    changed = row(table, transformation="shuffled", slice=2)
    difference = np.delete(other[:30] - pvi[:30], 5)
    assert (changed["change"], changed["change_std_error"]) == pytest.approx((difference.mean(), stats.sem(difference)))
    np.testing.assert_allclose(table["adjusted_pvalue"], holm_adjust(table["pvalue"]))
    assert table.loc[table["slice"] == "all", "pvalue"].isna().all()


def test_a_column_that_is_removed_costs_its_information():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    group = rng.integers(0, 2, 2000)
    y = np.where(X[np.arange(2000), group] > 0, "yes", "no")  # of each group another column decides
    X = np.column_stack([X[:, 0] * (group == 0), X[:, 1] * (group == 1)])
    estimates = {
        "both": UsableInformation(random_state=0).fit(X, y),
        "first": UsableInformation(random_state=0).fit(X[:, :1], y),
    }
    table = pvi_by_slice(estimates, pd.Series(group, name="group"))
    removed = row(table, transformation="first", variable="group", slice=1)
    assert removed["change"] < -4 * removed["change_std_error"]
    kept = row(table, transformation="first", variable="group", slice=0)
    assert abs(kept["change"]) < 0.1 * abs(removed["change"])
    assert row(table, transformation="both", variable="all")["value"] == estimates["both"].mutual_info_


@pytest.mark.parametrize("size", [3, 10, 250])
def test_random_slices_are_rarely_significant(size):
    rng = np.random.default_rng(0)
    pvi = np.log(rng.beta(0.7, 0.1, size=500))  # most rows are easy, with a long tail of hard ones
    members = rng.permuted(np.tile(np.arange(500) < size, (400, 1)), axis=1)
    pvalues = pvi_by_slice(pvi, pd.DataFrame(members.T)).query("slice == True")["pvalue"]
    assert np.mean(pvalues < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_slice_that_varies_more_is_rarely_significant(sign):
    rng = np.random.default_rng(0)
    inside = rng.normal(size=(400, 10)) * 3.0**sign
    group = np.repeat(["in", "out"], [10, 90])
    pvalues = [pvi_by_slice(np.append(row, rng.normal(size=90)), group)["pvalue"].iloc[1] for row in inside]
    assert np.mean(np.array(pvalues) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 400)


def test_slices_of_numbers_and_text_are_in_their_order():
    table = pvi_by_slice(np.arange(6.0), np.array(["b", 1, 2.5] * 2, dtype=object))
    assert table["slice"].tolist() == ["all", "b", 1, 2.5]


def test_slices_without_spread():
    table = pvi_by_slice(np.repeat([0.0, 1.0, 1.0, 2.0], 5), np.repeat(["a", "b"], [5, 15]))
    assert row(table, slice="a")["pvalue"] < 0.05
    assert np.isnan(row(pvi_by_slice(np.ones(20), np.repeat(["a", "b"], 10)), slice="a")["pvalue"])


@pytest.mark.parametrize(
    "make", [np.asarray, list, pd.Series, lambda s: {"slice": s}, lambda s: pd.DataFrame({"slice": s})]
)
def test_slices_come_in_any_container(make):
    table = pvi_by_slice(np.arange(4.0), make(["a", "a", "b", "b"]))
    assert table[["variable", "slice", "value"]].values.tolist() == [
        ["all", "all", 1.5],
        ["slice", "a", 0.5],
        ["slice", "b", 2.5],
    ]


@pytest.mark.parametrize(
    ("estimates", "slices", "message"),
    [
        ({}, None, "estimates is empty"),
        ({"a": np.zeros(3), "b": np.zeros(4)}, None, "the first estimate has 3 rows but 'b' has 4"),
        (np.zeros((3, 2)), None, "pass one PVI per row"),
        (np.array([1.0, -np.inf]), None, "infinite values"),
        (np.full(3, np.nan), None, "no finite one"),
        (np.array(["a"]), None, "holds no numbers"),
        (UsableInformation(), None, "pass a fitted UsableInformation"),
        (np.zeros(3), np.zeros((3, 2)), "pass a frame"),
        (np.zeros(3), [0, 1], "the first estimate has 3 rows but slices has 2"),
        (np.zeros(3), [0, 1, None], "slices has 1 rows with missing values"),
    ],
)
def test_bad_input(estimates, slices, message):
    with pytest.raises(ValueError, match=message):
        pvi_by_slice(estimates, slices)
