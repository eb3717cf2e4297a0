"""The file formats: for each suffix a function ``members(path, max_bytes)`` that maps names to arrays.

A further format is one such function, whose arrays derive from `skib.dumps.formats.Stored`, and one line here. It can
then be used as one file per epoch, as one file for all epochs, and in parts. The name of an array without one is "".
"""

from skib.dumps.formats._arrow import arrow_members, parquet_members
from skib.dumps.formats._hdf5 import hdf5_members
from skib.dumps.formats._mat import mat_members
from skib.dumps.formats._netcdf import netcdf_members
from skib.dumps.formats._npy import npy_members
from skib.dumps.formats._npz import npz_members
from skib.dumps.formats._safetensors import safetensors_members
from skib.dumps.formats._torch import torch_members
from skib.dumps.formats._zarr import zarr_members

# Formats of one array per file, and of several.
ARRAY_FORMATS = {".npy": npy_members}
CONTAINER_FORMATS = {
    ".npz": npz_members,
    ".safetensors": safetensors_members,
    ".pt": torch_members,
    ".pth": torch_members,
    ".h5": hdf5_members,
    ".hdf5": hdf5_members,
    ".hdf": hdf5_members,
    ".nc": netcdf_members,
    ".mat": mat_members,
    ".zarr": zarr_members,
    ".parquet": parquet_members,
    ".arrow": arrow_members,
    ".feather": arrow_members,
}
# Of a dump in one file; the file of an epoch would be called as an archive of anything is.
_ZIPPED_ZARR = ".zarr.zip"
# Files of these formats may contain one array without a name, as a .npy file does.
MAY_BE_UNNAMED = (".pt", ".pth")


def format_of_file(path):
    """Return the format of a file or store that is a dump by itself, None if it is none that is read."""
    return zarr_members if path.name.endswith(_ZIPPED_ZARR) else CONTAINER_FORMATS.get(path.suffix)


def pick_format(paths, usual, label):
    """Return the paths with a suffix in `usual`, or if there are none those of the only other format.

    Weights are often in the folder of the activations (``ckpt_10.pt`` with ``epoch_10.npz``), so other formats are read
    only in the absence of the usual ones.
    """
    chosen = [path for path in paths if path.suffix in usual]
    others = [path for path in paths if path.suffix in CONTAINER_FORMATS]
    if not chosen and len({CONTAINER_FORMATS[path.suffix] for path in others}) > 1:
        suffixes = ", ".join(sorted({path.suffix for path in others}))
        raise ValueError(f"{label} contains epochs or layers in several formats ({suffixes}); leave those of one")
    return chosen or others
