"""`MutualInfoMatrixDisplay`: the heat map of a mutual-information matrix."""

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from skib._drawing import (
    annotate_cells,
    clustered_order,
    draw_cells,
    ink,
    label_texts,
    new_axes,
    sqrt_ticks,
    unit_factor,
)
from skib._statistics import significant_pairs
from skib._typing import TableLike, Units
from skib.mutual_info._matrix._matrix import MutualInfoMatrix, mutual_info_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_ORDERS = ("cluster", None)
# Values are written into the cells of matrices up to this size.
_MOST_ANNOTATED = 12
# Opacity of the white over pairs that are not significant.
_VEIL = 0.75


class MutualInfoMatrixDisplay:
    """Heat map of the mutual information of all pairs of columns.

    Use :meth:`from_frame` or :meth:`from_matrix` to create one.

    Parameters
    ----------
    matrix : MutualInfoMatrix
        Result of :func:`mutual_info_matrix`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the heat map.
    figure_ : matplotlib Figure
        Their figure.
    order_ : list
        Names of the columns, in the order of the drawing.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skib.mutual_info import MutualInfoMatrixDisplay
    >>> frame = load_wine(as_frame=True).frame
    >>> display = MutualInfoMatrixDisplay.from_frame(frame, n_permutations=999, random_state=0)  # doctest: +SKIP
    >>> display.plot(units="bits").figure_.savefig("wine.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"
    order_: list[Any]

    def __init__(self, matrix: MutualInfoMatrix) -> None:
        self.matrix = matrix

    @classmethod
    def from_matrix(cls, matrix: MutualInfoMatrix) -> Self:
        """Create a display of an estimated matrix.

        Parameters
        ----------
        matrix : MutualInfoMatrix
            Result of :func:`mutual_info_matrix`.

        Returns
        -------
        display : MutualInfoMatrixDisplay
            The display, not yet drawn.
        """
        if not isinstance(matrix, MutualInfoMatrix):
            raise TypeError(f"matrix must be a MutualInfoMatrix, got a {type(matrix).__name__}; see from_frame")
        return cls(matrix)

    @classmethod
    def from_frame(cls, frame: TableLike, **options: Any) -> Self:
        """Create a display of the mutual information of all pairs of columns of a frame.

        Parameters
        ----------
        frame : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of any kind.
        **options
            Keyword arguments of :func:`mutual_info_matrix`.

        Returns
        -------
        display : MutualInfoMatrixDisplay
            The display, not yet drawn.
        """
        return cls(mutual_info_matrix(frame, **options))

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        units: Units = "nats",
        order: Literal["cluster"] | None = "cluster",
        alpha: float = 0.05,
        cmap: "str | Colormap" = "YlGnBu",
    ) -> Self:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; ``None`` creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of the information.
        order : {"cluster", None}, default="cluster"
            Order of the columns.

            - ``"cluster"`` places dependent columns next to each other (average linkage of one minus the informational
              coefficient of correlation).
            - ``None`` keeps the order of the frame.
        alpha : float, default=0.05
            A dot marks the pairs whose p-value, corrected for the number of pairs, is at most `alpha` (Benjamini and
            Hochberg: of the marked pairs, about a share of `alpha` is marked by chance). The other pairs are pale.
        cmap : str or Colormap, default="YlGnBu"
            Colors, from 0 to the largest information of two columns that is not saturated, on a scale of square roots:
            weak information is proportional to the square of the correlation.

        Returns
        -------
        self : MutualInfoMatrixDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` or `order` is none of the choices.

        Notes
        -----
        The diagonal is gray: its entropies are larger, and would leave few colors to the pairs. Negative estimates have
        the color of 0. A ring marks saturated pairs, whose estimate reflects the number of rows: copies of a column, or
        identifiers. Their color is the darkest, whatever their value. Values are written into the cells of at most 12
        columns.
        """
        factor = unit_factor(units)
        if order not in _ORDERS:
            raise ValueError(f"order must be one of {_ORDERS}, got {order!r}")
        n_columns = len(self.matrix.mutual_info)
        places = _clustered(self.matrix) if order == "cluster" and n_columns > 2 else np.arange(n_columns)
        names = self.matrix.mutual_info.columns[places]
        values = factor * self.matrix.mutual_info.to_numpy()[np.ix_(places, places)]
        if ax is None:
            side = np.clip(1.6 + 0.5 * n_columns, 3.2, 12)
            ax = new_axes(figsize=(side + 1, side), layout="compressed")
        self.ax_ = ax
        self.figure_, self.order_ = self.ax_.figure, names.tolist()
        image = _draw_cells(self.ax_, values, cmap, self._most(places, values))
        _label(self.ax_, names)
        bar = self.figure_.colorbar(image, ax=self.ax_, fraction=0.046, pad=0.03)
        bar.set_ticks(sqrt_ticks(image.norm.vmax))
        bar.set_label(f"I(row; column) [{units}]")
        if n_columns <= _MOST_ANNOTATED:
            annotate_cells(self.ax_, values, image)
        self._mark(image, places, values, alpha)
        return self

    def _most(self, places, values):
        """Return the largest information of two columns; of those that are not saturated, if there are any."""
        others = ~np.eye(len(values), dtype=bool) & np.isfinite(values)
        if self.matrix.saturated is not None:
            plain = others & ~self.matrix.saturated.to_numpy()[np.ix_(places, places)]
            others = plain if plain.any() else others
        return float(np.max(values[others], initial=1e-3)) if others.any() else 1.0

    def _mark(self, image, places, values, alpha):
        """Mark saturated pairs by rings and significant ones by dots, and make the others pale, if there are tests."""
        key, tested = [], self.matrix.pvalue is not None and len(places) > 1
        if tested:
            significant = significant_pairs(self.matrix.pvalue.to_numpy(), alpha)[np.ix_(places, places)]
            _fade(self.ax_, ~significant)
            key.append(f"dot: dependent (corrected p $\\leq$ {alpha:g}); pale: not significant")
        if self.matrix.saturated is not None:
            saturated = self.matrix.saturated.to_numpy()[np.ix_(places, places)]
            if saturated.any():
                _draw_marks(self.ax_, saturated, values, image, ring=True)
                key.append("ring: saturated, reflects the number of rows")
        if tested:
            _draw_marks(self.ax_, significant, values, image)
        self.ax_.set_title("\n".join(key), fontsize=9, loc="left", color="0.3")


def _clustered(matrix):
    return clustered_order(1 - np.nan_to_num(matrix.correlation().to_numpy()))


def _draw_cells(ax, values, cmap, top):
    image = draw_cells(ax, values, cmap, top)
    if len(values) <= 4 * _MOST_ANNOTATED:
        edges = np.arange(len(values) + 1) - 0.5
        ax.hlines(edges, -0.5, edges[-1], color="white", linewidth=1)
        ax.vlines(edges, -0.5, edges[-1], color="white", linewidth=1)
    ax.set(xlim=(-0.5, len(values) - 0.5), ylim=(len(values) - 0.5, -0.5))
    return image


def _label(ax, names):
    """Write the names along both axes, as many as are legible."""
    points = 72 * min(ax.get_window_extent().width, ax.get_window_extent().height) / ax.figure.dpi / len(names)
    size = float(np.clip(0.65 * points, 6, 9))
    shown = np.arange(0, len(names), max(int(np.ceil(1.2 * size / points)), 1))
    texts = label_texts([names[i] for i in shown])
    rotation = 90 if len(texts) > 6 or max(map(len, texts)) > 6 else 0
    ax.set_xticks(shown, texts, rotation=rotation, fontsize=size)
    ax.set_yticks(shown, texts, fontsize=size)
    ax.tick_params(length=0)


def _fade(ax, faded):
    """Draw a veil over cells off the diagonal."""
    veil = np.where(faded & ~np.eye(len(faded), dtype=bool), _VEIL, 0.0)
    ax.imshow(np.dstack([np.ones((*veil.shape, 3)), veil]), aspect="equal", interpolation="nearest")


def _draw_marks(ax, marked, values, image, *, ring=False):
    """Draw a dot, or a ring, in marked cells; in the right or the left corner if values are written into them."""
    rows, columns = np.nonzero(marked)
    annotated = len(values) <= _MOST_ANNOTATED
    shift, size = (0.36, 9) if annotated else (0.0, max(120 / len(values), 0.5))
    colors = [ink(image, values[i, j]) for i, j in zip(rows, columns, strict=True)]
    if ring:
        shift *= 0.92
        ax.scatter(columns - shift, rows - shift, s=2.5 * size, edgecolors=colors, facecolors="none", linewidths=0.8)
    else:
        ax.scatter(columns + shift, rows - shift, s=size, c=colors, linewidths=0)
