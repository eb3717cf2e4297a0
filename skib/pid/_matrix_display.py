"""`PIDMatrixDisplay`: heat maps of the synergy and the redundancy of all pairs of columns."""

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
from skib.pid._matrix import PIDMatrix, pid_matrix

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_ORDERS = ("cluster", None)
_TITLES = {"synergy": "synergy: known only together", "redundancy": "redundancy: known to both"}
# Values are written into the cells of matrices up to this size.
_MOST_ANNOTATED = 10


class PIDMatrixDisplay:
    """Heat maps of the synergy and the redundancy of all pairs of columns, in one order and on one scale.

    Use :meth:`from_frame` or :meth:`from_matrix` to create one.

    Parameters
    ----------
    matrix : PIDMatrix
        Result of :func:`pid_matrix`.

    Attributes
    ----------
    axes_ : ndarray of shape (2,)
        The matplotlib axes of synergy and redundancy.
    figure_ : matplotlib Figure
        Their figure.
    order_ : list
        Names of the columns, in the order of the drawing.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skib.pid import PIDMatrixDisplay
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> display = PIDMatrixDisplay.from_frame(X, y, n_permutations=99, random_state=0)  # doctest: +SKIP
    >>> display.plot(units="bits").figure_.savefig("pairs.png")  # doctest: +SKIP
    """

    axes_: Any
    figure_: "Figure"
    order_: list[Any]

    def __init__(self, matrix: PIDMatrix) -> None:
        self.matrix = matrix

    @classmethod
    def from_matrix(cls, matrix: PIDMatrix) -> Self:
        """Create a display of estimated pairs.

        Parameters
        ----------
        matrix : PIDMatrix
            Result of :func:`pid_matrix`.

        Returns
        -------
        display : PIDMatrixDisplay
            The display, not yet drawn.
        """
        if not isinstance(matrix, PIDMatrix):
            raise TypeError(f"matrix must be a PIDMatrix, got a {type(matrix).__name__}; see from_frame")
        return cls(matrix)

    @classmethod
    def from_frame(cls, frame: TableLike, y: TableLike, **options: Any) -> Self:
        """Create a display of all pairs of columns of a frame.

        Parameters
        ----------
        frame : DataFrame or array-like of shape (n_samples, n_columns)
            Columns of any kind.
        y : array-like of shape (n_samples,)
            The target.
        **options
            Keyword arguments of :func:`pid_matrix`.

        Returns
        -------
        display : PIDMatrixDisplay
            The display, not yet drawn.
        """
        return cls(pid_matrix(frame, y, **options))

    def plot(
        self,
        axes: "tuple[Axes, Axes] | None" = None,
        *,
        units: Units = "nats",
        order: Literal["cluster"] | None = "cluster",
        alpha: float = 0.05,
        cmap: "str | Colormap" = "YlGnBu",
    ) -> Self:
        """Draw the heat maps.

        A frame surrounds the pairs with more synergy than redundancy, which are to be kept, or left out, together; with
        permutations, only those with a significant synergy. The diagonal has the information of single columns.

        Parameters
        ----------
        axes : tuple of two matplotlib Axes, default=None
            Where to draw synergy and redundancy; ``None`` creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of the information.
        order : {"cluster", None}, default="cluster"
            Order of the columns.

            - ``"cluster"`` places columns next to each other that have more synergy than redundancy (average linkage of
              the synergy less the redundancy).
            - ``None`` keeps the order of the frame.
        alpha : float, default=0.05
            A dot marks the terms whose p-value, corrected for the number of pairs, is at most `alpha` (Benjamini and
            Hochberg).
        cmap : str or Colormap, default="YlGnBu"
            Colors, from 0 to the largest term of any pair, on a scale of square roots.

        Returns
        -------
        self : PIDMatrixDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` or `order` is none of the choices.
        """
        factor = unit_factor(units)
        if order not in _ORDERS:
            raise ValueError(f"order must be one of {_ORDERS}, got {order!r}")
        names = self.matrix.mutual_info.index
        places = _clustered(self.matrix) if order == "cluster" else np.arange(len(names))
        self.order_ = names[places].tolist()
        if axes is None:
            side = np.clip(1.6 + 0.45 * len(places), 3.2, 10)
            axes = new_axes(2, figsize=(2 * side + 1, side), layout="compressed")
        self.axes_ = np.array(axes, dtype=object)
        self.figure_ = self.axes_[0].figure
        tables = {term: self.matrix.matrix(term).to_numpy()[np.ix_(places, places)] for term in _TITLES}
        top = max(1e-3, *(np.nanmax(_off_diagonal(table), initial=0) for table in tables.values()))
        marked = {term: _significant(self.matrix, term, alpha) for term in _TITLES}
        for ax, (term, values) in zip(self.axes_, tables.items(), strict=True):
            image = _draw_cells(ax, factor * values, cmap, factor * top)
            _label(ax, self.order_)
            if marked[term] is not None:
                _draw_dots(ax, marked[term][np.ix_(places, places)], image, factor * values)
            ax.set_title(_TITLES[term], fontsize=10, loc="left")
        _frame_pairs(self.axes_[0], _kept_together(self.matrix, marked["synergy"])[np.ix_(places, places)])
        self.axes_[1].tick_params(labelleft=False)
        label = f"information about the target ({units})"
        self.figure_.colorbar(image, ax=list(self.axes_), label=label, shrink=0.8, ticks=sqrt_ticks(factor * top))
        return self


def _off_diagonal(values):
    """Return the values without the diagonal, flat."""
    return values[~np.eye(len(values), dtype=bool)]


def _clustered(matrix):
    net = np.nan_to_num(matrix.matrix("net_synergy").to_numpy())
    return clustered_order(net.max() - net)


def _significant(matrix, term, alpha):
    """Return which pairs have a term with a corrected p-value of at most alpha; None without p-values."""
    if f"pvalue_{term}" not in matrix.pairs:
        return None
    return significant_pairs(matrix.matrix(f"pvalue_{term}").to_numpy(), alpha)


def _kept_together(matrix, significant):
    """Return which pairs have more synergy than redundancy, both beyond rounding, and a significant one if tested."""
    net, synergy = (matrix.matrix(term).to_numpy() for term in ("net_synergy", "std_error_synergy"))
    chosen = net > 2 * synergy
    return chosen if significant is None else chosen & significant


def _draw_cells(ax, values, cmap, top):
    """Draw the cells; the diagonal, which may exceed the scale, is gray, and has its values."""
    image = draw_cells(ax, values, cmap, top)
    if len(values) <= _MOST_ANNOTATED:
        annotate_cells(ax, np.where(np.eye(len(values), dtype=bool) & ~(values > 0), np.nan, values), image)
    return image


def _label(ax, names):
    """Write the names along both axes, as many as are legible."""
    step = max(int(np.ceil(len(names) / 40)), 1)
    places = np.arange(0, len(names), step)
    texts = label_texts([names[i] for i in places])
    rotation = 90 if max(map(len, texts)) > 4 else 0
    size = float(np.clip(220 / len(names), 6, 9))
    ax.set_xticks(places, texts, rotation=rotation, fontsize=size)
    ax.set_yticks(places, texts, fontsize=size)
    ax.tick_params(length=0)


def _draw_dots(ax, marked, image, values):
    rows, columns = np.nonzero(marked)
    shift = 0.36 if len(values) <= _MOST_ANNOTATED else 0.0
    colors = [ink(image, values[i, j]) for i, j in zip(rows, columns, strict=True)]
    ax.scatter(columns + shift, rows - shift, s=max(120 / len(values) ** 1.2, 0.5), c=colors, linewidths=0)


def _frame_pairs(ax, chosen):
    from matplotlib.patches import Rectangle

    for i, j in zip(*np.nonzero(chosen), strict=True):
        ax.add_patch(Rectangle((j - 0.47, i - 0.47), 0.94, 0.94, fill=False, edgecolor="tab:red", linewidth=1.5))
