"""A small network that reconstructs its input: its outputs, their derivatives, and steps of Adam."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Slope of the leaky rectifier below 0.
_LEAK = 0.2
ACTIVATIONS = {
    "tanh": np.tanh,
    "leaky": lambda x: np.maximum(x, _LEAK * x),
    "identity": lambda x: x,
}
# Derivatives, as functions of what the activation returned.
_SLOPES = {
    "tanh": lambda y: 1 - y * y,
    "leaky": lambda y: np.where(y > 0, y.dtype.type(1), y.dtype.type(_LEAK)),
    "identity": np.ones_like,
}
# Decay rates of the two moments of Adam, and what keeps its denominator from 0.
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8
# Steps of an epoch, if that takes batches between these sizes.
_STEPS, _SMALLEST_BATCH, _LARGEST_BATCH = 25, 20, 200


class Network(NamedTuple):
    """Layers of an encoder and a decoder: weights and biases, under the names of scikit-learn's networks."""

    coefs_: list[NDArray[Any]]
    intercepts_: list[NDArray[Any]]
    activations: tuple[str, ...]

    @property
    def code(self):
        """Number of the layer whose output is the code."""
        return len(self.coefs_) // 2 - 1

    @property
    def parameters(self):
        """All arrays that are trained."""
        return [*self.coefs_, *self.intercepts_]

    def outputs(self, x, kept=None):
        """Return x and the output of each layer; the decoder's for each row of `kept`, masks of the units of the code.

        With n_masks masks the outputs from the code on have the shape (n_masks, n_rows, n_units).
        """
        outputs = [x]
        for i in range(len(self.coefs_)):
            y = ACTIVATIONS[self.activations[i]](outputs[-1] @ self.coefs_[i] + self.intercepts_[i])
            outputs.append(y * kept[:, None] if i == self.code and kept is not None else y)
        return outputs

    def encoded(self, x):
        """Return the code of rows."""
        return self._passed(x, range(self.code + 1))

    def decoded(self, code):
        """Return the output for a code."""
        return self._passed(code, range(self.code + 1, len(self.coefs_)))

    def _passed(self, x, layers):
        for i in layers:
            x = ACTIVATIONS[self.activations[i]](x @ self.coefs_[i] + self.intercepts_[i])
        return x

    def gradients(self, outputs, by_output, by_code=0.0, kept=None):
        """Return the derivatives of a loss by `parameters`, from those by the last output and by the code itself."""
        last = len(self.coefs_) - 1
        by_coefs, by_intercepts = [None] * (last + 1), [None] * (last + 1)
        gradient = by_output
        for i in range(last, -1, -1):
            if i == self.code:
                gradient = gradient + by_code
            gradient = gradient * _SLOPES[self.activations[i]](outputs[i + 1])
            if i == self.code and kept is not None:
                gradient = (gradient * kept[:, None]).sum(axis=0)
            flat = gradient.reshape(-1, gradient.shape[-1])
            by_coefs[i], by_intercepts[i] = outputs[i].reshape(-1, outputs[i].shape[-1]).T @ flat, flat.sum(axis=0)
            gradient = gradient @ self.coefs_[i].T
        return by_coefs + by_intercepts


def initial_network(sizes, hidden, code, rng, dtype=np.float32):
    """Draw weights after Glorot and Bengio; `hidden` and `code` name the activations of those layers."""
    coefs = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        bound = np.sqrt(6 / (n_in + n_out))
        coefs.append(rng.uniform(-bound, bound, (n_in, n_out)).astype(dtype))
    depth = len(coefs) // 2 - 1
    activations = (hidden,) * depth + (code,) + (hidden,) * depth + ("identity",)
    return Network(coefs, [np.zeros(n_out, dtype) for n_out in sizes[1:]], activations)


class Adam:
    """Steps of the Adam optimizer, in place."""

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


def batches(n_samples, rng):
    """Yield the rows of each batch of an epoch; all batches have one size, and the rows left over wait.

    Few rows are gone over several times, so that every epoch takes at least `_STEPS` steps.
    """
    size = batch_size(n_samples)
    for _ in range(-(-_STEPS // (n_samples // size))):
        order = rng.permutation(n_samples)
        for start in range(0, n_samples - size + 1, size):
            yield order[start : start + size]


def cosine(share):
    """Return the share of the learning rate that is left after this share of its decay."""
    return 0.5 + 0.5 * np.cos(np.pi * share)
