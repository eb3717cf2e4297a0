"""A .mat file of version 7.3 is HDF5 with the axes in the opposite order."""

import numpy as np
import pytest

from skib.dumps import open_dump

h5py = pytest.importorskip("h5py")
FC1 = np.arange(12.0).reshape(6, 2)


def test_a_file_of_structs_is_read_as_matlab_shows_it(tmp_path):
    with h5py.File(tmp_path / "run.mat", "w", userblock_size=512) as file:
        for epoch in (2, 10):
            file[f"epoch_{epoch}/fc1"] = (FC1 + epoch).T
        file["y"] = np.arange(6)[None]  # a column in MATLAB
        file["ids"] = np.arange(6)
        file["#refs#/a"] = np.ones((3, 1))
    dump = open_dump(tmp_path / "run.mat")
    assert dump.cells() == ((2, "fc1"), (10, "fc1"))
    np.testing.assert_array_equal(dump[10, "fc1"], FC1 + 10)
    np.testing.assert_array_equal(dump.y, np.arange(6)[:, None])
    assert not dump[2, "fc1"].flags.writeable
    np.testing.assert_array_equal(np.concatenate(list(next(dump.stored())[2].blocks())), np.arange(6)[:, None])


def test_an_older_file_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "run.mat").write_bytes(b"MATLAB 5.0 MAT-file".ljust(600))
    with pytest.raises(ValueError, match=r"run\.mat: no \.mat file of version 7\.3.*'-v7\.3'.*loadmat"):
        open_dump(tmp_path / "run.mat")
