"""
The graph of a small network
============================

Which directions of a layer does the next one use, and for what? :class:`~skib.bottleneck.InteractionBasis` drops the
directions of each layer on which nothing depends later, and rotates the others so that each of them interacts with as
few as possible. A network that solves two unrelated tasks falls apart, which principal components do not show.
"""

# %%
# Six sources are mixed, so that no input belongs to a task. Four of the outputs are mixtures of two functions of the
# first three sources, and four are mixtures of two functions of the others.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from skib.bottleneck import InteractionBasis, InteractionBasisDisplay

warnings.simplefilter("ignore", ConvergenceWarning)
rng = np.random.default_rng(0)
a, b, c, d, e, f = sources = rng.normal(size=(6, 4000))
inputs = sources.T @ rng.normal(size=(6, 6))
first = np.column_stack([np.tanh(a) + b * c / 2, b - np.abs(c)]) @ rng.normal(size=(2, 4))
second = np.column_stack([np.sin(d) + e * f / 2, e + np.abs(f)]) @ rng.normal(size=(2, 4))
outputs = np.hstack([first, second])
training = {"learning_rate_init": 0.003, "max_iter": 60, "early_stopping": True, "random_state": 0}
network = MLPRegressor(hidden_layer_sizes=(32, 32), **training).fit(inputs, outputs)
print(f"R2 = {network.score(inputs, outputs):.3f}")

# %%
# Its activations are all that is needed. Those of a training run, written to files, would be a
# :class:`~skib.dumps.Dump`.


def activations(network, rows):
    """Return the inputs, the hidden layers and the outputs of a network of rectified units."""
    layers = {"inputs": rows}
    for i, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True), start=1):
        rows = rows @ weights + bias
        if i < len(network.coefs_):
            rows = np.maximum(rows, 0)
            layers[f"hidden {i}"] = rows
    return layers | {"outputs": rows}


layers = activations(network, inputs)
basis = InteractionBasis(beta=10).fit(layers)
print(basis.n_components_)
print({name: betas.round(1).tolist() for name, betas in basis.critical_betas_.items()})
print(basis.sparsity_.round(2).to_string(index=False))

# %%
# Four directions of each layer are enough, as many as there are functions: the next ones would be kept at a beta of 11
# and more, for less than 0.05 nats each. The effective number of edges is exp of the entropy of their shares, which is
# four if each of four directions has an edge of its own. As many principal components have more edges with less
# information.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
for ax, name in zip(axes, ("interaction", "pca"), strict=True):
    display = InteractionBasisDisplay.from_estimator(basis, basis=name).plot(ax)
    ax.set_title({"interaction": "interaction basis", "pca": "principal components"}[name] + f"\n{ax.get_title()}")
plt.show()

# %%
# The last layer keeps its units, of which 0 to 3 belong to the first task. Colors are those of connected parts; the
# weakest edges, which have 5 % of the information between two layers, are not drawn. The second task falls apart, too,
# since each of its outputs is mostly one of the two functions.
#
# A Gaussian bottleneck is about what is linear. The inputs have six directions on which the outputs depend, but c and f
# occur in products and absolute values only, in which no linear relation is left. Jacobians show these. They are the
# derivatives of the units of each layer by those of the layer before, in each row.


def jacobians(network, layers):
    """Return the derivatives of each layer by the one before, in each row."""
    rows = list(layers.values())
    slopes = [*((layer > 0).astype(float) for layer in rows[1:-1]), np.ones_like(rows[-1])]
    return [slope[:, :, None] * weights.T for slope, weights in zip(slopes, network.coefs_, strict=True)]


local = InteractionBasis().fit(layers, jacobians=jacobians(network, layers))
print(local.n_components_)
print(local.sparsity_.round(2).to_string(index=False))
print(local.eigenvalues_["hidden 1"][:12].round(3))

# %%
# This is the local interaction basis, which keeps all directions that change the next layer anywhere, however little.
# Its eigenvalues are the mean squared changes of the next layer, in units of its spread.
