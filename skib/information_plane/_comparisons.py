"""Flags that need more than one cell: significance among all cells, and more information in a deeper layer."""

import numpy as np
from scipy import stats

from skib._statistics import holm_adjust
from skib._warnings import UnreliableEstimateWarning
from skib.information_plane._results import ABOUT_Y, ALPHA

# Estimates above so many nats are flagged if they are not significant, or if the mean of their null is above it, and
# estimates that are so many nats too low.
# examples/benchmarks/random_labels.py counts the estimates of random labels that escape both.
_BIAS = 0.05
# Half width of an interval in standard deviations of the null, for estimates without a standard error.
_WIDTH = 2.0


def compare_cells(table, quantities, null, chain):
    """Fill the column ``lower_bound`` and add the flags of the comparisons to the rows, in place.

    `quantities` are the names of those whose null shows a bias, and `chain` the layers each of which is a function of
    the one before.
    """
    for name in quantities:
        _flag_bias(table, table.index[table["quantity"] == name], null)
    for _, rows in table[table["quantity"] == ABOUT_Y].groupby("epoch", sort=False):
        _bound_below(table, rows, chain)


def chain_of(chain, layers):
    """Return the layers of the parameter `chain`: all, none, or those that it names."""
    if isinstance(chain, (bool, np.bool_)):
        return tuple(layers) if chain else ()
    unknown = [name for name in chain if name not in layers]
    if unknown or len(set(chain)) < len(chain):
        raise ValueError(f"chain must name layers of the dump, each once, got {list(chain)}; they are {list(layers)}")
    return tuple(chain)


def _flag_bias(table, index, null):
    """Flag estimates that are not significantly above their null, and those whose null itself is large."""
    rows = table.loc[index]
    adjusted = holm_adjust(rows["pvalue"].to_numpy())
    for row, p in zip(rows.itertuples(), adjusted, strict=True):
        if not row.mutual_info > _BIAS:
            continue
        if p >= ALPHA:
            verdict = (
                f"the estimate is not significantly above it (Holm's p = {p:.2g} among {len(rows)} cells, not below "
                f"{ALPHA:g}); pass more {_limit(row, len(rows), null.unit)}"
            )
        elif row.null_mean > _BIAS:
            verdict = "compare the excess over the null, not the estimate itself, with that of another layer"
        else:
            continue
        _flag(
            table,
            row.Index,
            f"{row.quantity} = {row.mutual_info:.3g} nats, but the {null.kind} null is {row.null_mean:.3g} +- "
            f"{row.null_std:.2g} nats: {verdict}",
        )


def _limit(row, n_cells, unit):
    """Return what more of is needed: permutations where a normal null of these moments would be exceeded."""
    distance = (row.mutual_info - row.null_mean) / row.null_std if row.null_std > 0 else 0.0
    if n_cells * stats.norm.sf(distance) < ALPHA:
        return "permutations (n_permutations), from whose number alone the p-value cannot be smaller"
    return f"{unit}, or compress the layer"


def _bound_below(table, rows, chain):
    """Set the lower bounds of the layers of one epoch, and flag the estimates that lie below them."""
    low, high = _ends(rows)
    bounds, sources = low.copy(), rows["layer"].copy()
    best, source = -np.inf, None
    for index in _deepest_first(rows, chain):
        if low[index] > best:
            best, source = low[index], rows.loc[index, "layer"]
        if source is not None:
            bounds[index], sources[index] = best, source
    table.loc[rows.index, "lower_bound"] = bounds
    for index in rows.index[bounds > np.fmax(high, rows["mutual_info"] + _BIAS)]:
        _flag(table, index, _too_low(rows.loc[index], bounds[index], sources[index]))


def _deepest_first(rows, chain):
    """Return the index of the rows of linked layers against the order of the chain."""
    place = {layer: i for i, layer in enumerate(chain)}
    linked = rows[rows["layer"].isin(place)]
    return linked.index[np.argsort(-linked["layer"].map(place).to_numpy(), kind="stable")]


def _ends(rows):
    """Return the ends of the intervals; the bias that the null shows is taken off the lower ones.

    The column ``lower_bound`` has, so far, what a layer has for certain without neighbors.
    """
    spread = _WIDTH * rows["null_std"]
    low = rows["ci_low"].fillna(rows["mutual_info"] - spread) - rows["null_mean"].clip(lower=0).fillna(0)
    low = np.fmax(low.where(~rows["saturated"]), rows["lower_bound"])
    return low, rows["ci_high"].fillna(rows["mutual_info"] + spread)


def _too_low(row, bound, source):
    if source == row["layer"]:
        reason = "held-out predictions from this layer, or its largest unit, have"
    else:
        reason = f"the deeper layer {source!r}, a function of this one if the layers form a chain, has"
    return f"{ABOUT_Y} = {row['mutual_info']:.3g} nats is too low: {reason} at least {bound:.3g} nats"


def _flag(table, index, text):
    """Add a warning to a row, as if its own estimate had issued it."""
    kind = UnreliableEstimateWarning.__name__
    row = table.loc[index]
    table.loc[index, ["status", "warnings", "message"]] = (
        "warning",
        ", ".join(dict.fromkeys(filter(None, [*row["warnings"].split(", "), kind]))),
        "\n".join(filter(None, [row["message"], f"{kind}: {text}"])),
    )
