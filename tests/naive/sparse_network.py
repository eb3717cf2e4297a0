"""A step of a network of one hidden layer in dense matrices, from the definition."""

import numpy as np


def train_step(x, target, first, second, rates):
    """Return the loss, and both layers after the step: (mask, weights, velocities, biases, velocities of biases)."""
    rate, momentum, decay = rates
    hidden = 1 / (1 + np.exp(-(x @ first[1] + first[3])))
    error = hidden @ second[1] + second[3] - target
    passed = error @ second[1].T * hidden * (1 - hidden)
    layers = []
    for (mask, weights, velocities, biases, bias_velocities), inputs, slopes in (
        (first, x, passed),
        (second, hidden, error),
    ):
        velocities = mask * (momentum * velocities - rate * (inputs.T @ slopes / len(x) + decay * weights))
        bias_velocities = momentum * bias_velocities - rate * slopes.mean(axis=0)
        layers.append((mask, weights + velocities, velocities, biases + bias_velocities, bias_velocities))
    return 0.5 * np.sum(error**2) / len(x), *layers
