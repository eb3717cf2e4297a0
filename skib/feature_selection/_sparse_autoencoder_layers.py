"""Layers of a sparse network, whose weakest weights are replaced by random ones: sparse evolutionary training."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Standard deviation of new weights.
_SPREAD = 0.1


class Layer(NamedTuple):
    """Weights in the order of their units of input, as compressed sparse rows, with biases."""

    starts: NDArray[np.int64]
    units: NDArray[np.int64]  # of output
    weights: NDArray[np.float32]
    velocities: NDArray[np.float32]
    biases: NDArray[np.float32]
    bias_velocities: NDArray[np.float32]

    @property
    def places(self):
        """The place of each weight in the dense matrix, row by row; ascending."""
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return rows * len(self.biases) + self.units

    def strengths(self):
        """Return the sum of the absolute weights of each unit of input."""
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return np.bincount(rows, np.abs(self.weights.astype(np.float64)), len(self.starts) - 1)

    def pruned(self, share):
        """Return the layer without a share of its positive weights and of its negative ones: those nearest to 0."""
        kept = np.ones(len(self.weights), bool)
        for sign in (1, -1):
            weights = np.flatnonzero(sign * self.weights > 0)
            weakest = np.argsort(np.abs(self.weights[weights]), kind="stable")[: int(share * len(weights))]
            kept[weights[weakest]] = False
        return self._with(self.places[kept], self.weights[kept], self.velocities[kept])

    def regrown(self, n_weights, generator):
        """Return the layer with so many weights, the new ones at random places that had none."""
        new = _free_places(self.places, self._n_places, n_weights - len(self.weights), generator)
        places = np.r_[self.places, new]
        order = np.argsort(places)
        weights = np.r_[self.weights, _random_weights(len(new), generator)]
        velocities = np.r_[self.velocities, np.zeros(len(new), np.float32)]
        return self._with(places[order], weights[order], velocities[order])

    @property
    def _n_places(self):
        return (len(self.starts) - 1) * len(self.biases)

    def _with(self, places, weights, velocities):
        starts, units = _compressed(places, len(self.starts) - 1, len(self.biases))
        return self._replace(starts=starts, units=units, weights=weights, velocities=velocities)


def random_layer(n_inputs, n_outputs, epsilon, generator):
    """Return a layer of about epsilon (n_inputs + n_outputs) weights at random places (an Erdos-Renyi graph)."""
    n_places = n_inputs * n_outputs
    n_weights = int(min(np.ceil(epsilon * (n_inputs + n_outputs)), n_places))
    starts, units = _compressed(np.empty(0, np.int64), n_inputs, n_outputs)
    empty, biases = np.empty(0, np.float32), np.zeros(n_outputs, np.float32)
    return Layer(starts, units, empty, empty, biases, biases.copy()).regrown(n_weights, generator)


def _compressed(places, n_inputs, n_outputs):
    rows, units = np.divmod(places, n_outputs)
    return np.searchsorted(rows, np.arange(n_inputs + 1)), units


def _random_weights(n_weights, generator):
    return (_SPREAD * generator.standard_normal(n_weights)).astype(np.float32)


def _free_places(taken, n_places, n_wanted, generator):
    """Return places, drawn without replacement from those that are not taken."""
    if n_wanted > (n_places - len(taken)) // 2:
        return generator.choice(np.setdiff1d(np.arange(n_places), taken), n_wanted, replace=False)
    new = np.empty(0, np.int64)
    while len(new) < n_wanted:  # at least half of the free places stay free: few draws are repeated
        drawn = generator.integers(n_places, size=2 * (n_wanted - len(new)))
        drawn = drawn[~np.isin(drawn, taken)]
        new = np.r_[new, drawn]
        new = new[np.sort(np.unique(new, return_index=True)[1])]
    return new[:n_wanted]
