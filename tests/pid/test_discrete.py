"""Decompositions of rows: reading, correction of the bias, standard errors, permutations, hostile input."""

import numpy as np
import pandas as pd
import pytest

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib.pid import BROJA, MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer
from tests.pid.gates import GATES, rows_of, uniform

SMOOTH = [BROJA, MinimumMutualInfo, SharedExclusions, WilliamsBeer]
SUPPRESSOR = uniform([(s + noise, noise, s) for s in (0, 1) for noise in (0, 1)])
INDEPENDENT = np.full((5, 5, 3), 1 / 75)
SEEDS = 20
# Of 20 draws at 95 %, six or more miss with a probability of 0.0003.
MOST_MISSES = 5


def misses(measure, table, n_samples):
    """How many of the draws are further from the truth than two standard errors, for each atom."""
    truth = measure().fit_distribution(table).atoms_["value"]
    count = 0
    for seed in range(SEEDS):
        atoms = measure().fit(*rows_of(table, n_samples, seed)).atoms_
        count = count + ((atoms["value"] - truth).abs() > 2 * atoms["std_error"] + 1e-6)
    return count


@pytest.mark.parametrize("measure", SMOOTH, ids=lambda m: m.__name__)
@pytest.mark.parametrize(
    "table",
    [SUPPRESSOR, GATES["xor"], GATES["copy"], GATES["and"], GATES["redundant"]],
    ids=["suppressor", "xor", "copy", "and", "redundant"],
)
def test_terms_of_rows_are_within_two_standard_errors(measure, table):
    assert misses(measure, table, 1000).max() <= MOST_MISSES


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
@pytest.mark.parametrize("measure", SMOOTH, ids=lambda m: m.__name__)
def test_independent_columns_are_within_two_standard_errors_of_zero(measure):
    assert misses(measure, INDEPENDENT, 200).max() <= MOST_MISSES


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_correction_removes_the_synergy_of_independent_columns():
    synergies = {
        corrected: [
            WilliamsBeer(bias_correction=corrected).fit(*rows_of(INDEPENDENT, 200, seed)).synergy_ for seed in range(30)
        ]
        for corrected in (False, True)
    }
    error = np.std(synergies[True]) / np.sqrt(30)
    assert np.mean(synergies[False]) > 0.1
    assert abs(np.mean(synergies[True])) < 0.03 + 4 * error


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_standard_errors_are_those_of_repeated_draws():
    table = 0.9 * GATES["and"] + 0.1 * GATES["and"][..., ::-1]
    atoms = [BROJA().fit(*rows_of(table, 1000, seed)).atoms_ for seed in range(100)]
    found = np.std([one["value"] for one in atoms], axis=0)
    claimed = np.mean([one["std_error"] for one in atoms], axis=0)
    # A standard deviation of 100 draws has an error of 7 %.
    np.testing.assert_allclose(claimed[[0, 3]], found[[0, 3]], rtol=0.3)


def test_permutations_tell_synergy_from_nothing():
    X, y = rows_of(GATES["xor"], 200, 0)
    pvalues = MinimumMutualInfo(n_permutations=99, random_state=0).fit(X, y).atoms_["pvalue"]
    assert pvalues["synergy"] == 0.01
    again = MinimumMutualInfo(n_permutations=99, random_state=0).fit(X, y).atoms_["pvalue"]
    assert (pvalues == again).all()


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
@pytest.mark.parametrize("measure", [WilliamsBeer, Pointwise])
def test_permutations_are_valid_for_independent_columns(measure):
    table = np.full((3, 3, 2), 1 / 18)
    pvalues = [
        measure(n_permutations=19, random_state=seed).fit(*rows_of(table, 60, seed)).atoms_["pvalue"]
        for seed in range(60)
    ]
    # At a level of 0.2, twelve of 60 are expected; 25 or more have a probability of 0.0002.
    assert (np.array(pvalues) <= 0.2).sum(axis=0).max() <= 25


# --- which columns


def table_of_columns():
    X, y = rows_of(GATES["and"], 300, 0)
    noise = np.random.default_rng(1).integers(0, 2, size=300)
    return pd.DataFrame({"a": X[:, 0], "b": X[:, 1].astype(str), "c": noise}), np.where(y, "yes", "no")


def test_sources_are_columns_by_name_or_number():
    frame, y = table_of_columns()
    expected = WilliamsBeer().fit(frame[["a", "b"]], y).atoms_
    for sources in (["a", "b"], [0, 1], [["a"], (1,)], (np.int64(0), "b")):
        pd.testing.assert_frame_equal(WilliamsBeer(sources).fit(frame, y).atoms_, expected)


def test_frames_of_polars_and_categories_are_read():
    polars = pytest.importorskip("polars")
    frame, y = table_of_columns()
    expected = WilliamsBeer(["a", "b"]).fit(frame, y).atoms_
    in_polars = polars.DataFrame({name: frame[name].to_numpy() for name in frame})
    pd.testing.assert_frame_equal(WilliamsBeer(["a", "b"]).fit(in_polars, polars.Series("y", y)).atoms_, expected)
    pd.testing.assert_frame_equal(WilliamsBeer(["a", "b"]).fit(frame.astype("category"), y).atoms_, expected)


def test_groups_of_columns_are_one_source():
    frame, y = table_of_columns()
    joint = frame["b"] + frame["c"].astype(str)
    expected = BROJA().fit(pd.DataFrame({"a": frame["a"], "joint": joint}), y).atoms_
    pd.testing.assert_frame_equal(BROJA(["a", ["b", "c"]]).fit(frame, y).atoms_, expected)
    pd.testing.assert_frame_equal(BROJA().fit(frame, y).atoms_, expected)  # the first, and all others


def test_values_are_symbols_whatever_they_are():
    X, y = rows_of(GATES["sum"], 200, 0)
    words = np.array(["low", "high"])[X]
    renamed = WilliamsBeer().fit(words, np.array([0.5, -1.0, 7.0])[y]).atoms_
    np.testing.assert_allclose(renamed["value"], WilliamsBeer().fit(X, y).atoms_["value"], atol=1e-14)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([0], "sources has 1 entries, but two or three are required"),
        ([0, 1, 2, 0], "sources has 4 entries"),
        ([0, 5], "sources has 5, which is no column of X; pass names of columns, or numbers from 0 to 2"),
        (["a", "d"], "sources has 'd'"),
        ([0, True], "sources has True"),
        ([0, []], "an empty group"),
    ],
)
def test_wrong_sources_are_refused(sources, message):
    with pytest.raises(ValueError, match=message):
        WilliamsBeer(sources).fit(*table_of_columns())


def test_broja_takes_two_sources():
    with pytest.raises(ValueError, match="sources has 3 entries, but two are required"):
        BROJA([0, 1, 2]).fit(*table_of_columns())


# --- hostile input


def test_one_column_is_refused():
    with pytest.raises(ValueError, match="X has n_features = 1, but two sources need at least 2 columns"):
        WilliamsBeer().fit([[0], [1]], [0, 1])


@pytest.mark.parametrize("missing", [np.nan, None])
def test_missing_values_are_refused(missing):
    frame, y = table_of_columns()
    frame["c"] = frame["c"].astype(object).where(frame.index != 7, missing)
    with pytest.raises(ValueError, match="c"):
        WilliamsBeer(["a", "c"]).fit(frame, y)


def test_target_of_one_class_has_no_information():
    X, _ = rows_of(GATES["and"], 200, 0)
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        pid = BROJA().fit(X, np.zeros(200))
    assert (pid.atoms_["value"] == 0).all()


def test_constant_source_is_all_the_other():
    X, y = rows_of(GATES["and"], 300, 0)
    pid = BROJA(bias_correction=False).fit(np.column_stack([X[:, 0], np.zeros(300)]), y)
    assert [pid.redundancy_, pid.unique_2_, pid.synergy_] == pytest.approx([0, 0, 0], abs=1e-6)
    assert pid.unique_1_ > 0.1


def test_few_rows_per_cell_are_announced():
    with pytest.warns(UnreliableEstimateWarning, match=r"\d+ combinations of symbols occur in 200 rows"):
        WilliamsBeer().fit(*rows_of(INDEPENDENT, 200, 0))


@pytest.mark.parametrize("measure", [BROJA, Pointwise])
@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GATES["and"] * 2, "distribution must sum to 1, but sums to 2; divide it by its sum"),
        (GATES["and"] - 0.01, "finite values of at least 0, got a minimum of -0.01"),
        (GATES["and"] * np.nan, "finite values"),
        (GATES["and"][0], "distribution has 2 axes, but 3"),
        (np.zeros((2, 0, 2)), "sums to 0; pass the probabilities"),
        (GATES["and"] * (1 + 1e-6), "sums to 1.000001; divide"),
        (GATES["and"].astype(np.float32) * np.float32(1 + 1e-5), "divide"),
    ],
)
def test_wrong_distributions_are_refused(measure, table, message):
    with pytest.raises(ValueError, match=message):
        measure().fit_distribution(table)


def test_complex_probabilities_are_refused():
    with pytest.raises(TypeError, match="complex"):
        BROJA().fit_distribution(GATES["and"] + 0j)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("size", [3, 10, 20])
def test_distribution_of_short_floats_may_sum_to_1_as_nearly_as_these_can(dtype, size):
    p = np.random.default_rng(0).dirichlet(np.ones(size**3)).reshape(size, size, size).astype(dtype)
    p /= p.sum()
    assert p.astype(np.float64).sum() != 1
    found, exact = (WilliamsBeer().fit_distribution(q) for q in (p, p / p.sum(dtype=np.float64)))
    np.testing.assert_allclose(found.atoms_, exact.atoms_, rtol=0, atol=1e-12)


def test_three_sources_need_another_measure_than_broja():
    with pytest.raises(ValueError, match="distribution has 4 axes, but 3 axes are required"):
        BROJA().fit_distribution(np.full((2, 2, 2, 2), 1 / 16))


@pytest.mark.parametrize("measure", SMOOTH)
def test_symbols_that_do_not_occur_change_nothing(measure):
    table = np.zeros((4, 3, 5))
    table[np.ix_([0, 2], [0, 2], [1, 4])] = GATES["and"]
    expected = measure().fit_distribution(GATES["and"]).atoms_
    np.testing.assert_allclose(measure().fit_distribution(table).atoms_, expected, atol=1e-14)


def test_distribution_has_neither_errors_nor_rows():
    pid = Pointwise().fit(*rows_of(GATES["and"], 200, 0)).fit_distribution(GATES["and"])
    assert list(pid.atoms_) == ["value", "redundancy"]
    assert not hasattr(pid, "pointwise_")


def test_rows_in_the_shares_of_a_distribution_are_that_distribution():
    rows = np.argwhere(GATES["diff"] > 0)
    pid = Pointwise(bias_correction=False).fit(np.repeat(rows[:, :2], 50, axis=0), np.repeat(rows[:, 2], 50))
    expected = Pointwise().fit_distribution(GATES["diff"])
    np.testing.assert_allclose(pid.atoms_["value"], expected.atoms_["value"], atol=1e-14)
