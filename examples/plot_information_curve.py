"""
The curve that no layer can pass
================================

The least rate for every relevance is the information curve of a task. It can be computed if the joint distribution is
known, as for the task of 12 bits [1]_. This page has its curves, with the layers of a small network below them.
"""

# %%
# The rows of the table are the 4096 inputs x, which weigh alike, and its columns are p(y|x). Here y is the label of a
# noisy input: with probability 1/2 one of the 12 points, drawn at random, is changed before the label is read.
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from skib import in_bits
from skib.bottleneck import InformationCurve, InformationCurveDisplay, ib_consistency
from skib.datasets import dump_training_run, make_szt_task
from skib.dumps import open_dump
from skib.information_plane import InformationPlane, InformationPlaneDisplay
from skib.mutual_info import Binned

task = make_szt_task()
changed = np.arange(4096)[:, None] ^ (1 << np.arange(12))  # the inputs that differ in one point
noisy = task.y / 2 + task.y[changed].mean(axis=1) / 2
p_y = np.stack([1 - noisy, noisy], axis=1)
curve = InformationCurve().fit(p_y)

# %%
# Y has two values, so that every point has a proved distance to the best Lagrangian. The largest, as bits of relevance:
float(in_bits((curve.gaps_[1:] / curve.betas_[1:]).max()))

# %%
# A tanh network is trained on the labels of the inputs themselves. Its layers are cut into 30 bins per unit. A layer is
# an encoder, which is 1 for the cell of bins that holds the activations of x; with p(y|x) known, its rate and relevance
# follow without sampling error, and so does how well it satisfies the equations of the bottleneck [1]_, at which beta.
settings = {"hidden": (10, 7, 5, 4, 3), "batch_size": 512, "epochs": 251, "learning_rate": 8e-3, "held_out": 0}
folder = Path(tempfile.mkdtemp()) / "run"
dump = open_dump(dump_training_run(folder, 2.0 * task.X - 1, task.y, activation="tanh", random_state=0, **settings))


def consistency(activations):
    """Compare the cells of a layer with the bottlenecks of the task."""
    cells = np.unique(np.floor(15 * np.asarray(activations, dtype=float)), axis=0, return_inverse=True)[1].ravel()
    return ib_consistency(np.eye(cells.max() + 1)[cells], p_y)


layers = dump.layers[3:]  # those before have a cell for nearly every input
epochs = dump.epochs[:: max(len(dump.epochs) // 8, 1)]
found = {(layer, epoch): consistency(dump[epoch, layer]) for layer in layers for epoch in epochs}

# %%
# The curve, with the last two layers in the course of training. They lose rate, learn, and
# lose rate again, towards the curve, which none can cross.
display = InformationCurveDisplay.from_estimator(curve).plot(units="bits")
for layer in layers:
    path = in_bits(np.array([(found[layer, epoch].rate, found[layer, epoch].relevance) for epoch in epochs]))
    display.ax_.plot(*path.T, marker=".", linewidth=0.8, label=layer)
legend = display.ax_.legend(frameon=False)

# %%
# What the equations explain of the encoders at the end of training. A deterministic encoder satisfies them at no finite
# beta exactly. `explained` is 1 for a solution, and 0 for an encoder that they describe no better than its own mean.
last = {layer: found[layer, epochs[-1]] for layer in layers}
pd.DataFrame(
    {
        layer: {"beta": one.beta, "rate [bits]": in_bits(one.rate), "explained": one.explained}
        for layer, one in last.items()
    }
).round(2)

# %%
# The curve of the clean label is known without a computation: y is a function of x, so that every nat of rate can be a
# nat of relevance, up to H(Y). All of that line has beta = 1, and the solutions jump over it; the squared Lagrangian
# reaches its points. The plane is the usual one, with estimates in place of exact values.
clean = InformationCurve([0.2, 0.6, 1.0], lagrangian="squared").fit(np.eye(2)[task.y])
bins = Binned(30, range=(-1, 1))
plane = InformationPlane(bins, bins, n_permutations=0).fit(dump)
display = InformationPlaneDisplay.from_estimator(plane, curve=clean.envelope_).plot(units="bits")

# %%
# Its rates and relevances, in bits, and the jump: beta, and the rates before and after.
in_bits(clean.rates_).round(3).tolist(), in_bits(clean.relevances_).round(3).tolist(), clean.jumps_.round(2).tolist()

# %%
# .. rubric:: References
#
# .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information", arXiv:1703.00810,
#    2017.
