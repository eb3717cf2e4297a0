"""Drawings of the points of an information plane with matplotlib."""

import re

import numpy as np

from skib._drawing import darker, epoch_axis, epoch_norm, epoch_ticks, pyplot, some_listed

_MARKERS = "osD^vPX<>*hpd8"
_CEILING = {"color": "0.35", "linestyle": (0, (5, 3)), "linewidth": 1.0, "zorder": 1}
_LETTERS_PER_INCH = 11  # of labels, at the usual size
_LEAST_SPAN = 0.1  # of an axis, as a share of its ceiling: hundredths of a nat below log n look like hundredths
_LEAST = {"linestyle": (0, (1, 2)), "linewidth": 1.1, "zorder": 1}
_BAND = {"color": "0.88", "linewidth": 0, "zorder": 0}


def draw_plane(points, units, ax, cmap, runs, phases):
    """Draw I(T;Y) over I(X;T): a marker per layer, a color per epoch, the layers of an epoch joined."""
    plt, is_new = pyplot(), ax is None
    ax = plt.subplots(figsize=(8.4, 5.2), layout="constrained")[1] if is_new else ax
    table, norm, colors = points.table, epoch_norm(points.table["epoch"]), darker(plt.get_cmap(cmap))
    markers = {layer: _MARKERS[i % len(_MARKERS)] for i, layer in enumerate(points.labels)}
    for run in runs:
        _faint_run(ax, run, colors(norm(run["epoch"].to_numpy())), markers)
    order = list(points.labels).index
    for epoch, cells in table.groupby("epoch"):
        cells = cells.iloc[np.argsort(cells["layer"].map(order))]
        ax.plot(cells["x"], cells["y"], color=colors(norm(epoch)), linewidth=0.9, alpha=0.45, zorder=2)
    for layer in markers:
        cells = _layer(table, layer)
        _scatter(ax, cells, colors(norm(cells["epoch"].to_numpy())), markers[layer])
    null = ax.vlines(table["x"], table["null_low"], table["null_high"], **_BAND | {"linewidth": 7})
    least = _least(ax, table, "x")
    _ceilings(ax, points.y_ceiling, points.x_ceiling, shown=(_shown(table, "y"), _shown(table, "x")))
    ax.set(xlabel=_plane_label(ax, points, "x", units), ylabel=_plane_label(ax, points, "y", units))
    if table["epoch"].nunique() > 1:
        _epoch_colorbar(ax, table["epoch"], norm, colors)
    named = some_listed(list(points.labels.items()))
    handles = [ax.scatter([], [], color="0.3", marker=markers[key], label=name) for key, name in named]
    handles += _common_handles(ax, table, null) + least
    handles += [ax.scatter([], [], s=9, color="0.3", alpha=0.4, label=f"{len(runs)} single runs")] if runs else []
    handles += _curve(ax, points.curve) + _changes(ax, phases, table, "x", "y")
    _legend(ax, handles, is_new=is_new)
    return (ax,)


def draw_epochs(points, units, ax, cmap, runs, phases):
    """Draw I(T;Y) and, below it, I(X;T) over the epoch: a line per layer."""
    plt, is_new = pyplot(), ax is None
    if is_new:
        ax = plt.subplots(2, 1, sharex=True, figsize=(8.4, 6.4), layout="constrained")[1]
    top, bottom = axes = tuple(np.ravel(ax))
    table, n_layers = points.table, len(points.labels)
    colors, lines = darker(plt.get_cmap(cmap))(np.linspace(0, 1, n_layers)), {top: [], bottom: []}
    for (layer, label), color in zip(points.labels.items(), colors, strict=True):
        cells = _layer(table, layer)
        for axis, name in ((top, "y"), (bottom, "x")):
            for run in runs:
                alone = _layer(run, layer)
                axis.plot(alone["epoch"], alone[name], label="_run", color=color, linewidth=0.7, alpha=0.3)
            lines[axis].append(_line(axis, cells, name, color, label))
        null = top.fill_between(cells["epoch"], cells["null_low"], cells["null_high"], **_BAND)
    for axis, ceiling, label, name in ((top, points.y_ceiling, "H(Y)", "y"), (bottom, points.x_ceiling, "log n", "x")):
        _ceilings(axis, ceiling, None, label, shown=(_shown(table, name), None))
        axis.set_ylabel(_value_label(points, name, units))
        basis = _fill(getattr(points, name + "_basis"), axis.get_window_extent().width / axis.figure.dpi)
        axis.set_title(basis, loc="left", fontsize=9, color="0.35")
        epoch_axis(axis, table["epoch"])
    bottom.set_xlabel("epoch")
    handles = [*some_listed(lines[top]), *_common_handles(top, table, null), *_least(top, table, "epoch")]
    handles += top.plot([], [], color="0.3", linewidth=0.7, alpha=0.4, label=f"{len(runs)} single runs") if runs else []
    _legend(top, handles + _changes(bottom, phases, table, "epoch", "x"), is_new=is_new)
    return axes


def _scatter(ax, cells, colors, marker):
    hollow = (cells["x_saturated"] | cells["y_saturated"]).to_numpy()
    bars = {"elinewidth": 0.8, "alpha": 0.6, "ecolor": colors, "zorder": 2}
    ax.errorbar(cells["x"], cells["y"], _ends(cells, "y"), _ends(cells, "x"), fmt="none", **bars)
    faces = np.where(hollow[:, None], (1.0, 1.0, 1.0, 1.0), colors)
    ax.scatter(cells["x"], cells["y"], s=38, c=faces, edgecolors=colors, linewidths=1.2, marker=marker, zorder=3)


def _line(ax, cells, name, color, label):
    x, y, hollow = cells["epoch"], cells[name], cells[f"{name}_saturated"]
    ax.fill_between(x, cells[f"{name}_low"], cells[f"{name}_high"], color=color, alpha=0.15, linewidth=0)
    (line,) = ax.plot(x, y, color=color, linewidth=1.3, marker="o", markersize=4, label=label)
    ax.plot(x[hollow], y[hollow], color=color, linewidth=0, marker="o", markersize=4, markerfacecolor="white")
    return line


def _least(ax, table, x):
    """Draw dotted lines from the points that are too low to their lower bounds, and return their legend entry."""
    low = table[table["y_least"].notna()]
    if low.empty:
        return []
    return [ax.vlines(low[x], low["y"], low["y_least"], color="0.45", label="dotted: at least so much", **_LEAST)]


def _layer(table, layer):
    return table[table["layer"] == layer].sort_values("epoch")


def _faint_run(ax, run, colors, markers):
    """Draw the points of one of several runs, small and pale."""
    for layer, marker in markers.items():
        own = (run["layer"] == layer).to_numpy()
        ax.scatter(run["x"][own], run["y"][own], s=9, c=colors[own], alpha=0.3, linewidths=0, marker=marker, zorder=1)


def _curve(ax, curve):
    if curve is None:
        return []
    return ax.plot(*curve, color="0.1", linewidth=1.2, zorder=1, label="information bottleneck")


def _changes(ax, phases, table, x, y):
    """Mark the points after which layers compress by crosses, and return their legend entry."""
    if phases is None or not phases["has_compression"].any():
        return []
    found = phases[phases["has_compression"]].rename(columns={"change_epoch": "epoch"})
    cells = table.merge(found[["layer", "epoch"]], on=["layer", "epoch"])
    style = {"marker": "x", "s": 60, "color": "black", "linewidths": 1.5, "zorder": 4}
    return [ax.scatter(cells[x], cells[y], label="compression from here", **style)]


def _ends(cells, name):
    """Return the lengths of the error bars below and above, 0 for an estimate without a standard error."""
    low, high = cells[name] - cells[f"{name}_low"], cells[f"{name}_high"] - cells[name]
    return np.nan_to_num(np.stack([low, high]))


def _ceilings(ax, y, x, y_label="H(Y)", x_label="log n", *, shown):
    """Draw the ceilings, and extend axes that would show little more than the noise below them.

    `shown` are ranges that stay in the picture. Error bars, which are long for few runs, are cut outside of what is
    possible and these.
    """
    if y is not None:
        ax.axhline(y, **_CEILING)
        place = {"xycoords": ("axes fraction", "data"), "xytext": (4, 3), "ha": "left", "va": "bottom"}
        ax.annotate(y_label, (0, y), textcoords="offset points", color="0.35", fontsize=9, **place)
    if x is not None:
        ax.axvline(x, **_CEILING)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (3, 0), "ha": "left", "va": "center"}
        ax.annotate(x_label, (x, 0.5), textcoords="offset points", color="0.35", fontsize=9, rotation=90, **place)
    ax.margins(x=0.07, y=0.11)
    if y is not None:
        ax.set_ylim(*_widened(ax.get_ylim(), y, shown[0], 0.11))
    if x is not None:
        ax.set_xlim(*_widened(ax.get_xlim(), x, shown[1], 0.07))


def _shown(table, name):
    """Return the least and the largest estimate, and 0 or what of the null is below it."""
    null = table["null_low"] if name == "y" else []
    return np.nanmin([0, *table[name], *null]), np.nanmax([0, *table[name]])


def _widened(limits, ceiling, shown, margin):
    """Return limits from below the ceiling by the least span at least to above it, without what is impossible."""
    lowest, highest = min(limits[0], ceiling * (1 - _LEAST_SPAN)), max(ceiling, shown[1])
    pad = margin * (highest - max(lowest, shown[0]))
    return max(lowest, shown[0] - pad), highest + pad


def _common_handles(ax, table, null):
    """Return the legend entries of saturated points and of the null band, if there are any."""
    handles = []
    if (table["x_saturated"] | table["y_saturated"]).any():
        handles.append(ax.scatter([], [], facecolors="white", edgecolors="0.3", label="hollow: saturated"))
    if table["null_high"].notna().any():
        null.set_label("null of I(T;Y), $\\pm$2 SD")
        handles.append(null)
    return handles


def _plane_label(ax, points, name, units):
    """Return the name, unit and basis of an axis of the plane, broken into lines."""
    inches = getattr(ax.get_window_extent(), "width" if name == "x" else "height") / ax.figure.dpi
    return _fill(f"{_value_label(points, name, units)}, {getattr(points, name + '_basis')}", inches)


def _value_label(points, name, units):
    return f"{getattr(points, name + '_name')} [{units}]"


def _fill(text, inches):
    """Break a text after spaces and opening parentheses, so that no line is longer than an axis."""
    lines = [""]
    for piece in re.split(r"(?<=\s)|(?<=\()(?=\w)", text):
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > inches * _LETTERS_PER_INCH:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def _legend(ax, handles, *, is_new):
    """List the handles beside the axes; of a new figure, whose axes a long list would squeeze, beside all of them."""
    options = {"handles": handles, "frameon": False, "fontsize": 9}
    if is_new:
        ax.figure.legend(loc="outside right upper", **options)
    else:
        ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0, **options)


def _epoch_colorbar(ax, epochs, norm, colors):
    from matplotlib.cm import ScalarMappable

    bar = ax.figure.colorbar(ScalarMappable(norm, colors), ax=ax, location="top", pad=0.02, aspect=50)
    bar.set_label("epoch", fontsize=9)
    ticks = epoch_ticks(epochs)
    bar.set_ticks(ticks, labels=[str(tick) for tick in ticks])
    bar.minorticks_off()
