"""`DumpMetricsDisplay`: small panels of the quantities of a dump, over the epochs or over the layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from skib._drawing import darker, epoch_axis, label_texts, pyplot, some_listed

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_N_COLUMNS = 4
_WIDTH, _HEIGHT = 3.0, 2.3  # of a panel, in inches
_REACH = 3  # of an axis for nulls, beyond the values and in units of their range
_DECADES = 2  # from which on values without a ceiling have a logarithmic axis
_NULL = {"color": "0.6", "linewidth": 0.8, "linestyle": (0, (1, 2)), "zorder": 1}
_CEILING = {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (5, 3)), "zorder": 1}


class DumpMetricsDisplay:
    """A panel for each quantity of :func:`dump_metrics`: over the epochs, a line per layer, or over the layers.

    Parameters
    ----------
    table : DataFrame
        As :func:`dump_metrics` returns it.

    Attributes
    ----------
    axes_ : dict of matplotlib Axes
        The panels, by quantity.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skib.metrics import DumpMetricsDisplay
    >>> table = pd.read_csv("metrics.csv")  # doctest: +SKIP
    >>> DumpMetricsDisplay(table).plot().figure_.savefig("metrics.png")  # doctest: +SKIP
    """

    axes_: dict[str, Any]
    figure_: "Figure"

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def plot(
        self,
        quantities: str | Sequence[str] | None = None,
        *,
        figure: "Figure | None" = None,
        cmap: "str | Colormap" = "viridis",
    ) -> Self:
        """Draw the quantities.

        Parameters
        ----------
        quantities : str or sequence of str, default=None
            Names in the column ``quantity``; None draws all that have a value.
        figure : matplotlib Figure, default=None
            Where to draw; None creates a figure that has room for the panels.
        cmap : str or Colormap, default="viridis"
            Colors of the layers.

        Returns
        -------
        self : DumpMetricsDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the table lacks a column or a quantity, or no quantity has a value.

        Notes
        -----
        Error bars are two standard errors to either side. The mean without any relation, the null, is dotted where it
        is not so far off that the values could not be told apart. The largest possible value, where it is the same in
        all cells and not far above them, is dashed. Positive values without a largest possible one that spread over a
        factor of 100, as NC1 does in training, have a logarithmic axis.
        """
        drawn = _drawn(self.table, quantities)
        names = list(drawn["quantity"].unique())
        panels = _panels(len(names), figure)
        self.axes_ = dict(zip(names, panels, strict=True))
        self.figure_ = panels[0].figure
        layers = list(drawn["layer"].unique())
        by_epoch = drawn["epoch"].nunique() > 1
        for name, ax in self.axes_.items():
            rows = drawn[drawn["quantity"] == name]
            ax.set_title(name.replace("$", r"\$"), fontsize=10)
            if by_epoch:
                _draw_epochs(ax, rows, layers, darker(pyplot().get_cmap(cmap))(np.linspace(0, 1, len(layers))))
            else:
                _draw_layers(ax, rows, layers)
            _fit_axis(ax, rows)
            _draw_ceiling(ax, rows["ceiling"])
        if by_epoch:
            _draw_legend(self.figure_, panels[0])
        return self


def _drawn(table, quantities):
    """Return the rows with a value, of these quantities in this order."""
    columns = ["epoch", "layer", "quantity", "value", "std_error", "null", "ceiling"]
    if missing := [name for name in columns if name not in table]:
        raise ValueError(f"the table lacks the columns {missing}; pass one as dump_metrics returns it")
    drawn = table[np.isfinite(table["value"])]
    found = list(drawn["quantity"].unique())
    names = [quantities] if isinstance(quantities, str) else quantities
    quantities = found if names is None else list(names)
    if unknown := [name for name in quantities if name not in found]:
        raise ValueError(f"no value of {unknown[0]!r} is in the table; it has {', '.join(found) or 'none at all'}")
    if not quantities:
        raise ValueError("the table has no value to draw: see its column 'message'")
    return pd.concat([drawn[drawn["quantity"] == name] for name in quantities])


def _panels(n_panels, figure):
    n_columns = min(n_panels, _N_COLUMNS)
    n_rows = -(-n_panels // n_columns)
    if figure is None:
        size = (_WIDTH * n_columns + 1.2, _HEIGHT * n_rows)
        figure = pyplot().figure(figsize=size, layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False)
    for ax in axes.flat[n_panels:]:
        ax.remove()
    return list(axes.flat[:n_panels])


def _draw_epochs(ax, rows, layers, colors):
    for layer, label, color in zip(layers, label_texts(layers), colors, strict=True):
        cells = rows[rows["layer"] == layer].sort_values("epoch")
        ax.plot(cells["epoch"], cells["null"], **_NULL)
        error = 2 * cells["std_error"].fillna(0)
        ax.errorbar(cells["epoch"], cells["value"], error, color=color, linewidth=1.2, elinewidth=0.8, label=label)
    epoch_axis(ax, rows["epoch"])
    ax.set_xlabel("epoch", fontsize=8)
    ax.tick_params(labelsize=8)


def _draw_layers(ax, rows, layers):
    rows = rows.set_index("layer").reindex(layers)
    places = np.arange(len(layers))
    ax.plot(places, rows["null"], **_NULL)
    ax.errorbar(places, rows["value"], 2 * rows["std_error"].fillna(0), marker="o", markersize=3, linewidth=1)
    ax.set_xticks(some_listed(places), some_listed(label_texts(layers)), rotation=90)
    ax.set_xlim(-0.5, len(layers) - 0.5)
    ax.tick_params(labelsize=8)


def _fit_axis(ax, rows):
    """Fit the vertical axis to the values, with their errors, and to those nulls that do not squeeze them."""
    value, error, null = rows["value"], 2 * rows["std_error"].fillna(0), rows["null"]
    low, high = value - error, value + error
    if logarithmic := _spans_decades(rows):
        ax.set_yscale("log")
        low, high, null = np.log10(low.where(low > 0, value)), np.log10(high), np.log10(null.where(null > 0))
    low, high = low.min(), high.max()
    reach = _REACH * (high - low)
    near = null[null.between(low - reach, high + reach)]
    low, high = min(low, near.min()), max(high, near.max())  # of none the minimum is NaN, and not less
    if low < high:
        margin = ax.margins()[1] * (high - low)
        limits = np.array([low - margin, high + margin])
        ax.set_ylim(*(10**limits if logarithmic else limits))


def _spans_decades(rows):
    """Whether the values are positive, without a largest possible one, and of different orders of magnitude."""
    value = rows["value"]
    return bool(rows["ceiling"].isna().all() and (value > 0).all() and value.max() >= 10**_DECADES * value.min())


def _draw_ceiling(ax, ceilings):
    """Draw the ceiling if it is one for all cells and does not squeeze the values."""
    low, high = ax.get_ylim()
    if ceilings.nunique(dropna=False) == 1 and low < ceilings.iloc[0] < high + 0.5 * (high - low):
        ax.axhline(ceilings.iloc[0], **_CEILING)


def _draw_legend(figure, ax):
    handles, labels = map(some_listed, ax.get_legend_handles_labels())
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8, title="layer")
