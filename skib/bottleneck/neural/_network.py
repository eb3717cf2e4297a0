"""An encoder with noise and a decoder, whose parameters lie in one vector."""

from typing import NamedTuple

import numpy as np

from skib._layers import Layers, glorot

# Logarithms of variances of the noise: the first one, and the ends of their range.
_FIRST_LOG_VARIANCE, _LEAST, _LARGEST = -2.0, -20.0, 10.0


class Architecture(NamedTuple):
    """Sizes of the layers, from the columns of X to the code and from the code to the output, and the noise."""

    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    activation: str
    noise: str | float  # "learned", "shared", or the standard deviation of each unit

    @property
    def n_components(self):
        """Units of the code."""
        return self.encoder[-1]


class Encoded(NamedTuple):
    """The code of rows: means and logarithms of the variances of its noise, and the outputs of the layers."""

    mu: np.ndarray
    log_variance: np.ndarray
    outputs: list


class Network:
    """The network of a bottleneck: layers whose arrays are views of one vector of parameters."""

    def __init__(self, architecture, vector):
        self.architecture, self.vector = architecture, vector
        shapes = list(_shapes(architecture))
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
        if ends[-1] != len(vector):
            raise ValueError(f"vector has {len(vector)} parameters, but the architecture {ends[-1]}")
        views = [vector[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        n_encoder, n_decoder = len(architecture.encoder) - 1, len(architecture.decoder) - 1
        self.encoder = _layers(views[: 2 * n_encoder], architecture.activation)
        self.decoder = _layers(views[2 * n_encoder : 2 * (n_encoder + n_decoder)], architecture.activation)
        self.shared_log_variance = views[-1] if architecture.noise == "shared" else None

    def __reduce__(self):
        return Network, (self.architecture, self.vector)

    def encoded(self, x):
        """Return the Encoded of rows."""
        outputs = self.encoder.outputs(x)
        head, k, noise = outputs[-1], self.architecture.n_components, self.architecture.noise
        if noise == "learned":
            log_variance = np.clip(head[:, k:], _LEAST, _LARGEST)
        elif noise == "shared":
            log_variance = np.broadcast_to(np.clip(self.shared_log_variance, _LEAST, _LARGEST), (len(x), k))
        else:
            with np.errstate(divide="ignore"):
                log_variance = np.full((len(x), k), 2 * np.log(noise), head.dtype)
        return Encoded(head[:, :k], log_variance, outputs)

    def gradient(self, encoded, by_mu, by_log_variance, decoder_gradients):
        """Return the derivative by the vector, and by the input.

        `decoder_gradients` are the lists of those of the decoder's coefs and intercepts.
        """
        noise, k, by_head, by_shared = self.architecture.noise, self.architecture.n_components, by_mu, []
        if noise == "learned":
            inside = np.abs(encoded.outputs[-1][:, k:] - (_LEAST + _LARGEST) / 2) < (_LARGEST - _LEAST) / 2
            by_head = np.hstack([by_mu, by_log_variance * inside])
        elif noise == "shared":
            by_shared = [by_log_variance.sum(axis=0)]
        by_coefs, by_intercepts, by_input = self.encoder.gradients(encoded.outputs, by_head)
        pairs = zip([*by_coefs, *decoder_gradients[0]], [*by_intercepts, *decoder_gradients[1]], strict=True)
        parts = [array.ravel() for pair in pairs for array in pair]
        return np.concatenate([*parts, *by_shared]), by_input


def initial_network(architecture, rng, dtype):
    """Draw weights after Glorot and Bengio; noise that is learned begins with a standard deviation of exp(-1)."""
    parts = []
    for shape in _shapes(architecture):
        parts.append(glorot(*shape, rng).ravel() if len(shape) == 2 else np.zeros(shape))
    network = Network(architecture, np.concatenate(parts).astype(dtype))
    k = architecture.n_components
    if architecture.noise == "learned":
        network.encoder.coefs[-1][:, k:] *= 0.1
        network.encoder.intercepts[-1][k:] = _FIRST_LOG_VARIANCE
    elif architecture.noise == "shared":
        network.shared_log_variance[:] = _FIRST_LOG_VARIANCE
    return network


def _shapes(architecture):
    """Yield the shapes of weights and intercepts of each layer, and of what else is trained."""
    encoder = [*architecture.encoder]
    if architecture.noise == "learned":
        encoder[-1] *= 2
    for sizes in (encoder, architecture.decoder):
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
            yield n_in, n_out
            yield (n_out,)
    if architecture.noise == "shared":
        yield (architecture.n_components,)


def _layers(views, activation):
    n_layers = len(views) // 2
    return Layers(views[::2], views[1::2], (activation,) * (n_layers - 1) + ("identity",))
