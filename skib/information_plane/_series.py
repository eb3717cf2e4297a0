"""Whether the rows of a dump are a series: free permutations assume that they are not."""

from scipy.sparse import issparse

from skib._columns import is_series, warn_of_like_rows

# Units of a layer that are looked at; all of them are functions of the same rows.
_MOST_UNITS = 64


def warn_of_series_layers(dump, quantities):
    """Warn, once, if successive rows are alike both in the target of a quantity and in a layer at its last epoch."""
    permuted = [quantity for quantity in quantities if quantity.given is None and not quantity.all_distinct]
    names = [quantity.name for quantity in permuted if is_series(quantity.target)]
    last = {layer: epoch for epoch, layer in dump.cells()}  # of equal keys the last one stays
    for layer, epoch in last.items() if names else ():
        if is_series(_some_units(dump, epoch, layer)):
            warn_of_like_rows(f"layer {layer!r} at epoch {epoch} and in the target of {names[0]}")
            return


def _some_units(dump, epoch, layer):
    """Return up to _MOST_UNITS of the units, evenly spaced, or None for a layer that cannot be read."""
    try:
        activations = dump[epoch, layer]
    except (ValueError, OSError):  # the rows of its cell will say so
        return None
    units = activations[:, :: -(-activations.shape[1] // _MOST_UNITS)]
    return units.toarray() if issparse(units) else units
