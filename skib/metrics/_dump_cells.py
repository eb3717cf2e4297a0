"""The cells of a dump with what they are compared with, read when it is first used."""

from functools import cached_property

import numpy as np

from skib._columns import is_discrete, opened, repeated_levels, require_same_length
from skib._sparse_layers import dense_layer
from skib._validation import check_target, target_codes
from skib._warnings import UnreliableEstimateWarning, warn
from skib.metrics._cka import Alignable
from skib.metrics._intrinsic_dimension import gaussian_rows
from skib.metrics._layer_rows import CenteredRows, sampled_rows

# Layers whose compared rows are kept for the next cells; and values of rows and products of layers at their last epoch,
# with which all epochs are compared: 128 MB in single precision.
_N_RECENT, _VALUES_OF_LAST = 2, 1 << 25


def cells_of(dump, y, X, max_samples):
    """Return the cells of a dump, whose layers are compared in `max_samples` rows at most.

    y and X are those of the dump where they are None.
    """
    targets = _Targets(dump.y if y is None else y, dump.X if X is None else X, dump.n_samples)
    stored = {(epoch, name): array for epoch, name, array in dump.stored() if epoch is not None}
    compared = Compared(dump, targets, max_samples)
    return [Cell(dump, key, stored[key], targets, compared) for key in dump.cells()]


class _Targets:
    """Target and input as numbers, with the codes of classes; both may be missing."""

    def __init__(self, y, X, n_samples):
        self.labels = self.y = self.X = None
        if y is not None:
            y = opened("y", y)
            require_same_length(n_samples, len(y), "y", "the dump")
            if is_discrete(y):
                self.labels = target_codes(y, n_samples)
                self.y = np.eye(self.labels.max() + 1)[self.labels]
            else:
                self.y = check_target(y, n_samples)
                _warn_of_many_labels(self.y)
        if X is not None:
            X = opened("X", X)
            require_same_length(n_samples, len(X), "X", "the dump")
            X = X.reshape(n_samples, -1) if isinstance(X, np.ndarray) and X.ndim > 2 else X
            self.X = check_target(X, n_samples, "X")


def _warn_of_many_labels(y):
    """Warn of numbers on many levels that look like labels of classes: whole, from 0 or 1 on, and of some rows each."""
    if y.shape[1] == 1 and y.min() in (0, 1) and repeated_levels(y[:, 0]) is not None:
        warn(
            f"y holds whole numbers on {len(np.unique(y))} levels, more than the square root of its {len(y)} rows, and "
            "is taken as numbers, without what is measured between classes; if they are labels, pass or save them as "
            "text (y.astype(str))",
            UnreliableEstimateWarning,
        )


class Compared:
    """The rows in which layers are compared with each other, with input and target."""

    def __init__(self, dump, targets, max_samples):
        self.dump, self.rows = dump, sampled_rows(dump.n_samples, max_samples)
        self.tables = {
            name: Alignable(CenteredRows(name, self.taken(table)))
            for name, table in (("X", targets.X), ("y", targets.y))
            if table is not None
        }
        self._last_epochs = {layer: epoch for epoch, layer in dump.cells()}
        self._last, self._recent, self._room, self._gaussian = {}, {}, _VALUES_OF_LAST, (None, None)

    def taken(self, table):
        """Return the rows of a table that are compared."""
        return table if len(table) == len(self.rows) else table[self.rows]

    def layer(self, key):
        """Return a layer in the rows that are compared."""
        found = self._last.get(key) or self._recent.get(key)
        if found is None:
            rows = self.taken(dense_layer(self.dump[key]))
            found = Alignable(CenteredRows(f"layer {key[1]} at epoch {key[0]}", rows))
        self._keep(key, found)
        return found

    def _keep(self, key, found):
        """Keep a layer: threads may do so at once, as each step replaces one item or the whole."""
        n, d = found.rows.shape
        if self._last_epochs[key[1]] == key[0] and n * (n + 2 * d) <= self._room and key not in self._last:
            self._room -= n * (n + 2 * d)
            self._last[key] = found
        recent = [item for item in self._recent.items() if item[0] != key]
        self._recent = dict([*recent[1 - _N_RECENT :], (key, found)])

    def gaussian_rows(self, *arguments):
        """Return standard normal rows; the last ones are kept, as they are the same for all layers of one rank."""
        drawn_for, rows = self._gaussian
        if drawn_for != arguments:
            rows = gaussian_rows(*arguments)
            self._gaussian = arguments, rows
        return rows


class Cell:
    """A layer at an epoch.

    Attributes
    ----------
    labels : ndarray of shape (n_samples,) or None
        Codes of class labels.
    compared : Compared
        The rows in which it is compared with others.
    """

    def __init__(self, dump, key, stored, targets, compared):
        self.dump, self.stored, self.compared = dump, stored, compared
        self.epoch, self.layer = self.key = key
        self.shape = dump.shape(*key)
        self.labels = targets.labels

    @cached_property
    def activations(self):
        """The rows of the layer: a memory map, an array in memory, or the units of a sparse layer that fire."""
        return dense_layer(self.dump[self.key])

    @cached_property
    def rows(self):
        """The rows about their mean."""
        return CenteredRows("T", self.activations)

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
