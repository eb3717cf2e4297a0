"""Malicious and damaged .safetensors and .pt files: refused in little memory, and nothing in them runs."""

import json
import os
import pickle
import resource
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from skib.dumps import open_dump

BYTES = 50 * 2**20
FLOATS = {"0": np.arange(4, dtype="f4").tobytes()}


def attempt(path):
    """Open a dump and read all of it, as an analysis would."""
    dump = open_dump(path)
    return [np.asarray(dump[cell]).sum() for cell in dump]


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """A folder that every payload of this file would make."""
    path = tmp_path / "canary"
    monkeypatch.chdir(tmp_path)
    yield path
    assert not path.exists()


@pytest.fixture
def refuse(canary, audited):
    """Assert that a file raises a ValueError that names it, runs nothing and takes little memory."""

    def check(path, match):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with audited() as events, pytest.raises(ValueError, match=match) as caught:
            attempt(path)
        assert events == []
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024 < BYTES
        assert str(path) in str(caught.value)
        tracemalloc.start()
        with pytest.raises(ValueError, match=match):
            attempt(path)
        assert tracemalloc.get_traced_memory()[1] < BYTES
        tracemalloc.stop()

    return check


def entry(shape=(2, 2), offsets=(0, 16), dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def many(count, first):
    return {f"epoch_1/{i}": entry(offsets=(first(i), first(i) + 16)) for i in range(count)}


# name: (header or bytes of the whole file, bytes of data, reason)
SAFETENSORS = {
    "empty": (b"", 0, "header of 0 bytes"),
    "seven bytes": (b"\x08\0\0\0\0\0\0", 0, "cut off|header of"),
    "length of 2**64 - 1": (b"\xff" * 8 + b"{}", 0, "header of 18446744073709551615 bytes"),
    "length that is NaN as a double": (struct.pack("<d", float("nan")) + b"{}", 0, "header of"),
    "length of 100 MB": (struct.pack("<Q", 10**8) + b"{" * 100, 0, "header of 100000000 bytes"),
    "length beyond the file": (struct.pack("<Q", 10**5) + b"{" * 100, 0, "cut off"),
    "a zip": (b"PK\x03\x04" + bytes(100), 0, "header of"),
    "a pickle": (pickle.dumps(list(range(100))), 0, "header of"),
    "no JSON": (b"{hello world", 0, "Expecting"),
    "a JSON list": (b"[1, 2]", 0, "no JSON object"),
    "leading space": (b" {}", 0, "no JSON object"),
    "not UTF-8": (b'{"\xff\xfe": 1}', 0, "decode"),
    "deep lists": (b'{"epoch_1/a": ' + b"[" * 500_000, 0, "too many brackets"),
    "deep objects": (b'{"a":' * 200_000, 0, "too many brackets"),
    "deep lists among spaces": (b'{"epoch_1/a": ' + b"[" * 50_000 + b" " * 900_000, 0, "recursion"),
    "wide": (b'{"a": [' + b"[]," * 340_000 + b"[]]}", 0, "no header of tensors"),
    "a number of 10000 digits": (b'{"a": ' + b"9" * 10_000 + b"}", 0, "digits"),
    "no values at all": ({}, 0, "has no epoch"),
    "NaN in the shape": (json.dumps({"epoch_1/a": entry((float("nan"), 2))}).encode(), 16, "NaN occurs"),
    "infinity in the offsets": (json.dumps({"epoch_1/a": entry(offsets=(0, float("inf")))}).encode(), 16, "Inf"),
    "float in the shape": ({"epoch_1/a": entry((2.0, 2))}, 16, "2.0 occurs"),
    "bool in the shape": ({"epoch_1/a": entry((True, 4))}, 16, "non-negative integers"),
    "text as the shape": ({"epoch_1/a": entry("22")}, 16, "non-negative integers"),
    "negative shape": ({"epoch_1/a": entry((-2, -2))}, 16, "non-negative integers"),
    "negative offset": ({"epoch_1/a": entry(offsets=(-16, 0))}, 16, "non-negative integers"),
    "shape of 2**64": ({"epoch_1/a": entry((2**64, 1))}, 16, "non-negative integers"),
    "shape that overflows": ({"epoch_1/a": entry((2**32, 2**32))}, 16, "above the limit"),
    "shape of 100 axes": ({"epoch_1/a": entry([1] * 100)}, 4, "non-negative integers"),
    "huge shape, few bytes": ({"epoch_1/a": entry((10**6, 500))}, 16, "does not take 16 bytes"),
    "no values": ({"epoch_1/a": entry((0, 4), (0, 0))}, 0, "no values"),
    "no axis": ({"epoch_1/a": entry((), (0, 4))}, 4, "has no epoch with a layer"),
    "one offset": ({"epoch_1/a": entry(offsets=(0,))}, 16, "non-negative integers"),
    "offsets backwards": ({"epoch_1/a": entry(offsets=(16, 0))}, 16, "overlap"),
    "offsets beyond the file": ({"epoch_1/a": entry(offsets=(0, 10**12))}, 16, "overlap"),
    "all tensors on the same bytes": (many(2000, lambda i: 0), 16, "overlap"),
    "half overlapping": (many(2, lambda i: 8 * i), 24, "overlap"),
    "a hole": (many(2, lambda i: 32 * i), 48, "leave holes"),
    "bytes after the end": ({"epoch_1/a": entry()}, 17, "do not end"),
    "truncated": ({"epoch_1/a": entry()}, 15, "truncated"),
    "a name twice": (b'{"epoch_1/a": 1, "epoch_1/a": 2}', 0, "occurs twice"),
    "unknown dtype": ({"epoch_1/a": entry(dtype="O")}, 16, "dtype 'O' is refused"),
    "dtype that is a list": ({"epoch_1/a": entry(dtype=["F32"])}, 16, "unhashable"),
    "no dtype": ({"epoch_1/a": {"shape": [2, 2], "data_offsets": [0, 16]}}, 16, "has no dtype"),
    "an entry that is a number": ({"epoch_1/a": 3}, 16, "has no dtype"),
    "a path as a name": ({"../../etc/passwd": entry()}, 16, "names no epoch and layer"),
    "an absolute path as a name": ({"/etc/passwd": entry()}, 16, "names no epoch and layer"),
    "escapes as a name": ({"epoch_1/\x1b[2J": entry()}, 16, "printable and unique"),
}


@pytest.mark.parametrize("header, n_bytes, reason", SAFETENSORS.values(), ids=SAFETENSORS)
def test_a_hostile_safetensors_is_refused(tmp_path, refuse, safetensors, header, n_bytes, reason):
    is_whole_file = isinstance(header, bytes) and header[:1] not in b"{[ "
    path = tmp_path / "run.safetensors"
    path.write_bytes(header if is_whole_file else safetensors.join(header, bytes(n_bytes)))
    refuse(path, reason)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


MKDIR = text("canary")
ONE = b"}" + text("epoch_1/a")
# opcodes of the pickle, between PROTO and STOP: reason
PICKLES = {
    "os.mkdir": (b"cos\nmkdir\n" + MKDIR + b"\x85R", "names 'os mkdir'"),
    "posix.mkdir": (b"cposix\nmkdir\n" + MKDIR + b"\x85R", "names 'posix mkdir'"),
    "os.system": (b"cos\nsystem\n" + text("mkdir canary") + b"\x85R", "names 'os system'"),
    "subprocess": (b"csubprocess\nrun\n" + text("mkdir canary") + b"\x85R", "names 'subprocess run'"),
    "builtins.eval": (
        b"cbuiltins\neval\n" + text("__import__('os').mkdir('canary')") + b"\x85R",
        "names 'builtins eval'",
    ),
    "builtins.exec": (b"c__builtin__\nexec\n" + text("import os; os.mkdir('canary')") + b"\x85R", "names '__builtin__"),
    "getattr": (b"cbuiltins\ngetattr\n(cos\n__dict__\n" + text("mkdir") + b"tR", "names 'builtins getattr'"),
    "operator.attrgetter": (b"coperator\nattrgetter\n" + text("mkdir") + b"\x85R", "names 'operator attrgetter'"),
    "importlib": (b"cimportlib\nimport_module\n" + text("antigravity") + b"\x85R", "names 'importlib"),
    "a dotted name below a valid module": (b"ccollections\n_sys.modules\n", "names 'collections _sys.modules'"),
    "a dotted name below torch": (b"ctorch._utils\n_rebuild_tensor_v2.__globals__\n", "names 'torch._utils"),
    "torch.os.system": (b"ctorch\nos.system\n" + text("mkdir canary") + b"\x85R", "names 'torch os.system'"),
    "torch.hub": (b"ctorch.hub\nload\n", "names 'torch.hub load'"),
    "torch.load": (b"ctorch\nload\n", "names 'torch load'"),
    "numpy.load": (b"cnumpy\nload\n", "names 'numpy load'"),
    "a name of a storage that is none": (
        b"ctorch\nos.systemStorage\n" + MKDIR + b"\x85R",
        "names 'torch os.systemStorage'",
    ),
    "a stack global": (text("os") + text("mkdir") + b"\x93" + MKDIR + b"\x85R", "names 'os mkdir'"),
    "a stack global of numbers": (b"K\x01K\x02\x93", "expected str"),
    "inst": (b"(" + MKDIR + b"ios\nmkdir\n", "opcode INST is refused"),
    "obj": (b"(cos\nmkdir\n" + MKDIR + b"o", "names 'os mkdir'"),
    "obj of a valid name": (b"(ccollections\nOrderedDict\n" + MKDIR + b"o", "opcode OBJ is refused"),
    "newobj": (b"ccollections\nOrderedDict\n)\x81", "opcode NEWOBJ is refused"),
    "newobj_ex": (b"ccollections\nOrderedDict\n)}\x92", "opcode NEWOBJ_EX is refused"),
    "an extension code": (b"\x82\x01", "opcode EXT1 is refused"),
    "a persistent id as text": (b"Pcanary\n", "opcode PERSID is refused"),
    "a persistent id of something else": (MKDIR + b"Q", "no storage of torch"),
    "a storage whose type is no name": (
        b"(" + text("storage") + text("os") + text("0") + text("cpu") + b"K\x04tQ",
        "no storage",
    ),
    "calling a string": (MKDIR + b")R", "calls something other"),
    "calling an ordered dict with arguments": (b"ccollections\nOrderedDict\n(]tR", "calls something other"),
    "a tensor without a storage": (b"ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))\x89NtR", "calls something other"),
    "the state of a tensor": (ONE + b"\x8a\x01\x05}b", "fills a dict that is not there"),
    "a bytearray of 2**60 bytes": (b"\x96" + struct.pack("<Q", 2**60), "."),
    "bytes of 2**60": (b"\x8e" + struct.pack("<Q", 2**60), "."),
    "text of 2**60": (b"\x8d" + struct.pack("<Q", 2**60), "."),
    "an integer of 2**31 bytes": (b"\x8b" + struct.pack("<i", 2**31 - 1), "."),
    "a text integer of 100000 digits": (b"L" + b"9" * 100_000 + b"L\n", "."),
    "memo number 2**32 - 1": (b"}r\xff\xff\xff\xff" + b"j\xff\xff\xff\x7f", "empty place of the memo"),
    "a million of None": (b"N" * 2**18, "on the stack"),
    "many marks": (b"(" * 2**18, "marks"),
    "nested tuples": (b")" + b"\x85" * 2**15, "no epoch"),
    "a megabyte": (b"N" * 2**20, "above the limit"),
    "nothing": (b"", "empty stack"),
    "a pop from below the mark": (b"}(" + text("a") + b"Ns", "."),
    "a tuple from nothing": (b"\x87", "empty stack"),
    "an unknown opcode": (b"\xff", "opcode"),
    "no mark": (b"}u", "has no mark"),
    "odd items": (b"}(" + text("a") + b"u", "zip"),
    "items of a list": (b"](" + text("a") + b"Nu", "fills a dict"),
    "elements of a dict": (b"}(Ne", "fills a list"),
    "a list as a key": (b"}]Ns", "keys must be"),
    "a tuple as a key that takes 2**60 steps to hash": (b"}" + b")" + b"2\x86" * 60 + b"Ns", "opcode DUP is refused"),
    "the same with the memo": (b"}" + b")" + b"q\x00h\x00\x86" * 60 + b"Ns", "keys must be"),
    "a dict in itself": (b"}q\x00" + text("epoch_1") + b"h\x00s", "nested 8 deep or occur twice"),
    "a tree of 10**9 leaves": (
        b"}q\x00"
        + b"".join(
            b"}(" + b"".join(text(str(k)) + b"h" + bytes([i]) for k in range(10)) + b"uq" + bytes([i + 1])
            for i in range(7)
        ),
        "nested 8 deep or occur twice",
    ),
    "dicts 50000 deep": (
        b"}" + text("a") * 0 + b"".join(b"K\x01}" for _ in range(4000)) + b"s" * 4000,
        "nested 8 deep",
    ),
    "a list of a tensor and something else": (None, "holds a str"),
}


@pytest.mark.parametrize("body, reason", PICKLES.values(), ids=PICKLES)
def test_a_hostile_pickle_is_refused_and_nothing_runs(tmp_path, refuse, torch, body, reason):
    if body is None:
        body = ONE + b"](" + torch.tensor("Float", "0", 4, (2, 2), (2, 1)) + text("b") + b"es"
    refuse(torch.pack(tmp_path / "run.pt", body, FLOATS), reason)


def test_what_a_real_pickler_writes_is_refused(tmp_path, refuse, torch, canary):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(canary),)

    for protocol in range(6):
        path = tmp_path / f"epoch_1_{protocol}.pt"
        torch.archive(path, {"data.pkl": pickle.dumps({"epoch_1": {"a": Payload()}}, protocol), "byteorder": b"little"})
        refuse(path, "is refused")
        path.write_bytes(pickle.dumps(Payload(), protocol))
        refuse(path, "a bare pickle, as torch.save wrote before version 1.6")


# type, key, numbers, shape, strides, offset: reason
TENSORS = {
    "an unknown type": (("Complex", "0", 4, (2, 2), (2, 1)), "ComplexStorage is refused"),
    "a missing storage": (("Float", "7", 4, (2, 2), (2, 1)), "no item named|There is no item"),
    "a path as a key": (("Float", "../../../etc/passwd", 4, (2, 2), (2, 1)), "no item named|There is no item"),
    "more numbers than bytes": (("Float", "0", 10**9, (2, 2), (2, 1)), "numbers of 4 bytes are stored in 16 bytes"),
    "fewer numbers than bytes": (("Float", "0", 3, (1, 2), (2, 1)), "numbers of 4 bytes are stored in 16 bytes"),
    "a negative count": (("Float", "0", -4, (2, 2), (2, 1)), "reach beyond"),
    "a shape beyond the storage": (("Float", "0", 4, (2, 3), (3, 1)), "reach beyond"),
    "a huge shape": (("Float", "0", 4, (10**6, 10**6), (10**6, 1)), "reach beyond"),
    "a shape that overflows": (("Float", "0", 4, (2**32, 2**32), (0, 0)), "reach beyond"),
    "a shape of 2**100": (("Float", "0", 4, (2**100, 1), (1, 1)), "non-negative integers"),
    "an expanded bomb": (("Float", "0", 4, (10**9, 1), (0, 1)), "reach beyond"),
    "strides beyond the storage": (("Float", "0", 4, (2, 2), (2, 2)), "reach beyond"),
    "a negative stride": (("Float", "0", 4, (2, 2), (-2, 1)), "non-negative integers"),
    "a negative size": (("Float", "0", 4, (-2, -2), (2, 1)), "non-negative integers"),
    "an offset beyond the storage": (("Float", "0", 4, (2, 2), (2, 1), 1), "reach beyond"),
    "a negative offset": (("Float", "0", 4, (2, 2), (2, 1), -1), "non-negative integers"),
    "an offset of 2**70": (("Float", "0", 4, (2, 2), (2, 1), 2**70), "non-negative integers"),
    "more strides than axes": (("Float", "0", 4, (2, 2), (2, 1, 1)), "non-negative integers"),
    "a hundred axes": (("Float", "0", 4, (1,) * 100, (1,) * 100), "non-negative integers"),
    "no values": (("Float", "0", 4, (0, 2), (2, 1)), "no values"),
}


@pytest.mark.parametrize("tensor, reason", TENSORS.values(), ids=TENSORS)
def test_a_hostile_tensor_is_refused(tmp_path, refuse, torch, tensor, reason):
    refuse(torch.pack(tmp_path / "run.pt", ONE + torch.tensor(*tensor) + b"s", FLOATS), reason)


def sound(torch, path, *, n_bytes=16, **members):
    body = ONE + torch.tensor("Float", "0", 4, (2, 2), (2, 1)) + b"s"
    return torch.pack(path, body, {"0": bytes(n_bytes)}, **members)


def bomb_as_storage(torch, path):
    body = ONE + torch.tensor("Float", "0", 25 * 10**6, (5, 5 * 10**6), (5 * 10**6, 1)) + b"s."
    torch.archive(path, {"data.pkl": b"\x80\x02" + body, "data/0": bytes(10**8)}, zipfile.ZIP_DEFLATED)


def torchscript(torch, path):
    torch.archive(path, {"data.pkl": b"\x80\x02c__torch__\nNet\n)\x81.", "code/__torch__.py": b""})


def crowd(torch, path):
    sound(torch, path, **{f"{i:05d}": b"" for i in range(50_000)})


def numpys(save, content):
    def write(torch, path):
        with path.open("wb") as stream:
            save(stream, content)

    return write


ARCHIVES = {
    "a bomb as the pickle": (
        lambda torch, path: torch.archive(path, {"data.pkl": bytes(10**8)}, zipfile.ZIP_DEFLATED),
        "is compressed",
    ),
    "a bomb as a storage": (bomb_as_storage, "is compressed"),
    "no pickle": (lambda torch, path: torch.archive(path, {"data/0": bytes(16)}), "no archive of torch.save"),
    "torchscript": (torchscript, "names '__torch__ Net'"),
    "an odd byte order": (lambda torch, path: sound(torch, path, byteorder=b"middle"), "byteorder is b'middle'"),
    "a byte order of a megabyte": (lambda torch, path: sound(torch, path, byteorder=bytes(2**20)), "limit of 16"),
    "a storage that is too short": (lambda torch, path: sound(torch, path, n_bytes=15), "are stored in 15 bytes"),
    "a directory of 50 000 members": (crowd, "its directory of [0-9]+ bytes is above the limit"),
    "truncated": (lambda torch, path: path.write_bytes(sound(torch, path).read_bytes()[:-40]), "zip"),
    "the first half": (lambda torch, path: path.write_bytes(sound(torch, path).read_bytes()[:150]), "zip"),
    "empty": (lambda torch, path: path.write_bytes(b""), "no zip archive"),
    "a .npy": (numpys(np.save, np.eye(2)), "no zip archive"),
    "a .npz": (numpys(np.savez, np.eye(2)), "no archive of torch.save"),
    "an object array in an .npz": (numpys(np.savez, np.array([{}])), "no archive of torch.save"),
}


@pytest.mark.parametrize("write, reason", ARCHIVES.values(), ids=ARCHIVES)
def test_a_hostile_archive_is_refused(tmp_path, refuse, torch, write, reason):
    write(torch, tmp_path / "run.pt")
    refuse(tmp_path / "run.pt", reason)


def test_storages_that_share_bytes_are_refused(tmp_path, refuse, torch):
    body = (
        b"}(" + b"".join(text(f"epoch_1/{key}") + torch.tensor("Float", key, 4, (2, 2), (2, 1)) for key in "01") + b"u"
    )
    path = torch.pack(tmp_path / "run.pt", body, {"0": bytes(16), "1": bytes(16)})
    content = bytearray(path.read_bytes())
    # The directory's entries of data/0 and data/1 end with the place of the member and its name.
    first, second = (content.rindex(f"run/data/{key}".encode()) for key in "01")
    content[second - 4 : second] = content[first - 4 : first]
    path.write_bytes(content)
    refuse(path, "overlap")


def test_a_member_that_lies_beyond_the_file_is_refused(tmp_path, refuse, torch):
    path = sound(torch, tmp_path / "run.pt")
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"run/data/0")
    content[entry - 4 : entry] = struct.pack("<I", 2**31)
    path.write_bytes(content)
    refuse(path, "is not where the directory places it|zip")


@pytest.mark.parametrize(
    "name", ["epoch_1.pt", "epoch_1.safetensors", "epoch_1/a.pt", "epoch_1/part-0.safetensors", "epoch_1/a"]
)
def test_a_link_out_of_the_dump_is_refused(tmp_path, refuse, name):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "part-0.npy").touch()
    link = tmp_path / "dump" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "outside" / ("part-0.npy" if link.suffix else ""))
    refuse(tmp_path / "dump", "links to .*outside")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
@pytest.mark.parametrize("name", ["epoch_1.pt", "epoch_1.safetensors", "epoch_1/a.pt", "epoch_1/a/part-0.npy"])
def test_a_pipe_is_refused_rather_than_read(tmp_path, refuse, name):
    (tmp_path / "dump" / name).parent.mkdir(parents=True)
    os.mkfifo(tmp_path / "dump" / name)
    refuse(tmp_path / "dump", "neither a file nor a folder")


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_random_damage_gives_a_value_error_or_a_dump(tmp_path, canary, torch, safetensors, suffix):
    """Bytes are overwritten: the outcome is a dump or a ValueError that names the file, never another error."""
    path = tmp_path / f"run{suffix}"
    cells = {f"epoch_{epoch}/fc{i}": np.ones((4, i + 1)) for epoch in range(2) for i in range(3)} | {
        "ids": np.arange(4)
    }
    torch(path, cells) if suffix == ".pt" else path.write_bytes(safetensors(cells))
    original, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(400):
        damaged = bytearray(original)
        for place in rng.integers(len(damaged), size=3):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            attempt(path)
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
        except UserWarning as warning:
            assert "no ids" in str(warning)
    assert refused > 100
