"""`InteractionBasisDisplay`: the drawing of a graph of interactions."""

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.utils.validation import check_is_fitted

from skib._drawing import new_axes, unit_factor
from skib._typing import Units
from skib.bottleneck._interaction_basis import InteractionBasis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

_COLORS = (
    "tab:blue",
    "tab:orange",
    "tab:green",
    "tab:red",
    "tab:purple",
    "tab:brown",
    "tab:pink",
    "tab:olive",
    "tab:cyan",
)
_WIDEST = 6.0  # points, of the strongest edge


class InteractionBasisDisplay:
    """Drawing of the edges between the directions of adjacent layers.

    Create one with :meth:`from_estimator`.

    Parameters
    ----------
    graph : DataFrame of shape (n_edges, 5)
        Edges, as in :attr:`InteractionBasis.interaction_graph_`.
    n_components : dict of str to int
        Number of directions of each layer, in the order of the layers.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.bottleneck import InteractionBasis, InteractionBasisDisplay
    >>> rng = np.random.default_rng(0)
    >>> inputs = rng.normal(size=(500, 4))
    >>> layers = {"inputs": inputs, "hidden": np.tanh(inputs), "outputs": np.tanh(inputs[:, :2])}
    >>> basis = InteractionBasis(random_state=0).fit(layers)
    >>> display = InteractionBasisDisplay.from_estimator(basis).plot()  # doctest: +SKIP
    >>> display.figure_.savefig("graph.png")  # doctest: +SKIP
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, graph: "DataFrame", n_components: dict[str, int]) -> None:
        self.graph = graph
        self.n_components = n_components

    @classmethod
    def from_estimator(
        cls, interaction_basis: InteractionBasis, *, basis: Literal["interaction", "pca"] = "interaction"
    ) -> Self:
        """Take a fitted :class:`InteractionBasis`.

        Parameters
        ----------
        interaction_basis : InteractionBasis
            Fitted.
        basis : {"interaction", "pca"}, default="interaction"
            Whose edges: those of the interaction basis, or those of as many principal components.

        Returns
        -------
        display : InteractionBasisDisplay
            The display, not yet drawn.

        Raises
        ------
        TypeError
            If it is no :class:`InteractionBasis`.
        NotFittedError
            If it is not fitted.
        ValueError
            If `basis` is none of the choices.
        """
        if not isinstance(interaction_basis, InteractionBasis):
            raise TypeError(f"{interaction_basis!r} has no graph; pass a fitted InteractionBasis")
        check_is_fitted(interaction_basis)
        graphs = {"interaction": interaction_basis.interaction_graph_, "pca": interaction_basis.pca_graph_}
        if basis not in graphs:
            raise ValueError(f"basis must be one of {tuple(graphs)}, got {basis!r}")
        return cls(graphs[basis], interaction_basis.n_components_)

    def plot(self, ax: "Axes | None" = None, *, share: float = 0.95, units: Units = "nats") -> Self:
        """Draw layers from left to right, directions as points, and the strongest edges.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None creates a figure.
        share : float, default=0.95
            Share of the information between two layers that the edges have which are drawn, the strongest first. The
            others are left out.
        units : {"nats", "bits"}, default="nats"
            Unit of the widest edge, which the title states. Has no effect on strengths of Jacobians.

        Returns
        -------
        self : InteractionBasisDisplay
            The display, with its figure and axes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `share` is not in (0, 1], or `units` is none of the choices.

        Notes
        -----
        Widths of edges are proportional to their weights. Directions that the drawn edges connect have one color, so
        that independent parts of a network have different ones. The directions of each layer but the last are in the
        order of what they connect to.
        """
        factor = unit_factor(units)
        if not 0 < share <= 1:
            raise ValueError(f"share must be above 0 and at most 1, got {share!r}")
        edges = self._strongest(share)
        places, colors = self._places(edges), self._colors(edges)
        self.ax_ = new_axes(figsize=(6.4, 4.6)) if ax is None else ax
        self.figure_ = self.ax_.figure
        weights = _finite(edges[edges.columns[-1]].to_numpy())
        self._draw_edges(edges, weights, places, colors)
        for node, (x, height) in places.items():
            self.ax_.scatter(x, height, s=60, color=colors[node], edgecolor="white", linewidth=0.8, zorder=3)
            self.ax_.annotate(str(node[1]), (x, height), xytext=(0, 6), textcoords="offset points", ha="center", size=8)
        self._label(edges.columns[-1], weights, units, factor)
        return self

    def _strongest(self, share):
        """Return the strongest edges between each pair of layers that have this share of the sum."""
        kept = []
        for _, edges in self.graph.groupby(["source_layer", "target_layer"], sort=False):
            edges = edges.sort_values(edges.columns[-1], ascending=False, kind="stable")
            weights = _finite(edges[edges.columns[-1]].to_numpy())
            before = np.cumsum(weights) - weights
            kept.extend(edges.index[(before < share * weights.sum()) & (weights > 0)])
        return self.graph.loc[sorted(kept)]

    def _nodes(self):
        return [(layer, i) for layer, number in self.n_components.items() for i in range(number)]

    def _places(self, edges):
        """Return x and height of each node: heights are spread evenly, in the order of the means of their targets."""
        places, layers = {}, list(self.n_components)
        for x, layer in reversed(list(enumerate(layers))):
            number = self.n_components[layer]
            order = np.arange(number)
            if x < len(layers) - 1:
                mine = edges[edges["source_layer"] == layer]
                weights = _finite(mine[mine.columns[-1]].to_numpy())
                heights = np.array([places[layers[x + 1], target][1] for target in mine["target"]])
                sums = np.bincount(mine["source"], weights, number)
                means = np.divide(
                    np.bincount(mine["source"], weights * heights, number), sums, where=sums > 0, out=np.zeros(number)
                )
                order = np.argsort(-means, kind="stable")
            for rank, node in enumerate(order):
                places[layer, int(node)] = x, 0.5 - (rank + 0.5) / number
        return places

    def _colors(self, edges):
        """Return a color of each connected part; directions without an edge are gray."""
        nodes = self._nodes()
        number = {node: i for i, node in enumerate(nodes)}
        ends = [
            [number[layer, i] for layer, i in zip(edges[f"{end}_layer"], edges[end], strict=True)]
            for end in ("source", "target")
        ]
        links = coo_array((np.ones(len(edges)), ends), shape=(len(nodes), len(nodes)))
        parts = connected_components(links, directed=False)[1]
        sizes = np.bincount(parts)
        shown = [part for part in dict.fromkeys(parts.tolist()) if sizes[part] > 1]
        of_part = {part: _COLORS[i % len(_COLORS)] for i, part in enumerate(shown)}
        return {node: of_part.get(part, "0.8") for node, part in zip(nodes, parts.tolist(), strict=True)}

    def _draw_edges(self, edges, weights, places, colors):
        columns = [edges[name] for name in ("source_layer", "source", "target_layer", "target")]
        for weight, layer, source, following, target in zip(weights, *columns, strict=True):
            ends = np.array([places[layer, source], places[following, target]])
            width = max(_WIDEST * weight / weights.max(), 0.3)
            self.ax_.plot(*ends.T, color=colors[layer, source], linewidth=width, alpha=0.6, zorder=1)

    def _label(self, name, weights, units, factor):
        self.ax_.set_xticks(
            range(len(self.n_components)), [str(layer).replace("$", r"\$") for layer in self.n_components]
        )
        self.ax_.set_yticks([])
        self.ax_.spines[["top", "right", "left", "bottom"]].set_visible(False)
        self.ax_.tick_params(length=0)
        widest = weights.max(initial=0.0)
        widest = f"{factor * widest:.2g} {units}" if name == "mutual_info" else f"strength {widest:.2g}"
        self.ax_.set_title(f"{len(weights)} edges drawn; widest: {widest}", size=10)


def _finite(weights):
    """Replace infinite weights by twice the largest other one."""
    finite = np.isfinite(weights)
    return np.where(finite, weights, 2 * weights[finite].max(initial=0.5))
