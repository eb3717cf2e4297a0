"""A multilayer perceptron before its first step and after each epoch, trained as scikit-learn's ``MLPClassifier`` is.

Weights, batches and steps are the same to the last bit, in a third of the time: all parameters lie in one vector, so
that a step takes few operations, and no epoch validates the rows again.
"""

import numpy as np
from scipy.special import expit

ACTIVATIONS = {"identity": np.positive, "logistic": expit, "relu": lambda a: np.maximum(a, 0), "tanh": np.tanh}
# Factors of the derivative of each, as functions of what it returned.
_SLOPES = {
    "identity": (),
    "logistic": (np.positive, lambda a: 1 - a),
    "relu": (lambda a: a != 0,),
    "tanh": (lambda a: 1 - a**2,),
}
# Half the sum of squared weights times this is added to the loss of a batch.
_PENALTY = 1e-4
# Decay rates of the two moments of Adam, and what keeps its denominator from 0.
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8


class Network:
    """Weights and biases, under the names of scikit-learn's networks; two classes are told apart by a single output."""

    def __init__(self, sizes, activation, dtype):
        self.activation = activation
        n_parameters = sum((n_in + 1) * n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))
        self.vector = np.empty(n_parameters, dtype)
        self.coefs_, self.intercepts_ = _views(self.vector, sizes)

    def draw(self, rng):
        """Draw the parameters after Glorot and Bengio."""
        for coefs, intercepts in zip(self.coefs_, self.intercepts_, strict=True):
            bound = np.sqrt((2 if self.activation == "logistic" else 6) / sum(coefs.shape))
            coefs[:], intercepts[:] = (rng.uniform(-bound, bound, part.shape) for part in (coefs, intercepts))

    def outputs(self, X):
        """Return X, the outputs of the hidden layers, and the probabilities of the classes, or of the second of two."""
        outputs = [X, *hidden_activations(self, X)]
        scores = outputs[-1] @ self.coefs_[-1] + self.intercepts_[-1]
        if scores.shape[1] == 1:
            return [*outputs, expit(scores)]
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return [*outputs, odds / odds.sum(axis=1, keepdims=True)]

    def accuracy(self, X, targets):
        """Return the share of rows of the class that is the most probable."""
        probabilities = self.outputs(X)[-1]
        if probabilities.shape[1] == 1:
            return float(np.mean((probabilities > 0.5) == targets))
        return float(np.mean(targets[np.arange(len(X)), probabilities.argmax(axis=1)]))


def _views(vector, sizes):
    """Return the weights and the biases of all layers: views of a vector, which holds the biases after all weights."""
    shapes = list(zip(sizes[:-1], sizes[1:], strict=True))
    ends = np.cumsum([n_in * n_out for n_in, n_out in shapes] + [n_out for _, n_out in shapes])
    *parts, _ = np.split(vector, ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=False)], parts[len(shapes) :]


def indicators(y, classes):
    """Return a column for each class, true in its rows; of two classes, for the second alone."""
    return y[:, None] == (classes if len(classes) > 2 else classes[1:])


def training_epochs(X, targets, hidden, activation, *, epochs, learning_rate, batch_size, rng):
    """Yield the network before training and after each epoch, one pass over shuffled batches by Adam."""
    sizes = [X.shape[1], *hidden, targets.shape[1]]
    network, rng = Network(sizes, activation, X.dtype), np.random.RandomState(rng.randint(2**31 - 1))
    network.draw(rng)
    yield network
    gradient = _Gradient(network, sizes)
    first, second, n_steps = np.zeros_like(network.vector), np.zeros_like(network.vector), 0
    for epoch in range(1, epochs + 1):
        order = rng.permutation(len(X))
        rows, wanted = X[order], targets[order]
        for start in range(0, len(X), batch_size):
            by_vector = gradient(rows[start : start + batch_size], wanted[start : start + batch_size])
            n_steps += 1
            first *= _FIRST
            first += (1 - _FIRST) * by_vector
            second *= _SECOND
            second += (1 - _SECOND) * by_vector**2
            rate = learning_rate * np.sqrt(1 - _SECOND**n_steps) / (1 - _FIRST**n_steps)
            network.vector -= rate * first / (np.sqrt(second) + _TINY)
        if not np.isfinite(network.vector).all():
            raise ValueError(
                f"weights are not finite after epoch {epoch}: scale X to about unit size, or train slower."
            )
        yield network


class _Gradient:
    """The derivative of the loss of a batch, its mean log loss and the penalty, by the vector of a network."""

    def __init__(self, network, sizes):
        self.network, self.vector = network, np.empty_like(network.vector)
        self.by_coefs, self.by_intercepts = _views(self.vector, sizes)
        self.n_coefs = sum(coefs.size for coefs in self.by_coefs)

    def __call__(self, X, targets):
        outputs, network = self.network.outputs(X), self.network
        delta = outputs.pop() - targets
        for layer in range(len(self.by_coefs) - 1, -1, -1):
            np.matmul(outputs[layer].T, delta, out=self.by_coefs[layer])
            delta.sum(axis=0, out=self.by_intercepts[layer])
            if layer:
                delta = delta @ network.coefs_[layer].T
                for slope in _SLOPES[network.activation]:
                    delta *= slope(outputs[layer])
        self.vector[: self.n_coefs] += _PENALTY * network.vector[: self.n_coefs]
        self.vector /= len(X)
        return self.vector


def hidden_activations(network, X):
    """Yield the output of each hidden layer."""
    activate = ACTIVATIONS[network.activation]
    for weights, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        X = activate(X @ weights + bias)
        yield X
