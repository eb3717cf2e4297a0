import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skib.dumps import load_array, open_dump
from skib.dumps.formats._npy import NpyFile
from skib.dumps.formats._npz import NpzMember


def test_npy_cells_are_memory_maps(tree):
    dump = open_dump(tree)
    assert all(isinstance(dump[cell], np.memmap) for cell in dump)
    assert isinstance(dump.y, np.memmap)


def test_every_array_is_read_only(write, arrays, per_sample):
    dump = open_dump(write(arrays, per_sample))
    for array in [*(dump[cell] for cell in dump), dump.y, dump.X, dump.ids]:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_an_array_in_memory_stays_writeable_for_its_owner(arrays, per_sample):
    dump = open_dump(arrays | per_sample)
    assert not dump[2, "fc2"].flags.writeable
    assert np.shares_memory(dump[2, "fc2"], arrays[2]["fc2"])
    arrays[2]["fc2"][0, 0] = 42.0
    assert dump[2, "fc2"][0, 0] == 42.0


def test_opening_and_summary_load_nothing(write, arrays, per_sample, monkeypatch):
    def load(stored):
        raise AssertionError(f"{stored.where} was loaded")

    expected = open_dump(write(arrays, per_sample)).summary()
    # Copies of y and ids are the one thing that opening compares, so leave them out.
    source = write(arrays, {"X": per_sample["X"]}, "lazy")
    monkeypatch.setattr(NpyFile, "load", load)
    monkeypatch.setattr(NpzMember, "load", load)
    with pytest.warns(UserWarning, match="no ids"):
        dump = open_dump(source)
    assert dump.summary().equals(expected)
    assert "6 samples" in repr(dump)
    pickle.loads(pickle.dumps(dump))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_opening_a_large_archive_allocates_next_to_nothing(tmp_path, save):
    save(tmp_path / "run.npz", **{f"epoch_{epoch}/fc1": np.zeros((1000, 1000)) for epoch in range(4)}, ids=range(1000))
    tracemalloc.start()
    dump = open_dump(tmp_path / "run.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20 < dump.summary().bytes.min()


def test_reading_one_member_of_an_archive_reads_no_other(npz, monkeypatch):
    dump = open_dump(npz)
    read = []
    load = NpzMember.load
    monkeypatch.setattr(NpzMember, "load", lambda member: read.append(member.key) or load(member))
    dump[10, "fc2"]
    assert read == ["step=10/fc2"]


def test_a_pickled_dump_carries_no_values(tree, npz, arrays):
    for source in (tree, npz):
        dump = open_dump(source)
        dump.y, dump[2, "fc2"]
        copy = pickle.loads(pickle.dumps(dump))
        assert repr(copy) == repr(dump)
        for cell in dump:
            np.testing.assert_array_equal(copy[cell], dump[cell])
        assert arrays[2]["fc2"][0].tobytes() not in pickle.dumps(dump)


def test_a_pickled_dump_is_found_from_another_folder(tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tree)
    pickled = pickle.dumps(open_dump("."))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pickle.loads(pickled)[2, "fc2"].shape == (6, 3)


def test_a_dump_in_memory_survives_pickling(arrays, per_sample):
    dump = pickle.loads(pickle.dumps(open_dump(arrays | per_sample)))
    np.testing.assert_array_equal(dump[2, "fc2"], arrays[2]["fc2"])
    assert not dump[2, "fc2"].flags.writeable


def test_a_file_that_changes_shape_under_an_open_dump_is_noticed(tree, npz):
    in_folder, in_archive = open_dump(tree), open_dump(npz)
    np.save(tree / "epoch_00002" / "fc2.npy", np.zeros((7, 3)))
    np.savez(npz, **{"step=2/fc2": np.zeros((7, 3))})
    for dump in (in_folder, in_archive):
        with pytest.raises(ValueError, match=r"fc2.*the file changed after the dump was opened"):
            dump[2, "fc2"]


def test_a_file_that_vanishes_is_named(tree):
    dump = open_dump(tree)
    (tree / "epoch_00002" / "fc2.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"epoch_00002.fc2\.npy"):
        dump[2, "fc2"]


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f2", "f4", ">f4", ">i8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dtypes_and_memory_orders_come_back_as_they_were(tmp_path, dtype, order):
    array = np.asarray(np.arange(12).reshape(4, 3) % 2, dtype=dtype, order=order)
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "epoch_1" / "a.npy", array)
    np.savez(tmp_path / "epoch_2.npz", a=array)
    np.save(tmp_path / "ids.npy", np.arange(4))
    dump = open_dump(tmp_path)
    for epoch in (1, 2):
        assert dump[epoch, "a"].dtype == array.dtype
        np.testing.assert_array_equal(dump[epoch, "a"], array)


def test_numpy_versions_one_and_two_of_the_header_are_read(tmp_path):
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "ids.npy", np.arange(2))
    for version in ((1, 0), (2, 0)):
        with open(tmp_path / "epoch_1" / f"v{version[0]}.npy", "wb") as stream:
            np.lib.format.write_array(stream, np.eye(2), version)
    dump = open_dump(tmp_path)
    assert dump.layers == ("v1", "v2")
    np.testing.assert_array_equal(dump[1, "v1"], dump[1, "v2"])


def test_more_than_two_dimensions_are_listed_but_refused_on_access(write, arrays, per_sample):
    arrays[10]["fc2"] = np.zeros((6, 2, 5, 5))
    dump = open_dump(write(arrays, per_sample))
    assert dump.shape(10, "fc2") == (6, 2, 5, 5)
    with pytest.raises(ValueError, match=r"cell \(10, 'fc2'\) has shape \(6, 2, 5, 5\) .*reshape.*mean"):
        dump[10, "fc2"]


def test_labels_have_at_most_two_dimensions_and_ids_one(arrays):
    assert open_dump(arrays | {"y": np.eye(6), "ids": range(6)}).y.shape == (6, 6)
    with pytest.raises(ValueError, match=r"source\['ids'\]: shape \(6, 6\) has more than 1"):
        open_dump(arrays | {"ids": np.eye(6)})
    with pytest.raises(ValueError, match=r"source\['y'\]: shape \(6, 1, 1\) has more than 2"):
        open_dump(arrays | {"y": np.zeros((6, 1, 1)), "ids": range(6)})


def test_summary_has_a_row_per_cell(write, arrays, per_sample):
    summary = open_dump(write(arrays, per_sample)).summary().set_index(["epoch", "layer"])
    assert list(summary.columns) == ["n_samples", "n_units", "dtype", "bytes"]
    assert len(summary) == 6
    assert summary.loc[2, "fc10"].tolist() == [6, 4, "float32", 6 * 4 * 4]
    assert summary.loc[10, "out"].tolist() == [6, 1, "int64", 6 * 8]


def test_repr_is_one_line_with_the_contents(tree):
    assert repr(open_dump(tree)) == (
        f"<Dump {str(tree)!r}: 6 cells, 2 epochs (2..10), 3 layers (fc2, fc10, out), 6 samples, with y, X, ids>"
    )


def test_many_layers_are_shortened_in_the_repr():
    assert "(0, 1, ..., 19)" in repr(open_dump({0: {i: [1.0] for i in range(20)}, "ids": [0]}))


@pytest.mark.parametrize("key", [(2, "absent"), (3, "fc2"), "fc2", 2, (2, "fc2", 0)])
def test_an_absent_cell_is_a_key_error(tree, key):
    with pytest.raises(KeyError, match="no cell"):
        open_dump(tree)[key]


def test_an_open_dump_is_returned_as_it_is(tree):
    dump = open_dump(tree)
    assert open_dump(dump) is dump


def test_stored_arrays_are_all_arrays_as_they_are(write, arrays, per_sample):
    dump = open_dump(write(arrays, per_sample))
    found = {(epoch, name): array.load() for epoch, name, array in dump.stored()}
    expected = {(epoch, name): array for epoch, layers in arrays.items() for name, array in layers.items()}
    expected |= {(None, name): array for name, array in per_sample.items()}
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        assert found[key].dtype == array.dtype and found[key].shape == array.shape  # a vector stays one
        np.testing.assert_array_equal(found[key], array)


def test_load_array_maps_a_file_read_only(tmp_path):
    np.save(tmp_path / "y.npy", np.arange(5))
    array = load_array(tmp_path / "y.npy")
    assert isinstance(array, np.memmap) and not array.flags.writeable and array.tolist() == [0, 1, 2, 3, 4]


def test_load_array_reads_no_pickle(tmp_path):
    np.save(tmp_path / "y.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"y\.npy: dtype object is refused"):
        load_array(tmp_path / "y.npy")


def test_categories_are_text_and_nan_among_text_is_refused():
    pa = pytest.importorskip("pyarrow")
    layer = {0: {"fc": np.eye(3)}, "ids": range(3)}
    labels = pd.Categorical([30, 1, 30])
    for y in (labels, pd.Series(labels), pd.CategoricalIndex(labels), pa.array([30, 1, 30]).dictionary_encode()):
        assert open_dump(layer | {"y": y}).y.tolist() == ["30", "1", "30"]
    with pytest.raises(ValueError, match=r"'y'.*NaN or None in 1 of 3 rows"):
        open_dump(layer | {"y": pd.Categorical([30, None, 1])})
    for name in ("y", "ids"):
        with pytest.raises(ValueError, match=f"'{name}'.*1 of 3 values are NaN among text"):
            open_dump(layer | {name: ["a", np.nan, "b"]})


def test_select_keeps_the_order_the_targets_and_the_epochs_that_have_a_layer(tmp_path):
    arrays = {"epoch_1/b": np.ones((4, 2)), "epoch_1/a": np.zeros((4, 3)), "epoch_5/a": np.full((4, 3), 5.0)}
    np.savez(tmp_path / "run.npz", **arrays, ids=np.arange(4), y=np.arange(4))
    dump = open_dump(tmp_path / "run.npz")
    assert dump.select(["a", "b"]).layers == dump.layers == ("b", "a")
    only = dump.select(["b"])
    assert only.cells() == ((1, "b"),) and only.epochs == (1,) and only.layers == ("b",)
    np.testing.assert_array_equal(only.y, dump.y)
    np.testing.assert_array_equal(only[1, "b"], arrays["epoch_1/b"])
    with pytest.raises(ValueError, match=r"layers \['c'\] are not in the dump; they are \['b', 'a'\]"):
        dump.select(["a", "c"])
    with pytest.raises(ValueError, match="no layer is selected"):
        dump.select([])
