"""Damaged and malicious files: a clean ValueError that names the file, nothing large allocated, nothing run."""

import os
import pickle
import struct
import tracemalloc
import zipfile
from io import BytesIO

import numpy as np
import pytest

from skib.dumps import open_dump

FEW_BYTES = 2**20


@pytest.fixture
def refuse(tmp_path):
    """Assert that open_dump raises a ValueError that matches, in little memory."""

    def check(match, source=tmp_path, **options):
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=match):
                open_dump(source, **options)
            assert tracemalloc.get_traced_memory()[1] < FEW_BYTES
        finally:
            tracemalloc.stop()

    return check


def header(shape, descr="'<f8'", *, magic=b"\x93NUMPY\x01\x00"):
    """Return a version 1.0 header; `shape` and `descr` are source text, so that they may be nonsense."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return magic + struct.pack("<H", len(text)) + text


def npy(array):
    stream = BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


class Payload:
    """An object whose unpickling leaves a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


HOSTILE = {
    "not npy": (b"PK\x03\x04" + bytes(200), "no valid .npy header"),
    "magic alone": (b"\x93NUMPY\x01\x00", "no valid .npy header"),
    "unknown version": (header("(2, 2)", magic=b"\x93NUMPY\x09\x00") + bytes(32), "no valid .npy header"),
    "garbage header": (b"\x93NUMPY\x01\x00\x40\x00" + bytes(range(128, 192)), "no valid .npy header"),
    "header is code": (header("__import__('os').getcwd()"), "no valid .npy header"),
    "header without shape": (b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f8'}", "no valid .npy header"),
    "deeply nested header": (header("-" * 9000 + "1"), "no valid .npy header"),
    "header of 4 GB": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{" + b" " * 50_000, "no valid .npy header"),
    "truncated": (npy(np.ones((100, 10)))[:-1], r"needs 8128 bytes but 8127 are stored"),
    "header cut off": (npy(np.ones((100, 10)))[:40], "no valid .npy header"),
    "trailing bytes": (npy(np.ones((100, 10))) + b"\0", r"needs 8128 bytes but 8129 are stored"),
    "declares 8 TB": (header("(1000000, 1000000)") + bytes(80), r"takes 8000000000000 bytes, above the limit"),
    "declares 8 GB": (header("(1000000, 1000)") + bytes(80), "are stored"),
    "overflows 64 bits": (header(f"({2**32}, {2**32})") + bytes(80), "above the limit"),
    "overflows to the stored size": (header(f"({2**61 + 10},)") + bytes(80), "above the limit"),
    "shape of 4000 digits": (header(f"({'9' * 4000},)"), "above the limit|digits"),
    "negative shape": (header("(-2, -5)") + bytes(80), "no valid sample axis"),
    "one negative size": (header("(10, -1)") + bytes(80), "no valid sample axis"),
    "shape of floats": (header("(2.0, 5.0)") + bytes(80), "no valid .npy header"),
    "no values": (header("(0, 5)"), "no values"),
    "no width": (header(f"({2**40},)", "'<U0'"), "no values"),
    "strings of 1 GB": (header("(10,)", "'<U300000000'"), "above the limit"),
    "objects": (npy(np.array([{}, None])), "pickled objects can run code"),
    "records": (npy(np.zeros(3, "f8,i4")), "dtype .* is refused"),
    "a field of objects": (npy(np.zeros(3, [("a", "f8"), ("b", "O")])), "dtype .* is refused"),
    "subarray": (header("(3,)", "('<f8', (1000000,))"), "dtype .* is refused"),
    "complex": (npy(np.zeros(3, complex)), "dtype complex128 is refused"),
    "bytes without type": (npy(np.zeros(3, "V8")), "dtype .* is refused"),
    "unknown type": (header("(3,)", "'<q99'"), "no valid .npy header"),
    "text": (npy(np.array(["a", "b"])), "is text"),
}


@pytest.mark.parametrize("content, reason", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_array_is_refused_in_every_container(tmp_path, refuse, content, reason):
    (tmp_path / "tree" / "epoch_1").mkdir(parents=True)
    (tmp_path / "tree" / "epoch_1" / "fc1.npy").write_bytes(content)
    refuse(rf"epoch_1.fc1\.npy: .*({reason})", tmp_path / "tree")
    for name, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / f"{name}.npz", "w", method) as archive:
            archive.writestr("epoch_1/fc1.npy", content)
        refuse(rf"{name}\.npz\['epoch_1/fc1'\]: .*({reason})", tmp_path / f"{name}.npz")


@pytest.mark.filterwarnings("ignore::skib.dumps.IncompleteDumpWarning")
def test_an_empty_array_is_refused_in_every_container(tmp_path, refuse):
    (tmp_path / "tree" / "epoch_1").mkdir(parents=True)
    (tmp_path / "tree" / "epoch_1" / "fc1.npy").write_bytes(b"")
    refuse("has no epoch with a layer", tmp_path / "tree")
    with zipfile.ZipFile(tmp_path / "run.npz", "w") as archive:
        archive.writestr("epoch_1/fc1.npy", b"")
    refuse(r"run\.npz\['epoch_1/fc1'\]: .*no valid .npy header", tmp_path / "run.npz")


def test_no_pickle_is_ever_loaded(tmp_path, refuse):
    trace = tmp_path / "trace"
    payload = np.array([Payload(trace)], dtype=object)
    np.save(tmp_path / "ids.npy", payload, allow_pickle=True)
    np.savez(tmp_path / "epoch_1.npz", a=np.eye(2))
    refuse(r"ids\.npy: dtype object is refused")
    (tmp_path / "ids.npy").write_bytes(pickle.dumps(payload))
    refuse(r"ids\.npy: no valid .npy header")
    (tmp_path / "ids.npy").unlink()
    np.savez(tmp_path / "epoch_2.npz", a=payload)
    refuse(r"epoch_2\.npz\['a'\]: dtype object is refused")
    assert not trace.exists()


def test_a_zip_bomb_stays_packed(tmp_path, refuse):
    bomb = tmp_path / "run.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("epoch_1/fc1.npy", "w") as stream:
            stream.write(header("(200, 131072)"))
            for _ in range(200):
                stream.write(bytes(2**20))
    assert bomb.stat().st_size < 2**18
    refuse(r"takes 209715200 bytes, above the limit of 100000000; if you trust", bomb, max_bytes=10**8)


def test_a_compressed_header_of_gigabytes_stays_packed(tmp_path, refuse):
    with zipfile.ZipFile(tmp_path / "epoch_1.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("fc1.npy", "w") as stream:
            stream.write(b"\x93NUMPY\x02\x00" + struct.pack("<I", 100 * 2**20))
            for _ in range(100):
                stream.write(b" " * 2**20)
    refuse("no valid .npy header")


def test_a_member_with_a_false_size_is_refused(tmp_path, refuse):
    content = header("(1000, 1000)") + bytes(80)
    size = len(content) - 80 + 8 * 10**6
    with zipfile.ZipFile(tmp_path / "epoch_1.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fc1.npy", content)
        archive.infolist()[0].file_size = size  # only the central directory, written at the end, has the lie
    refuse(rf"epoch_1\.npz\['fc1'\]: \d+ stored bytes cannot hold the {size}")


def test_a_member_that_declares_more_than_the_file_is_refused(tmp_path, refuse):
    content = header("(1000, 1000)") + bytes(80)
    with zipfile.ZipFile(tmp_path / "epoch_1.npz", "w") as archive:
        archive.writestr("fc1.npy", content)
        info = archive.infolist()[0]
        info.file_size = info.compress_size = len(content) - 80 + 8 * 10**6
    refuse(r"epoch_1\.npz: its members declare 80\d+ bytes in a file of")


def test_a_false_size_within_the_bounds_of_deflate_is_found_when_the_member_is_read(tmp_path):
    content = header("(1000, 10)") + np.random.default_rng(0).bytes(1000)
    with zipfile.ZipFile(tmp_path / "epoch_1.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fc1.npy", content)
        archive.infolist()[0].file_size = len(content) - 1000 + 80_000
        archive.writestr("ids.npy", npy(np.arange(1000)))
    dump = open_dump(tmp_path)
    with pytest.raises(ValueError, match=r"epoch_1\.npz\['fc1'\]: \w"):
        dump[1, "fc1"]


def test_flipped_bits_are_found_when_the_member_is_read(tmp_path):
    path = tmp_path / "epoch_1.npz"
    np.savez_compressed(path, fc1=np.random.default_rng(0).normal(size=(1000, 10)), ids=np.arange(1000))
    damaged = bytearray(path.read_bytes())
    damaged[20_000:20_100] = bytes(100)
    path.write_bytes(damaged)
    dump = open_dump(path.parent)
    with pytest.raises(ValueError, match=r"epoch_1\.npz\['fc1'\]: \w"):
        dump[1, "fc1"]


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-30], lambda b: b[: len(b) // 2], lambda b: b"", lambda b: npy(np.eye(3)), lambda b: bytes(999)],
)
def test_what_is_no_whole_archive_is_refused(npz, refuse, damage):
    npz.write_bytes(damage(npz.read_bytes()))
    refuse(r"dump\.npz: .*zip", npz)


def test_overlapping_members_are_refused(tmp_path, refuse):
    """A bomb of the kind whose members all share one compressed block."""
    path = tmp_path / "epoch_1.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(np.zeros((1000, 100))))
        for name in "bcdefgh":
            info = zipfile.ZipInfo(f"{name}.npy")
            shared = archive.infolist()[0]
            info.compress_type, info.header_offset = shared.compress_type, shared.header_offset
            info.compress_size, info.file_size, info.CRC = shared.compress_size, shared.file_size, shared.CRC
            archive.filelist.append(info)
    refuse(r"epoch_1\.npz")


def test_encrypted_and_oddly_compressed_members_are_refused(tmp_path, refuse):
    path = tmp_path / "epoch_1.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.npy", npy(np.zeros((1000, 100))))
    refuse(r"epoch_1\.npz\['a'\]: compressed in a way")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", npy(np.eye(3)))
        archive.infolist()[0].flag_bits |= 1
    refuse(r"epoch_1\.npz\['a'\]: .*encrypted")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_key_stored_twice_is_refused(tmp_path, refuse):
    with zipfile.ZipFile(tmp_path / "epoch_1.npz", "w") as archive:
        archive.writestr("a.npy", npy(np.eye(3)))
        archive.writestr("a.npy", npy(np.ones((3, 3))))
    refuse(r"epoch_1\.npz\['a'\]: the key is stored twice")


def test_keys_that_look_like_paths_touch_no_file(tmp_path):
    (tmp_path / "in").mkdir()
    keys = ["../escaped", "/tmp/escaped", "a/../../b", "C:\\escaped"]
    np.savez(tmp_path / "in" / "epoch_1.npz", ids=np.arange(2), **{key: np.eye(2) for key in keys})
    before = sorted(tmp_path.rglob("*"))
    dump = open_dump(tmp_path / "in")
    assert dump.layers == tuple(keys)
    assert all(dump[cell].sum() == 2 for cell in dump)
    assert sorted(tmp_path.rglob("*")) == before


def test_names_that_could_drive_a_terminal_are_refused(tmp_path, refuse):
    np.savez(tmp_path / "epoch_1.npz", **{"fc1\x1b[2J": np.eye(2)})
    refuse(r"printable and unique, got 'fc1\\x1b\[2J'")


@pytest.mark.parametrize("link", ["epoch_00002/fc3.npy", "epoch_7", "epoch_7.npz", "y.npy", "meta.json"])
def test_a_link_out_of_the_dump_is_refused(tree, tmp_path, refuse, link):
    targets = {
        "fc3.npy": "secret.npy",
        "y.npy": "secret.npy",
        "epoch_7": "",
        "epoch_7.npz": "s.npz",
        "meta.json": "s.json",
    }
    outside = tmp_path / "outside"
    outside.mkdir()
    np.save(outside / "secret.npy", np.arange(6))
    np.savez(outside / "s.npz", a=np.arange(6))
    (outside / "s.json").write_text("{}")
    (tree / link).unlink(missing_ok=True)
    (tree / link).symlink_to(outside / targets[os.path.basename(link)])
    refuse(r"links to .*outside.*, outside the dump", tree)


def test_links_inside_the_dump_and_to_the_dump_are_followed(tree, npz, tmp_path):
    (tree / "epoch_00002" / "copy.npy").symlink_to(tree / "epoch_00010" / "fc2.npy")
    (tree / "epoch_99").symlink_to("epoch_00010")
    (tmp_path / "latest").symlink_to(tree)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "latest.npz").symlink_to(npz)
    dump = open_dump(tmp_path / "latest")
    assert dump.epochs == (2, 10, 99)
    np.testing.assert_array_equal(dump[2, "copy"], dump[99, "fc2"])
    assert open_dump(tmp_path / "links" / "latest.npz").epochs == (2, 10)


def test_a_link_that_leads_nowhere_out_of_the_way_is_no_concern(tree, tmp_path):
    (tree / "weights").symlink_to(tmp_path)
    (tree / "notes.txt").symlink_to("/dev/zero")
    assert open_dump(tree).epochs == (2, 10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
@pytest.mark.parametrize("name", ["epoch_00002/pipe.npy", "epoch_7.npz", "ids.npy", "meta.json"])
def test_a_pipe_is_refused_rather_than_waited_for(tree, refuse, name):
    (tree / name).unlink(missing_ok=True)
    os.mkfifo(tree / name)
    refuse("is neither a file nor a folder", tree)


def test_a_loop_of_links_is_refused(tree, refuse):
    (tree / "epoch_00002" / "a.npy").symlink_to("b.npy")
    (tree / "epoch_00002" / "b.npy").symlink_to("a.npy")
    refuse("is neither a file nor a folder", tree)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("{", "Expecting"),
        ("[1]", "expected a JSON object, got list"),
        ('{"layers": "fc1"}', "'layers' must be a list"),
        ("[" * 100_000, "recursion"),
        ('"' + "a" * 2**21 + '"', "longer than"),
        ("\xff", None),
    ],
)
def test_bad_metadata_is_refused(tree, text, reason):
    (tree / "meta.json").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=rf"meta.*{reason or 'decode'}"):
        open_dump(tree)


def test_the_limit_is_on_each_array_and_inclusive(tmp_path, refuse):
    np.savez(tmp_path / "epoch_1.npz", a=np.zeros((10, 10)), b=np.zeros((10, 10)), ids=np.arange(10))
    assert len(open_dump(tmp_path, max_bytes=800)) == 2
    refuse("takes 800 bytes, above the limit of 799", max_bytes=799)


def test_random_damage_gives_a_value_error_or_a_dump(npz):
    """Bytes of an archive are overwritten: whatever comes out is a dump or a ValueError, never another error."""
    rng = np.random.default_rng(0)
    original = npz.read_bytes()
    refused = 0
    for _ in range(300):
        damaged = bytearray(original)
        for place in rng.integers(len(damaged), size=3):
            damaged[place] = rng.integers(256)
        npz.write_bytes(damaged)
        try:
            dump = open_dump(npz)
            for cell in dump:
                assert dump[cell].shape == dump.shape(*cell)
        except ValueError as error:
            assert str(npz) in str(error)
            refused += 1
    assert refused > 100
