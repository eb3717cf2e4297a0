from pathlib import Path

import numpy as np
import pytest

from skib.dumps import MissingIdsWarning, open_dump


def test_every_layout_gives_back_the_same_cells(write, arrays, per_sample):
    dump = open_dump(write(arrays, per_sample))
    assert dump.epochs == (2, 10)
    assert set(dump.layers) == {"fc10", "fc2", "out"}
    assert dump.cells() == tuple((epoch, layer) for epoch in dump.epochs for layer in dump.layers)
    assert dump.n_samples == 6
    for epoch, layer in dump:
        expected = arrays[epoch][layer].reshape(6, -1)
        assert dump[epoch, layer].dtype == dump.dtype(epoch, layer) == expected.dtype
        assert dump[epoch, layer].shape == dump.shape(epoch, layer) == expected.shape
        np.testing.assert_array_equal(dump[epoch, layer], expected)
    for name, expected in per_sample.items():
        np.testing.assert_array_equal(getattr(dump, name), expected)


def test_folders_sort_layers_naturally_and_containers_keep_their_order(write, arrays, per_sample):
    source = write(arrays, per_sample)
    in_folder = isinstance(source, Path) and (source / "epoch_00002").exists()
    assert open_dump(source).layers == (("fc2", "fc10", "out") if in_folder else ("fc10", "fc2", "out"))


def test_layout_describes_the_files_that_are_read(tmp_path, tree, npz, arrays):
    assert open_dump(tree).layout == "a folder of files per epoch"
    (tree / "epoch_00002.pt").touch()  # weights, which are not read
    np.savez(tree / "epoch_00020.npz", **arrays[2])
    assert open_dump(tree).layout == "a .npz file per epoch and a folder of files per epoch"
    assert open_dump(npz).layout == "one .npz file with keys epoch/layer"
    assert open_dump(arrays | {"ids": range(6)}).layout == "a mapping in memory"


def test_layers_missing_at_an_epoch_are_no_cells(write, arrays, per_sample):
    del arrays[2]["fc10"]
    dump = open_dump(write(arrays, per_sample))
    assert (2, "fc10") not in dump and (10, "fc10") in dump
    assert len(dump) == 5 and len(dump.cells()) == 5
    with pytest.raises(KeyError, match="no cell .2, 'fc10'"):
        dump[2, "fc10"]


def test_without_extras_they_are_none_and_one_warning_names_the_ids(write, arrays):
    source = write(arrays, {})
    with pytest.warns(MissingIdsWarning, match=r"shuffling loader .* ids\.npy") as caught:
        dump = open_dump(source)
    assert len(caught) == 1
    assert dump.y is None and dump.X is None and dump.ids is None and dump.meta == {}


def test_numbers_of_samples_must_agree(write, arrays, per_sample):
    arrays[10]["fc2"] = arrays[10]["fc2"][:5]
    with pytest.raises(ValueError, match=r"fc2.* has 5 samples but .* has 6"):
        open_dump(write(arrays, per_sample))


@pytest.mark.parametrize("name", ["y", "X", "ids"])
def test_what_belongs_to_the_samples_must_have_as_many(write, arrays, per_sample, name):
    per_sample[name] = per_sample[name][:5]
    with pytest.raises(ValueError, match=rf"\b{name}\b.* has 5 samples but .* has 6"):
        open_dump(write(arrays, per_sample))


def test_ids_inside_every_epoch_that_agree_are_the_ids(write, arrays, per_sample):
    for layers in arrays.values():
        layers["ids"] = per_sample["ids"]
    dump = open_dump(write(arrays, {}))
    assert "ids" not in dump.layers
    np.testing.assert_array_equal(dump.ids, per_sample["ids"])


@pytest.mark.parametrize("name", ["ids", "y"])
def test_rows_that_were_shuffled_at_one_epoch_are_found(write, arrays, per_sample, name):
    for layers in arrays.values():
        layers[name] = per_sample[name]
    arrays[10][name] = per_sample[name][[0, 1, 2, 4, 3, 5]]
    with pytest.raises(ValueError, match=rf"{name} disagree: .*2.*10.* in 2 of 6 rows, first in row 3"):
        open_dump(write(arrays, {}))


def test_ids_of_an_epoch_must_agree_with_those_beside_the_data(tree, per_sample):
    np.save(tree / "epoch_00010" / "ids.npy", per_sample["ids"].astype(np.int16))
    np.testing.assert_array_equal(open_dump(tree).ids, per_sample["ids"])
    np.save(tree / "epoch_00010" / "ids.npy", per_sample["ids"][::-1])
    with pytest.raises(ValueError, match="ids disagree"):
        open_dump(tree)
    np.save(tree / "epoch_00010" / "ids.npy", per_sample["ids"].astype(str).astype("U30") + "x")
    with pytest.raises(ValueError, match="ids disagree"):
        open_dump(tree)


def test_ids_and_labels_may_be_text_but_activations_may_not(write, arrays, per_sample):
    per_sample |= {"y": per_sample["y"].astype(str), "ids": per_sample["ids"].astype(str)}
    np.testing.assert_array_equal(open_dump(write(arrays, per_sample)).y, per_sample["y"])
    arrays[2]["out"] = arrays[2]["out"].astype(str)
    with pytest.raises(ValueError, match="out.* is text"):
        open_dump(write(arrays, per_sample, "other"))


def test_meta_orders_the_layers(tree, write_meta):
    write_meta({"layers": ["out", "fc2", "absent"], "seed": 3})
    dump = open_dump(tree)
    assert dump.layers == ("out", "fc2", "fc10")
    assert dump.meta["seed"] == 3


def test_meta_of_a_mapping_orders_the_layers(arrays, per_sample):
    dump = open_dump(arrays | per_sample | {"meta": {"layers": ["out"]}})
    assert dump.layers == ("out", "fc10", "fc2")


def test_folders_and_archives_of_epochs_mix(tree, arrays):
    np.savez(tree / "epoch_5.npz", **arrays[2])
    dump = open_dump(tree)
    assert dump.epochs == (2, 5, 10)
    np.testing.assert_array_equal(dump[5, "fc2"], dump[2, "fc2"])


@pytest.mark.parametrize("other", ["epoch_2", "EPOCH_02", "step_2"])
def test_two_names_of_one_epoch_are_both_named(tree, arrays, other):
    np.savez(tree / f"{other}.npz", **arrays[2])
    with pytest.raises(ValueError, match=rf"'(epoch_00002|{other}\.npz)' and '.*' are both epoch 2"):
        open_dump(tree)


def test_two_keys_of_one_epoch_are_both_named(arrays, per_sample):
    with pytest.raises(ValueError, match=r"2 and 'ep_02' are both epoch 2"):
        open_dump(arrays | {"ep_02": arrays[2]} | per_sample)


def test_a_layer_name_may_hold_slashes(tmp_path, per_sample):
    np.savez(tmp_path / "run.npz", **{"epoch_1/block1/../conv": np.eye(6)}, **per_sample)
    dump = open_dump(tmp_path / "run.npz")
    assert dump.cells() == ((1, "block1/../conv"),)
    np.testing.assert_array_equal(dump[1, "block1/../conv"], np.eye(6))


def test_what_is_no_epoch_is_passed_over(tree):
    cells = open_dump(tree).cells()
    (tree / "README.txt").write_text("notes")
    (tree / "epoch_00002" / "log.txt").write_text("notes")
    (tree / "epoch_00002" / "._fc2.npy").write_bytes(b"a Macintosh leaves these in archives")
    (tree / "epoch_00002" / "plots").mkdir()
    (tree / "checkpoints").mkdir()
    assert open_dump(tree).cells() == cells


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_dump(tmp_path / "nowhere")


@pytest.mark.parametrize("names, listed", [([], "nothing"), (["fc1.csv", "notes.txt"], r"fc1\.csv, notes\.txt")])
def test_a_folder_without_epochs_raises_with_its_names_and_the_layouts(tmp_path, names, listed):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=rf"(?s)contains {listed}; supported layouts are.*epoch_00010/<layer>\.npy"):
        open_dump(tmp_path)


def test_another_file_type_raises_with_the_layouts(tmp_path):
    (tmp_path / "run.pkl").touch()
    with pytest.raises(ValueError, match=r"(?s)run\.pkl is no dump: supported layouts are"):
        open_dump(tmp_path / "run.pkl")


@pytest.mark.parametrize("key", ["best/fc1", "epoch_1/", "/epoch_1/fc1", "../epoch_1/fc1"])
def test_keys_of_an_archive_that_name_no_epoch_are_refused(tmp_path, key):
    np.savez(tmp_path / "run.npz", **{"epoch_1/fc1": np.eye(3), key: np.eye(3)})
    with pytest.raises(ValueError, match="the key names no epoch and layer"):
        open_dump(tmp_path / "run.npz")


@pytest.mark.parametrize(
    "extra", [{"epohc_2": {"a": [1]}}, {1.5: {"a": [1]}}, {-1: {"a": [1]}}, {2: [1, 2, 3]}, {"meta": None}]
)
def test_keys_of_a_mapping_that_name_no_epoch_are_refused(extra):
    with pytest.raises(ValueError, match=r"source\[.*\] is no epoch"):
        open_dump({0: {"a": [1, 2, 3]}} | extra)


@pytest.mark.parametrize(
    "values, reason",
    [
        (np.ma.masked_less([1.0, 2.0], 1.5), "masked"),
        (np.array([1j, 2.0]), "complex"),
        (np.array([{}, {}]), "object"),
        ([[1, 2], [3]], "inhomogeneous"),
        (None, "a NoneType is no array; leave it out"),
        (np.empty((0, 4)), "no values"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), "datetime64"),
    ],
)
def test_arrays_in_memory_that_are_no_numbers_are_refused_by_cell(values, reason):
    with pytest.raises(ValueError, match=rf"source\[4\]\['fc1'\]: .*{reason}"):
        open_dump({4: {"fc1": values}})


def test_layers_of_a_mapping_may_be_numbered_but_not_twice():
    assert open_dump({0: {0: [1.0], 1: [2.0]}, "ids": [1]}).layers == ("0", "1")
    with pytest.raises(ValueError, match="printable and unique, got '0'"):
        open_dump({0: {0: [1.0], "0": [2.0]}, "ids": [1]})
