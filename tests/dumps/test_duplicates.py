"""Layers that are one layer under several names."""

import numpy as np
import pytest

from skib.dumps import open_dump
from skib.dumps.formats import _stored

IDS = np.arange(6)
A = np.arange(12.0).reshape(6, 2)


def equal(cells):
    return open_dump(cells | {"ids": IDS}).equal_layers()


def test_layers_that_agree_at_all_epochs_are_grouped():
    cells = {epoch: {"conv": A + epoch, "relu": A + epoch, "fc": 2 * A, "copy": A + epoch} for epoch in (0, 3)}
    assert equal(cells) == (("conv", "relu", "copy"),)


@pytest.mark.parametrize(
    "other",
    [
        {0: {"b": A}},
        {0: {"b": A}, 3: {"b": A + 2**-40}},
        {0: {"b": A.astype("f4")}, 3: {"b": A.astype("f4")}},
        {0: {"b": A[:, :1]}, 3: {"b": A[:, :1]}},
        {0: {"b": -0.0 * A}, 3: {"b": A}},
    ],
    ids=["fewer epochs", "one bit", "another type", "another shape", "another sign of zero"],
)
def test_others_are_not(other):
    zeros = {0: {"a": 0.0 * A}, 3: {"a": A}}
    first = zeros if np.all(other[0]["b"] == 0) else {0: {"a": A}, 3: {"a": A}}
    assert equal({epoch: first[epoch] | other.get(epoch, {}) for epoch in first}) == ()


def test_values_that_are_not_a_number_are_compared_by_their_bits():
    nan = np.full((6, 1), np.nan)
    assert equal({0: {"a": nan, "b": nan.copy()}}) == (("a", "b"),)


def test_parts_are_compared_with_whole_files(tmp_path):
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "ids.npy", IDS)
    for name, part in {"a": A, "b_00000": A[:1], "b_00001": A[1:], "c_00000": A[:5], "c_00001": -A[5:]}.items():
        np.save(tmp_path / "epoch_1" / f"{name}.npy", part)
    assert open_dump(tmp_path).equal_layers() == (("a", "b"),)


def test_what_differs_in_its_first_block_is_read_no_further(monkeypatch):
    monkeypatch.setattr("skib.dumps.formats._stored.BLOCK_BYTES", 16)
    dump, read = open_dump({0: {"a": A, "b": -A - 1}, "ids": IDS}), []
    slices = _stored.row_slices

    def counted(header, multiple=1):
        for rows in slices(header, multiple):
            read.append(rows)
            yield rows

    monkeypatch.setattr("skib.dumps.formats._stored.row_slices", counted)
    assert dump.equal_layers() == () and len(read) == 2
