"""InformationPlane: the table, its numbers, its errors."""

import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from scipy import stats
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.random_projection import GaussianRandomProjection

from skib._warnings import SaturatedEstimateWarning, SkibWarning, UnreliableEstimateWarning
from skib.information_plane import InformationPlane, InformationPlaneDisplay
from skib.mutual_info import KSG, Auto, Binned, Ross, Sliced, permutation_test

N = 300
COLUMNS = (
    "epoch layer quantity estimator compressor mutual_info std_error ci_low ci_high null_mean null_std pvalue "
    "lower_bound ceiling saturated n_samples n_units status warnings message seconds"
).split()


def labels_and_noise(seed=0, n_samples=N, n_classes=3, n_units=2):
    rng = np.random.default_rng(seed)
    return rng.integers(n_classes, size=n_samples), rng.normal(size=(n_samples, n_units))


def toy_dump(seed=0):
    """Layer "blind" is independent of y at every epoch; layer "sees" separates the classes at epoch 10."""
    y, noise = labels_and_noise(seed)
    sees = noise[::-1] + 9 * y[:, None]
    return {0: {"blind": noise, "sees": noise[::-1]}, 10: {"blind": 2 * noise, "sees": sees}, "y": y, "ids": range(N)}


def rows_of(plane, quantity="I(T;Y)"):
    return plane.results_[plane.results_["quantity"] == quantity].set_index(["epoch", "layer"])


def without_times(plane):
    return plane.results_.drop(columns="seconds")


class Broken(BaseEstimator):
    def __init__(self, error=RuntimeError):
        self.error = error

    def fit(self, X, y):
        raise self.error("out of order")


def test_table_has_two_rows_per_cell_and_the_promised_columns():
    plane = InformationPlane(confidence_level=0.9, random_state=0).fit(toy_dump())
    table = plane.results_
    assert list(table.columns) == COLUMNS
    assert table.index.equals(pd.RangeIndex(8))
    cells = [(0, "blind"), (0, "sees"), (10, "blind"), (10, "sees")]
    expected = [(*cell, quantity) for cell in cells for quantity in ("I(T;Y)", "I(X;T)")]
    assert list(table[["epoch", "layer", "quantity"]].itertuples(index=False, name=None)) == expected
    assert set(table["estimator"]) == {"Auto(marginals=None)", "Binned(n_bins=30)"}
    assert table["saturated"].dtype == bool
    assert (table["n_samples"] == N).all() and (table["n_units"] == 2).all()
    assert (table["seconds"] > 0).all()
    half = stats.norm.ppf(0.95) * table["std_error"]
    assert_allclose(table["ci_high"] - table["mutual_info"], half)
    assert_allclose(table["mutual_info"] - table["ci_low"], half)
    assert (plane.epochs_, plane.layers_, plane.n_samples_) == ((0, 10), ("blind", "sees"), N)


def test_values_are_those_of_the_estimators():
    dump = toy_dump()
    row = rows_of(InformationPlane(random_state=0).fit(dump)).loc[10, "sees"]
    direct = Auto(marginals=None).fit(dump[10]["sees"], dump["y"])
    for column in ("mutual_info", "std_error", "ceiling", "saturated"):
        assert row[column] == getattr(direct, f"{column}_")


def test_a_layer_that_codes_the_classes_has_their_entropy():
    plane = InformationPlane(random_state=0).fit(toy_dump())
    row = rows_of(plane).loc[10, "sees"]
    counts = np.bincount(toy_dump()["y"])
    assert_allclose(plane.target_entropy_, stats.entropy(counts), rtol=1e-12)
    assert abs(row["mutual_info"] - plane.target_entropy_) < 4 * row["std_error"] + 0.01
    cells = plane.significance().set_index(["epoch", "layer"])
    assert_array_equal(cells["significant"], [False, False, False, True])
    assert_allclose(cells["corrected"], rows_of(plane)["mutual_info"] - rows_of(plane)["null_mean"])
    assert (cells["adjusted_pvalue"] >= cells["pvalue"]).all()


@pytest.mark.parametrize("estimator", [None, Binned(n_bins=30)])
def test_estimates_of_permuted_labels_are_not_significantly_above_their_null(estimator):
    y, wide = labels_and_noise(n_units=64)
    dump = {0: {"narrow": wide[:, :1], "wide": wide}, "ids": range(N)}
    plane = InformationPlane(estimator, random_state=0).fit(dump, y)
    assert not plane.significance(alpha=0.05)["significant"].any()
    if estimator is not None:  # the classic estimate of I = 0: its null is as large, and it is flagged
        row = rows_of(plane).loc[0, "wide"]
        assert_allclose([row["mutual_info"], row["null_mean"]], plane.target_entropy_)
        assert row["saturated"] and "SaturatedEstimateWarning" in row["message"]


def test_binned_information_about_distinct_inputs_is_the_same_for_shuffled_inputs():
    dump = toy_dump()
    rows = rows_of(InformationPlane(input_estimator=Binned(n_bins=4), random_state=0).fit(dump), "I(X;T)")
    assert_array_equal(rows["null_mean"], rows["mutual_info"])
    assert (rows["pvalue"] == 1).all() and (rows["null_std"] == 0).all()
    assert_allclose(rows["ceiling"], np.log(N))
    with pytest.warns(SkibWarning):  # the permutations that the plane saves would have warned
        null = permutation_test(
            Binned(n_bins=4), dump[0]["sees"], np.arange(N).astype(str), n_permutations=3
        ).null_distribution
    assert_allclose(null, rows.loc[(0, "sees"), "mutual_info"], rtol=1e-12)


def test_saturation_of_input_information_is_nearness_to_the_entropy_of_the_inputs():
    rows = rows_of(InformationPlane(input_estimator=Binned(n_bins=3), random_state=0).fit(toy_dump()), "I(X;T)")
    assert not rows["saturated"].any() and (rows["status"] == "ok").all()
    rows = rows_of(InformationPlane(input_estimator=Binned(n_bins=200), random_state=0).fit(toy_dump()), "I(X;T)")
    assert rows["saturated"].all() and (rows["status"] == "warning").all()
    assert rows["message"].str.contains("of at most").all()


def test_equal_inputs_are_one_symbol():
    inputs = np.repeat(np.arange(8.0), 40)
    X = np.stack([inputs // 4, inputs % 4], axis=1)
    dump = {0: {"injective": inputs[:, None], "parity": (inputs % 2)[:, None]}, "X": X, "y": inputs, "ids": range(320)}
    for images in (None, X.reshape(-1, 1, 2)):
        rows = rows_of(InformationPlane(random_state=0).fit(dump, X=images), "I(X;T)")
        assert_allclose(rows["mutual_info"], [np.log(8), np.log(2)])  # H(X) and H(parity)
        assert_allclose(rows["ceiling"], np.log(8))
        assert (rows["null_mean"] < 0.2).all()


def test_numeric_inputs_go_to_an_estimator_of_numbers():
    dump = toy_dump()
    X = dump[0]["blind"] + 1.0
    rows = rows_of(InformationPlane(input_estimator=KSG(), n_permutations=0).fit(dump, X=X), "I(X;T)")
    assert rows.loc[(0, "sees"), "mutual_info"] == KSG().fit(dump[0]["sees"], X).mutual_info_


def test_estimator_follows_the_kind_of_target():
    dump = toy_dump()
    rng = np.random.default_rng(0)
    continuous = InformationPlane(n_permutations=0).fit(dump, y=rng.normal(size=N))
    assert isinstance(continuous.estimator_, Auto) and continuous.target_entropy_ is None
    codes = InformationPlane(n_permutations=0).fit(dump)
    assert isinstance(codes.estimator_, Auto) and isinstance(codes.input_estimator_, Binned)
    assert codes.estimator_.marginals is None and continuous.estimator_.marginals == "rank"
    text = InformationPlane(n_permutations=0).fit(dump, y=np.array(["a", "b", "c"])[dump["y"]])
    one_hot = InformationPlane(n_permutations=0).fit(dump, y=np.eye(3)[dump["y"]])
    for same in (text, one_hot):
        assert_frame_equal(without_times(same), without_times(codes))


@pytest.mark.parametrize("kind", ["counts", "counts in tenths", "two columns"])
def test_numbers_whose_levels_repeat_have_the_ceiling_of_their_entropy(kind):
    """The truth of noiseless counts is H(Y), far below what nearest neighbors could return on so many rows."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(100.0, size=1000)
    y = {"counts": counts, "counts in tenths": counts / 10, "two columns": np.column_stack([counts, -counts])}[kind]
    layer = counts[:, None] + rng.normal(scale=0.01, size=(1000, 1))
    plane = InformationPlane(n_permutations=0).fit({0: {"fc": layer}, "ids": range(1000)}, y)
    assert_allclose(plane.target_entropy_, stats.entropy(np.bincount(counts)), rtol=1e-12)
    (ceiling,) = rows_of(plane, "I(T;Y)")["ceiling"]
    assert plane.target_entropy_ < ceiling < plane.target_entropy_ + 0.1 < np.log(1000)
    assert InformationPlaneDisplay.from_estimator(plane).target_entropy == plane.target_entropy_


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compressor": PCA(2), "conditional": True},
        {
            "compressor": GaussianRandomProjection(2),
            "compressor_fit": "last",
            "input_estimator": KSG(),
            "null": "noise",
        },
    ],
)
def test_same_bits_for_every_backend_and_subset_of_cells(options, tmp_path):
    y, wide = labels_and_noise(n_units=40)
    dump = {epoch: {layer: array @ wide[:2] for layer, array in toy_dump()[epoch].items()} for epoch in (0, 10)}
    dump |= {"y": y, "X": wide[:, :2], "ids": range(N)}

    def fit(dump=dump, seed=0, n_jobs=None, **extra):
        return InformationPlane(n_permutations=4, random_state=seed, n_jobs=n_jobs, **options, **extra).fit(dump)

    serial, threads, stored = fit(), fit(n_jobs=2), fit(checkpoint=tmp_path / "plane.jsonl")
    with joblib.parallel_config("loky"):
        processes = fit(n_jobs=2)
    for other in (threads, processes, stored):
        assert_frame_equal(without_times(other), without_times(serial), check_exact=True)
    rows = without_times(serial)[serial.results_["layer"].eq("sees") & serial.results_["epoch"].eq(10)]
    part = fit({10: {"sees": dump[10]["sees"]}, "y": y, "X": dump["X"], "ids": range(N)})
    assert_frame_equal(without_times(part), rows.reset_index(drop=True), check_exact=True)
    assert (rows_of(fit(seed=1))["null_mean"] != rows_of(serial)["null_mean"]).all()


def test_dump_in_files_is_read_by_path(tmp_path):
    dump = toy_dump()
    for epoch in (0, 10):
        (tmp_path / f"epoch_{epoch:05}").mkdir()
        for layer in ("blind", "sees"):
            np.save(tmp_path / f"epoch_{epoch:05}" / f"{layer}.npy", dump[epoch][layer])
    np.save(tmp_path / "y.npy", dump["y"])
    np.save(tmp_path / "ids.npy", np.arange(N))
    memory = InformationPlane(random_state=0).fit(dump)
    with joblib.parallel_config("loky"):
        files = InformationPlane(random_state=0, n_jobs=2).fit(tmp_path)
    assert_frame_equal(without_times(files), without_times(memory), check_exact=True)


def test_a_single_array_is_layer_of_epoch_zero():
    y, x = labels_and_noise()
    plane = InformationPlane(random_state=0).fit(pd.DataFrame(x, columns=["a", "b"]), y)
    assert plane.n_features_in_ == 2
    assert_array_equal(plane.feature_names_in_, ["a", "b"])
    assert plane.results_[["epoch", "layer"]].drop_duplicates().to_numpy().tolist() == [[0, "layer"]]
    same = InformationPlane(random_state=0).fit({0: {"layer": x}, "ids": range(N)}, y)
    assert_frame_equal(without_times(plane), without_times(same))


def test_failed_cells_leave_the_others_and_one_warning():
    dump = toy_dump()
    dump[10]["blind"] = np.where(np.arange(N)[:, None] == 7, np.nan, dump[10]["blind"])
    with pytest.warns(UnreliableEstimateWarning, match=r"2 of 8 .* I\(T;Y\) of layer 'blind' at epoch 10") as caught:
        plane = InformationPlane(random_state=0).fit(dump)
    assert len(caught) == 1 and caught[0].filename == __file__
    failed = plane.results_[plane.results_["status"] == "failed"]
    assert list(failed.index) == [4, 5]
    assert failed["message"].str.contains("ValueError: .*NaN in 1 of 300 rows, first in row 7").all()
    assert failed[["mutual_info", "std_error", "null_mean", "pvalue", "ceiling"]].isna().all(axis=None)
    assert not failed["saturated"].any() and (failed["n_units"] == 2).all() and (failed["warnings"] == "").all()
    whole = without_times(InformationPlane(random_state=0).fit(toy_dump()))
    assert_frame_equal(without_times(plane).drop(index=[4, 5]), whole.drop(index=[4, 5]), check_exact=True)
    cells = plane.significance()
    assert_array_equal(cells["significant"], [False, False, False, True])
    assert_array_equal(cells["adjusted_pvalue"].isna(), [False, False, True, False])


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_failure_of_every_cell_is_the_error_of_the_first(n_jobs):
    plane = InformationPlane(Broken(), n_jobs=n_jobs)
    with pytest.raises(RuntimeError, match="^out of order$"):
        plane.fit(toy_dump())
    assert (rows_of(plane)["status"] == "failed").all()
    assert (rows_of(plane, "I(X;T)")["status"] != "failed").all()


@pytest.mark.parametrize("value, what", [(np.inf, "infinity"), (np.nan, "NaN")])
def test_the_error_of_the_only_cell_names_it(value, what):
    layer = np.random.default_rng(0).normal(size=(N, 2))
    layer[3, 1] = value
    with pytest.raises(
        ValueError, match=rf"I\(.;.\) of layer 'fc' at epoch 7: Input X contains {what} in 1 of {N} rows"
    ):
        InformationPlane(random_state=0).fit({7: {"fc": layer}, "ids": range(N), "y": np.arange(N) % 2})


def test_interrupt_is_no_failure():
    with pytest.raises(KeyboardInterrupt):
        InformationPlane(Broken(KeyboardInterrupt)).fit(toy_dump())


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_warnings_of_a_cell_stay_in_its_row(backend):
    dump = toy_dump()
    dump[0]["constant"] = np.ones((N, 2))
    with warnings.catch_warnings(record=True) as caught, joblib.parallel_config(backend):
        warnings.simplefilter("error")
        plane = InformationPlane(random_state=0, chain=False, n_jobs=2).fit(dump)
    assert not caught
    row = rows_of(plane).loc[0, "constant"]
    assert row["status"] == "warning" and row["mutual_info"] == 0
    assert row["message"].count("ConstantInputWarning") == 1  # once, not again for every permutation
    assert row["warnings"] == "ConstantInputWarning"
    assert (rows_of(plane).drop(index=(0, "constant"))["message"] == "").all()


def test_without_permutations_there_is_no_null():
    plane = InformationPlane(n_permutations=0).fit(toy_dump())
    assert plane.results_[["null_mean", "null_std", "pvalue"]].isna().all(axis=None)
    assert plane.results_["mutual_info"].notna().all()
    with pytest.raises(ValueError, match="n_permutations=0 leaves no null"):
        plane.significance()
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1, got 1"):
        plane.significance(alpha=1)


def test_an_estimator_from_elsewhere_needs_fit_and_mutual_info_only():
    class Covariance(BaseEstimator):
        def fit(self, X, y):
            self.mutual_info_ = -0.5 * np.log1p(-(np.corrcoef(X[:, 0], np.ravel(y))[0, 1] ** 2))
            return self

    row = rows_of(InformationPlane(Covariance(), random_state=0).fit(toy_dump())).loc[10, "sees"]
    assert row["mutual_info"] > 1 and 0 < row["null_mean"] < 0.02
    assert np.isnan(row["std_error"]) and np.isnan(row["ceiling"]) and not row["saturated"]


def test_names_of_several_warnings_of_a_row():
    class Doubtful(BaseEstimator):
        def fit(self, X, y):
            for text in ("first", "second"):
                warnings.warn(text, UnreliableEstimateWarning, stacklevel=1)
            warnings.warn("third: and last", SaturatedEstimateWarning, stacklevel=1)
            self.mutual_info_ = 0.0
            return self

    rows = rows_of(InformationPlane(Doubtful(), random_state=0).fit(toy_dump()))
    assert set(rows["warnings"]) == {"UnreliableEstimateWarning, SaturatedEstimateWarning"}
    lines = ["UnreliableEstimateWarning: first", "UnreliableEstimateWarning: second"]
    assert set(rows["message"]) == {"\n".join([*lines, "SaturatedEstimateWarning: third: and last"])}


def test_distinct_inputs_are_numbers_to_the_default_estimator():
    dump = toy_dump()
    X = dump[0]["blind"]
    rows = rows_of(InformationPlane(input_estimator=Auto(), n_permutations=0).fit(dump, X=X), "I(X;T)")
    assert rows.loc[(0, "sees"), "mutual_info"] == Auto().fit(dump[0]["sees"], X).mutual_info_


def test_many_classes_of_text_are_no_numbers():
    y = np.array([f"class {i // 6}" for i in range(N)])  # more levels than sqrt(n)
    rows = rows_of(InformationPlane(Auto(), n_permutations=0).fit(toy_dump(), y=y))
    direct = Auto().fit(toy_dump()[0]["sees"], y)
    assert rows.loc[(0, "sees"), "mutual_info"] == direct.mutual_info_


def test_random_estimators_have_the_seed_of_the_plane():
    y = np.random.default_rng(0).normal(size=N)
    first, same, other = (
        InformationPlane(Sliced(n_projections=8), n_permutations=2, random_state=seed).fit(toy_dump(), y)
        for seed in (0, 0, 1)
    )
    assert_frame_equal(without_times(first), without_times(same), check_exact=True)
    assert (rows_of(first)["mutual_info"] != rows_of(other)["mutual_info"]).all()
    assert set(rows_of(first)["estimator"]) == {"Sliced(n_projections=8)"}


@pytest.mark.parametrize("nan_in", ["estimate", "null"])
def test_an_undefined_estimate_is_never_significant(nan_in):
    class Undefined(BaseEstimator):
        def fit(self, X, y):
            self.mutual_info_ = np.nan if nan_in == "estimate" else 1.0
            return self

        def permuted_estimates(self, X, y, permutations):
            return np.where(np.arange(len(permutations)) == 0, np.nan if nan_in == "null" else 0.0, 0.1)

    cells = InformationPlane(Undefined(), random_state=0).fit(toy_dump()).significance()
    assert cells["pvalue"].isna().all() and not cells["significant"].any()


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({}, {"y": None}, r"needs y, and the dump has none; pass y="),
        ({}, {"y": np.arange(5)}, "every layer has 300 rows but y has 5"),
        ({}, {"X": np.ones((4, 2))}, "every layer has 300 rows but X has 4"),
        ({}, {"y": np.r_[np.nan, np.ones(N - 1)]}, "y contains NaN in 1 of 300 rows"),
        ({"input_estimator": KSG()}, {}, "needs the numeric input of the network"),
        ({"n_permutations": 1}, {}, "n_permutations=1"),
        ({"confidence_level": 1.0}, {}, "confidence_level"),
        ({"checkpoint": "a.jsonl"}, {}, "checkpoint needs a seed"),
        ({"estimator": "ksg"}, {}, "estimator"),
    ],
)
def test_errors_name_the_remedy(parameters, data, message):
    dump = toy_dump()
    y, X = data.get("y", dump.pop("y")), data.get("X")
    with pytest.raises(ValueError, match=message):
        InformationPlane(**parameters).fit(dump, y, X)


def test_clone_and_pickle():
    plane = InformationPlane(Ross(n_neighbors=3), Binned(n_bins=5), random_state=0)
    assert repr(clone(plane)) == repr(plane)
    plane.set_params(estimator__n_neighbors=4).fit(toy_dump())
    assert plane.estimator_.n_neighbors == 4 and plane.estimator_ is not plane.estimator
    assert_frame_equal(pickle.loads(pickle.dumps(plane)).results_, plane.results_)
