"""A multilayer perceptron before its first step and after each epoch."""

import numpy as np
from scipy.special import expit
from sklearn.neural_network import MLPClassifier

ACTIVATIONS = {"identity": np.positive, "logistic": expit, "relu": lambda a: np.maximum(a, 0), "tanh": np.tanh}


def training_epochs(X, y, classes, epochs, rng, **settings):
    """Yield the network before training and after each epoch."""
    seed = rng.randint(2**31 - 1)
    # scikit-learn initializes and takes the first step in one call. A second network from the same seed,
    # whose step is too small to change any weight, has the weights that this step starts from.
    still = {**settings, "batch_size": 1, "learning_rate_init": 1e-300}
    yield MLPClassifier(**still, random_state=seed).partial_fit(X[:1], y[:1], classes=classes)
    # partial_fit makes one pass over mini-batches. Its generator, a RandomState that advances, draws the weights and
    # the first order of the rows, and the further orders here: scikit-learn would take the rows of each batch alone.
    generator = np.random.RandomState(seed)
    network = MLPClassifier(**settings, random_state=generator).partial_fit(X, y, classes=classes)
    yield network
    network.set_params(shuffle=False)
    for _ in range(epochs - 1):
        order = generator.permutation(len(X))
        yield network.partial_fit(X[order], y[order])


def hidden_activations(network, X):
    """Yield the output of each hidden layer."""
    activate = ACTIVATIONS[network.activation]
    for weights, bias in zip(network.coefs_[:-1], network.intercepts_[:-1], strict=True):
        X = activate(X @ weights + bias)
        yield X
