"""`InformationPlaneDisplay`: drawings of an information plane."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skib._drawing import unit_factor
from skib._typing import Units
from skib.information_plane._drawing import draw_epochs, draw_plane
from skib.information_plane._plane import InformationPlane
from skib.information_plane._points import plane_points
from skib.information_plane._runs import Runs, aggregate_runs, common_cells, run_tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_KINDS = ("plane", "epochs")


class InformationPlaneDisplay:
    """Drawings of the results of an :class:`InformationPlane`.

    Create one with :meth:`from_estimator`, :meth:`from_results` or :meth:`from_runs`.

    Parameters
    ----------
    results : DataFrame
        As in ``InformationPlane.results_``.
    target_entropy : float, default=None
        H(Y) in nats, drawn as the ceiling of I(T;Y).
    n_samples : int, default=None
        Number of rows; log(n_samples) is drawn as the ceiling of I(X;T).
    curve : pair of array-like, default=None
        Rates I(X;T) and relevances I(T;Y) of the information bottleneck in nats, for a task whose joint distribution
        is known. No layer lies above it; an estimate that does is biased.
    runs : list of DataFrame, default=None
        Results of the single runs, drawn faintly behind `results`, their mean.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn last; with ``kind="epochs"`` those of I(T;Y).
    axes_ : tuple of matplotlib Axes
        All axes drawn last.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import pandas as pd
    >>> from skib.information_plane import InformationPlaneDisplay
    >>> table = pd.read_csv("plane.csv")  # doctest: +SKIP
    >>> display = InformationPlaneDisplay.from_results(table, target_entropy=0.693).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("plane.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    axes_: "tuple[Axes, ...]"
    figure_: "Figure"

    def __init__(
        self,
        results: pd.DataFrame,
        target_entropy: float | None = None,
        n_samples: int | None = None,
        *,
        curve: tuple[ArrayLike, ArrayLike] | None = None,
        runs: Sequence[pd.DataFrame] | None = None,
    ) -> None:
        self.results = results
        self.target_entropy = target_entropy
        self.n_samples = n_samples
        self.curve = curve
        self.runs = runs

    @classmethod
    def from_results(
        cls,
        results: pd.DataFrame,
        *,
        target_entropy: float | None = None,
        curve: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Take a table of results, for instance one read from a file.

        Parameters
        ----------
        results : DataFrame
            As in ``InformationPlane.results_``, or from :func:`aggregate_runs`.
        target_entropy : float, default=None
            H(Y) in nats.
        curve : pair of array-like, default=None
            Rates and relevances of the information bottleneck in nats.

        Returns
        -------
        display : InformationPlaneDisplay
        """
        return cls(results, target_entropy, int(results["n_samples"].max()), curve=curve)

    @classmethod
    def from_estimator(
        cls, information_plane: InformationPlane, *, curve: tuple[ArrayLike, ArrayLike] | None = None
    ) -> Self:
        """Take a fitted :class:`InformationPlane`.

        Parameters
        ----------
        information_plane : InformationPlane
            Fitted.
        curve : pair of array-like, default=None
            Rates and relevances of the information bottleneck in nats.

        Returns
        -------
        display : InformationPlaneDisplay
        """
        check_is_fitted(information_plane)
        plane = information_plane
        return cls(plane.results_, plane.target_entropy_, plane.n_samples_, curve=curve)

    @classmethod
    def from_runs(
        cls, runs: Runs, *, target_entropy: float | None = None, curve: tuple[ArrayLike, ArrayLike] | None = None
    ) -> Self:
        """Take several runs of one network; their mean is drawn, and faintly every single run.

        Parameters
        ----------
        runs : mapping or sequence of fitted InformationPlane or of DataFrame
            Runs as in :func:`aggregate_runs`; epochs that not all runs have are left out.
        target_entropy : float, default=None
            H(Y) in nats.
        curve : pair of array-like, default=None
            Rates and relevances of the information bottleneck in nats.

        Returns
        -------
        display : InformationPlaneDisplay
        """
        tables = common_cells(run_tables(runs), "inner")
        results = aggregate_runs(tables)
        return cls(results, target_entropy, int(results["n_samples"].max()), curve=curve, runs=tables)

    def plot(
        self,
        kind: Literal["plane", "epochs"] = "plane",
        *,
        ax: "Axes | Sequence[Axes] | None" = None,
        units: Units = "nats",
        corrected: bool = True,
        phases: pd.DataFrame | None = None,
        cmap: "str | Colormap" = "viridis",
    ) -> Self:
        """Draw the results.

        Parameters
        ----------
        kind : {"plane", "epochs"}, default="plane"
            ``"plane"`` draws I(T;Y) over I(X;T), with a marker per layer and a color per epoch, and joins the layers of
            an epoch. ``"epochs"`` draws both quantities over the epoch, with a line per layer.
        ax : matplotlib Axes, or a pair of them for ``kind="epochs"``, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of both quantities.
        corrected : bool, default=True
            Draw I(T;Y) minus the mean of its null, if there is one, so that 0 means no information. I(X;T) is drawn as
            it was estimated.
        phases : DataFrame, default=None
            Table of :func:`training_phases` for I(X;T): a cross marks the last epoch before the compression of each
            layer that has one.
        cmap : str or Colormap, default="viridis"
            Colors of the epochs (plane) or layers (epochs).

        Returns
        -------
        self : InformationPlaneDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` or `units` is none of the choices, no cell has both quantities, or `curve` is no pair of arrays of
            one length.

        Notes
        -----
        Error bars span the intervals of the results. Gray shows the null of I(T;Y), from 2 standard deviations below
        its mean to 2 above. Hollow points are saturated (in the plane, in either quantity; of several runs, in any).
        A dotted line rises from an estimate that is too low to its ``lower_bound``: a deeper layer has more.
        Cells without both quantities are left out. The number of units of a layer follows its name in parentheses.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}")
        factor = unit_factor(units)
        draw = draw_plane if kind == "plane" else draw_epochs
        points = plane_points(
            self.results, self.target_entropy, self.n_samples, factor, corrected=corrected, curve=self.curve
        )
        faint = [plane_points(run, None, None, factor, corrected=corrected).table for run in self.runs or ()]
        self.axes_ = draw(points, units, ax, cmap, faint, phases)
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        return self
