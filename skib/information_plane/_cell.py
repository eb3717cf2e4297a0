"""One cell of the plane: what is measured on one layer at one epoch."""

import warnings
from functools import cache, partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from sklearn.base import clone

from skib._validation import SaturatedEstimateWarning
from skib.information_plane._warnings import collect_warnings
from skib.mutual_info._base import _SATURATION as SATURATION
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._inference import PermutationTest

ABOUT_Y, ABOUT_X = "I(T;Y)", "I(X;T)"
COLUMNS = (
    "epoch layer quantity estimator mutual_info std_error ci_low ci_high null_mean null_std null_p ceiling saturated "
    "n dim status message seconds"
).split()
_MEASURED = ("mutual_info", "std_error", "ci_low", "ci_high", "null_mean", "null_std", "null_p", "ceiling")


class Quantity(NamedTuple):
    """An information that is estimated between a layer and one value of the target per row."""

    name: str
    estimator: Any
    target: np.ndarray
    ceiling: float | None = (
        None  # entropy of a target of input symbols; None leaves ceiling and saturation to the estimator
    )
    all_distinct: bool = False  # every row its own symbol: shuffling the target renames the symbols, no more


class Cell(NamedTuple):
    """One layer at one epoch; `source` is what ``source[epoch, layer]`` reads it from, where the task runs."""

    epoch: int
    layer: str
    shape: tuple
    source: Any
    seed: np.random.SeedSequence


def measure_cell(cell, quantities, n_permutations, level):
    """Rows of the results of one cell, one per quantity."""
    load = cache(partial(cell.source.__getitem__, (cell.epoch, cell.layer)))
    rng = np.random.default_rng(cell.seed)
    permutations = [rng.permutation(cell.shape[0]) for _ in range(n_permutations)]
    return [_row(cell, load, quantity, permutations, level) for quantity in quantities]


def _row(cell, load, quantity, permutations, level):
    start = perf_counter()
    row = dict.fromkeys(_MEASURED, np.nan) | {"saturated": False, "status": "ok"}
    with collect_warnings() as messages:
        try:
            row |= _measure(load(), quantity, permutations, level, messages)
            row["status"] = "warning" if messages else "ok"
        except Exception as error:
            row["status"] = "failed"
            messages.append(f"{type(error).__name__}: {error}")
    return row | {
        "epoch": cell.epoch,
        "layer": cell.layer,
        "quantity": quantity.name,
        "estimator": repr(quantity.estimator),
        "n": cell.shape[0],
        "dim": cell.shape[1],
        "message": "\n".join(messages),
        "seconds": perf_counter() - start,
    }


def _measure(activations, quantity, permutations, level, messages):
    fitted = clone(quantity.estimator).fit(activations, quantity.target)
    value = fitted.mutual_info_
    std_error = getattr(fitted, "std_error_", np.nan)
    half_width = stats.norm.ppf(0.5 + level / 2) * std_error
    measured = {
        "mutual_info": value,
        "std_error": std_error,
        "ci_low": value - half_width,
        "ci_high": value + half_width,
    }
    if quantity.ceiling is None:
        measured |= {"ceiling": getattr(fitted, "ceiling_", np.nan), "saturated": getattr(fitted, "saturated_", False)}
    else:
        measured |= _input_saturation(value, quantity.ceiling, messages)
    return measured | _null(value, activations, quantity, permutations) if permutations else measured


def _input_saturation(value, ceiling, messages):
    """Whether I(X;T) is near H(X), in place of what the estimator says.

    With few repeated inputs nearly every row is a pair (x, t) of its own, so that the estimator calls every layer
    saturated; what tells layers apart is how close they come to H(X).
    """
    saturated = value > SATURATION * ceiling
    messages[:] = [text for text in messages if not text.startswith(SaturatedEstimateWarning.__name__)]
    if saturated:
        warnings.warn(
            f"I(X;T) = {value:.3g} nats of at most H(X) = {ceiling:.3g}: with this estimator the layer tells nearly "
            "all rows of X apart, so the value says how many there are; pass more rows, or take coarser bins",
            SaturatedEstimateWarning,
            stacklevel=2,
        )
    return {"ceiling": ceiling, "saturated": saturated}


def _null(value, activations, quantity, permutations):
    if quantity.all_distinct:
        return {"null_mean": value, "null_std": 0.0 * value, "null_p": 1.0 + 0.0 * value}  # NaN stays NaN
    with collect_warnings():  # what shuffled targets are warned of says nothing about the estimate
        null = _permuted(quantity.estimator)(activations, quantity.target, permutations)
    p_value = (1 + np.sum(null >= value)) / (1 + len(null))
    test = PermutationTest(value, null, float(p_value))
    undefined = np.isnan(value) or np.isnan(null).any()
    null_p = np.nan if undefined else test.tail_p_value
    return {"null_mean": test.null_mean, "null_std": test.null_std, "null_p": null_p}


def _permuted(estimator):
    """How `estimator` is fitted to shuffled targets: its own way, or one clone each for an estimator from elsewhere."""
    return getattr(estimator, "_permuted_mutual_info", partial(MutualInfoMixin._permuted_mutual_info, estimator))
