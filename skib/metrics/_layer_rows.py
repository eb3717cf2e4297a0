"""Rows of layers: validated tables, positions of convolutions as rows, centered blocks of large files."""

import numpy as np

from skib._columns import opened, require_finite, require_same_length
from skib._parallel import blocks
from skib._typing import Floats, TableLike
from skib._validation import check_target

# Values of a block of rows: 32 MB of floats.
_VALUES_PER_BLOCK = 1 << 22
_FEWEST_ROWS = 64


def positions_as_rows(X: TableLike, *, channels_axis: int = 1) -> np.ndarray:
    """Return the positions of a convolution as rows, one column for each channel.

    A convolution applies the same units at all positions, so that a position of an image is a row as good as another
    [1]_. The measures of this package take the result as a layer.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_channels, ...)
        The activations of a convolution, of 3 dimensions or more. A file on disk is read once as a whole.
    channels_axis : int, default=1
        The axis of the channels: 1 as in torch, -1 for channels (or the units of tokens) in the last place.

    Returns
    -------
    rows : ndarray of shape (n_samples * n_positions, n_channels)
        The positions of the first sample, then those of the second, and so on.

    Notes
    -----
    Positions of one sample depend on each other. Standard errors, which take rows as independent, are too small then;
    those of one position of each sample, ``X[:, :, i, j]``, are not.

    References
    ----------
    .. [1] M. Raghu, J. Gilmer, J. Yosinski, J. Sohl-Dickstein, "SVCCA: singular vector canonical correlation analysis
       for deep learning dynamics and interpretability", NeurIPS, 2017, section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import positions_as_rows
    >>> positions_as_rows(np.zeros((100, 16, 8, 8))).shape
    (6400, 16)
    """
    values = np.asarray(opened("X", X))
    if values.ndim < 3:
        raise ValueError(f"X has shape {values.shape}, rows already; pass samples, channels and positions")
    if not -values.ndim < channels_axis < values.ndim or channels_axis == 0:
        raise ValueError(f"channels_axis must be an axis of X other than 0, got {channels_axis} for {values.ndim} axes")
    values = np.moveaxis(values, channels_axis, -1)
    return values.reshape(-1, values.shape[-1])


def check_layer(name: str, X: TableLike, *, min_samples: int = 2) -> Floats:
    """Validate the rows of a layer; returns float64 of shape (n_samples, n_units)."""
    X = opened(name, X)
    _require_rows(name, X, min_samples)
    return check_target(X, len(X), name)


def check_layers(X: TableLike, Y: TableLike, *, min_samples: int = 2) -> tuple[Floats, Floats]:
    """Validate the paired rows of two layers."""
    x, y = (check_layer(name, layer, min_samples=min_samples) for name, layer in (("X", X), ("Y", Y)))
    require_same_length(len(x), len(y), "Y")
    return x, y


def centered(x: Floats) -> Floats:
    """Return rows about their mean, at most 1 in size; columns that are constant are exactly 0."""
    x = x - x[0]  # so that the mean of a constant column has no rounding
    x -= x.mean(axis=0)
    return x / (np.abs(x).max() or 1.0)


def relative_rounding(x: Floats) -> float:
    """Return the relative rounding error of values that may have been float32 in a file."""
    with np.errstate(over="ignore"):
        single = (x == x.astype(np.float32)).all()
    return float(np.finfo(np.float32 if single else np.float64).eps)


def sampled_rows(n_samples: int, n_most: int | None) -> np.ndarray:
    """Return the numbers of at most so many rows, ascending; None takes all.

    They are drawn, the same ones at every call: rows at equal distances would be of one class where labels take turns.
    """
    if n_most is None or n_samples <= n_most:
        return np.arange(n_samples)
    return np.sort(np.random.default_rng(0).choice(n_samples, n_most, replace=False))


class CenteredRows:
    """Blocks of the rows of a layer about their mean, at most about 1 in size, of a table or a file on disk.

    Those of files of float32 or float16 are float32: their products are as exact as the files, and twice as fast. A
    layer of a single block stays in memory.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_units)
        The rows as they were passed: a memory map, or an array.
    center, scale : ndarray of shape (n_units,), float
        ``values`` are about ``center + scale * rows[:]``.
    """

    def __init__(self, name, X, *, min_samples=2):
        X = opened(name, X)
        _require_rows(name, X, min_samples)
        is_plain = isinstance(X, np.ndarray) and X.dtype.kind == "f"
        self.values = X.reshape(len(X), -1) if is_plain else check_target(X, len(X), name)
        self._dtype = np.float32 if self.values.dtype.itemsize <= 4 else np.float64
        self.name, self.shape = name, self.values.shape
        self._first, self._mean, self.scale, self._kept = self.values[0].astype(self._dtype), 0, 1, None
        self._kept = self[:] if len(self.parts()) == 1 else None
        sums = [self[part].sum(axis=0, dtype=np.float64) for part in self.parts()]
        mean = self._mean = (sum(sums) / len(self)).astype(self._dtype)
        self.center = self._first.astype(np.float64) + mean
        if self._kept is not None:
            self._kept -= mean
        self.scale = self._dtype(max(_largest(self[part]) for part in self.parts()) or 1)
        if self._kept is not None:
            self._kept /= self.scale
            self._kept.flags.writeable = False

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        if self._kept is not None:
            return self._kept[rows]
        found = self.values[rows].astype(self._dtype)
        require_finite(self.name, found)
        found -= self._first  # so that the mean of a constant column has no rounding
        found -= self._mean
        found /= self.scale
        return found

    def parts(self):
        """Return the slices of the blocks."""
        return blocks(len(self), max(_VALUES_PER_BLOCK // self.shape[1], _FEWEST_ROWS))


def _largest(x):
    return max(x.max(), -x.min())


def _require_rows(name, X, min_samples):
    shape = np.shape(X) if hasattr(X, "shape") else (len(X),)
    if len(shape) > 2:
        raise ValueError(
            f"{name} has shape {shape}, {len(shape)} dimensions; pass positions_as_rows({name}) for a convolution or "
            "tokens, or a table of one row per sample, as open_dump(..., reduce='flatten') reads it"
        )
    if shape[0] < min_samples:
        raise ValueError(f"{name} has {shape[0]} rows, and at least {min_samples} are required; pass more rows")
