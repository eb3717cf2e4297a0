"""`InformationPlaneDisplay`: the pictures of an information plane."""

from sklearn.utils.validation import check_is_fitted

from skib import in_bits
from skib.information_plane._drawing import draw_epochs, draw_plane
from skib.information_plane._points import plane_points

_KINDS = ("plane", "epochs")
_UNITS = {"nats": 1.0, "bits": in_bits(1.0)}


class InformationPlaneDisplay:
    """Pictures of the results of an :class:`InformationPlane`.

    Make one with :meth:`from_estimator` or :meth:`from_results`; the constructor stores what it is given.

    Parameters
    ----------
    results : DataFrame
        As in ``InformationPlane.results_``.
    target_entropy : float, default=None
        H(Y) in nats, drawn as the ceiling of I(T;Y).
    n_samples : int, default=None
        log(n_samples) is drawn as the ceiling of I(X;T).

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn last (of ``kind="epochs"``, those of I(T;Y)).
    axes_ : tuple of matplotlib Axes
        All of them.
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

    def __init__(self, results, target_entropy=None, n_samples=None):
        self.results = results
        self.target_entropy = target_entropy
        self.n_samples = n_samples

    @classmethod
    def from_results(cls, results, *, target_entropy=None):
        """Take a table of results, for instance one read from a file.

        Parameters
        ----------
        results : DataFrame
            As in ``InformationPlane.results_``.
        target_entropy : float, default=None
            H(Y) in nats.

        Returns
        -------
        display : InformationPlaneDisplay
        """
        return cls(results, target_entropy, int(results["n"].max()))

    @classmethod
    def from_estimator(cls, information_plane):
        """Take a fitted :class:`InformationPlane`.

        Parameters
        ----------
        information_plane : InformationPlane
            Fitted.

        Returns
        -------
        display : InformationPlaneDisplay
        """
        check_is_fitted(information_plane)
        return cls(information_plane.results_, information_plane.target_entropy_, information_plane.n_samples_)

    def plot(self, kind="plane", *, ax=None, units="nats", corrected=True, cmap="viridis"):
        """Draw the results.

        Parameters
        ----------
        kind : {"plane", "epochs"}, default="plane"
            "plane": I(T;Y) over I(X;T), a marker shape per layer, the colour showing the epoch, the layers of an epoch
            joined. "epochs": both over the epoch, a line per layer.
        ax : matplotlib Axes, or a pair of them for ``kind="epochs"``, default=None
            Where to draw; None makes a figure.
        units : {"nats", "bits"}, default="nats"
            Of both quantities.
        corrected : bool, default=True
            Draw I(T;Y) minus the mean of its null (where there is one), so that 0 means no information. I(X;T) is
            drawn as it was estimated.
        cmap : str or Colormap, default="viridis"
            Colours of the epochs (plane) or layers (epochs).

        Returns
        -------
        self : InformationPlaneDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` or `units` is none of the above, or no cell has both quantities.

        Notes
        -----
        Error bars span the intervals of the results. Grey shows the null of I(T;Y), mean -2 to +2 standard deviations.
        Hollow points are saturated (in the plane: in either quantity). Cells without both quantities are left out.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, got {kind!r}")
        if units not in _UNITS:
            raise ValueError(f"units must be one of {tuple(_UNITS)}, got {units!r}")
        draw = draw_plane if kind == "plane" else draw_epochs
        points = plane_points(self.results, self.target_entropy, self.n_samples, _UNITS[units], corrected=corrected)
        self.axes_ = draw(points, units, ax, cmap)
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        return self
