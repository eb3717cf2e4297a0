"""A .nc file of netCDF 4 is HDF5 with arrays for its axes."""

import numpy as np
import pytest

from skib.dumps import open_dump

h5py = pytest.importorskip("h5py")
FC1 = np.arange(12.0).reshape(6, 2)


@pytest.fixture
def run(tmp_path):
    """As netCDF writes it: axes with and without values, at the root and in a group, of which others are made."""
    with h5py.File(tmp_path / "run.nc", "w") as file:
        axes = {"sample": np.arange(6), "epoch_10/unit": np.zeros(2)}
        for name, values in axes.items():
            file[name] = values
            file[name].make_scale(name)
        empty = file.create_dataset("epoch_2/unit", (2,), ">f4")  # an axis without values is none of it
        empty.make_scale("This is a netCDF dimension but not a netCDF variable.         2")
        file["ids"] = 10 + np.arange(6)
        file["ids"].make_scale("ids")
        for epoch in (2, 10):
            layer = file.create_dataset(f"epoch_{epoch}/fc1", data=FC1 + epoch)
            layer.dims[0].attach_scale(file["sample"])
            layer.dims[1].attach_scale(file[f"epoch_{epoch}/unit"])
        file["y"] = np.arange(6) % 2
    return tmp_path / "run.nc"


def test_axes_are_no_layers(run):
    dump = open_dump(run)
    assert dump.cells() == ((2, "fc1"), (10, "fc1"))
    np.testing.assert_array_equal(dump[10, "fc1"], FC1 + 10)
    np.testing.assert_array_equal(dump.ids, 10 + np.arange(6))
    np.testing.assert_array_equal(dump.y, np.arange(6) % 2)


def test_a_file_per_epoch(run, tmp_path):
    folder = tmp_path / "dump"
    folder.mkdir()
    for epoch in (2, 10):
        with h5py.File(run) as file, h5py.File(folder / f"epoch_{epoch}.nc", "w") as part:
            part["fc1"], part["ids"] = file[f"epoch_{epoch}/fc1"][()], np.arange(6)
    np.testing.assert_array_equal(open_dump(folder)[2, "fc1"], FC1 + 2)


def test_netcdf_3_is_refused_with_what_to_do(tmp_path):
    netcdf = pytest.importorskip("scipy.io").netcdf_file(tmp_path / "run.nc", "w")
    netcdf.createDimension("sample", 6)
    netcdf.createVariable("fc1", "f8", ("sample",))[:] = FC1[:, 0]
    netcdf.close()
    with pytest.raises(ValueError, match=r"run\.nc: netCDF 3, .* nccopy -k netCDF-4, or .*scipy\.io\.netcdf_file"):
        open_dump(tmp_path / "run.nc")
