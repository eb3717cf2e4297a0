"""Small networks that memorize, learn, or learn in spite of wrong labels: their layers, the head included."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

HIDDEN = (64, 32, 16)
N_ROWS = 400
N_EPOCHS = 150
NOISE = 0.4
CLASSES = np.arange(10)


@cache
def network_layers(labels, *, hidden=HIDDEN, n_rows=N_ROWS, seed=0):
    """Dump a ReLU network of digits, trained on half of the rows: {"trained on": dump, "held out": dump}.

    `labels` are "random", "true", or "noisy": true but for a share NOISE that is drawn anew from all ten. Epochs are 0,
    before training, and N_EPOCHS; layers are fc1, fc2, ... and head, the ten logits.
    """
    rng = np.random.default_rng(seed)
    X, y = load_digits(return_X_y=True)
    rows = rng.permutation(len(y))[: 2 * n_rows]
    X, y = X[rows] / 16, _labels(labels, y[rows], rng)
    networks = {epoch: _network(X[:n_rows], y[:n_rows], epoch, hidden, seed) for epoch in (0, N_EPOCHS)}
    halves = {"trained on": slice(n_rows), "held out": slice(n_rows, None)}
    return {
        name: {epoch: dict(_layers(network, X[half])) for epoch, network in networks.items()}
        | {"y": y[half], "ids": np.arange(n_rows)}
        for name, half in halves.items()
    }


def accuracy(dump, epoch=N_EPOCHS):
    """Share of the rows whose largest logit is that of their class."""
    return np.mean(dump[epoch]["head"].argmax(axis=1) == dump["y"])


def fano(y, accuracy):
    """Fano's lower bound on the information about y in what predicts it with this accuracy, in nats."""
    error = 1 - accuracy
    entropy = -np.sum([p * np.log(p) for p in np.bincount(y) / len(y) if p])
    unsure = -sum(p * np.log(p) for p in (error, accuracy) if p)
    return entropy - unsure - error * np.log(len(np.unique(y)) - 1)


def noise_bound(share=NOISE):
    """I(Y;Y') of the true and the noisy label, log 10 - H(noise), in nats: no layer knows more of Y' on new rows."""
    right = 1 - share + share / 10
    return np.log(10) + right * np.log(right) + (1 - right) * np.log(share / 10)


def _labels(kind, y, rng):
    drawn = rng.integers(10, size=len(y))
    return {"true": y, "random": drawn, "noisy": np.where(rng.random(len(y)) < NOISE, drawn, y)}[kind]


def _network(X, y, n_epochs, hidden, seed):
    """Train a network; scikit-learn draws the weights with the first step, which for n_epochs=0 changes nothing."""
    options = {"alpha": 0, "batch_size": 40, "learning_rate_init": 5e-3 if n_epochs else 1e-300}
    network = MLPClassifier(hidden, **options, random_state=np.random.RandomState(seed))
    for _ in range(max(n_epochs, 1)):
        network.partial_fit(X, y, classes=CLASSES)
    return network


def _layers(network, x):
    """Yield the names and the activations of the layers."""
    for i, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True), start=1):
        x = x @ weights + bias
        if i == len(network.coefs_):
            yield "head", x
        else:
            x = np.maximum(x, 0)
            yield f"fc{i}", x
