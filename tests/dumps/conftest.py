import json
import struct
import sys
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest

# Audit events of a payload that runs, and of an unpickler that looks up a name.
RUNS = ("pickle.find_class", "os.mkdir", "os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen")


@pytest.fixture(scope="session")
def audited():
    """A context in which the audit events in RUNS are listed; a hook cannot be removed, so that there is one."""
    listening = []

    def hook(event, arguments):
        if event.startswith(RUNS):
            for events in listening:
                events.append(event)

    @contextmanager
    def listen():
        events = []
        listening.append(events)
        try:
            yield events
        finally:
            listening.remove(events)

    sys.addaudithook(hook)
    return listen


@pytest.fixture
def arrays():
    """Two epochs of three layers, the order of whose names is not the natural one; one layer is a vector."""
    rng = np.random.default_rng(0)
    return {
        epoch: {
            "fc10": rng.normal(size=(6, 4)).astype(np.float32),
            "fc2": rng.normal(size=(6, 3)),
            "out": rng.integers(0, 9, size=6),
        }
        for epoch in (2, 10)
    }


@pytest.fixture
def per_sample():
    return {"y": np.array([0, 1, 1, 0, 2, 2]), "X": np.eye(6), "ids": np.array([5, 3, 1, 0, 2, 4])}


def _tree(path, arrays, per_sample):
    for epoch, layers in arrays.items():
        (path / f"epoch_{epoch:05d}").mkdir(parents=True)
        for layer, array in layers.items():
            np.save(path / f"epoch_{epoch:05d}" / f"{layer}.npy", array)
    for name, array in per_sample.items():
        np.save(path / f"{name}.npy", array)
    return path


def _npz_folder(path, arrays, per_sample):
    path.mkdir()
    for epoch, layers in arrays.items():
        np.savez_compressed(path / f"ep-{epoch}.npz", **layers, **per_sample)
    return path


def _single_npz(path, arrays, per_sample):
    cells = {f"step={epoch}/{layer}": array for epoch, layers in arrays.items() for layer, array in layers.items()}
    np.savez(path.with_suffix(".npz"), **per_sample, **cells)
    return path.with_suffix(".npz")


def _memory(path, arrays, per_sample):
    return {f"ckpt_{epoch}": layers for epoch, layers in arrays.items()} | per_sample


@pytest.fixture(params=[_tree, _npz_folder, _single_npz, _memory], ids=lambda write: write.__name__[1:])
def write(request, tmp_path):
    """Write a dump in one of the layouts: ``write(arrays, per_sample)`` returns what open_dump takes."""
    return lambda arrays, per_sample, name="dump": request.param(tmp_path / name, arrays, per_sample)


@pytest.fixture
def tree(tmp_path, arrays, per_sample):
    return _tree(tmp_path / "dump", arrays, per_sample)


@pytest.fixture
def npz(tmp_path, arrays, per_sample):
    return _single_npz(tmp_path / "dump", arrays, per_sample)


@pytest.fixture
def write_meta(tree):
    return lambda meta: (tree / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))


TORCH = {"?": "Bool", "u1": "Byte", "i1": "Char", "i2": "Short", "i4": "Int", "i8": "Long", "f2": "Half", "f4": "Float"}
TORCH |= {"f8": "Double", "bf16": "BFloat16"}
SAFE = {
    "f8": "F64",
    "f4": "F32",
    "f2": "F16",
    "i8": "I64",
    "i4": "I32",
    "i2": "I16",
    "i1": "I8",
    "u1": "U8",
    "?": "BOOL",
}


class SafeTensors:
    """Writes the bytes of a .safetensors file by hand, from arrays or (for a hostile one) from a header."""

    @staticmethod
    def join(header, data=b""):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + data

    def __call__(self, arrays, **metadata):
        header, data = {"__metadata__": metadata} if metadata else {}, b""
        for name, array in arrays.items():
            raw = np.ascontiguousarray(array).tobytes()
            dtype = SAFE[array.dtype.str.lstrip("<|>").replace("b1", "?")]
            offsets = [len(data), len(data) + len(raw)]
            header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
            data += raw
        text = json.dumps(header).encode()
        return self.join(text + b" " * (-len(text) % 8), data)


class Torch:
    """Writes the bytes of a .pt file by hand, opcode by opcode, as torch.save does."""

    @staticmethod
    def text(value):
        return b"X" + struct.pack("<I", len(value.encode())) + value.encode()

    @staticmethod
    def integer(value):
        raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(raw)]) + raw

    def storage(self, kind, key, size):
        names = self.text("storage"), b"ctorch\n" + kind.encode() + b"Storage\n", self.text(key), self.text("cpu")
        return b"(" + b"".join(names) + self.integer(size) + b"tQ"

    def tensor(self, kind, key, size, shape, strides, offset=0):
        tuples = [b"(" + b"".join(map(self.integer, numbers)) + b"t" for numbers in (shape, strides)]
        head = b"ctorch._utils\n_rebuild_tensor_v2\n(" + self.storage(kind, key, size) + self.integer(offset)
        return head + b"".join(tuples) + b"\x89ccollections\nOrderedDict\n)RtR"

    def value(self, value, storages):
        """Encode dicts, lists, numbers, strings and arrays, whose bytes are put into `storages`."""
        if isinstance(value, dict):
            items = [self.value(part, storages) for item in value.items() for part in item]
            return b"}(" + b"".join(items) + b"u"
        if isinstance(value, list):
            return b"](" + b"".join(self.value(part, storages) for part in value) + b"e"
        if isinstance(value, np.ndarray):
            key = str(len(storages))
            storages[key] = np.ascontiguousarray(value).tobytes()
            kind = TORCH[value.dtype.str.lstrip("<|>").replace("b1", "?")]
            strides = [int(np.prod(value.shape[axis + 1 :])) for axis in range(value.ndim)]
            return self.tensor(kind, key, value.size, value.shape, strides)
        return self.text(value) if isinstance(value, str) else self.integer(value)

    @staticmethod
    def archive(path, members, method=zipfile.ZIP_STORED):
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(f"run/{name}", content)
        return path

    def pack(self, path, body, storages=None, **members):
        """Write a file from the opcodes of its pickle."""
        content = {"data.pkl": b"\x80\x02" + body + b".", "byteorder": b"little", **members}
        return self.archive(path, content | {f"data/{key}": data for key, data in (storages or {}).items()})

    def __call__(self, path, value):
        storages = {}
        return self.pack(path, self.value(value, storages), storages)


@pytest.fixture(scope="session")
def safetensors():
    return SafeTensors()


@pytest.fixture(scope="session")
def torch():
    return Torch()
