"""aggregate_runs: means and spreads by hand, and which runs belong together."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.exceptions import NotFittedError

from skib.information_plane import InformationPlane, aggregate_runs

EPOCHS, LAYERS, QUANTITIES = [0, 10, 100], ["b", "a"], ["I(T;Y)", "I(X;T)"]


def make_run(seed, epochs=EPOCHS, layers=LAYERS, **columns):
    cells = pd.MultiIndex.from_product([epochs, layers, QUANTITIES], names=["epoch", "layer", "quantity"])
    rng, n = np.random.default_rng(seed), len(cells)
    measured = {"estimator": "Ross()", "mutual_info": rng.normal(size=n), "null_mean": rng.normal(size=n)}
    measured |= {"null_std": 0.1, "pvalue": 1e-6, "saturated": False, "n_samples": 100 + seed, "n_units": 5}
    return cells.to_frame(index=False).assign(**measured | columns)


def test_mean_and_errors_by_hand():
    runs = [make_run(seed) for seed in range(4)]
    table = aggregate_runs(runs, confidence_level=0.9)
    values = np.array([run["mutual_info"] for run in runs])
    assert table[["epoch", "layer", "quantity"]].equals(runs[0][["epoch", "layer", "quantity"]])
    assert_allclose(table["mutual_info"], values.mean(axis=0))
    assert_allclose(table["std"], values.std(axis=0, ddof=1))
    assert_allclose(table["std_error"], values.std(axis=0, ddof=1) / 2)
    for row, sample in zip(table.itertuples(), values.T, strict=True):
        low, high = stats.t.interval(0.9, 3, sample.mean(), stats.sem(sample))
        assert_allclose([row.ci_low, row.ci_high], [low, high])
    assert_allclose(table["null_mean"], np.mean([run["null_mean"] for run in runs], axis=0))
    assert_allclose(table["null_std"], 0.1)
    assert (table["n_runs"] == 4).all() and (table["n_samples"] == 100).all() and (table["n_units"] == 5).all()


def test_differences_to_the_last_epoch_lose_what_a_run_shares():
    runs = [make_run(seed) for seed in range(4)]
    table = aggregate_runs(runs)
    values = np.array([run["mutual_info"] for run in runs]).reshape(4, 3, 4)
    expected = stats.sem(values - values[:, -1:], axis=0).ravel()
    assert_allclose(table["last_std_error"], expected)
    shifted = [run.assign(mutual_info=run["mutual_info"] + 10 * i) for i, run in enumerate(runs)]
    assert_allclose(aggregate_runs(shifted)["last_std_error"], expected, atol=1e-12)


def test_shares_of_significant_and_saturated_runs():
    # Six cells per quantity: Holm multiplies the smallest p by 6, so 0.002 is above 0.01 and 0.001 below.
    weak = make_run(0, pvalue=np.where(np.arange(12) == 0, 0.002, 0.5))
    strong = make_run(1, pvalue=np.where(np.arange(12) == 0, 0.001, 0.5), saturated=np.arange(12) < 2)
    without = make_run(2, pvalue=np.nan)
    table = aggregate_runs({"weak": weak, "strong": strong, "without": without})
    assert_allclose(table["share_significant"], [0.5] + [0] * 11)
    assert_allclose(table["share_saturated"], [1 / 3] * 2 + [0] * 10)
    assert table["saturated"].tolist() == [True] * 2 + [False] * 10
    assert aggregate_runs([without])["share_significant"].isna().all()
    loosest = aggregate_runs({"weak": weak, "strong": strong}, alpha=1 - 1e-9)
    assert_allclose(loosest["share_significant"][0], 1)


def test_failed_cells_do_not_count():
    failed = make_run(0)
    failed.loc[3, ["mutual_info", "pvalue"]] = np.nan
    others = [make_run(1), make_run(2)]
    table = aggregate_runs([failed, *others])
    assert table["n_runs"].tolist() == [3, 3, 3, 2] + [3] * 8
    assert_allclose(table.loc[3, "mutual_info"], np.mean([run.loc[3, "mutual_info"] for run in others]))


def test_one_run_has_no_spread():
    run = make_run(0)
    table = aggregate_runs([run])
    assert_allclose(table["mutual_info"], run["mutual_info"])
    assert table[["std", "std_error", "ci_low", "ci_high", "last_std_error"]].isna().all(axis=None)


def test_columns_of_older_tables_suffice():
    bare = [make_run(seed)[["epoch", "layer", "quantity", "mutual_info"]] for seed in range(2)]
    table = aggregate_runs(bare)
    assert_allclose(table["mutual_info"], (bare[0]["mutual_info"] + bare[1]["mutual_info"]) / 2)
    assert table[["null_mean", "share_significant", "share_saturated", "n_samples"]].isna().all(axis=None)
    assert "compressor" not in table
    assert (aggregate_runs([make_run(0, compressor="PCA()")])["compressor"] == "PCA()").all()


def test_epochs_that_differ():
    short, long = make_run(0), make_run(1, [0, 5, 10, 100])
    with pytest.raises(
        ValueError, match=r"'x' and 'y' differ in 4 cells, .* I\(T;Y\) of layer 'a' at epoch 5; .*join='inner'"
    ):
        aggregate_runs({"x": short, "y": long})
    assert aggregate_runs([long, short], join="inner")["epoch"].unique().tolist() == EPOCHS
    with pytest.raises(ValueError, match=r"no \(epoch, layer, quantity\) is common"):
        aggregate_runs([short, make_run(1, [7])], join="inner")


def test_seeds_in_an_estimator_may_differ():
    runs = [make_run(seed, estimator=f"Sliced(n_slices=9, random_state={seed})") for seed in range(2)]
    assert (aggregate_runs(runs)["n_runs"] == 2).all()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"estimator": "KSG()"}, r"differ in the estimator of I\(T;Y\) of layer 'b' at epoch 0: \['Ross\(\)', 'KSG"),
        ({"n_units": 6}, r"differ in the n_units"),
        ({"compressor": "PCA(2)"}, r"differ in the compressor"),
    ],
)
def test_what_cannot_be_averaged_is_refused(other, message):
    with pytest.raises(ValueError, match=message):
        aggregate_runs(
            [make_run(0, compressor="PCA(1)") if "compressor" in other else make_run(0), make_run(1, **other)]
        )


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        ([], {}, "runs is empty"),
        (make_run(0), {}, "got a single one"),
        ([pd.concat([make_run(0), make_run(1)])], {}, "several rows"),
        ([make_run(0).drop(columns="layer")], {}, r"lack the columns \['layer'\]"),
        ([make_run(0)], {"join": "outer"}, "join must be"),
        ([make_run(0)], {"confidence_level": 1.0}, "confidence_level must lie"),
        ([make_run(0)], {"alpha": 0}, "alpha must lie"),
    ],
)
def test_errors_name_the_remedy(runs, options, message):
    with pytest.raises(ValueError, match=message):
        aggregate_runs(runs, **options)


def test_fitted_planes_are_runs():
    y = np.arange(60) % 2
    x = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(NotFittedError):
        aggregate_runs([InformationPlane()])
    planes = [InformationPlane(n_permutations=2, random_state=seed).fit(x + seed, y) for seed in range(2)]
    from_planes, from_tables = aggregate_runs(planes), aggregate_runs([plane.results_ for plane in planes])
    pd.testing.assert_frame_equal(from_planes, from_tables)
    assert from_planes["n_runs"].tolist() == [2, 2]
