import json

import numpy as np
import pytest


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
