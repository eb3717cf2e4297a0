"""The table of all measures over a dump holds what the functions say of its arrays."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skib import ConstantInputWarning, UnreliableEstimateWarning
from skib.dumps import open_dump
from skib.metrics import (
    attention_entropy,
    cka,
    classifier_information,
    dump_metrics,
    elbo_decomposition,
    intrinsic_dimension,
    neural_collapse,
    representation_geometry,
)
from skib.metrics._layer_rows import sampled_rows

N = 240
RNG = np.random.default_rng(0)
Y = np.arange(N) % 3
X = RNG.normal(size=(N, 4)) + np.eye(3, 4)[Y]
EARLY, LATE = RNG.normal(size=(N, 20)), RNG.normal(size=(N, 20)) + 5 * np.eye(3, 20)[Y]
OUTPUTS = RNG.dirichlet([2, 2, 2], N)
DUMP = {0: {"fc": EARLY, "softmax": OUTPUTS}, 10: {"fc": LATE, "softmax": OUTPUTS}, "ids": range(N), "y": Y, "X": X}


@pytest.fixture(scope="module")
def table():
    return dump_metrics(DUMP, random_state=0)


def measured(table, epoch, layer, family):
    """Return the numbers of a family in a cell, by their names."""
    rows = table[(table["epoch"] == epoch) & (table["layer"] == layer) & (table["family"] == family)]
    return rows.set_index("quantity")[["value", "std_error", "null", "ceiling"]]


def assert_same(rows, quantity, measurement):
    np.testing.assert_allclose(rows.loc[quantity], list(asdict(measurement).values()), rtol=1e-12)


def test_similarities_are_those_of_the_arrays(table):
    early, late, softmax = (measured(table, *key, "similarity") for key in [(0, "fc"), (10, "fc"), (10, "softmax")])
    assert list(early.index) == ["cka(T, X)", "cka(T, y)", "cka(T, last epoch)"]
    assert_same(early, "cka(T, X)", cka(EARLY, X))
    assert_same(early, "cka(T, y)", cka(EARLY, np.eye(3)[Y]))
    assert_same(early, "cka(T, last epoch)", cka(EARLY, LATE))
    assert list(late.index) == ["cka(T, X)", "cka(T, y)"]
    assert_same(softmax, "cka(T, layer before)", cka(OUTPUTS, LATE))


def test_geometry_collapse_and_outputs_are_those_of_the_arrays(table):
    geometry, found = measured(table, 10, "fc", "geometry"), representation_geometry(LATE)
    for name in ("spectral_entropy", "effective_rank", "outside_share", "anisotropy"):
        assert_same(geometry, name, getattr(found, name))
    assert_same(geometry, "intrinsic_dimension", intrinsic_dimension(LATE, random_state=0))
    collapse, found = measured(table, 10, "fc", "collapse"), neural_collapse(LATE, Y, n_permutations=5, random_state=0)
    for name in ("nc1", "nc2", "nc4"):
        assert_same(collapse, name, getattr(found, name))
    outputs, found = measured(table, 10, "softmax", "outputs"), classifier_information(OUTPUTS, Y)
    for name in ("cmi", "ncmi", "usable_information"):
        assert_same(outputs, name, getattr(found, name))
    assert measured(table, 10, "fc", "outputs").empty


def test_attention_and_posteriors_are_found_in_a_dump():
    attention = RNG.dirichlet(np.ones(6), (N, 2, 6))
    mu, logvar = RNG.normal(size=(N, 3)), np.full((N, 3), -1.0)
    dump = {3: {"block0.attn": attention, "encoder.mu": mu, "encoder.logvar": logvar}, "ids": range(N)}
    table = dump_metrics(dump, families=["attention", "posterior"], random_state=0)
    assert_same(measured(table, 3, "block0.attn", "attention"), "entropy", attention_entropy(attention).entropy)
    found = elbo_decomposition(mu, logvar, random_state=0)
    assert_same(measured(table, 3, "encoder.mu", "posterior"), "total_correlation", found.total_correlation)
    assert set(table["layer"]) == {"block0.attn", "encoder.mu"}


def test_without_target_and_input_only_the_layers_are_compared():
    table = dump_metrics({0: {"fc": EARLY}, 5: {"fc": LATE}, "ids": range(N)}, families=["similarity"])
    assert table["quantity"].tolist() == ["cka(T, last epoch)"]


def test_numbers_as_target_are_numbers():
    y = LATE[:, :2] @ [1.0, 2.0]
    table = dump_metrics({0: {"fc": LATE}, "ids": range(N)}, y, families=["similarity"])
    assert_same(measured(table, 0, "fc", "similarity"), "cka(T, y)", cka(LATE, y[:, None]))


def test_a_sparse_layer_is_its_units_that_fire():
    dense = np.where(RNG.random((N, 30)) < 0.2, RNG.random((N, 30)), 0.0)
    dense[:, 20:] = 0
    table = dump_metrics({0: {"sae": csr_array(dense)}, "ids": range(N), "y": Y}, families=["similarity"])
    assert_same(measured(table, 0, "sae", "similarity"), "cka(T, y)", cka(dense[:, :20], np.eye(3)[Y]))


def test_what_fails_is_listed_and_the_rest_is_measured():
    broken = LATE.copy()
    broken[3, 3] = np.nan
    dump = {0: {"fc": LATE, "broken": broken}, "ids": range(N), "y": Y}
    with pytest.warns(UnreliableEstimateWarning, match="of layer 'broken' at epoch 0"):
        table = dump_metrics(dump, families=["collapse", "geometry"])
    failed = table[table["status"] == "failed"]
    assert set(failed["layer"]) == {"broken"} and len(failed) == 2
    assert failed["value"].isna().all() and failed["message"].str.contains("NaN").all()
    assert np.isfinite(measured(table, 0, "fc", "collapse").loc["nc1", "value"])


def test_labels_of_one_class_leave_the_rest():
    layers = {0: {"fc": np.random.default_rng(0).normal(size=(60, 5))}, "ids": range(60)}
    with pytest.warns(ConstantInputWarning, match="y has one class"):
        table = dump_metrics(layers, np.full(60, 3)).set_index("quantity")
    assert not (table["status"] == "failed").any()
    between = table.loc[["nc1", "nc2", "nc4", "cka(T, y)"]]
    assert between["value"].isna().all() and (between["status"] == "warning").all()
    assert "y has one class" in table.loc["nc1", "message"]
    assert table.drop(between.index)["value"].notna().all() and "effective_rank" in table.index


def test_a_layer_of_positions_asks_for_a_reduction():
    images = RNG.normal(size=(N, 4, 3, 3))
    dump = {0: {"conv": images, "fc": LATE}, "ids": range(N)}
    with pytest.warns(UnreliableEstimateWarning, match="reduce="):
        dump_metrics(dump, families=["geometry"])
    table = dump_metrics(open_dump(dump, reduce="gap"), families=["geometry"])
    assert (table["status"] == "ok").all()


def test_the_sampled_rows_have_all_classes():
    y = np.arange(2998) % 3  # of every third row there would be one class
    layer = np.eye(3, 5)[y] + np.random.default_rng(0).normal(size=(2998, 5))
    table = dump_metrics({0: {"fc": layer}, "ids": range(2998)}, y, families=["similarity"])
    whole = cka(layer, np.eye(3)[y])
    value = measured(table, 0, "fc", "similarity").loc["cka(T, y)"]
    assert abs(value["value"] - whole.value) < 4 * value["std_error"]


@pytest.mark.parametrize(
    ("families", "message"),
    [
        (["geometri"], "families must be a list of some of similarity, geometry"),
        ("geometry", "families must be a list"),
        (["attention"], "attention applies to no layer of the dump: it takes arrays"),
        (["outputs"], "outputs applies to no layer"),
    ],
)
def test_families_that_do_not_apply_are_named(families, message):
    with pytest.raises(ValueError, match=message):
        dump_metrics({0: {"fc": LATE}, "ids": range(N), "y": Y}, families=families)


def test_layers_are_compared_in_some_of_their_rows():
    dump = {0: {"fc": EARLY.astype(np.float32)}, 9: {"fc": LATE.astype(np.float32)}, "ids": range(N), "X": X}
    some = sampled_rows(N, 100)
    found = measured(dump_metrics(dump, max_samples=100, random_state=0), 0, "fc", "similarity")
    early, late = dump[0]["fc"], dump[9]["fc"]
    assert_same(found, "cka(T, last epoch)", cka(early[some], late[some]))
    assert_same(found, "cka(T, X)", cka(early[some], X[some]))
    whole = measured(dump_metrics(dump, max_samples=None, random_state=0), 0, "fc", "similarity")
    assert_same(whole, "cka(T, last epoch)", cka(early, late))
    with pytest.raises(ValueError, match="max_samples must be a whole number, 4 or more, or None, got 3"):
        dump_metrics(dump, max_samples=3)


def test_wide_layers_in_single_precision_have_the_values_of_the_functions():
    rng = np.random.default_rng(0)
    early, late = (rng.normal(size=(300, 200)) @ rng.normal(size=(200, 200))).astype(np.float32), rng.random((300, 180))
    table = dump_metrics({0: {"fc": early, "next": late}, "ids": range(300), "y": np.arange(300) % 3}, random_state=0)
    found = pd.concat([measured(table, 0, "next", "similarity"), measured(table, 0, "fc", "geometry")])
    assert_same(found, "cka(T, layer before)", cka(late, early))
    assert_same(found, "intrinsic_dimension", intrinsic_dimension(early, random_state=0))
    double = representation_geometry(early.astype(float))
    assert found.loc["spectral_entropy", "value"] == pytest.approx(double.spectral_entropy.value, rel=1e-5)
    collapse, double = measured(table, 0, "fc", "collapse"), neural_collapse(early.astype(float), np.arange(300) % 3)
    assert collapse.loc["nc1", "value"] == pytest.approx(double.nc1.value, rel=1e-5)


def test_layers_at_their_last_epoch_are_kept_within_bounds(monkeypatch, table):
    monkeypatch.setattr("skib.metrics._dump_cells._VALUES_OF_LAST", 0)
    again = dump_metrics(DUMP, random_state=0)
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), table.drop(columns="seconds"))


def test_jobs_do_not_change_a_number(table):
    again = dump_metrics(DUMP, n_jobs=2, random_state=0)
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), table.drop(columns="seconds"))


def test_what_is_passed_is_checked_before_the_work():
    dump = {0: {"fc": LATE}, "ids": range(N)}
    with pytest.raises(ValueError, match="Seed must be between 0"):
        dump_metrics(dump, Y, random_state=-1)
    with pytest.raises(ValueError, match="families must be a list of some"):
        dump_metrics(dump, Y, families=[])
    with pytest.raises(ValueError, match=f"the dump has {N} rows but y has 3"):
        dump_metrics(dump, Y[:3])
    with pytest.raises(ValueError, match=f"the dump has {N} rows but X has 3"):
        dump_metrics(dump, Y, X[:3])


def test_numbers_that_look_like_labels_of_many_classes_are_pointed_out():
    rng = np.random.default_rng(0)
    y = np.arange(500) % 50  # 50 classes: more than the square root of 500
    layers = {0: {"fc": 3 * rng.normal(size=(50, 8))[y] + rng.normal(size=(500, 8))}, "ids": range(500)}
    with pytest.warns(
        UnreliableEstimateWarning, match=r"50 levels, more than the square root of its 500 rows, and is taken"
    ):
        found = dump_metrics(layers, y)
    assert set(found["family"]) == {"similarity", "geometry"}
    as_text = dump_metrics(layers, y.astype(str))
    assert set(as_text["family"]) == {"similarity", "geometry", "collapse"}
    # Numbers of a regression: fractions, a range far from 0, and counts of which most occur once.
    for numbers in (y / 7, y + 18, rng.permutation(500)):
        dump_metrics(layers, numbers, families=["geometry"])
