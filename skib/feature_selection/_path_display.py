"""`SelectionPathDisplay`: the drawing of the path of a selection."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skib._drawing import new_axes, unit_factor
from skib._typing import Units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROWS_PER_INCH = 4


class SelectionPathDisplay:
    """Drawing of the path of a selection: relevance, synergy and redundancy of each pick.

    Create one with :meth:`from_estimator`.

    Parameters
    ----------
    features : list of str
        Names of the picks, in order.
    relevance, redundancy, synergy : array-like of shape (n_picks,)
        In nats, as in the `path_` of :class:`InformationSelector`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skib.feature_selection import InformationSelector, SelectionPathDisplay
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> selector = InformationSelector("jmi", 5).fit(X, y)
    >>> display = SelectionPathDisplay.from_estimator(selector).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("path.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, features: list[str], relevance: ArrayLike, redundancy: ArrayLike, synergy: ArrayLike) -> None:
        self.features = features
        self.relevance = relevance
        self.redundancy = redundancy
        self.synergy = synergy

    @classmethod
    def from_estimator(cls, selector: Any) -> Self:
        """Take a fitted selector.

        Parameters
        ----------
        selector : InformationSelector
            Fitted; or any fitted object with such a `path_`.

        Returns
        -------
        display : SelectionPathDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it has no path.
        NotFittedError
            If it is not fitted.
        """
        check_is_fitted(selector)
        if not hasattr(selector, "path_"):
            remedy = "pass a fitted InformationSelector, such as the selector_ of an InformationSelectorCV"
            raise TypeError(f"{type(selector).__name__} has no path_; {remedy}")
        path = selector.path_
        return cls(list(map(str, path["feature"])), *(path[name] for name in ("relevance", "redundancy", "synergy")))

    def plot(self, ax: "Axes | None" = None, *, units: Units = "nats") -> Self:
        """Draw a bar per pick: relevance and synergy to the right, redundancy to the left, and their sum as a point.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of the information.

        Returns
        -------
        self : SelectionPathDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` is none of the choices.

        Notes
        -----
        The point, relevance - redundancy + synergy, is the mean I(X_k;Y|X_j) over the picks before it: the score of the
        criterion ``"jmi"``.
        """
        factor = unit_factor(units)
        relevance, redundancy, synergy = (
            factor * np.asarray(part, np.float64) for part in (self.relevance, self.redundancy, self.synergy)
        )
        rows = np.arange(len(relevance))
        self.ax_ = new_axes(figsize=(8.6, 1.6 + len(rows) / _ROWS_PER_INCH)) if ax is None else ax
        self.ax_.use_sticky_edges = False  # else the first point, at the end of its bar, is cut by the frame
        self.figure_ = self.ax_.figure
        self.ax_.barh(rows, relevance, color="tab:blue", label="relevance I(k;Y)")
        self.ax_.barh(rows, synergy, left=relevance, color="tab:green", label="synergy, mean I(k;j|Y)")
        self.ax_.barh(rows, -redundancy, color="tab:orange", label="redundancy, mean I(k;j)")
        self.ax_.plot(relevance - redundancy + synergy, rows, "D", color="black", markersize=4, label="sum")
        self.ax_.axvline(0.0, color="0.3", linewidth=0.8)
        self.ax_.set_yticks(rows, labels=self.features)
        self.ax_.set(xlabel=f"information [{units}]", ylabel="in order of selection")
        self.ax_.invert_yaxis()
        self.ax_.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)  # beside, not on bars
        return self
