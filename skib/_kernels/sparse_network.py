"""A step of training of a network of one hidden layer whose weights are sparse."""

import numpy as np

from skib._jit import njit

# Sums that are accumulated side by side, so that they are computed side by side.
_LANES = 8


@njit
def train_step(x, target, first, second, rates):
    """Take one step of gradient descent with momentum; returns the half squared error of the batch, per row.

    `x` and `target` are (n_units, n_rows): rows lie side by side. A layer is (start of the weights of each unit of its
    input, unit of its output of each weight, weights, their velocities, biases, velocities of the biases), the last
    four of which are changed. The hidden units are logistic, those of the output are linear. `rates` are those of
    learning, momentum and weight decay.
    """
    n_rows = x.shape[1]
    hidden = _outputs(x, first[0], first[1], first[2], first[4])
    for j in range(hidden.shape[0]):
        for r in range(n_rows):
            hidden[j, r] = np.float32(1) / (np.float32(1) + np.exp(-hidden[j, r]))
    error = _outputs(hidden, second[0], second[1], second[2], second[4])
    loss = 0.0
    for k in range(error.shape[0]):
        for r in range(n_rows):
            error[k, r] -= target[k, r]
            loss += error[k, r] * error[k, r]
    passed = _passed_back(error, second[0], second[1], second[2])
    for j in range(passed.shape[0]):
        for r in range(n_rows):
            passed[j, r] *= hidden[j, r] * (np.float32(1) - hidden[j, r])
    _descend(hidden, error, second, rates)
    _descend(x, passed, first, rates)
    return 0.5 * loss / n_rows


@njit
def _outputs(x, starts, units, weights, biases):
    n_rows = x.shape[1]
    outputs = np.empty((len(biases), n_rows), np.float32)
    for j in range(len(biases)):
        outputs[j] = biases[j]
    for i in range(x.shape[0]):
        for w in range(starts[i], starts[i + 1]):
            j, weight = units[w], weights[w]
            for r in range(n_rows):
                outputs[j, r] += weight * x[i, r]
    return outputs


@njit
def _passed_back(error, starts, units, weights):
    """Return the derivatives by the input of a layer from those by its output."""
    n_rows = error.shape[1]
    passed = np.zeros((len(starts) - 1, n_rows), np.float32)
    for i in range(passed.shape[0]):
        for w in range(starts[i], starts[i + 1]):
            j, weight = units[w], weights[w]
            for r in range(n_rows):
                passed[i, r] += weight * error[j, r]
    return passed


@njit
def _descend(x, error, layer, rates):
    """Move the weights and biases of a layer along their velocities."""
    starts, units, weights, velocities, biases, bias_velocities = layer
    rate, momentum, decay = rates
    n_rows = x.shape[1]
    for i in range(x.shape[0]):
        for w in range(starts[i], starts[i + 1]):
            slope = _dot(x[i], error[units[w]]) / np.float32(n_rows)
            velocities[w] = momentum * velocities[w] - rate * (slope + decay * weights[w])
            weights[w] += velocities[w]
    for j in range(len(biases)):
        slope = np.float32(0)
        for r in range(n_rows):
            slope += error[j, r]
        bias_velocities[j] = momentum * bias_velocities[j] - rate * slope / np.float32(n_rows)
        biases[j] += bias_velocities[j]


@njit
def _dot(a, b):
    sums = np.zeros(_LANES, np.float32)
    n_whole = len(a) - len(a) % _LANES
    for start in range(0, n_whole, _LANES):
        for lane in range(_LANES):
            sums[lane] += a[start + lane] * b[start + lane]
    total = np.float32(0)
    for lane in range(_LANES):
        total += sums[lane]
    for r in range(n_whole, len(a)):
        total += a[r] * b[r]
    return total
