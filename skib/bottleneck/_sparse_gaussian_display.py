"""`SparseGaussianIBDisplay`: the drawing of the rates of columns over beta."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skib._drawing import new_axes, unit_factor
from skib._typing import Units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colors that the columns which are kept first have, and their names in the legend; the others are gray.
_MOST_NAMED = 10


class SparseGaussianIBDisplay:
    """Drawing of the path of a :class:`SparseGaussianIB`: the rate of each column over beta.

    Create one with :meth:`from_estimator`.

    Parameters
    ----------
    betas : array-like of shape (n_betas,)
        The betas of the path, ascending.
    rates : array-like of shape (n_betas, n_features)
        Rates of the columns in nats.
    features : list of str
        Names of the columns.
    beta : float, default=None
        The beta whose solution was taken.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skib.bottleneck import SparseGaussianIB, SparseGaussianIBDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> ib = SparseGaussianIB(beta=50.0).fit(X, y)
    >>> display = SparseGaussianIBDisplay.from_estimator(ib).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("path.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, betas: ArrayLike, rates: ArrayLike, features: list[str], *, beta: float | None = None) -> None:
        self.betas = betas
        self.rates = rates
        self.features = features
        self.beta = beta

    @classmethod
    def from_estimator(cls, selector: Any) -> Self:
        """Take a fitted estimator.

        Parameters
        ----------
        selector : SparseGaussianIB
            Fitted; or any fitted object with such a `path_` and `beta_`.

        Returns
        -------
        display : SparseGaussianIBDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it has no path of rates.
        NotFittedError
            If it is not fitted.
        """
        check_is_fitted(selector)
        if not {"beta", "feature", "rate"} <= set(getattr(selector, "path_", ())):
            raise TypeError(f"{type(selector).__name__} has no path of rates; pass a fitted SparseGaussianIB")
        path = selector.path_
        betas = path["beta"].unique()
        rates = path["rate"].to_numpy().reshape(len(betas), -1)
        return cls(betas, rates, list(map(str, path["feature"][: rates.shape[1]])), beta=selector.beta_)

    def plot(self, ax: "Axes | None" = None, *, units: Units = "nats") -> Self:
        """Draw a line for each column, from the beta at which it is kept first.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of the rates.

        Returns
        -------
        self : SparseGaussianIBDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` is none of the choices.

        Notes
        -----
        The first ten columns are named, in the order in which they are kept. The others are gray. The dashed line is
        the beta whose solution was taken.
        """
        factor = unit_factor(units)
        self.ax_ = new_axes(figsize=(6.4, 4.6)) if ax is None else ax
        self.figure_ = self.ax_.figure
        rates = factor * np.asarray(self.rates, np.float64)
        for place, j in enumerate(_order(rates)):
            named = place < _MOST_NAMED
            style = {"color": f"C{place}", "label": self.features[j]} if named else {"color": "0.7", "zorder": 1}
            self.ax_.plot(self.betas, rates[:, j], linewidth=1.4, **style)
        if self.beta is not None:
            self.ax_.axvline(self.beta, color="0.35", linestyle=(0, (5, 3)), linewidth=1.0, zorder=1)
        self.ax_.set(xscale="log", xlabel="$\\beta$", ylabel=f"rate of the column [{units}]")
        _label_plainly(self.ax_.xaxis)
        if self.ax_.get_legend_handles_labels()[1]:
            self.ax_.legend(loc="upper left", fontsize=9, frameon=False)
        return self


def _order(rates):
    """Return the columns that are kept at some beta, first ones first; those of one beta by falling rate."""
    kept = np.flatnonzero(rates.any(axis=0))
    first = np.argmax(rates[:, kept] > 0, axis=0)
    return kept[np.lexsort([-rates[-1, kept], first])]


def _label_plainly(axis):
    """Label a logarithmic axis by few numbers that are not powers, which would overlap over less than two decades."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
