"""The formats that are read with numpy alone, from files made by hand: values, types, order, parts, laziness."""

import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from skib.dumps import open_dump
from skib.dumps.formats._raw import RawArray

KINDS = ["?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]


def single_safetensors(path, arrays, per_sample, safetensors, torch):
    cells = {f"epoch_{epoch}/{layer}": array for epoch, layers in arrays.items() for layer, array in layers.items()}
    path = path.with_suffix(".safetensors")
    path.write_bytes(safetensors(cells | per_sample, made="by hand"))
    return path


def folder_of_safetensors(path, arrays, per_sample, safetensors, torch):
    path.mkdir()
    for epoch, layers in arrays.items():
        (path / f"step-{epoch}.safetensors").write_bytes(safetensors(layers | per_sample))
    return path


def single_pt(path, arrays, per_sample, safetensors, torch):
    return torch(path.with_suffix(".pt"), arrays | per_sample | {"loss": 3, "name": "run", "losses": [1, 2]})


def folder_of_pt(path, arrays, per_sample, safetensors, torch):
    path.mkdir()
    for epoch, layers in arrays.items():
        torch(path / f"ckpt_{epoch}.pth", {"epoch": epoch} | layers | per_sample)
    return path


def pt_in_batches(path, arrays, per_sample, safetensors, torch):
    batches = {
        epoch: {layer: [array[:4], array[4:]] for layer, array in layers.items()} for epoch, layers in arrays.items()
    }
    return torch(path.with_suffix(".pt"), batches | {name: [part[:1], part[1:]] for name, part in per_sample.items()})


def lone_pt(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for layer, array in layers.items():
            torch(path / f"epoch_{epoch}" / f"{layer}.pt", array)
    for name, array in per_sample.items():
        np.save(path / f"{name}.npy", array)
    return path


def numbered_npy(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for layer, array in (layers | per_sample).items():
            for i, part in enumerate((array[:2], array[2:5], array[5:])):
                np.save(path / f"epoch_{epoch}" / f"{layer}_{i:05d}.npy", part)
    return path


def parts_in_folders(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        for layer, array in (layers | per_sample).items():
            (path / f"epoch_{epoch}" / layer).mkdir(parents=True)
            # part-10 comes second to a sort of strings.
            for i, part in enumerate(np.repeat(array, 2, axis=0)):
                np.save(path / f"epoch_{epoch}" / layer / f"part-{i}.npy", part[None])
    return path


def parts_of_safetensors(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for i, rows in enumerate(np.array_split(np.arange(6), 3)):
            batch = {name: array[rows] for name, array in (layers | per_sample).items()}
            (path / f"epoch_{epoch}" / f"part-{i + 1:05d}.safetensors").write_bytes(safetensors(batch))
    return path


def parts_of_npz(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for i, rows in enumerate(np.array_split(np.arange(6), 2)):
            batch = {name: array[rows] for name, array in (layers | per_sample).items()}
            np.savez(path / f"epoch_{epoch}" / f"activations_{i:05d}.npz", **batch)
    return path


def parts_of_pt(path, arrays, per_sample, safetensors, torch):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for layer, array in (layers | per_sample).items():
            for i, part in enumerate((array[:2], array[2:])):
                torch(path / f"epoch_{epoch}" / f"{layer}_{i:05d}.pt", part)
    return path


LAYOUTS = [single_safetensors, folder_of_safetensors, single_pt, folder_of_pt, pt_in_batches, lone_pt]
LAYOUTS += [numbered_npy, parts_of_safetensors, parts_of_npz, parts_of_pt]


@pytest.fixture(params=LAYOUTS, ids=lambda write: write.__name__)
def source(request, tmp_path, arrays, per_sample, safetensors, torch):
    return request.param(tmp_path / "dump", arrays, per_sample, safetensors, torch)


def test_every_layout_gives_back_the_same_cells(source, arrays, per_sample):
    dump = open_dump(source)
    assert dump.epochs == (2, 10)
    assert set(dump.layers) == {"fc10", "fc2", "out"}
    assert len(dump) == 6
    for epoch, layer in dump:
        expected = arrays[epoch][layer].reshape(6, -1)
        assert dump[epoch, layer].dtype == dump.dtype(epoch, layer) == expected.dtype
        assert dump.shape(epoch, layer) == expected.shape
        assert not dump[epoch, layer].flags.writeable
        np.testing.assert_array_equal(dump[epoch, layer], expected)
    for name, expected in per_sample.items():
        np.testing.assert_array_equal(getattr(dump, name), expected)


@pytest.mark.filterwarnings("ignore:.* 6 distinct ids for 12 rows")
def test_parts_in_a_folder_follow_their_numbers(tmp_path, arrays, per_sample, safetensors, torch):
    dump = open_dump(parts_in_folders(tmp_path / "dump", arrays, per_sample, safetensors, torch))
    assert dump.n_samples == 12
    np.testing.assert_array_equal(dump.ids, np.repeat(per_sample["ids"], 2))
    for epoch, layer in dump:
        np.testing.assert_array_equal(dump[epoch, layer], np.repeat(arrays[epoch][layer].reshape(6, -1), 2, axis=0))


def test_a_pickled_dump_carries_places_and_no_values(source, arrays):
    dump = open_dump(source)
    pickled = pickle.dumps(dump)
    assert arrays[2]["fc2"][0].tobytes() not in pickled
    copy = pickle.loads(pickled)
    assert all((copy[cell] == dump[cell]).all() for cell in dump)


def test_layers_of_torch_keep_their_order_and_those_of_safetensors_are_sorted(source):
    in_order = source.suffix == ".pt" or any(path.suffix in (".pth", ".npz") for path in source.rglob("*"))
    assert open_dump(source).layers == (("fc10", "fc2", "out") if in_order else ("fc2", "fc10", "out"))


@pytest.mark.parametrize("kind", KINDS)
def test_types_come_back_as_they_were_and_half_precision_as_float32(tmp_path, safetensors, torch, kind):
    array = (np.arange(12).reshape(4, 3) % 5 - 2).astype(kind)
    # Four bytes in front leave the wider types unaligned.
    cells = {"epoch_1/byte": np.zeros((4, 1), "u1"), "epoch_1/a": array, "ids": np.arange(4)}
    (tmp_path / "a.safetensors").write_bytes(safetensors(cells))
    torch(tmp_path / "a.pt", {1: {"a": array}, "ids": np.arange(4)})
    for name in ("a.safetensors", "a.pt"):
        values = open_dump(tmp_path / name)[1, "a"]
        assert values.dtype == ("f4" if kind == "f2" else kind)
        assert values.flags.aligned
        np.testing.assert_array_equal(values, array)


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path, safetensors, torch):
    exact = np.array([1.0, -2.5, 3e38, 1e-38, np.inf, -0.0], np.float32).view("u4") & 0xFFFF0000
    expected, stored = exact.view("f4"), (exact >> 16).astype("<u2").tobytes()
    header = {"epoch_1/a": {"dtype": "BF16", "shape": [6, 1], "data_offsets": [0, 12]}}
    (tmp_path / "a.safetensors").write_bytes(safetensors.join(header, stored))
    body = b"}" + torch.text("epoch_1/a") + torch.tensor("BFloat16", "0", 6, (6, 1), (1, 1)) + b"s"
    torch.pack(tmp_path / "a.pt", body, {"0": stored})
    for name in ("a.safetensors", "a.pt"):
        with pytest.warns(UserWarning, match="no ids"):
            dump = open_dump(tmp_path / name)
        assert dump[1, "a"].dtype == np.float32
        np.testing.assert_array_equal(dump[1, "a"][:, 0], expected)
        assert np.signbit(dump[1, "a"][5, 0])


def test_windows_on_one_storage_are_read_with_their_strides_and_offset(tmp_path, torch):
    numbers = np.arange(60.0).reshape(5, 4, 3)
    windows = {
        "whole": numbers.reshape(5, 12),
        "transposed": numbers.transpose(0, 2, 1)[:, 1],
        "every second": numbers[::1, 1::2, 2],
    }
    body = b"}" + torch.text("epoch_1") + b"}("
    for name, window in windows.items():
        strides = [step // 8 for step in window.strides]
        offset = (window.__array_interface__["data"][0] - numbers.__array_interface__["data"][0]) // 8
        body += torch.text(name) + torch.tensor("Double", "0", 60, window.shape, strides, offset)
    torch.pack(tmp_path / "a.pt", body + b"us", {"0": numbers.tobytes()})
    with pytest.warns(UserWarning, match="no ids"):
        dump = open_dump(tmp_path / "a.pt")
    for name, window in windows.items():
        assert isinstance(dump[1, name], np.memmap)
        np.testing.assert_array_equal(dump[1, name], window)


def test_a_file_from_a_big_endian_machine_is_read_as_such(tmp_path, torch):
    array = np.arange(6.0).reshape(3, 2)
    body = b"}" + torch.text("a") + torch.tensor("Double", "0", 6, (3, 2), (2, 1)) + b"s"
    torch.pack(tmp_path / "epoch_1.pt", body, {"0": array.astype(">f8").tobytes()}, byteorder=b"big")
    with pytest.warns(UserWarning, match="no ids"):
        np.testing.assert_array_equal(open_dump(tmp_path)[1, "a"], array)


def test_the_opcodes_of_protocol_4_are_read(tmp_path, torch):
    """SHORT_BINUNICODE, MEMOIZE and STACK_GLOBAL in a FRAME."""

    def short(text):
        return b"\x8c" + bytes([len(text)]) + text.encode() + b"\x94"

    storage = b"(" + short("storage") + short("torch") + short("FloatStorage") + b"\x93" + short("0") + short("cpu")
    tensor = (
        short("torch._utils") + short("_rebuild_tensor_v2") + b"\x93\x94(" + storage + b"K\x04tQK\x00K\x02K\x02\x86"
    )
    tensor += b"K\x02K\x01\x86\x89" + short("collections") + short("OrderedDict") + b"\x93)RtR\x94"
    body = b"\x95" + struct.pack("<Q", 999) + b"}\x94" + short("a") + tensor + b"s"
    torch.pack(tmp_path / "epoch_1.pt", body, {"0": np.arange(4, dtype="f4").tobytes()})
    with pytest.warns(UserWarning, match="no ids"):
        np.testing.assert_array_equal(open_dump(tmp_path)[1, "a"], [[0, 1], [2, 3]])


@pytest.mark.parametrize("write", [single_safetensors, numbered_npy])
def test_opening_allocates_next_to_nothing_and_blocks_read_their_rows_alone(tmp_path, write, safetensors, torch):
    large = {epoch: {"fc1": np.full((6, 500_000), epoch, "f8")} for epoch in (1, 2)}  # 24 MB each, blocks of 16
    source = write(tmp_path / "dump", large, {"ids": np.arange(6)}, safetensors, torch)
    del large
    tracemalloc.start()
    dump = open_dump(source)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    sums = [block.sum() for cell in dump for block in dump._cells[cell].blocks()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sums) == 3 * 6 * 500_000
    assert len(sums) > 2
    assert peak < 2**20


def test_a_file_that_changes_under_an_open_dump_is_noticed(tmp_path, safetensors):
    path = tmp_path / "run.safetensors"
    path.write_bytes(safetensors({"epoch_1/a": np.eye(3), "ids": np.arange(3)}))
    dump = open_dump(path)
    path.write_bytes(safetensors({"epoch_1/a": np.ones((4, 3)), "ids": np.arange(4)}))
    with pytest.raises(ValueError, match=r"epoch_1/a.*the file changed after the dump was opened"):
        dump[1, "a"]


def test_reading_one_tensor_reads_no_other(tmp_path, arrays, per_sample, safetensors, torch, monkeypatch):
    dump = open_dump(single_pt(tmp_path / "run", arrays, per_sample, safetensors, torch))
    read = []
    mapped = RawArray._map
    monkeypatch.setattr(RawArray, "_map", lambda array: read.append(array.key) or mapped(array))
    dump[10, "fc2"]
    assert read == ["10/fc2"]


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_missing_part_is_named(tmp_path, arrays, missing):
    (tmp_path / "epoch_1").mkdir()
    for i in set(range(5)) - {missing}:
        np.save(tmp_path / "epoch_1" / f"fc1_{i:05d}.npy", np.eye(2))
    if missing == 0:  # numbers may begin at 1
        with pytest.warns(UserWarning, match="no ids"):
            assert open_dump(tmp_path).n_samples == 8
    else:
        with pytest.raises(ValueError, match=f"part {missing} of 'fc1' is missing"):
            open_dump(tmp_path)


@pytest.mark.parametrize(
    "name, array, reason",
    [
        ("fc1.npy", np.eye(2), "stored both whole and in parts"),
        ("fc1_000001.npy", np.eye(2), "are both 'fc1'"),
        ("fc1_00002.npy", np.eye(3), "may differ in their number of rows alone"),
        ("fc1_00002.npy", np.eye(2, dtype=int), "may differ in their number of rows alone"),
        ("fc1_00002.npy", np.empty((0, 2)), "contains no values"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, name, array, reason):
    (tmp_path / "epoch_1").mkdir()
    for i in range(2):
        np.save(tmp_path / "epoch_1" / f"fc1_{i:05d}.npy", np.eye(2))
    np.save(tmp_path / "epoch_1" / name, array)
    with pytest.raises(ValueError, match=reason):
        open_dump(tmp_path)


def test_the_limit_is_on_all_parts_together(tmp_path):
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "ids.npy", np.arange(4))
    for i in range(2):
        np.save(tmp_path / "epoch_1" / f"fc1_{i:05d}.npy", np.eye(2))
    assert len(open_dump(tmp_path, max_bytes=64)) == 1
    with pytest.raises(ValueError, match="takes 64 bytes, above the limit of 63"):
        open_dump(tmp_path, max_bytes=63)


def test_layers_that_end_in_a_short_number_are_layers(tmp_path):
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "ids.npy", np.arange(2))
    for name in ("conv_1", "conv_2", "conv_0003", "part-0", "fc00001"):
        np.save(tmp_path / "epoch_1" / f"{name}.npy", np.eye(2))
    assert set(open_dump(tmp_path).layers) == {"conv_1", "conv_2", "conv_0003", "part-0", "fc00001"}


def test_weights_beside_activations_are_passed_over(tree, npz, arrays, torch):
    cells = open_dump(tree).cells()
    torch(tree / "ckpt_10.pt", {"fc2.weight": np.eye(3)})
    (tree / "epoch_00010" / "optimizer.pt").write_bytes(b"\x80\x02cos\nsystem\n")
    (tree / "epoch_00010" / "model.safetensors").write_bytes(b"no such thing")
    assert open_dump(tree).cells() == cells


def test_epochs_in_two_formats_are_refused(tmp_path, safetensors, torch):
    torch(tmp_path / "epoch_1.pt", {"a": np.eye(2)})
    (tmp_path / "epoch_2.safetensors").write_bytes(safetensors({"a": np.eye(2)}))
    with pytest.raises(ValueError, match=r"several formats \(\.pt, \.safetensors\); leave those of one"):
        open_dump(tmp_path)


def test_a_lone_tensor_without_a_name_is_no_epoch(tmp_path, torch):
    torch(tmp_path / "epoch_1.pt", np.eye(2))
    with pytest.raises(ValueError, match="layer names must be"):
        open_dump(tmp_path)
