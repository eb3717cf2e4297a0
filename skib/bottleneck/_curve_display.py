"""`InformationCurveDisplay`: the drawing of an information curve."""

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skib._drawing import new_axes, unit_factor
from skib._typing import Units
from skib.bottleneck._curve import InformationCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_LIMIT = {"color": "0.35", "linestyle": (0, (5, 3)), "linewidth": 1.0, "zorder": 1}


class InformationCurveDisplay:
    """Drawing of an :class:`InformationCurve`: relevance over rate.

    Create one with :meth:`from_estimator`.

    Parameters
    ----------
    envelope : array-like of shape (2, n_corners)
        Rates and relevances of the curve, in nats.
    betas, rates, relevances : array-like of shape (n_betas,)
        The solutions, in nats.
    mutual_info : float, default=None
        I(X;Y) in nats, which no relevance exceeds.
    jumps : array-like of shape (n_jumps, 3), default=None
        Beta, rate before and rate after each first-order transition.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from skib.bottleneck import InformationCurve, InformationCurveDisplay
    >>> curve = InformationCurve().fit([[8, 1, 1], [1, 8, 1], [1, 1, 8]])
    >>> display = InformationCurveDisplay.from_estimator(curve).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("curve.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(
        self,
        envelope: ArrayLike,
        betas: ArrayLike,
        rates: ArrayLike,
        relevances: ArrayLike,
        *,
        mutual_info: float | None = None,
        jumps: ArrayLike | None = None,
    ) -> None:
        self.envelope = envelope
        self.betas = betas
        self.rates = rates
        self.relevances = relevances
        self.mutual_info = mutual_info
        self.jumps = jumps

    @classmethod
    def from_estimator(cls, information_curve: InformationCurve) -> Self:
        """Take a fitted :class:`InformationCurve`.

        Parameters
        ----------
        information_curve : InformationCurve
            Fitted.

        Returns
        -------
        display : InformationCurveDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it is no :class:`InformationCurve`.
        NotFittedError
            If it is not fitted.
        """
        if not isinstance(information_curve, InformationCurve):
            raise TypeError(f"{information_curve!r} has no curve; pass a fitted InformationCurve")
        check_is_fitted(information_curve)
        curve = information_curve
        limits = {"mutual_info": curve.mutual_info_, "jumps": curve.jumps_}
        return cls(curve.envelope_, curve.betas_, curve.rates_, curve.relevances_, **limits)

    def plot(self, ax: "Axes | None" = None, *, units: Units = "nats", cmap: "str | Colormap" = "viridis") -> Self:
        """Draw the curve, its points in the colors of beta, and what no point exceeds.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of rate and relevance.
        cmap : str or Colormap, default="viridis"
            Colors of beta, on a logarithmic scale.

        Returns
        -------
        self : InformationCurveDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` is none of the choices.

        Notes
        -----
        The line is the envelope. Its straight parts at a jump, drawn in red, are bottlenecks that switch between two
        solutions at random. Points below the line are local minima. The dashed lines are I(T;Y) = I(X;T) and I(X;Y).
        """
        scale = unit_factor(units)
        self.ax_ = new_axes(figsize=(6.4, 4.6)) if ax is None else ax
        self.figure_ = self.ax_.figure
        rates, relevances = scale * np.asarray(self.rates), scale * np.asarray(self.relevances)
        self._draw_limits(scale)
        self.ax_.plot(*(scale * np.asarray(self.envelope)), color="0.1", linewidth=1.2, zorder=2)
        self._draw_jumps(scale)
        norm = _log_norm(np.asarray(self.betas, np.float64))
        points = self.ax_.scatter(rates, relevances, s=22, c=self.betas, norm=norm, cmap=cmap, zorder=3)
        self.figure_.colorbar(points, ax=self.ax_, label="$\\beta$")
        self.ax_.set(xlabel=f"I(X;T) [{units}]", ylabel=f"I(T;Y) [{units}]")
        return self

    def _draw_limits(self, scale):
        largest = scale * (np.max(self.relevances) if self.mutual_info is None else self.mutual_info)
        self.ax_.plot([0, largest], [0, largest], **_LIMIT)
        if self.mutual_info is not None:
            self.ax_.axhline(largest, **_LIMIT)
            place = {"xycoords": ("axes fraction", "data"), "xytext": (4, 3), "textcoords": "offset points"}
            self.ax_.annotate("I(X;Y)", (0, largest), color="0.35", fontsize=9, **place)

    def _draw_jumps(self, scale):
        for _, before, after in np.reshape(() if self.jumps is None else self.jumps, (-1, 3)):
            ends = np.interp([before, after], *np.asarray(self.envelope))
            self.ax_.plot(scale * np.array([before, after]), scale * ends, color="tab:red", linewidth=2, zorder=2)


def _log_norm(betas):
    from matplotlib.colors import LogNorm

    positive = betas[betas > 0]
    return LogNorm(positive.min(), positive.max()) if positive.size else None
