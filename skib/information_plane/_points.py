"""The points that are drawn: one per cell of the results, in the required unit and with the required correction."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from skib._drawing import label_texts
from skib.information_plane._results import ABOUT_X, ABOUT_Y


class Points(NamedTuple):
    """Points of the plane, their labels and their bounds.

    `labels` maps layers to their names with their widths; `x_basis` and `y_basis` are the names of the estimators;
    `curve` holds the rates and relevances of a bound. `table` has a row per cell: epoch, layer, and for x = I(X;T) and
    y = I(T;Y) the value, the ends of its interval (x_low, ...) and whether it is saturated; null_low and null_high are
    the ends of the null band of y, and y_least is its lower bound where that is above the interval, else NaN.
    """

    table: pd.DataFrame
    labels: dict
    x_name: str
    y_name: str
    x_basis: str
    y_basis: str
    x_ceiling: float | None
    y_ceiling: float | None
    curve: np.ndarray | None


def plane_points(results, target_entropy, n_samples, scale, *, corrected, curve=None):
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
            "y_least": _least(y),
        }
    )
    table *= scale
    table["x_saturated"] = x["saturated"]
    table["y_saturated"] = y["saturated"]
    table = table.dropna(subset=["x", "y"]).reset_index()
    if table.empty:
        raise ValueError("the results contain no cell with both I(T;Y) and I(X;T): see their column 'message'")
    return Points(
        table,
        _labels(results[results["layer"].isin(table["layer"])]),
        "I(X;T)",
        "I(T;Y) $-$ null mean" if corrected else "I(T;Y)",
        _basis(x),
        _basis(y),
        None if n_samples is None else scale * float(np.log(n_samples)),
        None if target_entropy is None else scale * target_entropy,
        None if curve is None else scale * _pair(curve),
    )


def _quantity(results, name):
    return results[results["quantity"] == name].set_index(["epoch", "layer"])


def _least(rows):
    """Return the lower bounds that are above the intervals: a deeper layer has more."""
    if "lower_bound" not in rows:
        return np.nan
    return rows["lower_bound"].where(rows["lower_bound"] > rows["ci_high"].fillna(rows["mutual_info"]))


def _labels(results):
    """Return the label of every layer: its name, with its width if that is the same at all epochs."""
    widths = results.get("n_units", pd.Series(np.nan, results.index)).groupby(results["layer"], sort=False)
    names = label_texts([layer for layer, _ in widths])
    return {
        layer: f"{name} ({width.iloc[0]:.0f})" if width.nunique() == 1 else name
        for name, (layer, width) in zip(names, widths, strict=True)
    }


def _plain(text):
    """Escape the dollar signs of a name, which matplotlib would take for mathematics."""
    return str(text).replace("$", r"\$")


def _basis(rows):
    """Return the names of the estimator, and of the compressor of the first layer that has one."""
    compressors = rows["compressor"][~rows["compressor"].isin(["none"])].dropna() if "compressor" in rows else ()
    after = f" after {_without_parameters(compressors.iloc[0])}" if len(compressors) else ""
    return _plain(f"{_without_parameters(rows['estimator'].iloc[0])}{after}")


def _without_parameters(text):
    """Return the name of an object from its repr, with those of the objects that it is made of: no other parameter."""
    name, _, parameters = str(text).partition("(")
    inner = re.findall(r"(?<![\w.'\"])[A-Z]\w*(?=\()", parameters)
    return " ".join(f"{name}({', '.join(inner)})".split()) if inner else " ".join(name.split())


def _pair(curve):
    if len(curve) != 2 or np.ndim(curve[0]) != 1 or np.shape(curve[0]) != np.shape(curve[1]):
        raise ValueError(
            f"curve must be a pair (rates, relevances) of one-dimensional arrays of one length, got shapes "
            f"{[np.shape(part) for part in curve]}"
        )
    return np.asarray(curve, dtype=float)
