"""generalization_correlates: correlations and exact p-values by other means, error rate, and what must match."""

import itertools
import math
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from skib import UnreliableEstimateWarning
from skib.information_plane import InformationPlane, generalization_correlates

CONDITIONAL = "I(X;T|Y)"
pytestmark = pytest.mark.filterwarnings("ignore:of .* runs no adjusted")  # where the correlation alone is of interest


def make_runs(values, quantities=(CONDITIONAL,), n=400, **columns):
    """Runs of one epoch from values (n_runs, n_layers, n_quantities)."""
    cells = pd.MultiIndex.from_product([[9], range(values.shape[1]), quantities], names=["epoch", "layer", "quantity"])
    rows = {"estimator": "Binned()", "n_samples": n, "n_units": 8, "saturated": False} | columns
    return [cells.to_frame(index=False).assign(mutual_info=run.ravel(), **rows) for run in values]


def row(table, **where):
    found = table[(table[list(where)] == pd.Series(where)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("n_runs", [4, 6])
def test_correlations_and_exact_p_values(n_runs):
    rng = np.random.default_rng(0)
    values, gaps = rng.normal(2, 0.3, size=(n_runs, 2, 1)), rng.normal(size=n_runs)
    table = generalization_correlates(make_runs(values), gaps)
    for layer in range(2):
        x = values[:, layer, 0]
        for predictor, scores in ((CONDITIONAL, x), ("sqrt(I(X;T|Y)/n)", np.sqrt(x / 400))):
            for method, function in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
                found = row(table, layer=layer, predictor=predictor, method=method)
                expected = function(scores, gaps).statistic
                null = [function(scores, list(order)).statistic for order in itertools.permutations(gaps)]
                assert_allclose(found["correlation"], expected)
                assert_allclose(found["pvalue"], np.mean(np.abs(null) >= abs(expected) - 1e-9))
    assert len(table) == 8 and (table["n_runs"] == n_runs).all() and (table["estimator"] == "Binned()").all()


def test_holm_runs_over_the_rows_of_a_method():
    rng = np.random.default_rng(1)
    table = generalization_correlates(make_runs(rng.normal(size=(12, 3, 1))), rng.normal(size=12), random_state=0)
    for _, rows in table.groupby("method"):
        smallest = rows["pvalue"].idxmin()
        assert_allclose(rows.loc[smallest, "adjusted_pvalue"], min(1, 6 * rows.loc[smallest, "pvalue"]))


def test_unrelated_gaps_are_rarely_significant():
    rng = np.random.default_rng(0)
    runs = make_runs(rng.gamma(2, size=(12, 400, 1)))
    table = generalization_correlates(runs, rng.normal(size=12), n_permutations=1999, random_state=0)
    for _, rows in table[table["predictor"] == CONDITIONAL].groupby("method"):
        for alpha in (0.05, 0.3):
            error = np.sqrt(alpha * (1 - alpha) * (1 / 400 + 1 / 1999))
            assert abs(np.mean(rows["pvalue"] <= alpha) - alpha) < 4 * error


def test_a_gap_that_follows_a_layer_is_found_there():
    rng = np.random.default_rng(0)
    values = rng.normal(3, 0.5, size=(20, 3, 1))
    gaps = np.exp(values[:, 1, 0]) + 0.5 * rng.normal(size=20)
    table = generalization_correlates(make_runs(values), gaps, random_state=0)
    assert set(table.loc[table["adjusted_pvalue"] < 0.05, "layer"]) == {1}
    assert row(table, layer=1, predictor=CONDITIONAL, method="spearman")["correlation"] > 0.9


def test_roots_are_those_of_bounds_and_of_numbers_above_zero():
    values = np.arange(12.0).reshape(4, 1, 3) - 1
    table = generalization_correlates(make_runs(values, ["I(T;Y)", "I(X;T)", CONDITIONAL]), [0.1, 0.2, 0.3, 0.4])
    roots = ["sqrt(I(X;T)/n)", "sqrt(I(X;T|Y)/n)"]
    assert table["predictor"].unique().tolist() == ["I(T;Y)", "I(X;T)", CONDITIONAL, *roots]
    x = np.array([-0.1, 1.0, 2.0, 3.0])
    found = generalization_correlates(make_runs(x.reshape(4, 1, 1)), [1, 2, 3, 5])
    expected = stats.pearsonr(np.sqrt(np.maximum(x, 0)), [1, 2, 3, 5]).statistic
    assert_allclose(row(found, predictor=roots[1], method="pearson")["correlation"], expected)


def test_saturated_runs_have_no_correlation():
    runs = make_runs(np.full((8, 1, 1), np.log(400)) * (1 + 1e-15 * np.arange(8))[:, None, None], saturated=True)
    table = generalization_correlates(runs, np.arange(8.0))
    assert table[["correlation", "pvalue", "adjusted_pvalue"]].isna().all(axis=None)
    assert (table["share_saturated"] == 1).all()


@pytest.mark.parametrize("unit", [1e-170, 1e160])
def test_the_unit_of_the_gaps_changes_nothing(unit):
    values = np.random.default_rng(0).normal(size=7) ** 2
    gaps = values + np.arange(7) / 7
    expected, found = (generalization_correlates(make_runs(values[:, None, None]), c * gaps) for c in (1, unit))
    assert_allclose(found["correlation"], expected["correlation"])
    assert_allclose(found["pvalue"], expected["pvalue"])


def test_equal_gaps_have_no_correlation():
    table = generalization_correlates(
        make_runs(np.arange(7.0)[:, None, None]), np.full(7, 0.1)
    )  # whose mean is rounded
    assert table["correlation"].isna().all()


def test_epochs_and_names():
    runs = {name: run for name, run in zip("abcd", make_runs(np.arange(4.0).reshape(4, 1, 1) + 1), strict=True)}
    early = {name: run.assign(epoch=3, mutual_info=-run["mutual_info"]) for name, run in runs.items()}
    both = {name: pd.concat([runs[name], early[name]]) for name in runs}
    gaps = {"d": 4.0, "c": 3.0, "a": 1.0, "b": 2.0}
    assert_allclose(generalization_correlates(both, gaps).loc[0, "correlation"], 1)
    assert_allclose(generalization_correlates(both, pd.Series(gaps), epoch=3).loc[0, "correlation"], -1)
    with pytest.raises(ValueError, match="same names; only in one of them: 'd', 'e'"):
        generalization_correlates(both, {"a": 1, "b": 2, "c": 3, "e": 4})


def test_failed_cells_are_left_out():
    values = np.arange(10.0).reshape(5, 2, 1)
    values[0, 0] = values[:3, 1] = np.nan
    table = generalization_correlates(make_runs(values), [9.0, 1, 2, 3, 4])
    assert (table["layer"] == 0).all() and (table["n_runs"] == 4).all()
    assert_allclose(table.loc[0, "correlation"], 1)


def test_compression_is_the_fall_from_the_top():
    """A rise to a top and a fall from there, which goes with the gap in one layer only."""
    rng = np.random.default_rng(0)
    gaps = rng.uniform(size=12)
    runs = []
    for gap in gaps:
        falls = {"fc1": rng.uniform(), "fc2": 2 - gap}
        runs.append(
            pd.DataFrame(
                {"epoch": epoch, "layer": layer, "quantity": "I(X;T)", "mutual_info": value, "n_samples": 400}
                for layer, fall in falls.items()
                for epoch, value in enumerate([1, 2, 4, 4 - fall / 2, 4 - fall])
            ).sample(frac=1, random_state=0)
        )
    table = generalization_correlates(runs, gaps, random_state=0)
    found = table[table["predictor"] == "compression of I(X;T)"].set_index(["layer", "method"])
    assert_allclose(found.loc[("fc2", "pearson"), "correlation"], -1)
    assert found.loc[("fc2", "pearson"), "adjusted_pvalue"] < 0.05 < found.loc[("fc1", "pearson"), "adjusted_pvalue"]
    # Up to epoch 2 no layer falls, and of two epochs there is no fall and rise.
    early = generalization_correlates(runs, gaps, epoch=2, random_state=0)
    assert early.loc[early["predictor"] == "compression of I(X;T)", "correlation"].isna().all()
    first = generalization_correlates(runs, gaps, epoch=1, random_state=0)
    assert "compression of I(X;T)" not in first["predictor"].tolist()


def test_layers_of_several_widths_are_warned_of():
    runs = make_runs(np.random.default_rng(0).normal(size=(4, 1, 1)))
    runs[0]["n_units"] = 32
    with pytest.warns(UnreliableEstimateWarning, match="layer '0' has 8 to 32 units") as caught:
        generalization_correlates(runs, range(4))
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("gaps", "options", "message"),
    [
        ([1, 2, 3], {}, "one number per run, got 3 for 4 runs"),
        ([1, 2, np.nan, 4], {}, "gap of run 2 is nan"),
        ([1, 2, 3, 4], {"epoch": 7}, "no layer has an estimate in 3 runs"),
        ([1, 2, 3, 4], {"n_permutations": 0}, "n_permutations"),
    ],
)
def test_errors_name_the_remedy(gaps, options, message):
    with pytest.raises(ValueError, match=message):
        generalization_correlates(make_runs(np.ones((4, 1, 1))), gaps, **options)


@pytest.mark.parametrize(
    ("n_runs", "n_layers", "options", "said"),
    [
        (3, 1, {}, r"of 3 runs no adjusted p-value can fall below 0\.67, .*: 2 correlations .*; 5 runs or more"),
        (4, 1, {}, r"of 4 runs no adjusted p-value can fall below 0\.17, .*; 5 runs or more .*, and 20 for"),
        (3, 100, {}, r"below 1, .* 200 correlations .*; 8 runs or more"),
        (9, 5, {"n_permutations": 99}, r"of 9 runs .* below 0\.1, .*; pass n_permutations=200 or more"),
        (5, 1, {}, None),
        (9, 5, {"n_permutations": 199}, None),
    ],
)
def test_too_few_runs_to_prove_anything_are_warned_of(n_runs, n_layers, options, said):
    """The bound is the adjusted p-value of perfect correlations, which there are here; enough runs get below it."""
    values = np.repeat(np.arange(1.0, n_runs + 1), n_layers).reshape(n_runs, n_layers, 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = generalization_correlates(make_runs(values), np.arange(n_runs), random_state=0, **options)
    assert [re.search(said, str(warning.message)) is not None for warning in caught] == [True] * (said is not None)
    smallest = table["adjusted_pvalue"].min()
    assert smallest <= 0.05 if said is None else smallest > 0.05
    if n_runs < 8:
        assert_allclose(smallest, min(1, 2 * n_layers * 2 / math.factorial(n_runs)))


def test_planes_are_runs():
    rng, y = np.random.default_rng(0), np.arange(80) % 2
    planes = [
        InformationPlane(n_permutations=0, random_state=0).fit(rng.normal(size=(80, 2)) + shift * y[:, None], y)
        for shift in (0, 1, 2, 4)
    ]
    table = generalization_correlates(planes, [0.4, 0.3, 0.2, 0.1])
    found = row(table, predictor="I(T;Y)", method="spearman")
    assert_allclose([found["correlation"], found["pvalue"]], [-1, 2 / 24])
