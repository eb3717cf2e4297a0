"""From the tidy results to what is drawn: one point per cell, in the unit and with the correction asked for."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from skib.information_plane._cell import ABOUT_X, ABOUT_Y


class Points(NamedTuple):
    """Points of the plane, and what stands around them.

    `table` has a row per cell: epoch, layer, and for x = I(X;T) and y = I(T;Y) the value, the ends of its interval
    (x_low, ...), whether it is saturated, and the ends of the null band of y (null_low, null_high).
    """

    table: pd.DataFrame
    layers: list
    x_name: str
    y_name: str
    x_ceiling: float | None
    y_ceiling: float | None


def plane_points(results, target_entropy, n_samples, scale, *, corrected):
    """Pair the two quantities of every cell that has both; `scale` converts nats."""
    y = _quantity(results, ABOUT_Y)
    x = _quantity(results, ABOUT_X)
    null_mean = y["null_mean"]
    corrected = corrected and bool(null_mean.notna().any())
    shift = null_mean if corrected else 0.0
    table = pd.DataFrame(
        {
            "x": x["mutual_info"],
            "x_low": x["ci_low"],
            "x_high": x["ci_high"],
            "y": y["mutual_info"] - shift,
            "y_low": y["ci_low"] - shift,
            "y_high": y["ci_high"] - shift,
            "null_low": null_mean - 2 * y["null_std"] - shift,
            "null_high": null_mean + 2 * y["null_std"] - shift,
        }
    )
    table *= scale
    table["x_saturated"] = x["saturated"]
    table["y_saturated"] = y["saturated"]
    table = table.dropna(subset=["x", "y"]).reset_index()
    if table.empty:
        raise ValueError("the results hold no cell with both I(T;Y) and I(X;T): see their column 'message'")
    return Points(
        table,
        [layer for layer in dict.fromkeys(results["layer"]) if (table["layer"] == layer).any()],
        f"I(X;T), {x['estimator'].iloc[0]}",
        "I(T;Y) $-$ null mean" if corrected else "I(T;Y)",
        None if n_samples is None else scale * float(np.log(n_samples)),
        None if target_entropy is None else scale * target_entropy,
    )


def _quantity(results, name):
    return results[results["quantity"] == name].set_index(["epoch", "layer"])
