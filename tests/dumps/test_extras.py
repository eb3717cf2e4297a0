"""HDF5, zarr, parquet and Arrow, where their packages are installed: reading, refusals and messages."""

import json
import os
import sys
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from skib.dumps import IncompleteDumpWarning, convert, open_dump
from skib.dumps.formats import _stored


def cells_of(arrays, per_sample):
    cells = {f"epoch_{epoch}/{layer}": array for epoch, layers in arrays.items() for layer, array in layers.items()}
    return cells | per_sample


def write_hdf5(path, cells, **options):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in cells.items():
            file.create_dataset(name, data=array, **options)
    return path.with_suffix(".h5")


def write_hdf5_in_chunks(path, cells):
    return write_hdf5(path, cells, chunks=True, compression="gzip")


def write_zarr(path, cells, version=3):
    group = pytest.importorskip("zarr").open_group(path.with_suffix(".zarr"), mode="w", zarr_format=version)
    for name, array in cells.items():
        group.create_array(name, data=array, chunks=(4, *array.shape[1:]))
    return path.with_suffix(".zarr")


def write_zarr_2(path, cells):
    return write_zarr(path, cells, version=2)


def table_of(cells, fixed=True):
    pa = pytest.importorskip("pyarrow")
    columns = {}
    for name, array in cells.items():
        numbers = pa.array(array.ravel())
        if array.ndim == 2 and fixed:
            numbers = pa.FixedSizeListArray.from_arrays(numbers, array.shape[1])
        elif array.ndim == 2:
            numbers = pa.ListArray.from_arrays(
                pa.array(np.arange(len(array) + 1, dtype="i4") * array.shape[1]), numbers
            )
        columns[name] = numbers
    return pa.table(columns)


def write_parquet(path, cells, fixed=True):
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(table_of(cells, fixed), path.with_suffix(".parquet"), row_group_size=4)
    return path.with_suffix(".parquet")


def write_parquet_lists(path, cells):
    return write_parquet(path, cells, fixed=False)


def write_feather(path, cells):
    feather = pytest.importorskip("pyarrow.feather")
    feather.write_feather(table_of(cells), path.with_suffix(".feather"), chunksize=4)
    return path.with_suffix(".feather")


def write_stream(path, cells):
    ipc, table = pytest.importorskip("pyarrow.ipc"), table_of(cells, fixed=False)
    with ipc.new_stream(path.with_suffix(".arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=4)
    return path.with_suffix(".arrow")


def write_zarr_zip(path, cells, method=zipfile.ZIP_STORED):
    storage = pytest.importorskip("zarr.storage")
    with storage.ZipStore(path.with_suffix(".zarr.zip"), mode="w", compression=method) as store:
        group = pytest.importorskip("zarr").open_group(store, mode="w")
        for name, array in cells.items():
            group.create_array(name, data=array, chunks=(4, *array.shape[1:]))
    return path.with_suffix(".zarr.zip")


WRITERS = [write_hdf5, write_hdf5_in_chunks, write_zarr, write_zarr_2]
WRITERS += [write_parquet, write_parquet_lists, write_feather, write_stream]


@pytest.fixture(params=WRITERS, ids=lambda write: write.__name__)
def writer(request):
    return request.param


def check(dump, arrays, per_sample):
    assert dump.epochs == (2, 10) and set(dump.layers) == {"fc10", "fc2", "out"}
    for epoch, layer in dump:
        expected = arrays[epoch][layer].reshape(6, -1)
        assert dump[epoch, layer].dtype == dump.dtype(epoch, layer) == expected.dtype
        assert not dump[epoch, layer].flags.writeable
        np.testing.assert_array_equal(dump[epoch, layer], expected)
        blocks = list(dump._cells[epoch, layer].blocks())
        np.testing.assert_array_equal(np.concatenate(blocks).reshape(6, -1), expected)
    for name, expected in per_sample.items():
        np.testing.assert_array_equal(getattr(dump, name), expected)


def test_one_file_for_all_epochs(tmp_path, writer, arrays, per_sample):
    check(open_dump(writer(tmp_path / "run", cells_of(arrays, per_sample))), arrays, per_sample)


def test_one_file_per_epoch(tmp_path, writer, arrays, per_sample):
    for epoch, layers in arrays.items():
        writer(tmp_path / f"epoch_{epoch}", layers | per_sample)
    check(open_dump(tmp_path), arrays, per_sample)


def test_one_folder_of_parts_per_epoch(tmp_path, writer, arrays, per_sample):
    for epoch, layers in arrays.items():
        (tmp_path / f"epoch_{epoch}").mkdir()
        for i, rows in enumerate((slice(0, 4), slice(4, 6))):
            batch = {name: array[rows] for name, array in (layers | per_sample).items()}
            writer(tmp_path / f"epoch_{epoch}" / f"part-{i}", batch)
    check(open_dump(tmp_path), arrays, per_sample)


def test_every_format_converts(tmp_path, writer, arrays, per_sample):
    source = writer(tmp_path / "run", cells_of(arrays, per_sample))
    check(open_dump(convert(source, tmp_path / "new")), arrays, per_sample)


def test_hdf5_values_stay_readable_when_the_file_grows(tmp_path):
    h5py = pytest.importorskip("h5py")
    values = np.arange(2000.0).reshape(40, 50)
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["1/a"], file["ids"] = values, np.arange(40)
    dump = open_dump(tmp_path / "run.h5")
    np.testing.assert_array_equal(dump[1, "a"], values)
    with h5py.File(tmp_path / "run.h5", "a") as file:  # the next epoch of a run that goes on; the first one has moved
        del file["1/a"]
        file["2/a"], file["1/a"] = -values, values + 1
    os.utime(tmp_path / "run.h5", ns=(0, 0))
    np.testing.assert_array_equal(dump[1, "a"], values + 1)
    with h5py.File(tmp_path / "run.h5", "a") as file:
        del file["1/a"]
        file["1/a"] = values[:, 1:]
    os.utime(tmp_path / "run.h5", ns=(1, 1))
    with pytest.raises(ValueError, match=r"1/a.*the file changed after the dump was opened"):
        dump[1, "a"]


def test_hdf5_types_that_numpy_lacks_are_converted(tmp_path):
    h5py = pytest.importorskip("h5py")
    kind = h5py.h5t.NATIVE_FLOAT.copy()
    kind.set_fields(30, 22, 8, 0, 22)  # a mantissa of 22 bits, below a bit that is not used
    kind.set_precision(31)
    kind.set_ebias(127)
    values = np.arange(12, dtype=np.float32).reshape(4, 3) / 8
    with h5py.File(tmp_path / "run.h5", "w") as file:
        space = h5py.h5s.create_simple(values.shape)
        group = file.create_group("1")
        h5py.h5d.create(group.id, b"a", kind, space).write(h5py.h5s.ALL, h5py.h5s.ALL, values)
        file["ids"] = np.arange(4)
    np.testing.assert_array_equal(open_dump(tmp_path / "run.h5")[1, "a"], values)


@pytest.mark.parametrize("kind", ["?", "u1", "<i8", ">i4", "<f2", ">f2", ">f4", "<f8"])
@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"chunks": (7, 5)},
        {"chunks": (7, 2)},
        {"chunks": (7, 5), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"chunks": (40, 5)},
    ],
    ids=["contiguous", "whole rows", "parts of rows", "filters", "one chunk"],
)
def test_hdf5_values_of_any_type_and_storage(tmp_path, monkeypatch, kind, storage):
    h5py = pytest.importorskip("h5py")
    values = (3 * np.random.default_rng(0).normal(size=(40, 5))).astype(kind)
    with h5py.File(tmp_path / "run.h5", "w", userblock_size=512) as file:
        file.create_dataset("1/a", data=values, **storage)
        file["ids"] = np.arange(40)
        expected = file["1/a"][()]
    dump = open_dump(tmp_path / "run.h5")
    assert dump[1, "a"].dtype == expected.dtype
    np.testing.assert_array_equal(dump[1, "a"], values)
    monkeypatch.setattr(_stored, "BLOCK_BYTES", 30)
    parts = [block for _, name, stored in dump.stored() if name == "a" for block in stored.blocks()]
    assert (len(parts) > 1) == (storage.get("chunks") != (40, 5))
    np.testing.assert_array_equal(np.concatenate(parts), values)


@pytest.mark.parametrize("write", [write_hdf5, write_zarr])
def test_groups_of_activations_under_bare_numbers(tmp_path, write, arrays, per_sample):
    cells = {f"{epoch}/activations/{name}": array for epoch in arrays for name, array in arrays[epoch].items()}
    other = {"2/weights/fc10": np.eye(2), "10/loss": np.zeros(3)}
    check(open_dump(write(tmp_path / "run", cells | per_sample | other)), arrays, per_sample)


@pytest.mark.parametrize("write", [write_hdf5, write_hdf5_in_chunks, write_zarr])
def test_more_dimensions_are_reduced(tmp_path, write):
    images = np.random.default_rng(0).normal(size=(9, 3, 4, 5))
    dump = open_dump(write(tmp_path / "run", {"epoch_1/conv": images, "ids": np.arange(9)}), reduce="gap")
    np.testing.assert_allclose(dump[1, "conv"], images.mean(axis=(2, 3)), rtol=0, atol=1e-15)


def test_fixed_shape_tensors_are_arrays(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    images = np.arange(24.0).reshape(4, 3, 2)
    table = pa.table({"a": pa.FixedShapeTensorArray.from_numpy_ndarray(images), "ids": np.arange(4)})
    parquet.write_table(table, tmp_path / "epoch_1.parquet")
    np.testing.assert_array_equal(open_dump(tmp_path, reduce="flatten")[1, "a"], images.reshape(4, 6))


def test_opening_allocates_next_to_nothing(tmp_path, writer):
    source = writer(tmp_path / "run", {"epoch_1/fc1": np.ones((1000, 1000)), "ids": np.arange(1000)})
    open_dump(source)  # imports
    tracemalloc.start()
    open_dump(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    "name, package, extra",
    [
        ("run.h5", "h5py", "hdf5"),
        ("run.zarr", "zarr", "zarr"),
        ("run.parquet", "pyarrow.parquet", "arrow"),
        ("run.arrow", "pyarrow", "arrow"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, name, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / name).mkdir() if name == "run.zarr" else (tmp_path / name).touch()
    with pytest.raises(ImportError, match=rf"needs {package.partition('.')[0]}: pip install 'skib\[{extra}\]'"):
        open_dump(tmp_path / name)


def refuse(path, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        dump = open_dump(path)
        for cell in dump:
            dump[cell]
    assert str(path) in str(caught.value)


def outside(file, h5py, folder):
    file["epoch_1/a"] = h5py.ExternalLink(str(folder / "other.h5"), "/secret")


def elsewhere(file, h5py, folder):
    (folder / "raw").write_bytes(bytes(72))
    file.create_dataset("epoch_1/a", (3, 3), "f8", external=[(str(folder / "raw"), 0, 72)])


def virtual(file, h5py, folder):
    layout = h5py.VirtualLayout((3, 3), "f8")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "secret", (3, 3))
    file.create_virtual_dataset("epoch_1/a", layout)


def loop(file, h5py, folder):
    file["epoch_1/a"] = np.eye(3)
    file["epoch_1/again"] = file["/"]


def large_chunks(file, h5py, folder):
    file.create_dataset("epoch_1/a", (1, 2), "f8", chunks=(2**14, 2**14), maxshape=(None, None))


HDF5 = {
    "an external link": (outside, "is a link to another place or file"),
    "a soft link": (lambda file, h5py, folder: file.update({"epoch_1/a": h5py.SoftLink("/etc")}), "is a link"),
    "external values": (elsewhere, "lie in another file"),
    "virtual values": (virtual, "lie in another file"),
    "a group in itself": (loop, "a group in itself"),
    "text": (lambda file, h5py, folder: file.update({"epoch_1/a": ["a", "b"]}), "is text"),
    "nothing written": (
        lambda file, h5py, folder: file.create_dataset("epoch_1/a", (10**4, 10**4), "f8", chunks=(1, 10**4)),
        "not all of it was written",
    ),
    "far too large": (
        lambda file, h5py, folder: file.create_dataset("epoch_1/a", (10**6, 10**6), "f8", chunks=(1, 10**4)),
        "above the limit",
    ),
    "chunks larger than the array": (large_chunks, "in chunks of"),
}


@pytest.mark.parametrize("build, reason", HDF5.values(), ids=HDF5)
def test_a_hostile_hdf5_is_refused(tmp_path, build, reason):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.eye(3)
    with h5py.File(tmp_path / "run.h5", "w") as file:
        build(file, h5py, tmp_path)
    refuse(tmp_path / "run.h5", reason)


PICKLED = {
    "zarr_format": 2,
    "shape": [4],
    "chunks": [4],
    "dtype": "<f8",
    "compressor": {"id": "pickle"},
    "filters": None,
}
ZARR = {
    "a pickle as a filter": ({"filters": [{"id": "pickle", "protocol": 5}]}, "codec 'pickle' is refused"),
    "a pickle as a compressor": ({"compressor": {"id": "pickle"}}, "codec 'pickle' is refused"),
    "objects": ({"dtype": "|O"}, "dtype object is refused"),
    "records": ({"dtype": [["a", "<f8"]]}, "records is refused"),
    "a negative shape": ({"shape": [-1, 2]}, "non-negative integers"),
    "a shape of floats": ({"shape": [4.0, 2]}, "non-negative integers"),
    "far too large": ({"shape": [10**7, 10**7]}, "above the limit"),
    "chunks larger than the array": ({"chunks": [2**15, 2**15]}, "in chunks of"),
    "chunks of another dimension": ({"chunks": [2]}, "non-negative integers"),
    "no dtype": ({"dtype": None}, "records is refused"),
}


@pytest.mark.parametrize("change, reason", ZARR.values(), ids=ZARR)
def test_a_hostile_zarr_is_refused(tmp_path, change, reason):
    store = write_zarr_2(tmp_path / "run", {"epoch_1/a": np.ones((4, 2))})
    metadata = store / "epoch_1" / "a" / ".zarray"
    metadata.write_text(json.dumps(json.loads(metadata.read_text()) | change))
    refuse(store, reason)


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "3", " " * 2**19, '{"node_type": "array"}'])
def test_damaged_zarr_metadata_are_refused(tmp_path, text):
    store = write_zarr(tmp_path / "run", {"epoch_1/a": np.ones((4, 2))})
    (store / "epoch_1" / "a" / "zarr.json").write_text(text)
    refuse(store, "epoch_1.a")


def test_codecs_inside_shards_are_looked_at(tmp_path):
    store = write_zarr(tmp_path / "run", {"epoch_1/a": np.ones((4, 2))})
    metadata = store / "epoch_1" / "a" / "zarr.json"
    content = json.loads(metadata.read_text())
    inner = [{"name": "numcodecs.pickle"}]
    content["codecs"] = [{"name": "sharding_indexed", "configuration": {"chunk_shape": [4, 2], "codecs": inner}}]
    metadata.write_text(json.dumps(content))
    refuse(store, "codec 'numcodecs.pickle' is refused")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zipped_store_is_a_dump(tmp_path, arrays, per_sample, method):
    path = write_zarr_zip(tmp_path / "run", cells_of(arrays, per_sample), method)
    dump = open_dump(path)
    check(dump, arrays, per_sample)
    check(open_dump(convert(dump, tmp_path / "copy")), arrays, per_sample)
    assert dump.layout == "one .zip file with keys epoch/layer"


def test_a_hostile_zipped_store_is_refused(tmp_path):
    path = write_zarr_zip(tmp_path / "run", {"epoch_1/a": np.ones((4, 2)), "ids": np.arange(4)})
    original = path.read_bytes()
    changes = {
        "stored twice": lambda archive: archive.writestr("epoch_1/a/zarr.json", "{}"),
        "metadata longer": lambda archive: archive.writestr("epoch_1/b/zarr.json", " " * 2**19),
        "codec 'pickle' is refused": lambda archive: archive.writestr("epoch_1/b/.zarray", json.dumps(PICKLED)),
        "in a way that is not read": lambda archive: archive.writestr("epoch_1/b/c/0", bytes(99), zipfile.ZIP_BZIP2),
    }
    for reason, change in changes.items():
        path.write_bytes(original)
        with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
            warnings.simplefilter("ignore")  # of a name that is there
            change(archive)
        refuse(path, reason)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("epoch_1/a/c/0", bytes(10**6))
    refuse(path, "has no epoch")
    with pytest.raises(ValueError, match="stored bytes of 'epoch_1/a/c/0' declare 1000000"):
        open_dump(path, max_bytes=10**5)
    for damage in (original[:-30], b"", original[: len(original) // 2]):
        path.write_bytes(damage)
        refuse(path, "zip")


def test_a_zipped_store_lacks_chunks(tmp_path):
    path = write_zarr_zip(tmp_path / "run", {"epoch_1/a": np.ones((8, 2)), "ids": np.arange(8)})
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if name != "epoch_1/a/c/1/0"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    with pytest.warns(IncompleteDumpWarning, match="1 of 2 chunks of .*run.zarr.zip/epoch_1/a are not there"):
        open_dump(path)


def test_a_link_inside_a_store_is_refused(tmp_path):
    store = write_zarr_2(tmp_path / "run", {"epoch_1/a": np.ones((4, 2))})
    chunk = next((store / "epoch_1" / "a").glob("0*"))
    chunk.unlink()
    os.symlink("/etc/passwd", chunk)
    refuse(store, "is a link; a store may contain none")


def test_missing_and_ragged_values_of_columns_are_refused(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {
        "missing": pa.array([1.0, None, 2.0]),
        "a missing list": pa.array([[1.0], None, [2.0]]),
        "ragged": pa.array([[1.0], [2.0, 3.0, 4.0], [2.0, 3.0]]),
    }
    for name, column in columns.items():
        parquet.write_table(pa.table({"epoch_1/a": column}), tmp_path / "run.parquet")
        with pytest.warns(UserWarning, match="no ids"):
            refuse(tmp_path / "run.parquet", "missing" if "missing" in name else "differ in length")


@pytest.mark.parametrize("column", [["a", "b"], [{"x": 1}, {"x": 2}], [{"x": 1, "z": 2}] * 2])
def test_columns_that_are_no_numbers_are_refused(tmp_path, column):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"epoch_1/a": pa.array(column)}), tmp_path / "run.parquet")
    refuse(tmp_path / "run.parquet", "refused")


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:-9] + b[-8:], lambda b: bytes(99)]
)
def test_damaged_files_are_refused(tmp_path, writer, damage):
    if writer in (write_zarr, write_zarr_2):
        pytest.skip("a store is many files")
    path = writer(tmp_path / "run", {"epoch_1/fc1": np.ones((1000, 100)), "ids": np.arange(1000)})
    path.write_bytes(damage(path.read_bytes()))
    refuse(path, ".")


def test_a_footer_that_declares_gigabytes_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "run.parquet").write_bytes(b"PAR1" + bytes(100) + b"\xff\xff\xff\x7fPAR1")
    refuse(tmp_path / "run.parquet", "no whole .parquet file")
