"""`open_dump` and the `Dump` it returns."""

import math

from skib._warnings import warn
from skib.dumps._catalogue import MissingIdsWarning, build_catalogue
from skib.dumps._layouts import read_source
from skib.dumps._reduce import REDUCTIONS, check_reduce, reduced

_NO_IDS = (
    "the dump {source!r} has no ids: rows that a shuffled loader put in another order at some epoch, or for y, cannot "
    "be detected, and would make every value wrong; save the samples' numbers as ids.npy (or key 'ids')"
)


class Dump:
    """Activations of a network, one array per (epoch, layer), read when they are asked for.

    A dump is made by `open_dump`. It holds places, shapes and dtypes, no open file and (unless it was made from a
    mapping) no values: it is small to pickle, and a worker process reads the cells it needs itself, by path.

    Attributes
    ----------
    epochs : tuple of int
        The epochs, sorted.
    layers : tuple of str
        The layers: in the order of ``meta["layers"]``, then of the keys of the file or mapping; layers of a folder in
        natural order (``layer10`` after ``layer2``).
    n_samples : int
        Rows of every array.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None
        Labels or targets as they were stored.
    X : ndarray of shape (n_samples, n_features) or None
        Inputs.
    ids : ndarray of shape (n_samples,) or None
        Identity of the samples.
    meta : dict
        Metadata of the run; empty when there is none.
    source : str
        Path that was opened, or ``"memory"``.

    Notes
    -----
    ``dump[epoch, layer]`` is read-only and two-dimensional: a memory map for a .npy file, a fresh array for a member of
    a .npz file, a view for an array in memory. `y`, `X` and `ids` are read at every use too.

    Iteration, `len` and `in` are about the (epoch, layer) pairs that exist; an epoch may lack layers.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.dumps import open_dump
    >>> hidden = np.arange(6.0).reshape(3, 2)
    >>> dump = open_dump({0: {"fc1": hidden}, 10: {"fc1": 2 * hidden, "fc2": hidden[:, 0]}, "ids": [7, 8, 9]})
    >>> dump
    <Dump 'memory': 3 cells, 2 epochs (0..10), 2 layers (fc1, fc2), 3 samples, with ids>
    >>> list(dump)
    [(0, 'fc1'), (10, 'fc1'), (10, 'fc2')]
    >>> dump[10, "fc2"].shape  # a vector is one unit
    (3, 1)
    """

    def __init__(self, catalogue):
        self.source, self._cells, self.layers, self._per_sample, self.meta = catalogue

    @property
    def epochs(self):
        """The epochs, sorted."""
        return tuple(dict.fromkeys(epoch for epoch, _ in self._cells))

    @property
    def n_samples(self):
        """Rows of every array."""
        return next(iter(self._cells.values())).header.shape[0]

    @property
    def y(self):
        """Labels or targets as they were stored, or None."""
        return self._per_sample["y"].load() if "y" in self._per_sample else None

    @property
    def X(self):
        """Inputs of shape (n_samples, n_features), or None."""
        return _load_2d(self._per_sample["X"], "X") if "X" in self._per_sample else None

    @property
    def ids(self):
        """Identity of the samples, or None."""
        return self._per_sample["ids"].load() if "ids" in self._per_sample else None

    def cells(self):
        """Return the (epoch, layer) pairs that exist, by epoch and then in the order of the layers."""
        return tuple(self._cells)

    def shape(self, epoch, layer):
        """Return the shape of ``dump[epoch, layer]`` without reading it."""
        shape = self._cell((epoch, layer)).header.shape
        return shape if len(shape) > 1 else (*shape, 1)

    def dtype(self, epoch, layer):
        """Return the dtype of ``dump[epoch, layer]`` without reading it."""
        return self._cell((epoch, layer)).header.dtype

    def summary(self):
        """Return a data frame with a row per cell: epoch, layer, n_samples, n_units, dtype and bytes.

        It is made from headers alone. Of an array above two dimensions, `n_units` is the number of values per sample.
        """
        import pandas as pd

        rows = []
        for key, stored in self._cells.items():
            n_samples, *rest = stored.header.shape
            rows.append((*key, n_samples, math.prod(rest), stored.header.dtype.name, stored.header.nbytes))
        return pd.DataFrame(rows, columns=["epoch", "layer", "n_samples", "n_units", "dtype", "bytes"])

    def __getitem__(self, key):
        return _load_2d(self._cell(key), f"cell {key}")

    def __contains__(self, key):
        return key in self._cells

    def __iter__(self):
        return iter(self._cells)

    def __len__(self):
        return len(self._cells)

    def __repr__(self):
        layers = ", ".join(self.layers if len(self.layers) <= 4 else [*self.layers[:2], "...", self.layers[-1]])
        extra = f", with {', '.join(self._per_sample)}" if self._per_sample else ""
        return (
            f"<Dump {self.source!r}: {len(self)} cells, {len(self.epochs)} epochs "
            f"({self.epochs[0]}..{self.epochs[-1]}), {len(self.layers)} layers ({layers}), "
            f"{self.n_samples} samples{extra}>"
        )

    def _cell(self, key):
        if key not in self._cells:
            raise KeyError(f"no cell {key!r}; an (epoch, layer) pair of {self!r} is required")
        return self._cells[key]


def open_dump(source, *, reduce=None, max_bytes=8 * 2**30):
    """Open dumped activations; headers are read and checked at once, values when they are asked for.

    Parameters
    ----------
    source : path, mapping or Dump
        A folder with ``epoch_00010/<layer>.npy``; a folder with ``epoch_00010.npz`` whose keys are layers; a .npz file
        with keys ``epoch_00010/<layer>``; a mapping ``{epoch: {layer: array}}``. Instead of .npz the files may be
        .safetensors, .pt, .h5, .zarr, .parquet or .arrow, and all may come in parts. The user guide has the details. A
        `Dump` is returned as it is.
    reduce : {"flatten", "gap", "mean_tokens", "last_token"} or dict, default=None
        How a layer of more than two dimensions becomes a table: ``"flatten"`` makes every number of a sample a unit;
        ``"gap"`` averages ``(n, channels, *positions)`` over the positions (global average pooling); ``"mean_tokens"``
        averages ``(n, tokens, units)`` over the tokens and ``"last_token"`` takes the last. ``"flatten"`` keeps all
        information, the others keep less of it with fewer units. A dict ``{layer: name}`` names them by layer. With
        None such a layer is refused when it is read. Layers of two dimensions stay what they are, and an `X` above two
        is flattened.
    max_bytes : int, default=8 GiB
        Largest size of one array in a file. Whatever declares more is refused before anything is allocated.

    Returns
    -------
    Dump

    Raises
    ------
    FileNotFoundError
        If there is nothing at that path.
    ImportError
        If the format needs a package that is not installed (h5py, zarr or pyarrow); the message names the extra.
    ValueError
        If `reduce` is unknown, no epoch is found, two names spell one epoch, the numbers of samples or the ids differ,
        a part is missing, or a file is damaged, holds objects, declares another size than it stores, or links out of
        the dump. The message names the file.

    Warns
    -----
    MissingIdsWarning
        If nothing tells which sample a row is.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.dumps import open_dump
    >>> dump = open_dump({"epoch_1": {"fc1": np.eye(4)}, "y": [0, 0, 1, 1], "ids": [3, 1, 2, 0]})
    >>> dump.y  # as it was given
    array([0, 0, 1, 1])
    """
    check_reduce(reduce)
    if isinstance(source, Dump):
        if reduce is not None:
            raise ValueError(f"reduce={reduce!r} came too late: {source!r} is open already; pass it where it is opened")
        return source
    catalogue = reduced(build_catalogue(read_source(source, max_bytes)), reduce)
    if "ids" not in catalogue.per_sample:
        warn(_NO_IDS.format(source=catalogue.source), MissingIdsWarning)
    return Dump(catalogue)


def _load_2d(stored, label):
    shape = stored.header.shape
    if len(shape) > 2:
        raise ValueError(
            f"{label} has shape {shape} ({stored.where}), required is (n_samples, n_units); before dumping, flatten "
            "each sample with a.reshape(len(a), -1) or average over its positions, for instance a.mean(axis=(2, 3)); "
            "or name what fits of " + ", ".join(f"reduce={name!r} for {text}" for name, text in REDUCTIONS.items())
        )
    array = stored.load()
    return array if len(shape) == 2 else array[:, None]
