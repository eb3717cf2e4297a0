"""The file formats: for each suffix a function ``members(path, max_bytes)`` that maps names to arrays.

A further format is one such function, whose arrays derive from `skib.dumps._stored.Stored`, and one line here: it then
serves as one file per epoch, as one file for all, and in parts. An array without a name of its own is called "".
"""

from skib.dumps.formats._arrow import arrow_members, parquet_members
from skib.dumps.formats._hdf5 import hdf5_members
from skib.dumps.formats._npy import NpyFile
from skib.dumps.formats._npz import npz_members
from skib.dumps.formats._safetensors import safetensors_members
from skib.dumps.formats._torch import torch_members
from skib.dumps.formats._zarr import zarr_members


def npy_members(path, max_bytes):
    """One array without a name."""
    return {"": NpyFile.peek(path, max_bytes)}


ARRAYS = {".npy": npy_members}
CONTAINERS = {
    ".npz": npz_members,
    ".safetensors": safetensors_members,
    ".pt": torch_members,
    ".pth": torch_members,
    ".h5": hdf5_members,
    ".hdf5": hdf5_members,
    ".zarr": zarr_members,
    ".parquet": parquet_members,
    ".arrow": arrow_members,
    ".feather": arrow_members,
}
LONE = (".pt", ".pth")  # may hold one array without a name, as a .npy does


def pick(paths, usual, label):
    """Return the paths of the `usual` suffixes, or else those of the one other format that there is.

    Weights often lie beside activations (``ckpt_10.pt`` beside ``epoch_10.npz``), so another format counts only where
    there is none of the usual.
    """
    chosen = [path for path in paths if path.suffix in usual]
    others = [path for path in paths if path.suffix in CONTAINERS]
    if not chosen and len({CONTAINERS[path.suffix] for path in others}) > 1:
        suffixes = ", ".join(sorted({path.suffix for path in others}))
        raise ValueError(f"{label} holds epochs or layers in several formats ({suffixes}); keep those of one in it")
    return chosen or others
