"""Scalars beside the layers: a loss, an epoch's number, a name; in every format and layout they are passed over."""

import numpy as np
import pytest

from skib.dumps import open_dump
from tests.dumps.test_extras import write_hdf5, write_zarr, write_zarr_2

LAYER = np.arange(12.0).reshape(6, 2)
IDS = np.arange(6)


def check(source):
    dump = open_dump(source)
    assert list(dump) == [(1, "fc")]
    np.testing.assert_array_equal(dump[1, "fc"], LAYER)


def test_in_memory():
    scalars = {"loss": 0.3, "step": np.int64(7), "name": "run", "best": True, "rate": np.array(1e-3)}
    check({1: {"fc": LAYER, **scalars}, "ids": IDS})


def test_in_npz_files(tmp_path):
    scalars = {"loss": 0.3, "name": "run", "config": np.array({"lr": 1})}  # the last one is a pickle, and stays closed
    np.savez(tmp_path / "run.npz", ids=IDS, **{f"epoch_1/{name}": a for name, a in {"fc": LAYER, **scalars}.items()})
    check(tmp_path / "run.npz")
    (tmp_path / "run").mkdir()
    np.savez(tmp_path / "run" / "epoch_1.npz", fc=LAYER, ids=IDS, **scalars)
    check(tmp_path / "run")


def test_in_a_folder_of_npy_files(tmp_path):
    (tmp_path / "epoch_1").mkdir()
    for name, array in {"fc": LAYER, "loss": 0.3, "ids": IDS}.items():
        np.save(tmp_path / "epoch_1" / f"{name}.npy", array)
    check(tmp_path)


def test_in_torch_files(tmp_path, torch):
    check(torch(tmp_path / "run.pt", {"epoch_1": {"fc": LAYER, "loss": np.array(0.3), "step": 7}, "ids": IDS}))
    losses = [np.array(0.3), np.array(0.2)]
    check(torch(tmp_path / "list.pt", {"epoch_1": {"fc": LAYER, "losses": losses}, "ids": IDS}))


def test_in_safetensors_files(tmp_path, safetensors):
    path = tmp_path / "run.safetensors"
    path.write_bytes(safetensors({"epoch_1/fc": LAYER, "epoch_1/loss": np.array(0.3), "ids": IDS}))
    check(path)


@pytest.mark.parametrize("write", [write_hdf5, write_zarr, write_zarr_2], ids=lambda write: write.__name__)
def test_in_trees_of_groups(tmp_path, write):
    path = write(tmp_path / "run", {"epoch_1/fc": LAYER, "ids": IDS + 1})
    if path.suffix == ".zarr":
        group = pytest.importorskip("zarr").open_group(path, mode="a")
        group.create_array("epoch_1/loss", data=np.array(0.3))
    else:
        with pytest.importorskip("h5py").File(path, "a") as file:
            file["epoch_1/loss"] = 0.3
    check(path)


def test_a_dataset_without_values_in_hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = write_hdf5(tmp_path / "run", {"epoch_1/fc": LAYER, "ids": IDS})
    with h5py.File(path, "a") as file:
        file["epoch_1/none"] = h5py.Empty("f8")
        file["epoch_1/name"] = "run"
    check(path)


def test_what_hdf5_refuses_is_named(tmp_path):
    path = write_hdf5(tmp_path / "run", {"epoch_1/fc": LAYER, "epoch_1/c": 1j * LAYER, "ids": IDS})
    with pytest.raises(ValueError, match=r"run\.h5\['epoch_1/c'\]: dtype complex128 is refused"):
        open_dump(path)


def test_nothing_but_scalars_is_no_dump(tmp_path):
    np.savez(tmp_path / "run.npz", **{"epoch_1/loss": 0.3})
    with pytest.raises(ValueError, match="has no epoch with a layer: it contains nothing"):
        open_dump(tmp_path / "run.npz")


def test_targets_have_an_axis(tmp_path):
    with pytest.raises(ValueError, match=r"source\['y'\]: shape \(\) has no valid sample axis"):
        open_dump({1: {"fc": LAYER}, "ids": IDS, "y": 3})
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "epoch_1" / "fc.npy", LAYER)
    np.save(tmp_path / "y.npy", 3)
    with pytest.raises(ValueError, match=r"y\.npy: shape \(\) has no valid sample axis"):
        open_dump(tmp_path)
