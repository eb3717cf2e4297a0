"""`SelectionCurveDisplay`: the drawing of selection curves."""

from typing import TYPE_CHECKING, Self

import numpy as np

from skib._drawing import new_axes, unit_factor
from skib._typing import Units
from skib.feature_selection._selection_curve import RANDOM_ORDER, SelectionCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_LINES = {"first": "-", "others": "--"}
# Numbers of columns above which their axis is logarithmic.
_MOST_LINEAR = 12


class SelectionCurveDisplay:
    """Drawing of a :class:`SelectionCurve`: usable information over the number of columns.

    Create one with :meth:`from_results`.

    Parameters
    ----------
    table : DataFrame
        The `table` of the curve.
    total : float
        Usable information of all columns, in nats.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.feature_selection import SelectKBest
    >>> from skib.feature_selection import SelectionCurveDisplay, selection_curve
    >>> curve = selection_curve(SelectKBest(), *load_wine(return_X_y=True), n_features=[1, 4, 13], random_state=0)
    >>> display = SelectionCurveDisplay.from_results(curve).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("curve.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, table: "DataFrame", total: float) -> None:
        self.table = table
        self.total = total

    @classmethod
    def from_results(cls, curve: SelectionCurve) -> Self:
        """Take a curve.

        Parameters
        ----------
        curve : SelectionCurve
            What :func:`selection_curve` returns.

        Returns
        -------
        display : SelectionCurveDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it is no curve.
        """
        if not isinstance(curve, SelectionCurve):
            raise TypeError(f"{type(curve).__name__} is no SelectionCurve; pass the result of selection_curve")
        return cls(curve.table, curve.total.value)

    def plot(self, ax: "Axes | None" = None, *, units: Units = "nats") -> Self:
        """Draw the information of the first columns as a line, that of all others dashed, with one standard error.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of the information.

        Returns
        -------
        self : SelectionCurveDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` is none of the choices.

        Notes
        -----
        The dotted line is the information of all columns. A value above it means that the predictor learns more from
        fewer columns.
        """
        factor = unit_factor(units)
        self.ax_ = new_axes(figsize=(8.6, 4.6)) if ax is None else ax
        self.figure_ = self.ax_.figure
        for i, name in enumerate(dict.fromkeys(self.table["selector"])):
            self._draw(name, "0.6" if name == RANDOM_ORDER else f"C{i}", factor)
        self.ax_.axhline(factor * self.total, color="0.35", linestyle=":", linewidth=1.0, label="all columns")
        self.ax_.plot([], [], "--", color="black", label="all but the first k")
        self.ax_.set(xlabel="number of columns k", ylabel=f"usable information [{units}]")
        if self.table["n_features"].max() > _MOST_LINEAR:
            self._scale_logarithmically()
        self.ax_.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)  # beside the lines
        return self

    def _draw(self, name, color, factor):
        for part, line in _LINES.items():
            rows = self.table[(self.table["selector"] == name) & (self.table["part"] == part)]
            value, error = (factor * rows[column].to_numpy() for column in ("value", "std_error"))
            label = str(name) if part == "first" else None
            self.ax_.plot(rows["n_features"], value, line, marker="o", markersize=3, label=label, color=color)
            self.ax_.fill_between(rows["n_features"], value - error, value + error, alpha=0.15, lw=0, color=color)

    def _scale_logarithmically(self):
        sizes = np.unique(self.table["n_features"])
        self.ax_.set_xscale("log")
        self.ax_.set_xticks(sizes, labels=map(str, sizes))
        self.ax_.minorticks_off()
