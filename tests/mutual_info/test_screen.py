"""Screens of many columns: exact p-values from one null, and their adjustment for the number of columns."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from skib import UnreliableEstimateWarning
from skib._statistics import benjamini_hochberg_adjust, holm_adjust
from skib.mutual_info import mutual_info_features, mutual_info_screen

N_PERMUTATIONS = 99


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    columns = {"a": a, "b": a + rng.normal(size=200), "c": rng.normal(size=200), "sign": a > 0, "levels": a.round()}
    return pd.DataFrame(columns | {"few": np.where(np.arange(200) < 3, a, np.nan), 7: 0.5 * a.round(1)})


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_a_screen_holds_what_features_and_adjustments_give(frame):
    y = frame["b"] + np.random.default_rng(1).normal(size=200)
    screen = mutual_info_screen(frame, y, n_permutations=N_PERMUTATIONS, random_state=3)
    estimates, pvalues = mutual_info_features(frame, y, n_permutations=N_PERMUTATIONS, random_state=3)
    assert screen.index.tolist() == frame.columns.tolist()
    assert (screen.dtypes == np.float64).all()
    np.testing.assert_array_equal(screen["mutual_info"], estimates)
    np.testing.assert_array_equal(screen["pvalue"], pvalues)
    np.testing.assert_array_equal(screen["pvalue_holm"], holm_adjust(pvalues))
    np.testing.assert_array_equal(screen["pvalue_bh"], benjamini_hochberg_adjust(pvalues))
    assert screen["pvalue"].isna().tolist() == [name == "few" for name in frame]
    assert screen.loc["b", "pvalue_holm"] == 6 / 100 and screen.loc["c", "pvalue_holm"] > 0.05


def test_columns_without_names_are_numbered():
    x = np.random.default_rng(0).random((40, 3)) < 0.3
    for table in (x, sparse.csr_array(x)):
        screen = mutual_info_screen(table, np.arange(40) % 2, n_permutations=9, random_state=0)
        assert screen.index.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="n_permutations"):
        mutual_info_screen(x, np.arange(40) % 2, n_permutations=0)


@pytest.mark.parametrize("n_jobs", [2])
def test_same_bits_for_any_n_jobs(frame, n_jobs):
    X, y = frame[["a", "c", "sign"]], frame["b"]
    one, other = (mutual_info_screen(X, y, n_permutations=9, random_state=0, n_jobs=n) for n in (None, n_jobs))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize(("kind", "n_sets"), [("numbers", 100), ("rounded", 100), ("classes", 100)])
def test_pvalues_of_independent_columns_are_uniform(kind, n_sets):
    """Over many data sets, as those of one screen share their null; and Holm's rejects in one of twenty at most."""
    pvalues, any_rejected = [], 0
    for seed in range(n_sets):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(60, 4)), rng.normal(size=60)
        if kind == "rounded":
            X = X.round(1)
        if kind == "classes":
            y = y > 0
        screen = mutual_info_screen(X, y, n_permutations=N_PERMUTATIONS, random_state=seed)
        pvalues.append(rng.choice(screen["pvalue"]))
        any_rejected += (screen["pvalue_holm"] <= 0.05).any()
    assert stats.kstest(pvalues, "uniform").pvalue > 0.001
    assert stats.binomtest(any_rejected, n_sets, 0.05, alternative="greater").pvalue > 0.001


def columns_and_target(n_columns, dependence):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, n_columns))
    return x, dependence * x[:, 0] + rng.normal(size=200)


def test_too_few_permutations_for_so_many_columns_are_warned_of():
    """The least p-value, 1 / 100, adjusted for 30 columns, is 0.3 however strong the dependence is."""
    x, y = columns_and_target(30, 2.0)
    with pytest.warns(UnreliableEstimateWarning, match=r"1 of 30 columns \(0\) .* pass n_permutations=600 or more"):
        screen = mutual_info_screen(x, y, n_permutations=99, random_state=0)
    assert screen["pvalue"].min() == 0.01 and screen["pvalue_bh"].min() > 0.05
    told = mutual_info_screen(x, y, n_permutations=600, random_state=0)
    assert told.index[told["pvalue_holm"] <= 0.05].tolist() == told.index[told["pvalue_bh"] <= 0.05].tolist() == [0]


def test_columns_that_permutations_reach_are_not_warned_of():
    screen = mutual_info_screen(*columns_and_target(10, 0.0), n_permutations=99, random_state=0)
    assert screen["pvalue"].min() > 0.01
