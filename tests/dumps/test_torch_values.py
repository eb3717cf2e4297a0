"""What torch.load(weights_only=True) reads, and NumPy's arrays, beside and among the layers of a .pt file."""

import collections
import pickle
import struct

import numpy as np
import pytest
from scipy.sparse import csr_array

from skib.dumps import open_dump

pytestmark = pytest.mark.filterwarnings("ignore::skib.dumps.MissingIdsWarning")
FC1 = np.arange(8.0).reshape(4, 2)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def pickled(value, protocol=2):
    """Return the opcodes of a value without those of its beginning and end; its memo may be used by no other."""
    return pickle.dumps(value, protocol)[2:-1]


def body(value, key="fc1"):
    return b"}" + text(key) + value + b"s"


BESIDE = {
    "bytes": pickled(b"\x00\xff"),
    "no bytes": pickled(b""),
    "a size": b"ctorch\nSize\n(K\x02K\x03t\x85R",
    "a device": b"ctorch\ndevice\n" + text("cuda") + b"K\x00\x86R",
    "a type": b"ctorch\nfloat32\n",
    "a type of eight bits": b"ctorch\nfloat8_e4m3fnuz\n",
    "a set": pickled({1, 2}),
    "a frozen set": pickled(frozenset({"a"})),
    "a counter": pickled(collections.Counter("abca")),
    "an ordered dict": pickled(collections.OrderedDict(a=1)),
    "a default dict": pickled(collections.defaultdict(list, {"loss": [1.0, 2.0]})),
    "a number of NumPy": pickled(np.float32(0.5)),
}


@pytest.mark.parametrize("value", BESIDE.values(), ids=BESIDE)
def test_what_is_no_tensor_is_passed_over(tmp_path, torch, value):
    layer = torch.tensor("Double", "0", 8, (4, 2), (2, 1))
    torch.pack(tmp_path / "epoch_1.pt", b"}(" + text("meta") + value + text("fc1") + layer + b"u", {"0": FC1.tobytes()})
    dump = open_dump(tmp_path)
    assert dump.cells() == ((1, "fc1"),)
    np.testing.assert_array_equal(dump[1, "fc1"], FC1)


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    "array", [FC1, FC1.astype(">f4"), np.asfortranarray(FC1), FC1.astype("?"), np.arange(4), FC1.astype("f2")]
)
def test_arrays_of_numpy_are_read(tmp_path, torch, protocol, array):
    value = pickle.dumps({"fc1": array}, protocol)
    torch.archive(tmp_path / "epoch_1.pt", {"data.pkl": value, "byteorder": b"little"})
    dump = open_dump(tmp_path)
    np.testing.assert_array_equal(dump[1, "fc1"], array.reshape(4, -1))
    assert dump.dtype(1, "fc1") == array.dtype and not dump[1, "fc1"].flags.writeable


def test_a_hook_that_appends_batches_to_a_default_dict_is_read(tmp_path, torch):
    hooked = collections.defaultdict(list, {"fc1": [FC1[:1], FC1[1:]], "y": [np.arange(1), np.arange(3)]})
    torch.archive(tmp_path / "epoch_1.pt", {"data.pkl": pickle.dumps(hooked, 2), "byteorder": b"little"})
    dump = open_dump(tmp_path)
    np.testing.assert_array_equal(dump[1, "fc1"], FC1)
    np.testing.assert_array_equal(dump.y, [0, 0, 1, 2])


@pytest.mark.parametrize("name", ["_rebuild_parameter", "_rebuild_parameter_with_state"])
def test_a_parameter_is_its_tensor(tmp_path, torch, name):
    tensor = torch.tensor("Double", "0", 8, (4, 2), (2, 1))
    more = b"ccollections\nOrderedDict\n)R" + (b"}" if name.endswith("state") else b"")
    value = b"ctorch._utils\n" + name.encode() + b"\n(" + tensor + b"\x88" + more + b"tR"
    torch.pack(tmp_path / "epoch_1.pt", body(value), {"0": FC1.tobytes()})
    np.testing.assert_array_equal(open_dump(tmp_path)[1, "fc1"], FC1)


def untyped(torch, kind, size, shape, strides):
    names = text("storage"), b"ctorch.storage\nUntypedStorage\n", text("0"), text("cpu")
    storage = b"(" + b"".join(names) + torch.integer(size) + b"tQ"
    tuples = [b"(" + b"".join(map(torch.integer, numbers)) + b"t" for numbers in (shape, strides)]
    head = b"ctorch._utils\n_rebuild_tensor_v3\n(" + storage + b"K\x00" + b"".join(tuples)
    return body(head + b"\x89ccollections\nOrderedDict\n)Rctorch\n" + kind.encode() + b"\ntR")


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize(
    "kind, codes, numbers",
    [
        ("float8_e4m3fn", [0x00, 0x01, 0x08, 0x38, 0xB8, 0x7E], [0, 2**-9, 2**-6, 1, -1, 448]),
        ("float8_e5m2", [0x00, 0x01, 0x04, 0x3C, 0xBC, 0x7B], [0, 2**-16, 2**-14, 1, -1, 57344]),
    ],
)
def test_numbers_of_eight_bits_are_read_exactly(tmp_path, torch, safetensors, suffix, kind, codes, numbers):
    if suffix == ".pt":
        torch.pack(tmp_path / "epoch_1.pt", untyped(torch, kind, 6, (6, 1), (1, 1)), {"0": bytes(codes)})
    else:
        entry = {"dtype": {"n": "F8_E4M3", "2": "F8_E5M2"}[kind[-1]], "shape": [6, 1], "data_offsets": [0, 6]}
        (tmp_path / "epoch_1.safetensors").write_bytes(safetensors.join({"fc1": entry}, bytes(codes)))
    dump = open_dump(tmp_path)
    np.testing.assert_array_equal(dump[1, "fc1"][:, 0], np.array(numbers, "f4"))
    assert dump.dtype(1, "fc1") == np.float32


def test_not_a_number_of_eight_bits_stays_so(tmp_path, torch):
    torch.pack(tmp_path / "epoch_1.pt", untyped(torch, "float8_e4m3fn", 2, (2, 1), (1, 1)), {"0": b"\x7f\xff"})
    assert np.isnan(open_dump(tmp_path)[1, "fc1"]).all()


def sparse(torch, layout, parts, shape):
    """Write the call that rebuilds a sparse tensor, of parts of int64 and float64."""
    tensors, storages = b"", {}
    for i, part in enumerate(parts):
        strides = [int(np.prod(part.shape[axis + 1 :])) for axis in range(part.ndim)]
        tensors += torch.tensor({"i": "Long", "f": "Double"}[part.dtype.kind], str(i), part.size, part.shape, strides)
        storages[str(i)] = part.tobytes()
    call = b"ctorch._utils\n_rebuild_sparse_tensor\n(ctorch.serialization\n_get_layout\n" + text(layout) + b"\x85R("
    size = b"ctorch\nSize\n(" + b"".join(map(torch.integer, shape)) + b"t\x85R"
    return body(call + tensors + size + (b"\x88" if layout == "torch.sparse_coo" else b"") + b"ttR"), storages


COO = [np.array([[0, 2, 2], [1, 0, 0]]), np.array([5.0, 1.0, 2.0])]
CSR = [np.array([0, 1, 1, 2, 2]), np.array([1, 0]), np.array([5.0, 3.0])]


@pytest.mark.parametrize("layout, parts", [("torch.sparse_coo", COO), ("torch.sparse_csr", CSR)])
def test_sparse_tensors_are_sparse_layers(tmp_path, torch, layout, parts):
    torch.pack(tmp_path / "epoch_1.pt", *sparse(torch, layout, parts, (4, 3)))
    dump = open_dump(tmp_path)
    layer = dump[1, "fc1"]  # torch sums the values of one place
    assert isinstance(layer, csr_array) and dump.shape(1, "fc1") == (4, 3) and not layer.data.flags.writeable
    np.testing.assert_array_equal(layer.toarray(), [[0, 5, 0], [0, 0, 0], [3, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    "layout, parts, shape, reason",
    [
        ("torch.sparse_coo", [np.array([[0, 9], [1, 0]]), np.ones(2)], (4, 3), "row 9 lies outside"),
        ("torch.sparse_coo", [np.array([[0, -1], [1, 0]]), np.ones(2)], (4, 3), "row -1 lies outside"),
        ("torch.sparse_coo", [np.array([[0, 1, 2], [1, 0, 0]]), np.ones(2)], (4, 3), "do not match"),
        ("torch.sparse_coo", COO, (4, 3, 2), "no matrix"),
        ("torch.sparse_coo", COO, (10, 10**10), "above the limit"),
        ("torch.sparse_coo", COO, (10**9, 10), "1000000000 rows in 72 bytes"),
        ("torch.sparse_csr", [np.array([0, 9, 1, 2, 2]), *CSR[1:]], (4, 3), "out of order"),
        ("torch.sparse_csr", [np.array([0, 1, 1, 2, 7]), *CSR[1:]], (4, 3), "out of order"),
        ("torch.sparse_bsr", CSR, (4, 3), "sparse_bsr is refused"),
    ],
)
def test_damaged_sparse_tensors_are_refused(tmp_path, torch, layout, parts, shape, reason):
    torch.pack(tmp_path / "epoch_1.pt", *sparse(torch, layout, parts, shape))
    with pytest.raises(ValueError, match=reason):
        open_dump(tmp_path)[1, "fc1"]


@pytest.mark.parametrize(
    "value, reason",
    [
        (b"ccollections\ndefaultdict\ncos\nmkdir\n\x85R", "names 'os mkdir'"),
        (b"ccollections\ndefaultdict\n" + text("os mkdir") + b"\x85R", "calls something other"),
        (b"cbuiltins\nlist\n" + text("a") + b"\x85R", "calls something other"),
        (b"cnumpy\nfromfile\n", "names 'numpy fromfile'"),
        (pickled(np.array([{}])), "type 'O8' is refused"),
        (pickled(np.array(["2020"], "M8[D]")), "type 'M8' is refused"),
        (b"cnumpy\ndtype\n" + b")" + b"q\x00h\x00\x86" * 60 + b"\x85R", "without a type is refused"),
        (b"ccollections\ndefaultdict\n" + b")" + b"q\x00h\x00\x86" * 60 + b"\x85R", "calls something other"),
        (
            text("a" * 2**17) + b"q\x00" + b"c_codecs\nencode\nq\x01" + b"h\x01h\x00\x85R" * 5000,
            "its values take more than",
        ),
    ],
    ids=str,
)
def test_hostile_values_are_refused(tmp_path, torch, value, reason):
    torch.pack(tmp_path / "epoch_1.pt", body(value))
    with pytest.raises(ValueError, match=reason):
        open_dump(tmp_path)


def test_an_array_of_numpy_of_another_size_than_its_bytes_is_refused(tmp_path, torch):
    value = pickled({"fc1": FC1}, 3).replace(b"K\x04K\x02\x86", b"K\x40K\x02\x86")
    torch.pack(tmp_path / "epoch_1.pt", value)
    with pytest.raises(ValueError, match=r"shape \(64, 2\) of float64 does not take 64 bytes"):
        open_dump(tmp_path)


def test_a_list_of_dicts_is_refused_with_both_ways_out(tmp_path, torch):
    torch(tmp_path / "run.pt", [{"fc1": FC1}, {"fc1": FC1}])
    with pytest.raises(ValueError, match=r"may be epochs or batches: save epochs as \{epoch: .* batches as \{layer: "):
        open_dump(tmp_path / "run.pt")


def test_the_tuple_of_a_transformer_has_a_layer_per_tensor_and_a_list_a_batch(tmp_path, torch):
    data = pickle.dumps({"hidden_states": (FC1, FC1 + 1), "batches": [FC1[:1], FC1[1:]]}, 2)
    torch.archive(tmp_path / "epoch_1.pt", {"data.pkl": data, "byteorder": b"little"})
    dump = open_dump(tmp_path)
    assert dump.layers == ("hidden_states/0", "hidden_states/1", "batches")
    np.testing.assert_array_equal(dump[1, "hidden_states/1"], FC1 + 1)
    np.testing.assert_array_equal(dump[1, "batches"], FC1)


def test_a_tuple_in_itself_ends(tmp_path, torch):
    value = b"(]q\x00h\x00atq\x01"  # a tuple of a list that holds itself
    torch.pack(tmp_path / "epoch_1.pt", body(value, "hidden_states"))
    with pytest.raises(ValueError, match="no epoch with a layer"):
        open_dump(tmp_path)


def test_a_tuple_that_occurs_many_times_is_refused(tmp_path, torch):
    inner = b"}(" + text("hidden_states") + b"(" + b"K\x01" * 1000 + b"tq\x00u"
    again = b"}(" + text("hidden_states") + b"h\x00u"
    items = text("a") + inner + b"".join(text(f"b{i}") + again for i in range(1000))
    torch.pack(tmp_path / "epoch_1.pt", b"}(" + items + b"u")
    with pytest.raises(ValueError, match="nested 8 deep or occur twice"):
        open_dump(tmp_path)
