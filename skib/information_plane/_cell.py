"""One cell of the plane: what is measured on one layer at one epoch."""

from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from skib._parallel import one_blas_thread, with_seed
from skib._statistics import SATURATION
from skib._warnings import SaturatedEstimateWarning, UnreliableEstimateWarning, collect_warnings, warn, without_warnings
from skib.information_plane._compression import Compression
from skib.information_plane._nulls import null_of

_NULL = ("null_mean", "null_std", "pvalue")
_MEASURED = ("mutual_info", "std_error", "ci_low", "ci_high", *_NULL, "ceiling")
# A warning says so if an estimate above so many nats is not told from its null at that confidence_level, or the null exceeds them.
_BIAS = 0.05
_ALPHA = 1e-4


class Cell(NamedTuple):
    """One layer at one epoch; `source` is what ``source[epoch, layer]`` reads it from, where the task runs."""

    epoch: int
    layer: str
    shape: tuple
    source: Any
    seed: np.random.SeedSequence
    compression: Compression = Compression()

    def code(self):
        """How the layer was compressed, and the code."""
        return self.compression.code(self.source[self.epoch, self.layer])


class Null(NamedTuple):
    """Which layers that know nothing an estimate is compared with, and how many."""

    kind: str
    n_permutations: int


def measure_cell(cell, quantities, null, confidence_level):
    """Rows of the results of one cell, one per quantity."""
    start = perf_counter()
    rng = np.random.default_rng(cell.seed)
    orders = [rng.permutation(cell.shape[0]) for _ in range(null.n_permutations)]
    noise_seed = int(rng.integers(2**31)) if null.kind == "noise" else None
    rows = []
    with one_blas_thread():
        code, noted = _attempt(cell.code)
        for quantity in quantities:
            measure = partial(_measure, code, quantity, cell.compression.seed, orders, noise_seed, confidence_level)
            rows.append(_row(cell, quantity, code, measure, [*cell.compression.messages, *noted]))
            rows[-1]["seconds"], start = perf_counter() - start, perf_counter()
    return rows


def _attempt(function):
    """What the function returns, or the exception that it raised, and the warnings that it gave."""
    with collect_warnings() as messages:
        try:
            return function(), messages
        except Exception as error:
            return error, messages


def _row(cell, quantity, code, measure, noted):
    measured, told = (code, []) if isinstance(code, Exception) else _attempt(measure)
    messages = list(dict.fromkeys(noted + told))
    row = {
        "epoch": cell.epoch,
        "layer": cell.layer,
        "quantity": quantity.name,
        "estimator": repr(quantity.estimator),
        "compressor": cell.compression.label if isinstance(code, Exception) else code[0].label,
        **dict.fromkeys(_MEASURED, np.nan),
        "saturated": False,
        "n_samples": cell.shape[0],
        "n_units": cell.shape[1],
        "status": "warning" if messages else "ok",
        "warnings": ", ".join(dict.fromkeys(text.partition(":")[0] for text in messages)),
    }
    if isinstance(measured, Exception):
        messages.append(f"{type(measured).__name__}: {measured}")
        measured = {"status": "failed"}
    return row | measured | {"message": "\n".join(messages)}


def _measure(code, quantity, seed, orders, noise_seed, confidence_level):
    x, estimator = code[1], with_seed(quantity.estimator, seed)
    fitted = _fitted(quantity, estimator, x)
    value, std_error = float(fitted.mutual_info_), float(getattr(fitted, "std_error_", np.nan))
    half_width = float(stats.norm.ppf(0.5 + confidence_level / 2)) * std_error
    measured = {
        "mutual_info": value,
        "std_error": std_error,
        "ci_low": value - half_width,
        "ci_high": value + half_width,
        "ceiling": float(getattr(fitted, "ceiling_", np.nan)),
        "saturated": bool(getattr(fitted, "saturated_", False)),
    }
    if quantity.ceiling is not None:
        measured |= _input_saturation(value, quantity)
    if orders:
        measured |= null_of(value, x, quantity, estimator, orders, noise_seed)
    if quantity.ceiling is None and value > _BIAS:
        _warn_of_bias(quantity.name, value, **{name: measured.get(name, np.nan) for name in _NULL})
    return measured


def _fitted(quantity, estimator, x):
    """The fitted estimator; whether I(X;T) is near H(X) is said later, in place of what the estimator says.

    With few repeated inputs nearly every row is a pair (x, t) of its own, so that the estimator calls every layer
    saturated; what tells layers apart is how close they come to H(X).
    """
    silent = () if quantity.ceiling is None else (SaturatedEstimateWarning,)
    with without_warnings(*silent):
        return quantity.fit(estimator, x)


def _input_saturation(value, quantity):
    saturated = value > SATURATION * quantity.ceiling
    if saturated:
        bound = "H(X)" if quantity.given is None else "H(X|Y)"
        warn(
            f"{quantity.name} = {value:.3g} nats of at most {bound} = {quantity.ceiling:.3g}: with this estimator the "
            "layer tells nearly all rows of X apart, so the value says how many there are; pass more rows, or take "
            "coarser bins",
            SaturatedEstimateWarning,
        )
    return {"ceiling": quantity.ceiling, "saturated": saturated}


def _warn_of_bias(name, value, null_mean, null_std, pvalue):
    null = f"{name} = {value:.3g} nats, but layers that know nothing give {null_mean:.3g} +- {null_std:.2g}: "
    if pvalue > _ALPHA:
        text = f"the estimate is not told from these (p = {pvalue:.2g}); pass more rows, or compress the layer"
    elif null_mean > _BIAS:
        text = "compare what exceeds these, never the estimate itself, with that of another layer"
    else:
        return
    warn(null + text, UnreliableEstimateWarning)
