import os

import numpy as np
import pytest

from skib.dumps import convert, open_dump
from skib.dumps.formats._npy import NpyFile

NAMES = ["block/../conv", ".hidden", "fc_00001", "FC", "fc", "a" * 300, "a:b", "naïve", "1", "part-0", "x ", "a|b"]


def same(first, second):
    assert first.cells() == second.cells() and first.layers == second.layers
    for cell in first:
        assert first.dtype(*cell) == second.dtype(*cell) == second[cell].dtype
        np.testing.assert_array_equal(first[cell], second[cell])
    for name in ("y", "X", "ids"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_every_layout_becomes_the_same_folder(write, arrays, per_sample, tmp_path):
    source = write(arrays, per_sample)
    assert convert(source, tmp_path / "new") == tmp_path / "new"
    same(open_dump(source), open_dump(tmp_path / "new"))
    names = sorted(path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.*"))
    cells = [f"epoch_000{epoch}/{layer}.npy" for epoch in ("02", "10") for layer in ("fc10", "fc2", "out")]
    assert names == sorted([*cells, "X.npy", "ids.npy", "meta.json", "y.npy"])


def test_names_that_are_no_file_names_are_kept(tmp_path):
    arrays = {3: {name: np.full((4, 2), i) for i, name in enumerate(NAMES)}, "ids": np.arange(4)}
    convert(arrays, tmp_path / "new")
    dump = open_dump(tmp_path / "new")
    assert dump.layers == tuple(NAMES)
    assert [dump[3, name][0, 0] for name in NAMES] == list(range(len(NAMES)))
    assert {path.name for path in tmp_path.iterdir()} == {"new"}


def test_metadata_types_text_and_dimensions_are_kept(tmp_path):
    source = {1: {"conv": np.arange(24, dtype=">i2").reshape(2, 3, 2, 2), "b": np.asfortranarray(np.eye(2))}}
    source |= {"ids": ["first", "second"], "y": np.array([True, False]), "meta": {"seed": 3, "layers": ["b"]}}
    convert(source, tmp_path / "new")
    dump = open_dump(tmp_path / "new", reduce="flatten")
    same(open_dump(source, reduce="flatten"), dump)
    assert dump.meta["seed"] == 3 and dump.layers == ("b", "conv")
    assert open_dump(tmp_path / "new").shape(1, "conv") == (2, 3, 2, 2)
    convert(source, tmp_path / "tables", reduce="gap")
    assert open_dump(tmp_path / "tables").shape(1, "conv") == (2, 3)


def test_a_converted_dump_converts_again(tmp_path):
    convert({3: {"a/b": np.eye(2), "fc": np.eye(2)}, "ids": [0, 1]}, tmp_path / "one")
    convert(tmp_path / "one", tmp_path / "two")
    same(open_dump(tmp_path / "one"), open_dump(tmp_path / "two"))


@pytest.mark.parametrize("make", [os.mkdir, lambda path: path.touch(), lambda path: path.symlink_to("nowhere")])
def test_nothing_is_overwritten(tree, tmp_path, make):
    make(tmp_path / "new")
    with pytest.raises(FileExistsError, match="exists; name a new folder"):
        convert(tree, tmp_path / "new")


def test_what_fails_half_way_leaves_nothing(tree, tmp_path, monkeypatch):
    written = []

    def fail(stored):
        written.extend(path for path in tmp_path.rglob("*.npy") if "/dump/" not in str(path))
        raise OSError("disk on fire")

    monkeypatch.setattr(
        NpyFile, "blocks", lambda stored: fail(stored) if "fc10" in stored.where else iter([stored.load()])
    )
    with pytest.raises(OSError, match="disk on fire"):
        convert(tree, tmp_path / "new")
    assert written  # under another name
    assert not (tmp_path / "new").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"dump"}


def test_blocks_that_fall_short_are_noticed(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(NpyFile, "blocks", lambda stored: iter([stored.load()[:-1]]))
    with pytest.raises(ValueError, match="5 rows were read of 6"):
        convert(tree, tmp_path / "new")


def test_metadata_that_are_no_json_are_refused_before_anything_is_written(arrays, per_sample, tmp_path):
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        convert(arrays | per_sample | {"meta": {"when": object()}}, tmp_path / "new")
    with pytest.raises(ValueError, match="above the limit"):
        convert(arrays | per_sample | {"meta": {"text": "a" * 2**21}}, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", ["fc2", {"fc2": 3}])
def test_damaged_file_names_are_refused(tree, write_meta, names):
    write_meta({"file_names": names})
    with pytest.raises(ValueError, match="'file_names' must map"):
        open_dump(tree)
