"""A small network that reconstructs its input: its outputs and their derivatives."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skib._layers import Layers, glorot


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
        outputs = self._encoder.outputs(x)
        if kept is not None:
            outputs[-1] = outputs[-1] * kept[:, None]
        return outputs + self._decoder.outputs(outputs[-1])[1:]

    def encoded(self, x):
        """Return the code of rows."""
        return self._encoder.last(x)

    def decoded(self, code):
        """Return the output for a code."""
        return self._decoder.last(code)

    def gradients(self, outputs, by_output, by_code=0.0, kept=None):
        """Return the derivatives of a loss by `parameters`, from those by the last output and by the code itself."""
        encoder, first = self._encoder, self.code + 1
        of_decoder, of_decoder_intercepts, gradient = self._decoder.gradients(outputs[first:], by_output)
        gradient, code = gradient + by_code, outputs[first]
        if kept is not None:
            gradient, code = (gradient * kept[:, None]).sum(axis=0), code[-1]
        coefs, intercepts, _ = encoder.gradients([*outputs[:first], code], gradient)
        return [*coefs, *of_decoder, *intercepts, *of_decoder_intercepts]

    @property
    def _encoder(self):
        return Layers(*(part[: self.code + 1] for part in self))

    @property
    def _decoder(self):
        return Layers(*(part[self.code + 1 :] for part in self))


def initial_network(sizes, hidden, code, rng, dtype=np.float32):
    """Draw weights after Glorot and Bengio; `hidden` and `code` name the activations of those layers."""
    coefs = [glorot(n_in, n_out, rng).astype(dtype) for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)]
    depth = len(coefs) // 2 - 1
    activations = (hidden,) * depth + (code,) + (hidden,) * depth + ("identity",)
    return Network(coefs, [np.zeros(n_out, dtype) for n_out in sizes[1:]], activations)
