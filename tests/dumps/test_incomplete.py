"""What was never written: chunks of zarr arrays, files of the last epoch; ids that tell no rows apart."""

import numpy as np
import pytest

from skib.dumps import IncompleteDumpWarning, MissingIdsWarning, open_dump

LAYER = np.arange(1.0, 25.0).reshape(12, 2)
IDS = np.arange(12)


# --- chunks of zarr arrays


@pytest.mark.parametrize("layout", [{"zarr_format": 3}, {"zarr_format": 2}, "slashes", "dots", "shards"], ids=str)
def test_absent_chunks_are_counted(tmp_path, layout):
    zarr = pytest.importorskip("zarr")
    version = layout if isinstance(layout, dict) else {"zarr_format": 2 if layout == "slashes" else 3}
    options = {
        "slashes": {"chunk_key_encoding": {"name": "v2", "separator": "/"}},
        "dots": {"chunk_key_encoding": {"name": "default", "separator": "."}},
        "shards": {"shards": (6, 2)},
    }.get(str(layout), {})
    group = zarr.open_group(tmp_path / "run.zarr", mode="w", **version)
    group.create_array("ids", data=IDS + 1)
    whole = group.create_array("epoch_1/fc", shape=LAYER.shape, chunks=(3, 1), dtype="f8", **options)
    whole[:] = LAYER
    np.testing.assert_array_equal(open_dump(tmp_path / "run.zarr")[1, "fc"], LAYER)
    part = group.create_array("epoch_2/fc", shape=LAYER.shape, chunks=(3, 1), dtype="f8", **options)
    part[:6] = LAYER[:6]
    n_chunks = 2 if layout == "shards" else 8
    message = f"{n_chunks // 2} of {n_chunks} chunks of .*fc are not there and are read as the fill value"
    with pytest.warns(IncompleteDumpWarning, match=message):
        dump = open_dump(tmp_path / "run.zarr")
    np.testing.assert_array_equal(dump[2, "fc"], np.vstack([LAYER[:6], np.zeros((6, 2))]))


def test_chunks_of_zeros_alone_are_absent_too(tmp_path):
    group = pytest.importorskip("zarr").open_group(tmp_path / "run.zarr", mode="w")
    group.create_array("ids", data=IDS + 1)
    for epoch in (1, 2):
        group.create_array(f"epoch_{epoch}/dead", data=np.zeros((12, 2)), chunks=(3, 2))
    with pytest.warns(
        IncompleteDumpWarning, match="4 of 4 chunks .* as are chunks of 1 other arrays: either they hold"
    ):
        open_dump(tmp_path / "run.zarr")


# --- the epoch that was written when the run died


def folder_of(tmp_path, n_epochs=3, layers=("a", "b")):
    np.save(tmp_path / "ids.npy", IDS)
    for epoch in range(n_epochs):
        (tmp_path / f"epoch_{epoch}").mkdir()
        for layer in layers:
            np.save(tmp_path / f"epoch_{epoch}" / f"{layer}.npy", LAYER)
    return tmp_path


def test_an_empty_file_of_the_last_epoch_is_left_out(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "epoch_2" / "b.npy").write_bytes(b"")
    with pytest.warns(IncompleteDumpWarning, match=r"epoch_2.b\.npy is empty, as when a run dies while it writes"):
        dump = open_dump(folder)
    assert list(dump) == [(0, "a"), (0, "b"), (1, "a"), (1, "b"), (2, "a")]


def test_an_empty_file_of_an_earlier_epoch_is_an_error(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "epoch_1" / "b.npy").write_bytes(b"")
    with pytest.raises(ValueError, match=r"epoch_1.b\.npy: no valid .npy header"):
        open_dump(folder)


def test_an_empty_part_costs_its_layer(tmp_path):
    folder = folder_of(tmp_path, layers=("a",))
    for epoch in range(3):
        for i, rows in enumerate(np.split(LAYER, 2)):
            np.save(folder / f"epoch_{epoch}" / f"b_{i:05d}.npy", rows)
    (folder / "epoch_2" / "b_00001.npy").write_bytes(b"")
    with pytest.warns(IncompleteDumpWarning, match=r"b_00001\.npy is empty"):
        dump = open_dump(folder)
    assert list(dump) == [(0, "a"), (0, "b"), (1, "a"), (1, "b"), (2, "a")]


def test_an_empty_file_of_the_last_epoch_costs_that_epoch(tmp_path):
    np.save(tmp_path / "ids.npy", IDS)
    for epoch in range(2):
        np.savez(tmp_path / f"epoch_{epoch}.npz", a=LAYER)
    (tmp_path / "epoch_2.npz").write_bytes(b"")
    with pytest.warns(IncompleteDumpWarning, match=r"epoch_2\.npz is empty"):
        assert open_dump(tmp_path).epochs == (0, 1)
    (tmp_path / "epoch_3.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"epoch_2\.npz"):
        open_dump(tmp_path)


# --- ids


def test_repeated_ids_warn():
    with pytest.warns(MissingIdsWarning, match=r"source\['ids'\]: 1 distinct ids for 12 rows; the order of rows with"):
        open_dump({0: {"a": LAYER}, "ids": np.zeros(12)})
    with pytest.warns(MissingIdsWarning, match="4 distinct ids for 12 rows"):
        open_dump({0: {"a": LAYER}, "ids": [f"text {i // 3}" for i in IDS]})


def test_missing_ids_are_refused():
    ids = np.where(IDS < 3, np.nan, IDS)
    with pytest.raises(ValueError, match=r"source\['ids'\]: 3 of 12 ids are NaN; save the samples' numbers"):
        open_dump({0: {"a": LAYER}, "ids": ids})


# --- mappings


def test_bare_numbers_are_epochs_of_a_mapping():
    dump = open_dump({"0": {"a": LAYER}, "010": {"a": 2 * LAYER}, "ids": IDS})
    assert dump.epochs == (0, 10)
    with pytest.raises(ValueError, match="are both epoch 0"):
        open_dump({"0": {"a": LAYER}, 0: {"b": LAYER}, "ids": IDS})


@pytest.mark.parametrize("kind", [list, tuple])
@pytest.mark.parametrize("sizes", [(6, 6), (5, 7), (5, 5, 2), (12,)], ids=str)
def test_batches_in_memory_are_joined(kind, sizes):
    ends = np.cumsum(sizes)[:-1]
    layer, y, ids = (kind(np.split(array, ends)) for array in (LAYER, IDS % 3, IDS))
    source = {0: {"a": layer, "images": kind(np.split(LAYER.reshape(12, 2, 1), ends))}, "ids": IDS}
    source |= {"y": y, "ids": ids} if len(set(sizes)) > 1 else {}
    dump = open_dump(source)
    np.testing.assert_array_equal(dump[0, "a"], LAYER)
    assert dump.shape(0, "images") == (12, 2, 1)
    np.testing.assert_array_equal(dump.ids, IDS)
    assert dump.y is None or dump.y.tolist() == (IDS % 3).tolist()


def test_a_list_of_equal_vectors_is_a_list_of_rows():
    np.testing.assert_array_equal(open_dump({0: {"a": list(LAYER)}, "ids": IDS})[0, "a"], LAYER)


def test_batches_of_different_widths_are_named():
    with pytest.raises(ValueError, match=r"source\[0\]\['a'\]\[1\] has shape \(2, 3\) of float64, but source"):
        open_dump({0: {"a": [LAYER, np.ones((2, 3))]}, "ids": IDS})
