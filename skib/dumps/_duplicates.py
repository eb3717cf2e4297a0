"""Layers of a dump that hold the same values, as when a layer that works in place overwrote what a hook had kept."""

from itertools import combinations


def equal_layers(cells):
    """Group the layers of ``{(epoch, layer): stored array}`` that agree in every bit at all of their epochs.

    The arrays of two layers are read up to their first difference, which is as a rule in the first block of rows.
    """
    epochs = {}
    for epoch, layer in cells:
        epochs.setdefault(layer, []).append(epoch)
    groups = {layer: (layer,) for layer in epochs}
    for first, second in combinations(epochs, 2):
        # The first of a group stands for all of it.
        if first in groups and second in groups and epochs[first] == epochs[second]:
            if all(_are_equal(cells[epoch, first], cells[epoch, second]) for epoch in epochs[first]):
                groups[first] += groups.pop(second)
    return tuple(group for group in groups.values() if len(group) > 1)


def _are_equal(first, second):
    if first.header[:2] != second.header[:2]:
        return False
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
    return (block.tobytes() for block in stored.blocks())
