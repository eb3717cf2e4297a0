"""
The 12-bit task: what compresses, the network or the bins?
==========================================================

The first information planes were those of a small tanh network on a task of 12 bits, of which all 4096 inputs are known
[1]_. Its last layers first learned the label and then forgot the input, which was taken for a law of deep learning.
With ReLU units this was not observed [2]_; with bins that follow the activations, it was observed in part [3]_. This
page has both networks under both kinds of bins, five seeds of each.
"""

# %%
# Every input is a row of the dump, so that there is no sampling error: I(X;T) of a layer that separates all inputs is
# 12 bits, and I(T;Y) is at most H(Y), which is 0.999 bits. The hidden layers have 10, 7, 5, 4 and 3 units. (The units
# of a narrow ReLU layer may all be off for good, whatever the input; a seed with which nothing is learned is left out.)
import json
import tempfile
from itertools import count
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skib import in_bits
from skib.datasets import dump_training_run, make_szt_task
from skib.dumps import open_dump
from skib.entropy import KolchinskyTracey, PlugIn
from skib.information_plane import InformationPlane, InformationPlaneDisplay, aggregate_runs, training_phases
from skib.mutual_info import Binned, ChainRule

task = make_szt_task()
folder = Path(tempfile.mkdtemp())
training = {"hidden": (10, 7, 5, 4, 3), "batch_size": 512, "epochs": 251, "held_out": 0}


def train(activation, learning_rate):
    """Dumps of five runs of a network that learned, which differ in the seed."""
    X, settings, dumps = 2.0 * task.X - 1, {**training, "activation": activation, "learning_rate": learning_rate}, []
    for seed in count():
        dump = dump_training_run(folder / f"{activation}_{seed}", X, task.y, random_state=seed, **settings)
        dumps += [dump] * (json.loads((dump / "meta.json").read_text())["accuracy"][-1] > 0.9)
        if len(dumps) == 5:
            return dumps


runs = {"tanh": train("tanh", 8e-3), "relu": train("relu", 4e-3)}

# %%
# The fixed bins are those of the literature: 30 between -1 and 1 for tanh [1]_, of width 0.07 for ReLU, which has no
# upper end [2]_. The adaptive ones are computed for every layer and epoch, so that each of 30 bins holds equally many
# of the values that any unit takes, and zeros have a bin of their own [3]_.
bins = {
    ("tanh", "fixed"): Binned(30, range=(-1, 1)),
    ("relu", "fixed"): Binned(bin_width=0.07),
    ("tanh", "adaptive"): Binned(30, strategy="adaptive"),
    ("relu", "adaptive"): Binned(30, strategy="adaptive"),
}


def measure(dump, estimator):
    """Estimate both quantities of every layer and epoch; without a null, because all inputs are there."""
    return InformationPlane(estimator, estimator, n_permutations=0, n_jobs=2).fit(dump)


means = {
    (activation, kind): aggregate_runs([measure(dump, estimator) for dump in runs[activation]])
    for (activation, kind), estimator in bins.items()
}

# %%
# The well-known plot: tanh and fixed bins. The random layers at the start scatter the inputs over many bins. In the
# first epochs this decreases. Then I(T;Y) and I(X;T) rise together, which is called fitting; and with the label known,
# I(X;T) of the narrow layers falls again: compression.
display = InformationPlaneDisplay.from_results(means["tanh", "fixed"], target_entropy=task.mutual_info)
display = display.plot(units="bits")

# %%
# The same activations with adaptive bins: the same path, but a shorter one.
display = InformationPlaneDisplay.from_results(means["tanh", "adaptive"], target_entropy=task.mutual_info)
display = display.plot(units="bits")

# %%
# I(X;T) of all four against the epoch. With ReLU and bins of a fixed width the last layers do not compress: their
# activations grow, and fall into more and more bins. Adaptive bins grow with them, and remove the rise.
figure, axes = plt.subplots(2, 2, figsize=(8.4, 6.4), sharex=True, sharey=True, layout="constrained")
for axis, (key, mean) in zip(axes.flat, means.items(), strict=True):
    for layer, curve in mean[mean["quantity"] == "I(X;T)"].groupby("layer"):
        value, std = in_bits(curve["mutual_info"]), in_bits(curve["std"])
        axis.fill_between(1 + curve["epoch"], value - std, value + std, alpha=0.15, linewidth=0)
        axis.plot(1 + curve["epoch"], value, label=layer)
    axis.set(xscale="log", title=", ".join(key) + " bins")
axes[0, 0].legend(frameon=False)
figure.supxlabel("1 + epoch")
label = figure.supylabel("I(X;T) [bits], mean and standard deviation of five seeds")

# %%
# Two numbers for each curve, from epoch 8 on: the rise and the fall, in bits, of the best-fitting curve that rises and
# then falls. The p-values test whether it would fall with other seeds as well; five seeds have little power.
phases = pd.concat(
    {key: training_phases(mean[mean["epoch"] >= 8], random_state=0).set_index("layer") for key, mean in means.items()}
).loc[pd.IndexSlice[:, :, ["layer_4", "layer_5"]]]
phases["fitted [bits]"] = in_bits(phases["fitted_gain"]).round(2)
phases["compressed [bits]"] = in_bits(phases["compression"]).round(2)
phases[["change_epoch", "fitted [bits]", "compressed [bits]", "adjusted_pvalue"]]

# %%
# The effect of the bins: the network is a deterministic function. Unless two inputs have *equal* activations, a layer
# has all 12 bits, also under any bins that separate them. Here is the last layer of a trained tanh network, H(T) =
# I(X;T) in bits for finer and finer bins.
dump = open_dump(runs["tanh"][0])
last = np.asarray(dump[dump.epochs[-1], "layer_5"], dtype=float)


def binned_entropy(layer, width):
    return PlugIn().entropy_of_counts(np.unique(np.floor(layer / width), axis=0, return_counts=True)[1])


{width: round(in_bits(binned_entropy(last, width)), 2) for width in (1 / 15, 1e-3, 1e-5, 1e-7)}

# %%
# So the difference from 12 bits shows where the activations lie on the grid. Saturated units are near the ends of tanh,
# where fixed bins cannot resolve them; adaptive bins follow them there. Both show how the inputs cluster within a layer
# at some resolution, which is geometry, and neither shows what the next layer could not recover. Declared noise shows
# the same. Between the shaded bounds is the information under Gaussian noise of variance 0.001 or, adaptive, 0.001
# times the largest activation. That is 1 for tanh once it saturates, and larger for ReLU. (Every fourth input is used,
# because time grows with the square of their number: at most 10 bits.)
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.4), sharey=True, layout="constrained")
inputs = [f"input {i}" for i in range(1024)]  # labels, not numbers
for axis, activation in zip(axes, runs, strict=True):
    dump = open_dump(runs[activation][0])
    layers = [np.asarray(dump[epoch, "layer_5"])[::4] for epoch in dump.epochs]
    for adaptive in (False, True):
        noise = KolchinskyTracey(1e-3, adaptive=adaptive)
        bounds = [ChainRule(noise).fit(layer, inputs).bounds_ for layer in layers]
        low, high = in_bits(np.array(bounds)).T
        axis.fill_between(1 + np.array(dump.epochs), low, high, alpha=0.4, label="adaptive" if adaptive else "fixed")
    axis.set(xscale="log", xlabel="1 + epoch", title=activation)
axes[0].set_ylabel("I(X;T) of layer_5 [bits]")
legend = axes[0].legend(title="noise", frameon=False)

# %%
# .. rubric:: References
#
# .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information", arXiv:1703.00810,
#    2017.
# .. [2] A. M. Saxe et al., "On the information bottleneck theory of deep learning", ICLR 2018.
# .. [3] I. Chelombiev, C. Houghton, C. O'Donnell, "Adaptive estimators show information compression in deep neural
#    networks", ICLR 2019.
