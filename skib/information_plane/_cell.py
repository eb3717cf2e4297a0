"""One cell of the plane: the estimates of one layer at one epoch, their nulls and their warnings."""

from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from skib._parallel import one_blas_thread, with_seed
from skib._sparse_layers import dense_layer
from skib._statistics import SATURATION
from skib._warnings import SaturatedEstimateWarning, collect_warnings, warn, warn_once
from skib.information_plane._certificates import certified_information
from skib.information_plane._compression import Compression
from skib.information_plane._nulls import fit_with_permutations, null_of
from skib.information_plane._results import ABOUT_Y

_MEASURED = "mutual_info std_error ci_low ci_high null_mean null_std pvalue lower_bound ceiling".split()


class Cell(NamedTuple):
    """One layer at one epoch; ``source[epoch, layer]`` reads its activations, in the process that runs the task."""

    epoch: int
    layer: str
    shape: tuple
    source: Any
    seed: np.random.SeedSequence
    compression: Compression = Compression()

    def code(self):
        """Return the compression of the layer, fitted, the code of its activations, and these."""
        activations = dense_layer(self.source[self.epoch, self.layer], whole=self.compression.epoch is not None)
        return *self.compression.code(activations), activations


class Null(NamedTuple):
    """The null distribution that estimates are compared with: permuted targets or layers of noise, and how many.

    `unit` names what more of is needed for a narrower null: rows, groups of rows, or steps of the series.
    """

    kind: str
    n_permutations: int
    unit: str = "rows"


def measure_cell(cell, quantities, null, confidence_level):
    """Return the rows of the results of one cell, one per quantity."""
    start = perf_counter()
    rows = []
    with one_blas_thread():
        code, messages = _attempt(cell.code)
        for quantity in quantities:
            draws = _draws(cell, quantity, null)
            measure = partial(_measure, code, quantity, cell.compression.seed, draws, null.unit, confidence_level)
            rows.append(_row(cell, quantity, code, measure, [*cell.compression.messages, *messages]))
            rows[-1]["seconds"], start = perf_counter() - start, perf_counter()
    return rows


def _draws(cell, quantity, null):
    """Return the orders of the rows and the seed of the noise, of which a cell has the same for all quantities."""
    rng = np.random.default_rng(cell.seed)
    orders = [quantity.draw(rng) for _ in range(null.n_permutations)]
    return orders, int(rng.integers(2**31)) if null.kind == "noise" else None


def _attempt(function):
    """Call the function; return its result, or the exception that it raised, and the warnings that it issued."""
    with collect_warnings() as messages:
        try:
            return function(), messages
        except Exception as error:
            return error, messages


def _row(cell, quantity, code, measure, earlier):
    """One row of the results; its warnings are the `earlier` ones, of the compression, and those of the estimate."""
    measured, issued = (code, []) if isinstance(code, Exception) else _attempt(measure)
    messages = list(dict.fromkeys(earlier + issued))
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
        "warnings": ", ".join(dict.fromkeys(record.category.__name__ for record in messages)),
    }
    if isinstance(measured, Exception):
        messages.append(f"{type(measured).__name__}: {measured}")
        measured = {"status": "failed"}
    return row | measured | {"message": "\n".join(map(str, messages))}


def _measure(code, quantity, seed, draws, unit, confidence_level):
    """Estimate a quantity and its null.

    Standard errors are those of independent rows, and missing for others.
    """
    (orders, noise_seed), (_, x, activations), estimator = draws, code, with_seed(quantity.estimator, seed)
    fitted, null = _fitted(quantity, estimator, x, orders if noise_seed is None else [])
    value = float(fitted.mutual_info_)
    std_error = float(getattr(fitted, "std_error_", np.nan)) if unit == "rows" else np.nan
    quantile = float(stats.norm.ppf(0.5 + confidence_level / 2))
    measured = {
        "mutual_info": value,
        "std_error": std_error,
        "ci_low": value - quantile * std_error,
        "ci_high": value + quantile * std_error,
        "ceiling": float(np.minimum(getattr(fitted, "ceiling_", np.nan), quantity.most)),
        "saturated": bool(getattr(fitted, "saturated_", False)),
    }
    if quantity.ceiling is not None:
        measured |= _input_saturation(value, quantity)
    if unit == "rows" and quantity.name == ABOUT_Y:
        measured["lower_bound"] = certified_information(fitted, activations, quantity.classes, quantile)
    if orders:
        measured |= null_of(value, x, quantity, estimator, orders, noise_seed, null)
    return measured


def _fitted(quantity, estimator, x, orders):
    """Fit the estimator; return it, and its null if orders are given.

    For I(X;T) the comparison with H(X) replaces its own warning of saturation. With few repeated inputs nearly every
    row is a pair (x, t) of its own, so that the estimator calls every layer saturated; layers differ in how close they
    come to H(X).
    """
    silent = () if quantity.ceiling is None else (SaturatedEstimateWarning,)
    with warn_once(excluded=silent):
        return fit_with_permutations(x, quantity, estimator, orders)


def _input_saturation(value, quantity):
    """Compare an estimate of I(X;T) with the entropy of the inputs, and warn if it is near."""
    saturated = value > SATURATION * quantity.ceiling
    if saturated:
        bound = "H(X)" if quantity.given is None else "H(X|Y)"
        warn(
            f"{quantity.name} = {value:.3g} nats of at most {bound} = {quantity.ceiling:.3g}: with this estimator "
            "nearly every row of X has a value of the layer to itself, so that the estimate measures the number of "
            "rows; pass more rows, or take coarser bins",
            SaturatedEstimateWarning,
        )
    return {"ceiling": quantity.ceiling, "saturated": saturated}
