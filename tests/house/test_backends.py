"""The same bits from every backend of joblib, and for every number of jobs."""

import contextlib
import os
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from skib._parallel import run_tasks
from skib.feature_selection import rank_table
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, permutation_test
from skib.preprocessing import CodebookBottleneck, NeuralCode

N_SAMPLES = 200


@pytest.fixture(scope="module")
def activations():
    rng = np.random.default_rng(0)
    y = rng.normal(size=N_SAMPLES)
    wide = rng.normal(size=(N_SAMPLES, 30)) + y[:, None]
    return {
        "y": y,
        "ids": np.arange(N_SAMPLES),
        **{epoch: {"wide": np.maximum(wide + epoch, 0), "narrow": np.tanh(epoch * wide[:, :2])} for epoch in (1, 2, 5)},
    }


@pytest.fixture(scope="module", params=["memory", "files"])
def dump(request, activations, tmp_path_factory):
    if request.param == "memory":
        return activations
    folder = tmp_path_factory.mktemp("dump")
    for epoch, layers in activations.items():
        if isinstance(epoch, str):
            np.save(folder / f"{epoch}.npy", layers)
            continue
        (folder / f"epoch_{epoch}").mkdir()
        for layer, values in layers.items():
            np.save(folder / f"epoch_{epoch}" / f"{layer}.npy", values)
    return folder


def results(dump, n_jobs=None):
    plane = InformationPlane(KSG(), compressor=PCA(2), n_permutations=3, n_jobs=n_jobs, random_state=0).fit(dump)
    return plane.results_.drop(columns="seconds")


@pytest.fixture(scope="module")
def expected(dump):
    found = results(dump)
    assert len(found) == 12 and (found["status"] != "failed").all()
    return found


def assert_same_bits(found, expected):
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_any_number_of_threads(dump, expected, n_jobs):
    assert_same_bits(results(dump, n_jobs), expected)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python >= 3.12
@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_backends_of_joblib(dump, expected, backend):
    with joblib.parallel_config(backend, n_jobs=2):
        assert_same_bits(results(dump), expected)


@pytest.mark.filterwarnings("default")  # the cluster's own, of closing sockets and event loops
def test_dask_cluster(dump, expected, cluster):
    with joblib.parallel_config("dask"):
        assert os.getpid() not in run_tasks(os.getpid, [()] * 2)
        assert_same_bits(results(dump), expected)


@pytest.mark.filterwarnings("default")
def test_dask_ranks_a_file(cluster, tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000)
    frame = pd.DataFrame(rng.normal(size=(2000, 5)) + y[:, None] * [1, 0.5, 0.25, 0, 0]).add_prefix("x").assign(y=y)
    frame.to_parquet(tmp_path / "table.parquet", row_group_size=300)
    expected = rank_table(tmp_path / "table.parquet", "y")
    with joblib.parallel_config("dask"):
        found = rank_table(tmp_path / "table.parquet", "y")
    pd.testing.assert_frame_equal(found.path, expected.path, check_exact=True)
    assert expected.path["feature"].tolist() == ["x0", "x1", "x2"]


@pytest.mark.filterwarnings("default")
def test_dask_keeps_a_checkpoint(activations, cluster, tmp_path):
    plane = InformationPlane(KSG(), n_permutations=2, random_state=0, checkpoint=tmp_path / "plane.jsonl")
    with joblib.parallel_config("dask"):
        first = plane.fit(activations).results_
        again = plane.fit(activations).results_
    assert (tmp_path / "plane.jsonl").read_text().count("\n") == 1 + 6
    assert_same_bits(again, first)  # `seconds`, too: nothing was computed again


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="pip install skib[dask]")
    with contextlib.ExitStack() as stack:
        with warnings.catch_warnings(action="ignore"):
            local = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
            client = distributed.Client(stack.enter_context(local))
        yield stack.enter_context(client)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_null_of_one_pair(activations, backend):
    pair = activations[1]["narrow"], activations["y"]
    expected = permutation_test(KSG(), *pair, n_permutations=10, random_state=0)
    with joblib.parallel_config(backend, n_jobs=2):
        found = permutation_test(KSG(), *pair, n_permutations=10, random_state=0)
    np.testing.assert_array_equal(found.null_distribution, expected.null_distribution)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_codes_and_their_neighbors(activations, backend):
    rows = activations[1]["wide"]
    expected = _codes_and_neighbors(rows)
    with joblib.parallel_config(backend, n_jobs=2):
        found = _codes_and_neighbors(rows)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def _codes_and_neighbors(rows):
    bottleneck = CodebookBottleneck(3, 8, 2, random_state=0).fit(rows)
    return [*bottleneck.codebooks_, bottleneck.transform(rows), *NeuralCode(1.0).fit(rows[:, :4]).kneighbors()]
