"""The input of the estimators: the activations of a layer, or the code that a compressor makes of them."""

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from skib._parallel import one_blas_thread, with_seed
from skib._sparse_layers import dense_layer
from skib._validation import check_target
from skib._warnings import collect_warnings
from skib.information_plane._principal_axes import principal_axes, replaces, spread_and_size

UNCOMPRESSED = "none"
# Columns of a code that vary by less than this share of the widest are rounding errors of the compressor itself.
_LEAST_SPREAD = 1e-9


class Compression(NamedTuple):
    """How a layer is compressed: with an estimator fitted anew to every cell, or one `fitted` once, at one epoch."""

    compressor: Any = None
    seed: int = 0
    fitted: Any = None
    epoch: int | None = None
    messages: tuple = ()  # warnings of the fit at `epoch`
    error: str = ""  # error of the fit at `epoch`

    @property
    def label(self):
        """Entry of the column ``compressor``."""
        if self.compressor is None:
            return UNCOMPRESSED
        return repr(self.compressor) + ("" if self.epoch is None else f" fitted at epoch {self.epoch}")

    def code(self, activations):
        """Return the compression of these activations, fitted, and their code."""
        if self.error:
            raise ValueError(f"{self.label} failed there: {self.error}")
        if self.compressor is None:
            return self, activations
        x = check_target(activations, len(activations), "X")  # arithmetic is in double precision, whatever was stored
        used = self if self.epoch is not None else self.fit(x)
        if used.fitted is None:
            return used._replace(compressor=None), activations
        code = used.fitted.transform(x)
        code = check_target(code, len(x), f"the layer as {type(used.compressor).__name__} compressed it")
        spread, size = spread_and_size(x, None if used is self else used.fitted)
        return used, _without_rounding(code, _rounding(spread, size, activations.dtype))

    def fit(self, x):
        """Return the compression with its compressor fitted to float64 rows, or as it is if nothing is to compress."""
        compressor = clone(self.compressor)
        widths = _widths(compressor)
        if x.shape[1] <= min(widths.values(), default=0) or _are_equal(x):
            return self
        compressor.set_params(**{name: min(x.shape) for name, width in widths.items() if width > min(x.shape)})
        fitted = principal_axes(x, compressor.n_components) if replaces(compressor, x) else None
        if fitted is None:
            fitted = with_seed(compressor, self.seed).fit(x, None)
        return self._replace(compressor=compressor, fitted=fitted)


def fit_once(compression, source, epoch, layer):
    """Return the compression of a layer for all its epochs, fitted at one of them, with the warnings of the fit."""
    compression = compression._replace(epoch=epoch)
    with collect_warnings() as messages, one_blas_thread():
        try:
            activations = dense_layer(source[epoch, layer], whole=True)
            compression = compression.fit(check_target(activations, len(activations), "X"))
        except Exception as error:
            compression = compression._replace(error=f"{type(error).__name__}: {error}")
    return compression._replace(messages=tuple(messages))


def _are_equal(rows):
    return (rows[-1] == rows[0]).all() and (rows == rows[0]).all()  # most rows differ from the first


def _widths(compressor):
    """Return every `n_components` of the compressor, and of the steps inside it, that is a whole number."""
    return {
        name: value
        for name, value in compressor.get_params().items()
        if name.rpartition("__")[2] == "n_components" and isinstance(value, Integral)
    }


def _rounding(spread, size, dtype):
    """Spread of the rounding errors of activations that were stored as `dtype`, relative to that of the layer."""
    precision = np.finfo(dtype if np.issubdtype(dtype, np.floating) else np.float64).eps
    return max(_LEAST_SPREAD, precision * size / spread) if spread else _LEAST_SPREAD


def _without_rounding(code, rounding):
    """Drop the columns that are rounding errors: a layer of lower rank than the code has some."""
    spread = code.std(axis=0)
    return code[:, spread > rounding * spread.max()] if spread.any() else code[:, :1]
