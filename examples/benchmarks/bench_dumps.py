"""Reading of dumped activations: skib, the library of each format, and a copy in memory, in one run, on one thread.

    python examples/benchmarks/bench_dumps.py [--layers 6] [--epochs 4] [--rows 5000] [--units 512] [--rounds 7]

A dump of single-precision layers, opened and read once, every layer copied into an array of its own. The other library
reads the same files in its shortest way: ``numpy.load``, or h5py with the file opened once. The limit is a copy of as
many arrays. Files lie in the temporary folder; one that is kept in memory (``TMPDIR=/dev/shm``) leaves the disk out.

Printed: CPU seconds, medians over rounds in which all take turns, and ratios.
"""

import argparse
import os
import platform
import tempfile
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from turns import Row, cpu_seconds

import skib
from skib.dumps import MissingIdsWarning, open_dump

try:
    import h5py
except ImportError:
    h5py = None

CHUNKS = {"chunks": (500, None)}
HDF5 = {
    "HDF5": {},
    "HDF5 in chunks": CHUNKS,
    "HDF5 in chunks, gzip": CHUNKS | {"compression": "gzip", "compression_opts": 1, "shuffle": True},
}


class Run:
    """Layers of noise behind a rectifier, and the files that hold them."""

    def __init__(self, folder, n_epochs, n_layers, n_samples, n_units):
        values = np.random.default_rng(0).normal(size=(n_samples, n_units))
        self.folder = folder
        self.values = np.maximum(values, 0).astype(np.float32)
        self.cells = [(epoch, f"layer{layer}") for epoch in range(n_epochs) for layer in range(n_layers)]

    def write_npy(self):
        """A folder of .npy files."""
        for epoch, layer in self.cells:
            (self.folder / "npy" / f"epoch_{epoch}").mkdir(parents=True, exist_ok=True)
            np.save(self.folder / "npy" / f"epoch_{epoch}" / f"{layer}.npy", self.values)
        return self.folder / "npy"

    def write_hdf5(self, name, chunks=None, **options):
        """One HDF5 file; chunks of so many whole rows."""
        path = self.folder / f"{name.replace(' ', '_')}.h5"
        with h5py.File(path, "w") as file:
            for epoch, layer in self.cells:
                shape = None if chunks is None else (chunks[0], self.values.shape[1])
                file.create_dataset(f"{epoch}/{layer}", data=self.values, chunks=shape, **options)
        return path

    def copy(self):
        """As many copies in memory."""
        for _ in self.cells:
            self.values.copy()

    def read_npy(self, path):
        """By numpy."""
        for epoch, layer in self.cells:
            np.load(path / f"epoch_{epoch}" / f"{layer}.npy")

    def read_hdf5(self, path):
        """By h5py, from one open file."""
        with h5py.File(path, "r") as file:
            for epoch, layer in self.cells:
                file[f"{epoch}/{layer}"][()]

    def tasks(self):
        """Name of the format -> path, name of the other library, its function."""
        found = {".npy": (self.write_npy(), f"numpy {np.__version__}", self.read_npy)}
        for name, options in HDF5.items() if h5py else ():
            found[name] = self.write_hdf5(name, **options), f"h5py {h5py.__version__}", self.read_hdf5
        return found


def read_dump(path):
    """By skib; a map of a file is copied, as the others copy."""
    dump = open_dump(path)
    for key in dump:
        layer = dump[key]
        if isinstance(layer, np.memmap):
            np.array(layer)


def compare(n_epochs, n_layers, n_samples, n_units, rounds):
    """One row a format."""
    found = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingIdsWarning)
        run = Run(Path(folder), n_epochs, n_layers, n_samples, n_units)
        size = f"{len(run.cells)} x {run.values.nbytes / 2**20:.0f} MiB"
        for name, (path, peer, read) in run.tasks().items():
            functions = {
                "skib": lambda path=path: read_dump(path),
                "peer": lambda path=path, read=read: read(path),
                "copy": run.copy,
            }
            seconds = cpu_seconds(functions, rounds)
            found.append(Row(f"{name}, {size}", seconds["skib"], peer, seconds["peer"], "copy", seconds["copy"]))
    return found


def rows(quick=True):
    """One row a format."""
    return compare(2, 3, 5000, 512, 3) if quick else compare(4, 6, 5000, 512, 7)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("epochs", 4), ("layers", 6), ("rows", 5000), ("units", 512), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    print(f"skib {skib.__version__}, Python {platform.python_version()}, one thread")
    print(f"{'':34s} CPU s  of peer  of a copy  peer")
    for row in compare(options.epochs, options.layers, options.rows, options.units, options.rounds):
        of_peer, of_limit = row.skib / row.of_peer, row.skib / row.of_limit
        print(f"{row.task:32s} {row.skib:7.4f} {of_peer:8.2f} {of_limit:10.1f}  {row.peer}")


if __name__ == "__main__":
    main()
