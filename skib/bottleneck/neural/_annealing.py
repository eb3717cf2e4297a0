"""Training of noisy channels, and of a network that reads them, while beta falls: the price of rates rises."""

from typing import Any, NamedTuple

import numpy as np

from skib._layers import AdamState, Layers, batches, cosine, glorot

# Shares of the epochs at the first beta, and at the last one.
_WARM, _SETTLED = 0.2, 0.2


class Point(NamedTuple):
    """A point of the path: means over an epoch, and the loss of the rows held out."""

    beta: float
    rates: np.ndarray
    loss: float


class Model(NamedTuple):
    """Channels of the columns, the network that reads their code, and the likelihood of its output."""

    channels: Any
    head: Layers
    likelihood: Any

    @property
    def parameters(self):
        """All arrays that are trained."""
        return [*self.channels.parameters, *self.head.coefs, *self.head.intercepts]

    def terms(self, x, y, noise, price):
        """Return the loss of rows, the rates, and the derivatives of loss plus price times rates by the parameters."""
        encoded = self.channels.encoded(x)
        shift = np.exp(0.5 * encoded.log_variance) * noise
        outputs = self.head.outputs(encoded.mu + shift)
        loss, by_output = self.likelihood.value_and_gradient(y, outputs[-1])
        by_coefs, by_intercepts, by_code = self.head.gradients(outputs, by_output)
        gradients = self.channels.gradients(encoded, by_code, shift, price)
        return loss, encoded.rates, [*gradients, *by_coefs, *by_intercepts]

    def loss(self, x, y, noise):
        """Return the loss of rows."""
        return self.likelihood.value_and_gradient(y, self._output(self.channels.encoded(x), noise))[0]

    def drawn_outputs(self, x, n_draws, rng):
        """Return the outputs of rows for draws of their code, (n_draws, n_rows, n_outputs)."""
        encoded = self.channels.encoded(x)
        return self._output(encoded, rng.standard_normal((n_draws, *encoded.mu.shape), dtype=x.dtype))

    def _output(self, encoded, noise):
        return self.head.last(encoded.mu + np.exp(0.5 * encoded.log_variance) * noise)


def initial_head(n_units, hidden, n_outputs, rng, dtype=np.float32):
    """Draw the layers behind the code."""
    sizes = [n_units, *hidden, n_outputs]
    coefs = [glorot(n_in, n_out, rng).astype(dtype) for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)]
    return Layers(coefs, [np.zeros(n, dtype) for n in sizes[1:]], ("leaky",) * len(hidden) + ("identity",))


def schedule(first_beta, beta, n_epochs):
    """Return for each epoch its beta, and the share of the learning rate."""
    warm, settled = round(_WARM * n_epochs), max(round(_SETTLED * n_epochs), 1)
    falling = np.geomspace(first_beta, beta, n_epochs - warm - settled + 1)
    betas = np.r_[np.full(warm, first_beta), falling, np.full(settled - 1, beta)]
    rates = np.r_[np.ones(n_epochs - settled), cosine((np.arange(settled) + 1) / (settled + 1))]
    return betas, rates


def anneal(model, train, held_out, betas, learning_rates, rng, advance):
    """Train through the betas, one for each epoch; returns the Points of the epochs in which beta falls, and the last.

    `train` and `held_out` are pairs (x, y), and `advance` is called after each epoch.
    """
    (x, y), (x_held, y_held) = train, held_out
    adam, path, n_units = AdamState(model.parameters), [], model.channels.n_units
    noise_held = rng.standard_normal((len(x_held), n_units), dtype=x.dtype)
    for epoch, (beta, learning_rate) in enumerate(zip(betas, learning_rates, strict=True)):
        rates = []
        for rows in batches(len(x), rng):
            noise = rng.standard_normal((len(rows), n_units), dtype=x.dtype)
            _, rates_of_batch, gradients = model.terms(x[rows], y[rows], noise, x.dtype.type(1 / beta))
            adam.step(gradients, learning_rate)
            rates.append(rates_of_batch)
        if epoch == len(betas) - 1 or betas[epoch + 1] != beta:
            path.append(Point(beta, np.mean(rates, axis=0), model.loss(x_held, y_held, noise_held)))
        advance()
    return path
