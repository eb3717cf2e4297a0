"""The objective of a neural bottleneck on a batch, and its derivatives by parameters and inputs."""

from typing import Any, NamedTuple

import numpy as np


class Terms(NamedTuple):
    """The objective of a batch, its parts, and its derivatives."""

    loss: float  # datafit + lagrangian(rate) / beta
    datafit: float
    rate: float
    by_vector: np.ndarray
    by_input: np.ndarray


class Noise(NamedTuple):
    """Standard normal draws: those that are decoded, (n_draws, n_rows, k), and those of the code that is penalized."""

    decoded: np.ndarray
    penalized: np.ndarray


class Objective(NamedTuple):
    """Datafit plus a function of the rate over beta."""

    penalty: Any
    datafit: Any
    lagrangian: Any
    beta: float
    ordered: bool

    def terms(self, network, x, y, noise):
        """Return the Terms of rows."""
        encoded = network.encoded(x)
        spread = np.exp(0.5 * encoded.log_variance)
        shift = spread * noise.decoded
        codes = (encoded.mu + shift).reshape(-1, shift.shape[-1])
        fit, by_codes, by_decoder = self._fit(network, codes, y, x, len(noise.decoded))
        by_codes = by_codes.reshape(shift.shape)
        code = encoded.mu + spread * noise.penalized
        rate, by_mu, by_log_variance = self.penalty.value_and_gradients(x, encoded.mu, encoded.log_variance, code)
        value, slope = self.lagrangian.value_and_slope(rate)
        weight = x.dtype.type(slope / self.beta)
        by_mu = by_codes.sum(axis=0) + weight * by_mu
        by_log_variance = 0.5 * np.sum(by_codes * shift, axis=0) + weight * by_log_variance
        by_vector, by_input = network.gradient(encoded, by_mu, by_log_variance, by_decoder)
        return Terms(fit + value / self.beta, fit, rate, by_vector, by_input)

    def _fit(self, network, codes, y, x, n_draws):
        """Return the datafit, its derivative by the codes, and those by the decoder's coefs and intercepts."""
        if n_draws > 1:
            y, x = np.concatenate([y] * n_draws), np.concatenate([x] * n_draws)
        if not self.ordered:
            outputs = network.decoder.outputs(codes)
            fit, by_output = self.datafit.value_and_gradient(y, outputs[-1], x)
            *by_decoder, by_codes = network.decoder.gradients(outputs, by_output)
            return fit, by_codes, by_decoder
        # The mean over all numbers of first units that are kept replaces a number per row, whose noise blurs the order.
        kept = np.tri(codes.shape[1], dtype=codes.dtype)[:, None]
        outputs = network.decoder.outputs(codes * kept)
        parts = [self.datafit.value_and_gradient(y, output, x) for output in outputs[-1]]
        by_output = np.stack([gradient for _, gradient in parts]) / len(parts)
        *by_decoder, by_codes = network.decoder.gradients(outputs, by_output)
        return float(np.mean([value for value, _ in parts])), np.sum(by_codes * kept, axis=0), by_decoder


def drawn(n_rows, n_components, rng, dtype):
    """Return the Noise of a batch: one draw for each row."""
    noise = rng.standard_normal((n_rows, n_components), dtype=dtype)
    return Noise(noise[None], noise)


def cubature(n_rows, n_components, rng):
    """Return Noise in place of draws: 2k points at a distance of sqrt(k), whose first three moments are exact.

    Means over them are those over Gaussian noise for a linear decoder and squared errors.
    """
    points = np.sqrt(n_components) * np.vstack([np.eye(n_components), -np.eye(n_components)])
    decoded = np.broadcast_to(points[:, None], (2 * n_components, n_rows, n_components))
    return Noise(decoded, rng.standard_normal((n_rows, n_components)))
