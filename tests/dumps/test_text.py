"""Text and other types beside layers: passed over, read as y and ids, or refused with their name; never a crash."""

import warnings

import numpy as np
import pytest

from skib.dumps import convert, open_dump

LAYER = np.arange(12.0).reshape(6, 2)
WORDS = ["cat", "dog", "cat", "élan", "", "cat"]
TEXT = np.dtypes.StringDType()


def h5py_of(kind):
    """A dataset of HDF5 of each kind: what ``create_dataset`` takes."""
    h5py = pytest.importorskip("h5py")
    records = np.zeros(6, [("a", "i8"), ("b", "f8")])
    return {
        "list of str": {"data": WORDS},
        "object": {"data": np.array(WORDS, dtype=object)},
        "StringDType": {"data": np.array(WORDS, dtype=TEXT)},
        "chunked": {"data": WORDS, "chunks": (2,), "compression": "gzip"},
        "bytes of one width": {"data": np.array(["cat", "dog"] * 3, dtype="S3")},
        "other length": {"data": ["cat", "dog"]},
        "two columns": {"data": np.array([WORDS, WORDS], dtype=object).T},
        "lone string": {"data": "cat"},
        "compound": {"data": records},
        "lists": {"shape": (6,), "dtype": h5py.vlen_dtype(float)},
        "dates": {"data": np.arange(6).astype("M8[s]").astype(h5py.opaque_dtype("M8[s]"))},
        "complex": {"data": np.ones(6, complex)},
        "references": {"shape": (6,), "dtype": h5py.ref_dtype},
    }


ZARR = {
    "str": np.array(WORDS),
    "bytes": np.array(["cat", "dog"] * 3, dtype="S3"),
    "StringDType": np.array(WORDS, dtype=TEXT),
    "dates": np.arange(6).astype("M8[s]"),
    "durations": np.arange(6).astype("m8[s]"),
    "compound": np.zeros(6, [("a", "i8"), ("b", "f8")]),
    "complex": np.ones(6, complex),
    "lone string": np.array("cat"),
    "two columns": np.array([WORDS, WORDS], dtype=TEXT).T,
}
HDF5 = [
    *("list of str", "object", "StringDType", "chunked", "bytes of one width", "other length", "two columns"),
    *("lone string", "compound", "lists", "dates", "complex", "references"),
]


def hdf5(path, name, kind, ids=True):
    """A file of one layer, with a dataset of that kind."""
    with pytest.importorskip("h5py").File(path / "run.h5", "w") as file:
        file["epoch_1/fc"] = LAYER
        if ids and name != "ids":
            file["ids"] = np.arange(6)
        file.create_dataset(name, **h5py_of(kind)[kind])
    return path / "run.h5"


def zarr(path, name, kind, version=3):
    """A store of one layer, with an array of that kind."""
    group = pytest.importorskip("zarr").open_group(path / "run.zarr", mode="w", zarr_format=version)
    group.create_array("epoch_1/fc", data=LAYER)
    if name != "ids":
        group.create_array("ids", data=np.arange(6))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr: the specification of version 3 has no such types
        group.create_array(name, data=ZARR[kind])
    return path / "run.zarr"


@pytest.mark.parametrize("kind", HDF5)
def test_a_stray_dataset_of_hdf5_is_passed_over(tmp_path, kind):
    dump = open_dump(hdf5(tmp_path, "class_names", kind))
    assert list(dump) == [(1, "fc")] and dump.y is None
    np.testing.assert_array_equal(dump[1, "fc"], LAYER)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("kind", ZARR)
def test_a_stray_array_of_zarr_is_passed_over(tmp_path, kind, version):
    dump = open_dump(zarr(tmp_path, "class_names", kind, version))
    assert list(dump) == [(1, "fc")] and dump.y is None
    np.testing.assert_array_equal(dump[1, "fc"], LAYER)


def test_a_stray_array_of_objects_in_npz_is_passed_over(tmp_path):
    arrays = {"epoch_1/fc": LAYER, "ids": np.arange(6), "class_names": np.array(["cat", "dog"], dtype=object)}
    np.savez(tmp_path / "run.npz", **arrays, records=np.zeros(3, "i8,f8"))
    assert list(open_dump(tmp_path / "run.npz")) == [(1, "fc")]


@pytest.mark.parametrize("kind", ["list of str", "object", "StringDType", "chunked"])
def test_text_of_hdf5_is_read_as_y_and_ids(tmp_path, kind):
    dump = open_dump(hdf5(tmp_path, "y", kind))
    np.testing.assert_array_equal(dump.y, WORDS)
    assert dump.y.dtype.kind == "U" and not dump.y.flags.writeable
    copy = open_dump(convert(dump, tmp_path / "copy"))
    np.testing.assert_array_equal(copy.y, dump.y)


def test_ids_of_text_are_compared(tmp_path):
    h5py = pytest.importorskip("h5py")
    names = [f"file {i}" for i in range(6)]
    for epoch, ids in enumerate([names, [f"{name}.png" for name in names]]):
        with h5py.File(tmp_path / f"epoch_{epoch}.h5", "w") as file:
            file["fc"], file["ids"] = LAYER, ids
    with pytest.raises(ValueError, match="ids disagree: .* differ in 6 of 6 rows, first in row 0 .file 0 and"):
        open_dump(tmp_path)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("kind", ["str", "bytes"])
def test_text_of_one_width_of_zarr_is_read_as_y(tmp_path, kind, version):
    dump = open_dump(zarr(tmp_path, "y", kind, version))
    np.testing.assert_array_equal(dump.y, ZARR[kind])
    assert dump.y.dtype == ZARR[kind].dtype


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("chunks", [(2,), (6,)])
def test_text_of_any_length_of_zarr_is_read_as_y_and_ids(tmp_path, chunks, version):
    group = pytest.importorskip("zarr").open_group(tmp_path / "run.zarr", mode="w", zarr_format=version)
    expected = np.array([f"{word} {i}" * i for i, word in enumerate(WORDS)])
    words = expected.astype(TEXT)
    group.create_array("epoch_1/fc", data=LAYER)
    for name, text in (("y", words), ("ids", words), ("class_names", words[:2])):
        group.create_array(name, data=text, chunks=chunks)
    dump = open_dump(tmp_path / "run.zarr")
    assert list(dump) == [(1, "fc")]
    for found in (dump.y, dump.ids, open_dump(convert(dump, tmp_path / "copy")).y):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype and not found.flags.writeable
    with pytest.raises(ValueError, match=r"run\.zarr.y: .* bytes, above the limit of 100"):
        open_dump(tmp_path / "run.zarr", max_bytes=100)


def test_text_of_zarr_that_changed_or_is_damaged_is_noticed(tmp_path):
    store = zarr(tmp_path, "y", "StringDType")
    dump = open_dump(store)
    chunk = store / "y" / "c" / "0"
    content = chunk.read_bytes()
    group = pytest.importorskip("zarr").open_group(store, mode="a")
    group.create_array("y", data=np.array([word * 9 for word in WORDS], dtype=TEXT), overwrite=True)
    with pytest.raises(ValueError, match="file changed after the dump was opened"):
        dump.y  # noqa: B018
    chunk.write_bytes(content[:-9])
    with pytest.raises(ValueError, match=r"run\.zarr.y: \w"):
        open_dump(store)


@pytest.mark.parametrize("codec", ["vlen-bytes", "vlen-array", "json2", "msgpack2"])
def test_other_codecs_of_objects_are_refused(tmp_path, codec):
    metadata = zarr(tmp_path, "y", "StringDType", 2) / "y" / ".zarray"
    metadata.write_text(metadata.read_text().replace("vlen-utf8", codec))
    with pytest.raises(ValueError, match=f"the codec '{codec}' is refused"):
        open_dump(tmp_path / "run.zarr")


REFUSED_HDF5 = {
    "two columns": "is text; .* may be text of one dimension",
    "compound": "dtype .* is refused; save real numbers",
    "lists": "lists of different lengths are refused; pad them",
    "dates": r"dtype datetime64\[s\] is refused",
    "complex": "dtype complex128 is refused",
    "references": "dtype object is refused; save real numbers",
    "other length": "has 2 samples but",
}
REFUSED_ZARR = {
    "two columns": "strings of any length are read as y and ids of one dimension alone; save real numbers",
    "dates": "datetime64.* is refused; save real numbers",
    "durations": "timedelta64.* is refused; save real numbers",
    "compound": "structured|records",
    "complex": "complex128.* is refused; save real numbers",
}


@pytest.mark.parametrize("name", ["y", "ids", "epoch_1/h"])
@pytest.mark.parametrize(("kind", "reason"), REFUSED_HDF5.items(), ids=REFUSED_HDF5)
def test_what_hdf5_cannot_give_is_refused_by_name(tmp_path, kind, reason, name):
    if kind == "other length" and name == "epoch_1/h":
        reason = "is text"
    with pytest.raises(ValueError, match=rf"run\.h5\['{name}'\].*{reason}"):
        open_dump(hdf5(tmp_path, name, kind))


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("name", ["y", "ids", "epoch_1/h"])
@pytest.mark.parametrize(("kind", "reason"), REFUSED_ZARR.items(), ids=REFUSED_ZARR)
def test_what_zarr_cannot_give_is_refused_by_name(tmp_path, kind, reason, name, version):
    with pytest.raises(ValueError, match=rf"run\.zarr.{name}: .*({reason})"):
        open_dump(zarr(tmp_path, name, kind, version))


def test_text_as_a_layer_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r"run\.h5\['epoch_1/h'\]: .* is text; activations and X must be numbers"):
        open_dump(hdf5(tmp_path, "epoch_1/h", "list of str"))


def test_one_long_string_is_not_multiplied_by_the_rows(tmp_path):
    """Padded to one width, six rows of which one has a million characters take 24 MB."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["epoch_1/fc"], file["y"], file["ids"] = LAYER, [*WORDS[:5], "x" * 10**6], np.arange(6)
    assert open_dump(tmp_path / "run.h5").y.nbytes == 24 * 10**6
    with pytest.raises(ValueError, match=r"'y'.* takes 24000000 bytes, above the limit of 1000000"):
        open_dump(tmp_path / "run.h5", max_bytes=10**6)


def test_a_file_that_changed_is_noticed(tmp_path):
    dump = open_dump(hdf5(tmp_path, "y", "list of str"))
    hdf5(tmp_path, "y", "other length")
    with pytest.raises(ValueError, match="the file changed after the dump was opened"):
        _ = dump.y


def test_text_of_which_nothing_was_written_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["epoch_1/fc"] = LAYER
        file.create_dataset("ids", (6,), h5py.string_dtype(), chunks=(2,))
    with pytest.raises(ValueError, match="'ids': shape .* is declared but not all of it was written"):
        open_dump(tmp_path / "run.h5")


def test_text_in_chunks_that_are_far_larger_than_it_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["epoch_1/fc"] = LAYER
        options = {"chunks": (2**24,), "maxshape": (None,), "compression": "gzip"}
        file.create_dataset("ids", (6,), h5py.string_dtype(), **options)
    with pytest.raises(ValueError, match="'ids': an array of shape .* in chunks of"):
        open_dump(tmp_path / "run.h5")
