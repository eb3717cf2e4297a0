"""`open_dump` and the `Dump` it returns."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skib._typing import AnyPath
from skib._warnings import warn
from skib.dumps._catalogue import Catalogue, MissingIdsWarning, build_catalogue
from skib.dumps._duplicates import equal_layers
from skib.dumps._layouts import read_source
from skib.dumps._reduce import REDUCTIONS, Reduction, check_reduce, reduced
from skib.dumps.formats import NpyFile, Stored

if TYPE_CHECKING:
    import pandas as pd

_NO_IDS = (
    "the dump {source!r} has no ids: if a shuffling loader wrote the rows of some epoch, or of y, in another order, "
    "all results would be wrong without notice; save the samples' numbers as ids.npy (or key 'ids')"
)


class Dump:
    """Activations of a network, one array per (epoch, layer), read when they are used.

    A dump is created by `open_dump`. It contains places, shapes and dtypes, no open file and (unless its source is a
    mapping) no values: it is small to pickle, and a worker process reads the cells it needs itself, by path.

    Parameters
    ----------
    catalogue : Catalogue
        Headers and places of the arrays, as `open_dump` collects them.

    Attributes
    ----------
    epochs : tuple of int
        The epochs, sorted.
    layers : tuple of str
        The layers: in the order of ``meta["layers"]``, then of the keys of the file or mapping; layers of a folder, and
        of HDF5 or zarr groups that store no order, in natural order (``layer10`` after ``layer2``).
    n_samples : int
        Rows of every array.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs), or None
        Labels or targets, as stored under the name y or else, for a single column of labels, ``label``,
        ``labels``, ``target`` or ``targets``.
    X : ndarray of shape (n_samples, n_features) or None
        Inputs of the network.
    ids : ndarray of shape (n_samples,) or None
        Identity of the samples.
    meta : dict
        Metadata of the run; empty if there are none.
    source : str
        Path that was opened, or ``"memory"``.
    left_out : dict of str
        Names of what the source holds and is neither a layer nor y, X or ids, each with the reason: columns of text
        and of row numbers in a table, arrays of no epoch or of types that are not read beside the epochs.
    layout : str
        Layout of the source, for instance ``"a folder of files per epoch"``.

    Notes
    -----
    ``dump[epoch, layer]`` is read-only and two-dimensional: a memory map for a .npy file, a fresh array for a member of
    a .npz file, a view for an array in memory. `y`, `X` and `ids` are read at every use, too. A sparse layer (a matrix
    of scipy, a sparse tensor, or a pair of top indices and values) is a read-only :class:`scipy.sparse.csr_array`.

    Iteration, `len` and `in` refer to the (epoch, layer) pairs that exist; an epoch may lack layers.

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

    layers: tuple[str, ...]
    meta: dict[str, Any]
    source: str
    layout: str
    left_out: dict[str, str]

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.source, self.layout, self._cells, self.layers, self._per_sample, self.meta, self.left_out = catalogue

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs, sorted."""
        return tuple(dict.fromkeys(epoch for epoch, _ in self._cells))

    @property
    def n_samples(self) -> int:
        """Number of rows of every array."""
        return next(iter(self._cells.values())).header.shape[0]

    @property
    def y(self) -> NDArray[Any] | None:
        """Labels or targets as they were stored, or None."""
        return self._per_sample["y"].dense() if "y" in self._per_sample else None

    @property
    def X(self) -> NDArray[Any] | None:
        """Inputs of shape (n_samples, n_features), or None."""
        return _load_2d(self._per_sample["X"], "X") if "X" in self._per_sample else None

    @property
    def ids(self) -> NDArray[Any] | None:
        """Identity of the samples, or None."""
        return self._per_sample["ids"].dense() if "ids" in self._per_sample else None

    def cells(self) -> tuple[tuple[int, str], ...]:
        """Return the (epoch, layer) pairs that exist.

        Returns
        -------
        cells : tuple of (int, str)
            The pairs, by epoch and then in the order of the layers.
        """
        return tuple(self._cells)

    def select(self, layers: Iterable[str]) -> "Dump":
        """Return a dump of some of the layers, in their order here; epochs without any of them are left out.

        Parameters
        ----------
        layers : iterable of str
            Names of the layers.

        Returns
        -------
        dump : Dump
            The same rows, targets, inputs and ids.
        """
        chosen = set(layers)
        if unknown := sorted(chosen.difference(self.layers)):
            raise ValueError(f"layers {unknown} are not in the dump; they are {list(self.layers)}")
        if not chosen:
            raise ValueError("no layer is selected; name at least one")
        cells = {key: stored for key, stored in self._cells.items() if key[1] in chosen}
        kept = tuple(layer for layer in self.layers if layer in chosen)
        return Dump(self._catalogue._replace(cells=cells, layers=kept))

    def reduced(self, reduce: Reduction) -> "Dump":
        """Return a dump whose layers of more than two dimensions are tables, as `open_dump` makes them.

        Parameters
        ----------
        reduce : {"flatten", "gap", "mean_tokens", "last_token"} or dict
            The reduction, or one for each of some layers. Layers that are tables already are not changed.

        Returns
        -------
        dump : Dump
            The same rows, targets, inputs and ids.
        """
        check_reduce(reduce)
        return Dump(reduced(self._catalogue, reduce))

    def shape(self, epoch: int, layer: str) -> tuple[int, ...]:
        """Return the shape of ``dump[epoch, layer]`` without reading it.

        Parameters
        ----------
        epoch : int
            The epoch.
        layer : str
            The layer.

        Returns
        -------
        shape : tuple of int
            The shape; a vector has one unit.
        """
        shape = self._cell((epoch, layer)).header.shape
        return shape if len(shape) > 1 else (*shape, 1)

    def dtype(self, epoch: int, layer: str) -> np.dtype[Any]:
        """Return the dtype of ``dump[epoch, layer]`` without reading it.

        Parameters
        ----------
        epoch : int
            The epoch.
        layer : str
            The layer.

        Returns
        -------
        dtype : dtype
            The dtype as stored.
        """
        return self._cell((epoch, layer)).header.dtype

    def stored(self) -> Iterator[tuple[int | None, str, Stored]]:
        """Yield (epoch, name, array) for every array as it is stored, unread; epoch is None for y, X and ids.

        An array has a `header` (shape and dtype), `blocks()` of rows and `where`, its place for error messages.
        """
        yield from ((None, name, array) for name, array in self._per_sample.items())
        yield from ((epoch, layer, array) for (epoch, layer), array in self._cells.items())

    def equal_layers(self) -> tuple[tuple[str, ...], ...]:
        """Return the layers that agree in every bit at all of their epochs.

        Such layers are one layer under two names: most often a hook kept an array without a copy, and the next layer
        (a ReLU with ``inplace=True``) has overwritten it. Values are read, up to the first difference of two layers.

        Returns
        -------
        groups : tuple of tuple of str
            Groups of two or more layers; empty if all layers differ.

        Examples
        --------
        >>> import numpy as np
        >>> from skib.dumps import open_dump
        >>> relu = np.eye(3)
        >>> open_dump({0: {"conv1": relu, "relu1": relu, "fc": 2 * relu}, "ids": [0, 1, 2]}).equal_layers()
        (('conv1', 'relu1'),)
        """
        return equal_layers(self._cells)

    def summary(self) -> "pd.DataFrame":
        """Return a table of the cells. Headers alone are read.

        Returns
        -------
        summary : DataFrame of shape (n_cells, 6)
            The columns are epoch, layer, n_samples, n_units, dtype and bytes. For an array above two dimensions,
            n_units is the number of values per sample.
        """
        import pandas as pd

        rows = []
        for key, stored in self._cells.items():
            n_samples, *rest = stored.header.shape
            rows.append((*key, n_samples, math.prod(rest), stored.header.dtype.name, stored.nbytes))
        return pd.DataFrame(rows, columns=["epoch", "layer", "n_samples", "n_units", "dtype", "bytes"])

    def __getitem__(self, key: tuple[int, str]) -> Any:
        return _load_2d(self._cell(key), f"cell {key}", sparse=True)

    def __contains__(self, key: object) -> bool:
        return key in self._cells

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
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


def open_dump(
    source: AnyPath | Mapping[Any, Any] | Dump, *, reduce: Reduction = None, max_bytes: float = 8 * 2**30
) -> Dump:
    """Open dumped activations; headers are read and checked at once, values when they are used.

    Parameters
    ----------
    source : path, mapping or Dump
        A folder with ``epoch_00010/<layer>.npy``; a folder with ``epoch_00010.npz`` whose keys are layers; a .npz file
        with keys ``epoch_00010/<layer>``; a mapping ``{epoch: {layer: array}}``. Instead of .npz the files may be
        .safetensors, .pt, .h5, .nc, .mat, .zarr, .parquet or .arrow, and all may come in parts. Layers may be sparse:
        matrices of scipy, or pairs of arrays ``top_indices`` and ``top_acts``. The user guide has the details. Of a
        `Dump` that is open, the layers are reduced; no header is read again.
    reduce : {"flatten", "gap", "mean_tokens", "last_token"} or dict, default=None
        How a layer of more than two dimensions becomes a table.

        - ``"flatten"``: every number of a sample is a unit. No information is lost.
        - ``"gap"``: mean of ``(n, channels, *positions)`` over the positions (global average pooling).
        - ``"mean_tokens"``: mean of ``(n, tokens, units)`` over the tokens.
        - ``"last_token"``: the last token of ``(n, tokens, units)``.

        A dict ``{layer: name}`` chooses by layer. With None, reading such a layer raises an error. Layers of two
        dimensions are not changed; an `X` of more than two is flattened.
    max_bytes : int, default=8 GiB
        Largest size of one array in a file; of a sparse layer, of each of its parts. A larger one raises an error
        before anything is allocated.

    Returns
    -------
    dump : Dump
        Lazy, read-only view of the arrays.

    Raises
    ------
    FileNotFoundError
        If there is nothing at that path.
    ImportError
        If the format needs a package that is not installed (h5py, zarr or pyarrow); the message names the extra.
    ValueError
        If `reduce` is unknown, there is no epoch, two names spell one epoch, the numbers of samples or the ids differ,
        a part is missing, or a file is damaged, contains objects, declares another size than it stores, or links out of
        the dump. The message names the file.

    Warns
    -----
    MissingIdsWarning
        If the dump has no ids, or ids that repeat.
    AmbiguousTargetWarning
        If more than one array has a usual name of the targets, or one that has it is no column of labels.
    IncompleteDumpWarning
        If chunks of a zarr array are not there, or a file of the last epoch is empty.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.dumps import open_dump
    >>> dump = open_dump({"epoch_1": {"fc1": np.eye(4)}, "y": [0, 0, 1, 1], "ids": [3, 1, 2, 0]})
    >>> dump.y  # as stored
    array([0, 0, 1, 1])
    """
    check_reduce(reduce)
    if isinstance(source, Dump):
        return source if reduce is None else source.reduced(reduce)
    catalogue = reduced(build_catalogue(read_source(source, max_bytes), max_bytes), reduce)
    if "ids" not in catalogue.per_sample:
        warn(_NO_IDS.format(source=catalogue.source), MissingIdsWarning)
    return Dump(catalogue)


def load_array(path: AnyPath) -> np.memmap[Any, Any]:
    """Map one .npy file, after the checks of the files of a dump.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    array : memmap
        The array, read-only; its values are read when they are used.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no .npy file, contains objects, or declares another size than it stores.

    See Also
    --------
    open_dump : Open all arrays of a run.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from skib.dumps import load_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "y.npy", [0, 1, 1])
    ...     load_array(Path(folder) / "y.npy").tolist()
    [0, 1, 1]
    """
    return NpyFile.peek(path, math.inf).load()


def _load_2d(stored, label, *, sparse=False):
    shape = stored.header.shape
    if len(shape) > 2:
        raise ValueError(
            f"{label} has shape {shape} ({stored.where}), required is (n_samples, n_units); before dumping, flatten "
            "each sample with a.reshape(len(a), -1) or average over its positions, for instance a.mean(axis=(2, 3)); "
            "or pass one of " + ", ".join(f"reduce={name!r} for {text}" for name, text in REDUCTIONS.items())
        )
    array = stored.load() if sparse else stored.dense()
    return array if len(shape) == 2 else array[:, None]
