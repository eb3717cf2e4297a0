"""What the displays of several packages share: units, new figures, axes of epochs, heat maps of pairs of columns."""

from os.path import commonprefix

import numpy as np

from skib import in_bits

_UNITS = {"nats": 1.0, "bits": in_bits(1.0)}
_LONGEST_LABEL, _HEAD = 24, 13
_DIAGONAL = "0.9"
_MOST_LISTED = 20  # layers in a legend: of more, some with equal steps between them
_MOST_TICKS = 12  # of the epochs themselves; of more epochs the powers of ten are shown
_LEAST_GAP = 0.06  # between the ticks of epochs, as a share of the axis


def unit_factor(units):
    """Return what nats are multiplied by for these units."""
    if units not in _UNITS:
        raise ValueError(f"units must be one of {tuple(_UNITS)}, got {units!r}")
    return _UNITS[units]


def pyplot():
    """Return the module of matplotlib, or raise an error that says how to install it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("drawing needs matplotlib: pip install 'skib[plot]'") from error
    return plt


def new_axes(n_columns=1, **options):
    """Return the axes of a new figure, side by side if they are several."""
    return pyplot().subplots(1, n_columns, **{"layout": "constrained", **options})[1]


def clustered_order(distance):
    """Return an order of columns that places those at small distances side by side (average linkage)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    np.fill_diagonal(distance, 0)
    return leaves_list(linkage(squareform(distance, checks=False), "average", optimal_ordering=True))


def sqrt_ticks(top):
    """Return round numbers from 0 to `top` whose square roots leave room for the labels."""
    rounds = np.array([step * 10.0**power for power in range(-4, 3) for step in (1, 2, 5)])
    return np.r_[0, rounds[(rounds <= top) & (rounds >= 0.02 * top)]]


def epoch_norm(epochs):
    """Scale epochs logarithmically, and linearly from 0 to 1: most happens early, and epoch 0 has no logarithm."""
    from matplotlib.colors import SymLogNorm

    low, high = int(epochs.min()), int(epochs.max())
    return SymLogNorm(linthresh=1, linscale=0.5, vmin=low, vmax=max(high, low + 1))


def darker(colors):
    """Drop the light end of a colormap, which is hard to see on white."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(colors(np.linspace(0, 0.92, 256)))


def epoch_ticks(epochs):
    """Return the first and the last epoch, and powers of ten or other epochs that leave room for the labels."""
    low, high = int(epochs.min()), int(epochs.max())
    tens = [10**k for k in range(19) if low < 10**k < high]
    dumped = np.unique(epochs).tolist()
    others = [ten for ten in tens if ten in dumped] + dumped if len(dumped) <= _MOST_TICKS else tens
    scale = epoch_norm(epochs)
    ticks = [low, high] if low < high else [low]
    for epoch in others:
        if min(abs(scale(epoch) - scale(tick)) for tick in ticks) > _LEAST_GAP:
            ticks.append(epoch)
    return sorted(ticks)


def epoch_axis(ax, epochs):
    """Scale the horizontal axis for epochs, and label some of them."""
    ticks = epoch_ticks(epochs)
    ax.set_xscale("symlog", linthresh=1, linscale=0.5)
    ax.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    ax.minorticks_off()


def label_text(name):
    """Return a name as a label, a long one without its middle: names often begin alike, and end in a number."""
    text = str(name)
    text = text if len(text) <= _LONGEST_LABEL else f"{text[:_HEAD]}\u2026{text[_HEAD + 1 - _LONGEST_LABEL :]}"
    return text.replace("$", r"\$")  # which matplotlib would take for mathematics


def label_texts(names):
    """Return names as labels, which differ as the names do.

    Where names have their number in the middle (``transformer.h.3.mlp.out``), ends that are common to all are cut.
    """
    texts = [label_text(name) for name in names]
    if len(set(texts)) == len(set(names)):
        return texts
    names = [str(name) for name in names]
    head = len(commonprefix(names))
    tail = len(commonprefix([name[:head:-1] for name in names]))
    kept = max(_LONGEST_LABEL - 2 - max(len(name) - head - tail for name in names), 0) // 2  # at both ends
    return [_middle(name, max(head - kept, 0), max(tail - kept, 0)).replace("$", r"\$") for name in names]


def _middle(name, first, after):
    """Return a name without so many characters at its ends, for which there are ellipses."""
    before, behind = ("\u2026" if cut else "" for cut in (first, after))
    return f"{before}{name[first : len(name) - after]}{behind}"


def some_listed(handles):
    """Return as many legend entries as there is room for, with equal steps between them."""
    return handles[:: -(-len(handles) // _MOST_LISTED) or 1]


def ink(image, value):
    """Return black or white, whichever is legible on the color of a value; gray without a value."""
    if np.isnan(value):
        return "0.25"
    red, green, blue, _ = image.cmap(image.norm(value))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def annotate_cells(ax, values, image):
    """Write the values that are not NaN into their cells."""
    for i, j in np.ndindex(values.shape):
        if not np.isnan(values[i, j]):
            text, color = f"{values[i, j]:.2f}".replace("-0.00", "0.00"), ink(image, np.nan if i == j else values[i, j])
            ax.text(j, i, text, ha="center", va="center", fontsize=8, color=color)


def draw_cells(ax, values, cmap, top):
    """Draw the cells on a scale of square roots from 0 to `top`, the diagonal in gray."""
    from matplotlib.colors import PowerNorm

    off_diagonal = np.where(np.eye(len(values), dtype=bool), np.nan, values)
    ax.set_facecolor(_DIAGONAL)
    norm = PowerNorm(0.5, vmin=0, vmax=top, clip=True)
    image = ax.imshow(off_diagonal, cmap=cmap, norm=norm, aspect="equal", interpolation="nearest")
    ax.spines[:].set_visible(False)
    return image
