"""Checkpoints of the plane: nothing computed twice, the same bits as without interruption, no cell of another run."""

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer

from skib._warnings import UnreliableEstimateWarning
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned, Ross

N = 120
OPTIONS = {"compressor": PCA(2), "conditional": True, "n_permutations": 4, "random_state": 0}


def toy_dump(n_epochs=3):
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N)
    noise = rng.normal(size=(N, 5))
    layers = {e: {"a": noise + e * y[:, None], "b": np.tanh(noise[:, :3] * (1 + e))} for e in range(n_epochs)}
    return layers | {"y": y, "ids": range(N)}


def fit(dump=None, path=None, n_jobs=None, **options):
    plane = InformationPlane(checkpoint=path, n_jobs=n_jobs, **OPTIONS | options)
    return plane.fit(toy_dump() if dump is None else dump)


def cut(path, n_cells, torn=0):
    """Leave the header, n_cells cells, and some bytes of the next."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: 1 + n_cells]) + (lines[1 + n_cells][:torn] if torn else b""))


def assert_equal_but_for_times(plane, other):
    assert_frame_equal(*(p.results_.drop(columns="seconds") for p in (plane, other)), check_exact=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plane.jsonl"


@pytest.mark.parametrize("fit_at", ["each", "last"])
@pytest.mark.parametrize("n_cells, torn", [(0, 0), (1, 0), (3, 40), (5, 1), (6, 0)])
def test_resumed_run_has_the_same_bits(path, n_cells, torn, fit_at):
    whole = fit(compressor_fit=fit_at)
    first = fit(path=path, compressor_fit=fit_at)
    cut(path, n_cells, torn)
    start = path.read_bytes()[: -torn or None]
    resumed = fit(path=path, n_jobs=2, compressor_fit=fit_at)
    assert_equal_but_for_times(first, whole)
    assert_equal_but_for_times(resumed, whole)
    assert path.read_bytes().startswith(start)
    times = [plane.results_["seconds"][: 3 * n_cells] for plane in (first, resumed)]
    assert (times[0] == times[1]).all()  # of the cells in the file


def test_nothing_is_computed_twice(path):
    calls = []

    def seen(x):
        calls.append(len(x))
        return x

    def run():
        calls.clear()
        fit(path=path, compressor=FunctionTransformer(seen))
        return len(calls)

    assert run() == 6
    assert run() == 0
    cut(path, 4)
    assert run() == 2


def test_frozen_compressors_are_fitted_only_where_a_cell_is_missing(path):
    class Counted(PCA):
        def fit(self, X, y=None):
            fits.append(X.shape)
            return super().fit(X)

    fits = []
    fit(path=path, compressor=Counted(2), compressor_fit="last")
    assert fits == [(N, 5), (N, 3)]
    cut(path, 5)  # b at the last epoch is missing
    fit(path=path, compressor=Counted(2), compressor_fit="last")
    assert fits[2:] == [(N, 3)]


def test_finished_cells_are_on_the_disk_when_a_later_one_interrupts(path):
    class Interrupting(Ross):
        def fit(self, X, y):
            if X.mean() > 0.8:
                raise KeyboardInterrupt
            return super().fit(X, y)

    plane = InformationPlane(Interrupting(), n_permutations=0, random_state=0, checkpoint=path)
    with pytest.raises(KeyboardInterrupt):
        plane.fit(toy_dump())
    n_lines = path.read_bytes().count(b"\n")
    assert n_lines == 1 + 4  # the header; layer a at epoch 2 has the mean 1


def test_dump_may_have_gained_epochs(tmp_path, path):
    dumps = [tmp_path / "dump", tmp_path / "elsewhere"]
    for folder in dumps:
        folder.mkdir()

    def save(folder, epochs):
        dump = toy_dump(4)
        for name in ("y", "ids"):
            np.save(folder / f"{name}.npy", dump[name])
        for epoch in epochs:
            np.savez(folder / f"epoch_{epoch}.npz", **dump[epoch])

    save(dumps[0], [0, 1])
    fit(dumps[0], path)
    before = path.read_bytes()
    save(dumps[0], [2, 3])
    grown = fit(dumps[0], path)
    assert path.read_bytes().startswith(before)
    assert_equal_but_for_times(grown, fit(dumps[0]))
    save(dumps[1], [0, 1, 2, 3])
    with pytest.raises(ValueError, match="belongs to another run: dump was .*dump.* and is now .*elsewhere"):
        fit(dumps[1], path)
    last = tmp_path / "last.jsonl"
    fit(dumps[0], last, compressor_fit="last")
    np.savez(dumps[0] / "epoch_9.npz", **toy_dump(10)[9])
    with pytest.raises(ValueError, match="fitted at epochs was {'a': 3, 'b': 3} and is now {'a': 9, 'b': 9}"):
        fit(dumps[0], last, compressor_fit="last")


@pytest.mark.parametrize(
    "change, name",
    [
        ({"random_state": 1}, "seed"),
        ({"n_permutations": 5}, "n_permutations"),
        ({"confidence_level": 0.9}, "confidence_level"),
        ({"shuffle": "circular", "conditional": False}, "shuffle"),
        ({"compressor": PCA(3)}, "compressor"),
        ({"compressor": PCA(2, random_state=3)}, "compressor"),
        ({"compressor_fit": "last"}, "compressor_fit"),
        ({"conditional": False}, r"I\(X;T\|Y\)"),
        ({"null": "noise"}, "null"),
        ({"estimator": Ross(4)}, r"I\(T;Y\)"),
        ({"input_estimator": Binned(n_bins=7)}, r"I\(X;T\)"),
    ],
)
def test_run_with_other_parameters_is_refused(path, change, name):
    fit(path=path)
    with pytest.raises(ValueError, match=f"belongs to another run: .*{name} was"):
        fit(path=path, **change)


def test_run_on_other_data_is_refused(path):
    fit(path=path)
    for key, changed in {"y": 1 - toy_dump()["y"], "X": np.eye(N)[:, :4], "ids": range(1, N + 1)}.items():
        with pytest.raises(ValueError, match="belongs to another run"):
            fit(toy_dump() | {key: changed}, path)
    other = toy_dump()
    other[1]["a"] = other[1]["a"] + 1e-9
    with pytest.raises(ValueError, match="belongs to another run: dump was"):
        fit(other, path)


def test_failed_cells_are_kept(path):
    dump = toy_dump()
    dump[1]["a"] = np.full((N, 5), np.nan)
    for _ in range(2):
        with pytest.warns(UnreliableEstimateWarning, match="3 of 18 estimates failed"):
            plane = fit(dump, path)
        assert plane.results_["status"].eq("failed").sum() == 3
    assert path.read_bytes().count(b"\n") == 1 + 6


def test_error_of_all_cells_is_that_of_the_first_again(path):
    for _ in range(2):
        with pytest.raises(ValueError, match="TypeError|needs at least 200 rows"):
            fit(path=path, estimator=Ross(n_neighbors=199))
