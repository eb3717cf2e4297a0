"""Layers of a dump that hold the same values, as when a layer that works in place overwrote what a hook had kept."""

from collections import defaultdict
from itertools import chain, combinations


def equal_layers(cells):
    """Group the layers of ``{(epoch, layer): stored array}`` that agree in every bit at all of their epochs.

    Of layers with the same shapes the first row is compared, and where that agrees all values up to a difference.
    """
    epochs, alike = defaultdict(list), defaultdict(list)
    for epoch, layer in cells:
        epochs[layer].append(epoch)
    for layer, own in epochs.items():
        alike[tuple(_kind(epoch, cells[epoch, layer]) for epoch in own)].append(layer)
    alike = [part for layers in alike.values() if len(layers) > 1 for part in _by_first_row(cells, layers, epochs)]
    groups = [_grouped(cells, layers, epochs[layers[0]]) for layers in alike]
    order = list(epochs)
    return tuple(sorted(chain.from_iterable(groups), key=lambda group: order.index(group[0])))


def _kind(epoch, stored):
    return epoch, stored.is_sparse, *stored.header[:2]


def _by_first_row(cells, layers, epochs):
    parts = defaultdict(list)
    for layer in layers:
        stored = cells[epochs[layer][0], layer]
        block = None if stored.is_sparse else next(iter(stored.blocks()), None)
        parts[b"" if block is None else block[:1].tobytes()].append(layer)
    return parts.values()


def _grouped(cells, layers, epochs):
    """Return the groups of two or more; the first of each stands for all of it."""
    groups = {layer: (layer,) for layer in layers}
    for first, second in combinations(layers, 2):
        if first in groups and second in groups:
            if all(_are_equal(cells[epoch, first], cells[epoch, second]) for epoch in epochs):
                groups[first] += groups.pop(second)
    return [group for group in groups.values() if len(group) > 1]


def _are_equal(first, second):
    one, other = _bytes(first), _bytes(second)
    rest = b"", b""
    for a, b in zip(one, other, strict=False):
        # Blocks of different formats differ in their rows; what is longer waits for the next.
        rest = rest[0] + a, rest[1] + b
        n = min(map(len, rest))
        if rest[0][:n] != rest[1][:n]:
            return False
        rest = rest[0][n:], rest[1][n:]
    return rest[0] + b"".join(one) == rest[1] + b"".join(other)


def _bytes(stored):
    if stored.is_sparse:  # in canonical format, so that equal matrices have equal parts
        matrix = stored.load()
        parts = matrix.indptr.astype("i8"), matrix.indices.astype("i8"), matrix.data
        return (part.tobytes() for part in parts)
    return (block.tobytes() for block in stored.blocks())
