"""`DistributedIBDisplay`: what is predicted, and the rates of columns, over the rate of all columns together."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skib._drawing import label_texts, new_axes, unit_factor
from skib._typing import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Columns of the largest rates that have a color and a name; the others are gray.
_MOST_NAMED = 10


class DistributedIBDisplay:
    """Drawing of the path of a distributed bottleneck: the relevance, and each column's rate, over the rate of all.

    Create one with :meth:`from_estimator`.

    Parameters
    ----------
    rates : array-like of shape (n_betas, n_features)
        Rates of the columns in nats, in the order of falling beta.
    relevances : array-like of shape (n_betas,)
        Relevances in nats.
    features : list of str
        Names of the columns or groups.

    Attributes
    ----------
    ax_ : ndarray of shape (2,)
        The axes of the relevance and of the rates.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skib.bottleneck.neural import DistributedIBClassifier, DistributedIBDisplay
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> distributed = DistributedIBClassifier(beta=3, random_state=0).fit(X, y)  # doctest: +SKIP
    >>> display = DistributedIBDisplay.from_estimator(distributed).plot(units="bits")  # doctest: +SKIP
    >>> display.figure_.savefig("path.png")  # doctest: +SKIP
    """

    ax_: Any
    figure_: "Figure"

    def __init__(self, rates: ArrayLike, relevances: ArrayLike, features: list[str]) -> None:
        self.rates = rates
        self.relevances = relevances
        self.features = features

    @classmethod
    def from_estimator(cls, bottleneck: Any) -> Self:
        """Take a fitted estimator.

        Parameters
        ----------
        bottleneck : DistributedIBClassifier, DistributedIBRegressor or BottleneckGate
            Fitted; or any fitted object with such a `path_`.

        Returns
        -------
        display : DistributedIBDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it has no path of rates.
        NotFittedError
            If it is not fitted.
        """
        check_is_fitted(bottleneck)
        if not {"beta", "feature", "rate", "relevance"} <= set(getattr(bottleneck, "path_", ())):
            raise TypeError(f"{type(bottleneck).__name__} has no path of rates; pass a fitted DistributedIBClassifier")
        path = bottleneck.path_
        n_features = path["feature"].nunique()
        rates = path["rate"].to_numpy().reshape(-1, n_features)
        return cls(rates, path["relevance"].to_numpy()[::n_features], list(map(str, path["feature"][:n_features])))

    def plot(self, ax: "ArrayLike | None" = None, *, units: Units = "nats") -> Self:
        """Draw the relevance, and a line for each column.

        Parameters
        ----------
        ax : array-like of two matplotlib Axes, default=None
            Where to draw; None creates a figure.
        units : {"nats", "bits"}, default="nats"
            Unit of rates and relevances.

        Returns
        -------
        self : DistributedIBDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `units` is none of the choices.

        Notes
        -----
        The training runs from the right to the left. The ten columns of the largest rates, at any beta, are named.
        """
        factor = unit_factor(units)
        self.ax_ = new_axes(2, figsize=(9.6, 4.0)) if ax is None else np.asarray(ax)
        relevance_ax, rates_ax = self.ax_
        self.figure_ = relevance_ax.figure
        rates = factor * np.asarray(self.rates, np.float64)
        total = rates.sum(axis=1)
        relevance_ax.plot(total, factor * np.asarray(self.relevances), color="0.2", linewidth=1.4)
        order = np.argsort(-rates.max(axis=0), kind="stable")
        labels = label_texts([self.features[j] for j in order[:_MOST_NAMED]])
        for place, j in enumerate(order):
            named = place < _MOST_NAMED
            style = {"color": f"C{place}", "label": labels[place]} if named else {"color": "0.7"}
            rates_ax.plot(total, rates[:, j], linewidth=1.4, zorder=2 if named else 1, **style)
        for axes, label in ((relevance_ax, "relevance"), (rates_ax, "rate of the column")):
            axes.set(xlabel=f"rate of all columns [{units}]", ylabel=f"{label} [{units}]")
        rates_ax.legend(loc="upper left", fontsize=8, frameon=False)
        return self
