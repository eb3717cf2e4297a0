"""Dump the layers of a Flax module, and measure them. Tried with flax 0.12.8 and jax 0.10.2.

Run ``python examples/recipes/flax_capture.py FOLDER``: half a minute on a CPU, no downloads.
"""

import sys

import flax
import jax
import numpy as np
from flax import linen as nn
from save_epoch import draw_plane, save_epoch
from sklearn.datasets import load_digits

from skib.dumps import open_dump


def activations(model, variables, x, layers):
    _, state = model.apply(variables, x, capture_intermediates=True, mutable=["intermediates"])
    found = flax.traverse_util.flatten_dict(state["intermediates"], sep=".")
    return {name: np.asarray(found[f"{name}.__call__"][0], np.float32) for name in layers}


class Hidden(nn.Module):
    """The activation belongs to the submodule, so that it is part of its output."""

    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(x))


class Network(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(10, name="logits")(Hidden(16, name="fc2")(Hidden(32, name="fc1")(x)))


@jax.jit
def step(variables, x, y):
    def loss(variables):
        return -jax.numpy.mean(jax.nn.log_softmax(Network().apply(variables, x))[np.arange(len(x)), y])

    return jax.tree.map(lambda weight, slope: weight - 0.1 * slope, variables, jax.grad(loss)(variables))


if __name__ == "__main__":
    folder, rng = sys.argv[1], np.random.default_rng(0)
    images, labels = load_digits(return_X_y=True)
    images, held_out = (images / 16).astype(np.float32), np.arange(797, 1797)
    variables = Network().init(jax.random.key(0), images[:1])
    for epoch in range(65):
        if epoch in (0, 1, 2, 4, 8, 16, 32, 64):
            layers = activations(Network(), variables, images[held_out], ["fc1", "fc2", "logits"])
            save_epoch(folder, epoch, layers, labels[held_out], held_out)
        for rows in rng.permutation(797)[:768].reshape(-1, 32):
            variables = step(variables, images[rows], labels[rows])
    draw_plane(open_dump(folder), f"{folder}/plane.png")
