"""What the estimators are shown of a layer: its activations, or the code of a compressor."""

from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from skib._validation import check_target
from skib.information_plane._seeds import seeded
from skib.mutual_info._compressed import _whitened as whitened

UNCOMPRESSED = "none"
# Columns of a code that vary by less than so many units of rounding, relative to the widest, are rounding errors.
_ROUNDING = 8


class Compression(NamedTuple):
    """How a layer is compressed: with an estimator fitted anew to every cell, or one `fitted` once, at one epoch."""

    compressor: Any = None
    seed: int = 0
    fitted: Any = None
    epoch: int | None = None
    error: str = ""  # why it could not be fitted at that epoch

    @property
    def label(self):
        """What stands in the results."""
        if self.compressor is None:
            return UNCOMPRESSED
        return repr(self.compressor) + ("" if self.epoch is None else f" fitted at epoch {self.epoch}")

    def code(self, activations):
        """The compression that suits the layer, and what it makes of the activations."""
        if self.error:
            raise ValueError(f"{self.label} failed there: {self.error}")
        mine = self if self.epoch is not None else self.fit(activations)
        if mine.fitted is None:
            return mine._replace(compressor=None), activations
        name = f"the layer as {type(mine.compressor).__name__} compressed it"
        code = check_target(mine.fitted.transform(activations), len(activations), name)
        return mine, whitened(_without_rounding(code, activations.dtype))

    def fit(self, activations):
        """With the compressor fitted to the activations, or left out where nothing is to be compressed."""
        if self.compressor is None:
            return self
        compressor = clone(self.compressor)
        limit, widths = min(activations.shape), _widths(compressor)
        is_narrow = activations.shape[1] <= min(widths.values(), default=0)
        check_target(activations, len(activations), "X")
        if is_narrow or (activations == activations[0]).all():
            return self
        compressor.set_params(**{name: limit for name, width in widths.items() if width > limit})
        return self._replace(compressor=compressor, fitted=seeded(compressor, self.seed).fit(activations))


def fit_once(compression, source, epoch, layer):
    """The compression of a layer for all its epochs, fitted at one of them."""
    at_epoch = compression._replace(epoch=epoch)
    try:
        return at_epoch.fit(source[epoch, layer])
    except Exception as error:
        return at_epoch._replace(error=f"{type(error).__name__}: {error}")


def _widths(compressor):
    """Every whole number of components that the compressor, or one inside it, is to make."""
    return {
        name: value
        for name, value in compressor.get_params().items()
        if name.rpartition("__")[2] == "n_components" and isinstance(value, Integral)
    }


def _without_rounding(code, dtype):
    """Without the columns that vary by rounding errors only: those of a layer of lower rank than the code."""
    precision = np.finfo(dtype).eps if np.issubdtype(dtype, np.floating) else np.finfo(np.float64).eps
    spread = code.std(axis=0)
    return code[:, spread > _ROUNDING * precision * spread.max()]
