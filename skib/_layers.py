"""Dense layers as products of matrices: their outputs, derivatives by hand, and steps of Adam."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Slope of the leaky rectifier below 0.
_LEAK = 0.2
ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "leaky": lambda x: np.maximum(x, _LEAK * x),
    "identity": lambda x: x,
}
# Derivatives, as functions of what the activation returned.
_SLOPES = {
    "tanh": lambda y: 1 - y * y,
    "relu": lambda y: y > 0,
    "leaky": lambda y: np.where(y > 0, y.dtype.type(1), y.dtype.type(_LEAK)),
    "identity": None,
}
# Decay rates of the two moments of Adam, and what keeps its denominator from 0.
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8
# Steps of an epoch, if that takes batches between these sizes.
_STEPS, _SMALLEST_BATCH, _LARGEST_BATCH = 25, 20, 200


class Layers(NamedTuple):
    """Dense layers, one after another; rows may have any number of leading axes."""

    coefs: list[NDArray[Any]]
    intercepts: list[NDArray[Any]]
    activations: tuple[str, ...]

    def outputs(self, x):
        """Return x and the output of each layer."""
        outputs = [x]
        for coefs, intercepts, activation in zip(*self, strict=True):
            y = outputs[-1] @ coefs
            y += intercepts
            outputs.append(ACTIVATIONS[activation](y))
        return outputs

    def last(self, x):
        """Return the output of the last layer."""
        for coefs, intercepts, activation in zip(*self, strict=True):
            x = ACTIVATIONS[activation](x @ coefs + intercepts)
        return x

    def gradients(self, outputs, by_output):
        """Return the derivatives of a loss by coefs and by intercepts, two lists, and by the input of the layers."""
        by_coefs, by_intercepts, gradient = [], [], by_output
        for i in range(len(self.coefs) - 1, -1, -1):
            slope = _SLOPES[self.activations[i]]
            if slope is not None:
                gradient = gradient * slope(outputs[i + 1])
            flat = gradient.reshape(-1, gradient.shape[-1])
            by_coefs.append(outputs[i].reshape(-1, outputs[i].shape[-1]).T @ flat)
            by_intercepts.append(flat.sum(axis=0))
            gradient = gradient @ self.coefs[i].T
        return by_coefs[::-1], by_intercepts[::-1], gradient


def glorot(n_in, n_out, rng):
    """Draw the weights of a layer after Glorot and Bengio."""
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out))


class AdamState:
    """Steps of the Adam optimizer, in place, and its moments."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.n_steps = 0
        self._first = [np.zeros_like(p) for p in parameters]
        self._second = [np.zeros_like(p) for p in parameters]

    def step(self, gradients, rate):
        """Take a step of size `rate`, which corrects for the bias of young moments."""
        self.n_steps += 1
        rate *= np.sqrt(1 - _SECOND**self.n_steps) / (1 - _FIRST**self.n_steps)
        for parameter, gradient, first, second in zip(
            self.parameters, gradients, self._first, self._second, strict=True
        ):
            first += (1 - _FIRST) * (gradient - first)
            second += (1 - _SECOND) * (gradient * gradient - second)
            parameter -= parameter.dtype.type(rate) * first / (np.sqrt(second) + parameter.dtype.type(_TINY))

    def snapshot(self):
        """Return copies of the parameters and moments."""
        return [array.copy() for array in self._arrays()]

    def restore(self, snapshot):
        """Set the parameters and moments to those of a snapshot."""
        for array, saved in zip(self._arrays(), snapshot, strict=True):
            array[...] = saved

    def _arrays(self):
        return [*self.parameters, *self._first, *self._second]


def batch_size(n_samples):
    """Return the number of rows of a batch."""
    return min(max(n_samples // _STEPS, _SMALLEST_BATCH), _LARGEST_BATCH, n_samples)


def batches(n_samples, rng, size=None):
    """Yield the rows of each batch of an epoch; all batches have one size, and the rows left over wait.

    Without a `size` few rows are gone over several times, so that every epoch takes at least `_STEPS` steps.
    """
    n_passes = 1
    if size is None:
        size = batch_size(n_samples)
        n_passes = -(-_STEPS // (n_samples // size))
    size = min(size, n_samples)
    for _ in range(n_passes):
        order = rng.permutation(n_samples)
        for start in range(0, n_samples - size + 1, size):
            yield order[start : start + size]


def cosine(share):
    """Return the share of the learning rate that is left after this share of its decay."""
    return 0.5 + 0.5 * np.cos(np.pi * share)
