"""Pickles that would leave a marker, wherever a format has room for one: refused, or passed by, and never run.

The payloads do no more than make a file or a folder in the test's own folder.
"""

import importlib
import json
import os
import pathlib
import pickle
import sys
import zipfile

import numpy as np
import pytest

from skib.dumps import convert, open_dump

FC1 = np.arange(12.0).reshape(6, 2)
IDS = np.arange(6)
pytestmark = pytest.mark.filterwarnings("ignore:.*pickle-based deserialization:RuntimeWarning")


class Call:
    """An object whose unpickling calls a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


# Each makes `marker`, a path; the last one imports a module that does.
PAYLOADS = {
    "a call of os": lambda marker: Call(os.mkdir, marker),
    "a method": lambda marker: Call(pathlib.Path.touch, pathlib.Path(marker)),
    "exec": lambda marker: Call(exec, f"import os; os.mkdir({marker!r})"),
    "eval": lambda marker: Call(eval, f"__import__('os').mkdir({marker!r})"),
    "an import": lambda marker: Call(importlib.import_module, "marks"),
}


@pytest.fixture
def marker(tmp_path, monkeypatch):
    """The path that every payload would make."""
    path = tmp_path / "marker"
    (tmp_path / "marks.py").write_text(f"import os; os.mkdir({str(path)!r})")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "marks", raising=False)
    return path


@pytest.fixture(params=PAYLOADS.values(), ids=PAYLOADS)
def payload(request, marker):
    return request.param(str(marker))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_payloads_do_run_where_a_pickle_is_loaded(marker, payload, protocol):
    """Without this the tests below could not fail."""
    pickle.loads(pickle.dumps(payload, protocol))
    assert marker.exists()


def whole_file(path, payload):
    path.write_bytes(pickle.dumps(payload))


def object_array(path, payload):
    np.save(path, np.array([payload, None], dtype=object), allow_pickle=True)


def npz_of_objects(path, payload):
    np.savez(path, **{"epoch_1/fc1": np.array([payload] * 6, dtype=object), "ids": IDS})


def npz_with_a_pickle(path, payload):
    np.savez(path, **{"epoch_1/fc1": FC1, "ids": IDS})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("epoch_1/fc2.pkl", pickle.dumps(payload))
        archive.writestr("__init__.py", "import marks")


def safetensors_with_metadata(path, payload):
    raw, text = FC1.tobytes(), pickle.dumps(payload, 0).decode("latin-1")
    header = {"__metadata__": {"state": text}}
    header["epoch_1/fc1"] = {"dtype": "F64", "shape": FC1.shape, "data_offsets": [0, len(raw)]}
    header["ids"] = {"dtype": "I64", "shape": IDS.shape, "data_offsets": [len(raw), len(raw) + IDS.nbytes]}
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw + IDS.tobytes())


def torch_archive(path, value, **others):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"data.pkl": pickle.dumps(value, 2), "byteorder": b"little", **others}.items():
            archive.writestr(f"run/{name}", content)


def torch_state(path, payload):
    torch_archive(path, {"epoch_1": {"fc1": payload}})


def torch_beside_tensors(path, payload):
    torch_archive(path, {"epoch_1": {"fc1": np.asarray(FC1)}, "optimizer": payload})


def torch_with_constants(path, payload):
    torch_archive(path, {"epoch_1": {"fc1": FC1}, "ids": IDS}, **{"constants.pkl": pickle.dumps(payload)})


def hdf5(path, build):
    import h5py

    with h5py.File(path, "w") as file:
        file["epoch_1/fc1"], file["ids"] = FC1, IDS
        build(h5py, file)


def hdf5_attribute(path, payload):
    """As PyTables writes attributes."""

    def build(h5py, file):
        for item in (file, file["epoch_1"], file["epoch_1/fc1"]):
            item.attrs["FILTERS"] = np.void(pickle.dumps(payload))

    hdf5(path, build)


def hdf5_opaque(path, payload):
    def build(h5py, file):
        file["epoch_1/fc2"] = np.array([np.void(pickle.dumps(payload))] * 6)

    hdf5(path, build)


def hdf5_bytes(path, payload):
    def build(h5py, file):
        file.create_dataset("epoch_1/fc2", data=[pickle.dumps(payload, 0)] * 6, dtype=h5py.string_dtype("ascii"))

    hdf5(path, build)


def hdf5_objects(path, payload):
    """As PyTables writes arrays of objects: a pickle as lists of bytes of any length."""

    def build(h5py, file):
        cells = file.create_dataset("epoch_1/fc2", (6,), h5py.vlen_dtype(np.uint8))
        for i in range(6):
            cells[i] = np.frombuffer(pickle.dumps(payload), np.uint8)
        cells.attrs["PSEUDOATOM"] = "object"

    hdf5(path, build)


def zarr_store(path, change_of_metadata, chunk, version):
    import zarr

    group = zarr.open_group(path, mode="w", zarr_format=version)
    group.create_array("epoch_1/fc1", data=FC1, chunks=FC1.shape)
    group.create_array("ids", data=IDS)
    folder = path / "epoch_1" / "fc1"
    metadata = folder / (".zarray" if version == 2 else "zarr.json")
    metadata.write_text(json.dumps(json.loads(metadata.read_text()) | change_of_metadata))
    if chunk is not None:
        next(file for file in folder.rglob("*") if file.name == "0.0" or file.parent.name == "0").write_bytes(chunk)
    return folder


def zarr_objects(path, payload):
    codec = {"dtype": "|O", "filters": [{"id": "pickle", "protocol": 5}], "compressor": None, "fill_value": None}
    zarr_store(path, codec, pickle.dumps([payload] * 12), 2)


def zarr_pickle_codec(path, payload):
    zarr_store(path, {"filters": [{"id": "pickle", "protocol": 5}], "compressor": None}, pickle.dumps(payload), 2)


def zarr_3_pickle_codec(path, payload):
    codecs = [{"name": "numcodecs.pickle", "configuration": {"protocol": 5}}]
    zarr_store(path, {"codecs": codecs}, pickle.dumps(payload), 3)


def zarr_3_objects(path, payload):
    zarr_store(path, {"data_type": {"name": "numpy.object", "configuration": {}}}, pickle.dumps(payload), 3)


def zarr_of_two_versions(path, payload):
    """Sound metadata of version 3, and of version 2 whose filter is a pickle."""
    folder = zarr_store(path, {}, None, 3)
    other = {"zarr_format": 2, "shape": [6, 2], "chunks": [6, 2], "dtype": "<f8", "order": "C", "fill_value": 0}
    (folder / ".zarray").write_text(json.dumps(other | {"compressor": None, "filters": [{"id": "pickle"}]}))
    (folder / "0.0").write_bytes(pickle.dumps(payload))


def zarr_attributes(path, payload):
    zarr_store(path, {"attributes": {"py/reduce": pickle.dumps(payload, 0).decode("latin-1")}}, None, 3)
    (path / "epoch_1" / "fc2.pkl").write_bytes(pickle.dumps(payload))


def arrow_table(payload, name, kind):
    """A table with a column of an extension type, as pyarrow before 14.0.1 unpickled it on reading."""
    import pyarrow as pa

    extension = {"ARROW:extension:name": name, "ARROW:extension:metadata": pickle.dumps(payload)}
    fields = [pa.field("epoch_1/fc1", pa.float64(), metadata=extension if kind == "numbers" else None)]
    columns = [pa.array(FC1[:, 0])]
    if kind != "numbers":
        fields.append(pa.field("epoch_1/fc2", pa.binary(), metadata=extension))
        columns.append(pa.array([pickle.dumps(payload)] * 6))
    fields.append(pa.field("ids", pa.int64()))
    metadata = {"pandas": b'{"py/reduce": 1}', "state": pickle.dumps(payload)}
    return pa.Table.from_arrays([*columns, pa.array(IDS)], schema=pa.schema(fields, metadata=metadata))


def write_table(path, table):
    if path.suffix == ".parquet":
        from pyarrow import parquet

        parquet.write_table(table, path)
        return
    from pyarrow import ipc

    with (ipc.new_file if path.suffix == ".feather" else ipc.new_stream)(path, table.schema) as writer:
        writer.write_table(table)


def extension_type(path, payload):
    write_table(path, arrow_table(payload, "arrow.py_extension_type", "numbers"))


def extension_of_bytes(path, payload):
    write_table(path, arrow_table(payload, "arrow.py_extension_type", "bytes"))


def column_of_pickles(path, payload):
    write_table(path, arrow_table(payload, "", "bytes"))


REFUSED = {
    "no valid .npy header": [(whole_file, "epoch_1/fc1.npy")],
    "pickled objects can run code": [(object_array, "epoch_1/fc1.npy"), (npz_of_objects, "run.npz")],
    r"no zip|no sound zip|bad zip|not a zip": [
        (whole_file, "run.npz"),
        (whole_file, "run.pt"),
        (whole_file, "run.pth"),
    ],
    "header of": [(whole_file, "run.safetensors")],
    "it names '.*', which is refused": [(torch_state, "run.pt"), (torch_beside_tensors, "run.pth")],
    "signature not found": [
        (whole_file, "run.h5"),
        (whole_file, "run.hdf5"),
        (whole_file, "run.hdf"),
        (whole_file, "run.nc"),
    ],
    "no .mat file of version 7.3": [(whole_file, "run.mat")],
    "is refused": [
        *[(hdf5_opaque, "run.h5"), (hdf5_opaque, "run.nc"), (hdf5_opaque, "run.mat")],
        *[(zarr_objects, "run.zarr"), (zarr_3_objects, "run.zarr"), (zarr_3_pickle_codec, "run.zarr")],
    ],
    "the dataset is text": [(hdf5_bytes, "run.hdf5")],
    "lists of different lengths are refused": [(hdf5_objects, "run.hdf")],
    "codec 'pickle' is refused": [(zarr_pickle_codec, "run.zarr")],
    "no whole .parquet file": [(whole_file, "run.parquet")],
    ".": [(whole_file, "run.arrow"), (whole_file, "run.feather")],
    "are refused": [
        *[(column_of_pickles, f"run.{suffix}") for suffix in ("parquet", "arrow", "feather")],
        *[(extension_of_bytes, f"run.{suffix}") for suffix in ("parquet", "arrow", "feather")],
    ],
}
READ = [
    *[(npz_with_a_pickle, "run.npz"), (safetensors_with_metadata, "run.safetensors")],
    *[(torch_with_constants, "run.pt"), (hdf5_attribute, "run.h5"), (zarr_attributes, "run.zarr")],
    (zarr_of_two_versions, "run.zarr"),
    *[(extension_type, f"run.{suffix}") for suffix in ("parquet", "arrow", "feather")],
]

EXTRAS = {".h5": "h5py", ".hdf5": "h5py", ".hdf": "h5py", ".nc": "h5py", ".mat": "h5py", ".zarr": "zarr"}
EXTRAS |= {".parquet": "pyarrow.parquet", ".arrow": "pyarrow.ipc", ".feather": "pyarrow.ipc"}


def named(write, name):
    return f"{write.__name__}-{name}"


def read_all(path):
    dump = open_dump(path)
    return {cell: np.asarray(dump[cell]) for cell in dump}, dump.ids


@pytest.fixture
def written(tmp_path, marker, payload):
    """Write a payload, and return the path that a user would open."""

    def make(write, name):
        path = tmp_path / "dump" / name
        if path.suffix in EXTRAS:
            pytest.importorskip(EXTRAS[path.suffix])  # whose import starts processes
        path.parent.mkdir(parents=True)
        write(path, payload)
        return tmp_path / "dump" if "/" in name else path

    return make


@pytest.mark.parametrize(
    ("reason", "write", "name"),
    [pytest.param(reason, *case, id=named(*case)) for reason, cases in REFUSED.items() for case in cases],
)
def test_a_payload_in_place_of_values_is_refused(marker, written, audited, reason, write, name):
    path = written(write, name)
    with audited() as events, pytest.raises(ValueError, match=f"{name.rpartition('/')[2]}.*({reason})"):
        read_all(path)
    assert events == [] and not marker.exists()


@pytest.mark.parametrize(("write", "name"), READ, ids=[named(*case) for case in READ])
def test_a_payload_beside_values_is_passed_by(tmp_path, marker, written, audited, write, name):
    path = written(write, name)
    with audited() as events:
        cells, ids = read_all(path)
    assert events == []
    copy = convert(path, tmp_path / "copy")
    assert not marker.exists()
    first = FC1[:, :1] if write is extension_type else FC1
    for found in (cells, read_all(copy)[0]):
        assert list(found) == [(1, "fc1")]
        np.testing.assert_array_equal(found[1, "fc1"], first)
    np.testing.assert_array_equal(ids, IDS)


def test_objects_in_memory_are_refused_as_they_are(marker, payload, audited):
    with audited() as events, pytest.raises(ValueError, match="objects can run code"):
        open_dump({0: {"fc1": np.array([payload] * 6, dtype=object)}, "ids": IDS})
    assert events == [] and not marker.exists()


CODE = [
    "$(mkdir marker)",
    "`mkdir marker`",
    "; mkdir marker",
    "__import__('os').mkdir('marker')",
    "{os.mkdir('marker')}",
]


@pytest.mark.parametrize("name", CODE)
def test_names_that_are_code_are_names(tmp_path, monkeypatch, marker, name):
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "run.npz", **{f"epoch_1/{name}": FC1, "ids": IDS})
    copy = convert(tmp_path / "run.npz", tmp_path / "copy")
    for path in (tmp_path / "run.npz", copy):
        cells, _ = read_all(path)
        assert list(cells) == [(1, name)]
    assert not marker.exists()


@pytest.mark.parametrize("module", ["h5py", "zarr", "pyarrow", "numpy", "sitecustomize", "conftest", "__init__"])
def test_modules_in_the_folder_of_a_dump_are_not_imported(tmp_path, monkeypatch, marker, module):
    folder = tmp_path / "dump"
    (folder / "epoch_1").mkdir(parents=True)
    for path in (folder, folder / "epoch_1"):
        np.save(path / ("ids.npy" if path == folder else "fc1.npy"), IDS if path == folder else FC1)
        (path / f"{module}.py").write_text("import marks")
    monkeypatch.chdir(folder)
    cells, _ = read_all(folder)
    np.testing.assert_array_equal(cells[1, "fc1"], FC1)
    assert not marker.exists()


@pytest.mark.parametrize("key", ["py/object", "py/reduce", "__reduce__", "__class__", "!!python/object/apply"])
def test_metadata_that_other_readers_would_run_are_text(tmp_path, marker, key):
    (tmp_path / "epoch_1").mkdir()
    np.save(tmp_path / "epoch_1" / "fc1.npy", FC1)
    np.save(tmp_path / "ids.npy", IDS)
    meta = {key: "os.mkdir", "args": [str(marker)], "layers": ["fc1"]}
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    assert open_dump(tmp_path).meta == meta
    assert not marker.exists()
