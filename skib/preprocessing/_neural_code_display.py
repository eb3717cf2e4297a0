"""`NeuralCodeDisplay`: redundancy and accuracy of neural codes over size, epoch or rows, and their regimes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from skib._columns import require_same_length
from skib._drawing import new_axes
from skib.preprocessing._neural_code import NeuralCode

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Redundancy up to which codes count as unique, and accuracy that may lack from the best of them.
_REDUNDANT, _TOLERANCE = 0.05, 0.02
_SHADES = {"under": "0.8", "critical": "0.9", "sufficient": "1.0"}
# Ratio of the largest and the smallest value from which the axis is logarithmic.
_WIDE = 16


class NeuralCodeDisplay:
    """Drawing of the redundancy of neural codes and of the accuracy of their neighbors.

    A network is *under-expressive* where rows share their codes, with a redundancy above 0.05. Of the others it is
    *sufficiently expressive* where the accuracy is within 0.02 of the best, and *critically expressive* in between.

    Parameters
    ----------
    values : array-like of shape (n_codes,)
        What varies, in rising order: units, epochs, or rows.
    redundancies : array-like of shape (n_codes,)
        `redundancy_` of each :class:`NeuralCode`.
    accuracies : array-like of shape (n_codes,)
        How well the codes classify, between 0 and 1.
    name : str, default="units"
        What the values are, the label of the axis.

    Attributes
    ----------
    regimes : list of n_codes str
        "under", "critical" or "sufficient".
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Notes
    -----
    He et al. [1]_ describe the three regimes, and draw their borders by eye. The limits here are those of this class.

    References
    ----------
    .. [1] F. He, S. Lei, J. Ji, D. Tao, "Neural networks behave as hash encoders: an empirical study",
       arXiv:2101.05490, 2021.

    Examples
    --------
    >>> from skib.preprocessing import NeuralCodeDisplay
    >>> display = NeuralCodeDisplay([4, 16, 64, 256], [0.9, 0.3, 0.0, 0.0], [0.4, 0.7, 0.9, 0.95])
    >>> display.regimes
    ['under', 'under', 'critical', 'sufficient']
    >>> display.plot().figure_.savefig("codes.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(
        self, values: ArrayLike, redundancies: ArrayLike, accuracies: ArrayLike, *, name: str = "units"
    ) -> None:
        _require_rising(values)
        self.values = values
        self.redundancies = redundancies
        self.accuracies = accuracies
        self.name = name

    @classmethod
    def from_codes(
        cls,
        values: ArrayLike,
        codes: Sequence[NeuralCode],
        labels: Sequence[ArrayLike],
        *,
        n_neighbors: int = 1,
        name: str = "units",
    ) -> Self:
        """Take fitted codes, and the share of their training rows that have the class of their nearest neighbors.

        Parameters
        ----------
        values : array-like of shape (n_codes,)
            What varies, in rising order.
        codes : sequence of n_codes NeuralCode
            Fitted.
        labels : sequence of n_codes array-likes
            The classes of the training rows of each.
        n_neighbors : int, default=1
            Neighbors that vote, of which no row is one of its own.
        name : str, default="units"
            What the values are.

        Returns
        -------
        display : NeuralCodeDisplay
            The display, not yet drawn.
        """
        accuracies = [_accuracy(code, np.asarray(y), n_neighbors) for code, y in zip(codes, labels, strict=True)]
        return cls(values, [code.redundancy_ for code in codes], accuracies, name=name)

    @property
    def regimes(self) -> list[str]:
        """The regime of each code."""
        best = np.max(self.accuracies) - _TOLERANCE
        pairs = zip(np.asarray(self.redundancies), np.asarray(self.accuracies), strict=True)
        return ["under" if r > _REDUNDANT else "sufficient" if a >= best else "critical" for r, a in pairs]

    def plot(self, ax: "Axes | None" = None) -> Self:
        """Draw both over the values, on a background of the regimes.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.

        Returns
        -------
        self : NeuralCodeDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = new_axes(figsize=(6.4, 4)) if ax is None else ax
        self.figure_ = self.ax_.figure
        values = np.asarray(self.values, np.float64)
        if values.min() > 0 and values.max() >= _WIDE * values.min():
            self.ax_.set_xscale("log")
        self.ax_.plot(values, self.redundancies, "o-", color="tab:red", markersize=4, label="redundancy")
        self.ax_.plot(values, self.accuracies, "o-", color="tab:blue", markersize=4, label="accuracy of neighbors")
        self._shade(values)
        self.ax_.set(xlabel=self.name, ylim=(-0.05, 1.12))
        self.ax_.spines[["top", "right"]].set_visible(False)
        self.ax_.legend(frameon=False)
        return self

    def _shade(self, values):
        regimes, place = self.regimes, self.ax_.get_xaxis_transform()
        bends = [0, *[i for i in range(1, len(regimes)) if regimes[i] != regimes[i - 1]], len(regimes)]
        is_log = self.ax_.get_xscale() == "log"
        for start, stop in zip(bends, bends[1:], strict=False):
            left, right = values[max(start - 1, 0) : start + 1], values[stop - 1 : stop + 1]
            left, right = (np.exp(np.log(v).mean()) if is_log else v.mean() for v in (left, right))
            self.ax_.axvspan(left, right, color=_SHADES[regimes[start]], linewidth=0, zorder=0)
            middle = np.sqrt(left * right) if is_log else (left + right) / 2
            self.ax_.text(middle, 0.97, regimes[start], transform=place, ha="center", va="top", fontsize=8)


def _require_rising(values):
    values = np.asarray(values, np.float64)
    if not (np.isfinite(values).all() and (np.diff(values) >= 0).all()):
        raise ValueError(f"values={values.tolist()} must be finite, in rising order; sort the codes by them")


def _accuracy(code, labels, n_neighbors):
    """Share of the training rows whose class is the most frequent one of their neighbors, or the first of these."""
    neighbors = code.kneighbors(n_neighbors=n_neighbors, return_distance=False)
    require_same_length(len(neighbors), len(labels), "labels")
    classes, numbers = np.unique(labels, return_inverse=True)
    votes = np.zeros((len(labels), len(classes)), np.int64)
    np.add.at(votes, (np.arange(len(labels))[:, None], numbers[neighbors]), 1)
    return float(np.mean(np.argmax(votes, axis=1) == numbers))
