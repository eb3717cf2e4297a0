"""Layers that are equal bit for bit: most often a hook saved an array into which the next operation then wrote."""

import hashlib
from collections import defaultdict

import numpy as np

from skib._cli._console import notify


def tell_of_equal_layers(dump):
    """Compare the layers of one shape and dtype at the last epoch, and print a line for those that are equal."""
    epoch = dump.epochs[-1]
    for layers in _equal(dump, epoch, [layer for e, layer in dump.cells() if e == epoch]):
        notify(
            "equal layers",
            f"{' and '.join(layers)} are equal bit for bit at epoch {epoch}: unless nothing between them changes "
            "values, an operation in place wrote into what a hook had saved; save a copy (output.detach().clone())",
        )


def _equal(dump, epoch, layers):
    """Return lists of layers with the same values; those without another of their shape and dtype are not read."""
    alike, same = defaultdict(list), defaultdict(list)
    for layer in layers:
        alike[dump.shape(epoch, layer), dump.dtype(epoch, layer)].append(layer)
    for kind, candidates in alike.items():
        if len(candidates) > 1 and len(kind[0]) == 2:  # others need a reduction to be read
            for layer in candidates:
                same[kind, _digest(dump[epoch, layer])].append(layer)
    return [layers for layers in same.values() if len(layers) > 1]


def _digest(array):
    return hashlib.blake2b(np.ascontiguousarray(array)).digest()
