"""Training of a network whose first k units of code are the best k, for every k."""

import numpy as np

from skib._layers import AdamState, batches, cosine


def train_ordered(network, x, *, n_epochs, rate, rng):
    """Minimize the mean squared error averaged over the numbers of first units that are kept, in place.

    The average over all numbers replaces a random number per row, whose noise would blur the order. The rate falls to 0
    along a cosine, and the noise of the batches with it.
    """
    adam = AdamState(network.parameters)
    for epoch in range(n_epochs):
        for rows in batches(len(x), rng):
            adam.step(nested_gradients(network, x[rows]), rate * cosine(epoch / n_epochs))


def nested_gradients(network, x):
    """Return the derivatives of `nested_loss`."""
    outputs, kept = _truncated(network, x)
    return network.gradients(outputs, (2 / outputs[-1].size) * (outputs[-1] - x), kept=kept)


def nested_loss(network, x):
    """Return the mean squared error of the first 1, 2, ... units of the code, averaged over these numbers."""
    outputs, _ = _truncated(network, x)
    return np.mean((outputs[-1] - x) ** 2)


def _truncated(network, x):
    kept = np.tri(network.coefs_[network.code].shape[1], dtype=x.dtype)
    return network.outputs(x, kept), kept
