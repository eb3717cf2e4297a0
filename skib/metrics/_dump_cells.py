"""The cells of a dump with what they are compared with, read when it is first used."""

from functools import cached_property

import numpy as np

from skib._columns import is_discrete, opened
from skib._sparse_layers import dense_layer
from skib._validation import check_target, target_codes


def cells_of(dump, y, X):
    """Return the cells of a dump; y and X are those of the dump where they are None."""
    y, X = dump.y if y is None else y, dump.X if X is None else X
    targets = _Targets(y, X, dump.n_samples)
    stored = {(epoch, name): array for epoch, name, array in dump.stored() if epoch is not None}
    return [Cell(dump, key, stored[key], targets) for key in dump.cells()]


class _Targets:
    """Target and input as numbers, with the codes of classes; both may be missing."""

    def __init__(self, y, X, n_samples):
        self.labels = self.y = self.X = None
        if y is not None:
            y = opened("y", y)
            if is_discrete(y):
                self.labels = target_codes(y, n_samples)
                self.y = np.eye(self.labels.max() + 1)[self.labels]
            else:
                self.y = check_target(y, n_samples)
        if X is not None:
            X = opened("X", X)
            X = X.reshape(n_samples, -1) if isinstance(X, np.ndarray) and X.ndim > 2 else X
            self.X = check_target(X, n_samples, "X")


class Cell:
    """A layer at an epoch.

    Attributes
    ----------
    labels : ndarray of shape (n_samples,) or None
        Codes of class labels.
    y, X : ndarray or None
        The target, indicators of the classes where it holds class labels, and the input.
    """

    def __init__(self, dump, key, stored, targets):
        self.dump, self.stored = dump, stored
        self.epoch, self.layer = key
        self.shape = dump.shape(*key)
        self.labels, self.y, self.X = targets.labels, targets.y, targets.X

    @cached_property
    def activations(self):
        """The rows of the layer: a memory map, an array in memory, or the units of a sparse layer that fire."""
        return dense_layer(self.dump[self.epoch, self.layer])

    def head(self):
        """Return some of the first rows, of any number of dimensions."""
        return next(iter(self.stored.blocks()))[:8]

    def others(self):
        """Return the layers that this one is compared with, by name: at its last epoch, and the one before it."""
        epochs = [epoch for epoch, layer in self.dump.cells() if layer == self.layer]
        names = [layer for epoch, layer in self.dump.cells() if epoch == self.epoch]
        place = names.index(self.layer)
        found = {} if epochs[-1] == self.epoch else {"last epoch": (epochs[-1], self.layer)}
        return found | ({"layer before": (self.epoch, names[place - 1])} if place else {})
