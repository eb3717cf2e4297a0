"""What cells say about each other: one rule of significance, and lower bounds along a chain of layers."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skib.information_plane import InformationPlane
from skib.information_plane._cell import Null
from skib.information_plane._comparisons import chain_of, compare_cells
from skib.information_plane._results import COLUMNS
from skib.mutual_info import Binned, Ross

N = 300
LAYERS = "a", "b", "c"


def cells(values, **columns):
    """Rows of I(T;Y) of three layers at one epoch."""
    n = len(values)
    given = {
        "epoch": 0,
        "layer": LAYERS[:n],
        "quantity": "I(T;Y)",
        "mutual_info": values,
        "ci_low": np.subtract(values, 0.1),
        "ci_high": np.add(values, 0.1),
        "null_mean": 0.0,
        "null_std": 0.02,
        "pvalue": 1e-9,
        "lower_bound": np.nan,
        "saturated": False,
        "status": "ok",
        "warnings": "",
        "message": "",
    }
    return pd.DataFrame(given | columns).reindex(columns=COLUMNS)


def compared(table, chain=LAYERS):
    compare_cells(table, ["I(T;Y)"], Null("permutation", 20), chain)
    return table


def test_a_layer_has_what_a_deeper_one_has():
    table = compared(cells([0.2, 1.5, 1.0]))
    assert_allclose(table["lower_bound"], [1.4, 1.4, 0.9])
    assert list(table["status"]) == ["warning", "ok", "ok"]
    assert "too low: the deeper layer 'b'" in table["message"][0] and "at least 1.4 nats" in table["message"][0]
    assert table["warnings"][0] == "UnreliableEstimateWarning"


def test_estimates_within_their_errors_are_not_flagged():
    table = compared(cells([1.0, 1.15, 1.19]))
    assert_allclose(table["lower_bound"], 1.09)
    assert (table["status"] == "ok").all()


def test_the_bias_of_a_deeper_layer_is_no_information():
    table = compared(cells([0.2, 1.5], null_mean=[0.0, 1.5]))
    assert_allclose(table["lower_bound"], [0.1, -0.1])
    assert_allclose(compared(cells([0.2, 1.5], saturated=[False, True]))["lower_bound"], [0.1, np.nan])


def test_without_a_standard_error_the_null_has_the_spread():
    table = compared(cells([0.2, 1.5], ci_low=np.nan, ci_high=np.nan))
    assert_allclose(table["lower_bound"], 1.46)
    assert list(table["status"]) == ["warning", "ok"]
    without = dict.fromkeys(["ci_low", "ci_high", "null_std", "null_mean", "pvalue"], np.nan)
    nothing = compared(cells([0.2, 1.5], **without))
    assert nothing["lower_bound"].isna().all() and (nothing["status"] == "ok").all()


def test_what_a_layer_has_for_certain_bounds_its_own_estimate():
    table = compared(cells([0.2, 0.9], lower_bound=[np.nan, 1.4]))
    assert_allclose(table["lower_bound"], 1.4)
    assert "held-out predictions from this layer" in table["message"][1] and "'b'" in table["message"][0]


def test_failed_layers_leave_the_chain_to_the_others():
    table = compared(cells([0.2, np.nan, 1.5], ci_low=[0.1, np.nan, 1.4], ci_high=[0.3, np.nan, 1.6]))
    assert table["lower_bound"][0] == table["lower_bound"][2] == pytest.approx(1.4)
    assert "'c'" in table["message"][0]


@pytest.mark.parametrize(
    ("chain", "bounds"), [((), [0.1, 1.4, 0.9]), (("c", "b"), [0.1, 1.4, 1.4]), (("a", "c"), [0.9, 1.4, 0.9])]
)
def test_other_chains(chain, bounds):
    assert_allclose(compared(cells([0.2, 1.5, 1.0]), chain)["lower_bound"], bounds)


def test_chain_is_of_layers():
    assert chain_of(True, LAYERS) == LAYERS and chain_of(False, LAYERS) == ()
    assert chain_of(["c", "a"], LAYERS) == ("c", "a")
    for wrong in (["d"], ["a", "a"]):
        with pytest.raises(ValueError, match="chain must name layers of the dump"):
            chain_of(wrong, LAYERS)


def test_flags_are_what_significance_says():
    """P-values near the threshold: one rule, Holm over the cells at 0.01, for the table and for the texts."""
    table = compared(cells([0.3, 0.3, 0.3], pvalue=[0.002, 0.004, 0.006]))
    assert list(table["status"]) == ["ok", "ok", "ok"]
    table = compared(cells([0.3, 0.3, 0.3], pvalue=[0.002, 0.006, 0.006]))
    assert list(table["status"]) == ["ok", "warning", "warning"]
    assert "Holm's p = 0.012 among 3 cells, not below 0.01" in table["message"][1]


def test_the_advice_is_what_limits_the_p_value():
    far = compared(cells([0.3], pvalue=0.02))["message"][0]  # 15 standard deviations, of few permutations
    near = compared(cells([0.3], pvalue=0.02, null_std=0.15))["message"][0]
    assert "pass more permutations" in far and "pass more rows, or compress the layer" in near


@pytest.mark.parametrize("n_permutations", [5, 20])
def test_no_cell_is_told_significant_and_flagged_as_not(n_permutations):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=N)
    layers = {f"{shift}": rng.normal(size=(N, 2)) + shift * y[:, None] for shift in np.linspace(0, 1, 12)}
    plane = InformationPlane(Ross(), n_permutations=n_permutations, chain=False, random_state=0)
    rows = plane.fit({0: layers, "ids": range(N)}, y).results_.query("quantity == 'I(T;Y)'")
    told = plane.significance()["significant"].to_numpy()
    flagged = rows["message"].str.contains("not significantly above").to_numpy()
    assert_array_equal(told[rows["mutual_info"] > 0.05], ~flagged[rows["mutual_info"] > 0.05])
    assert flagged.any() and told.any() == (n_permutations == 20)
    few = rows["message"][told.argmax() if n_permutations == 20 else len(rows) * 2 - 2]  # the layer furthest apart
    assert ("pass more permutations" in few) == (n_permutations == 5)


def test_bounds_are_of_information_about_the_target_alone():
    rng = np.random.default_rng(0)
    y = np.arange(N) % 2
    dump = {0: {"a": rng.normal(size=(N, 1)), "b": rng.normal(size=(N, 1)) + 4 * y[:, None]}, "y": y, "ids": range(N)}
    table = InformationPlane(Ross(), Binned(4), random_state=0).fit(dump).results_
    about_y = table["quantity"] == "I(T;Y)"
    assert table.loc[about_y, "lower_bound"].min() > 0.4 and table.loc[~about_y, "lower_bound"].isna().all()
    assert table["message"][0].startswith("UnreliableEstimateWarning: I(T;Y) = ") and table["message"][2] == ""
