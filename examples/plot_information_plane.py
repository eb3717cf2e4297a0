"""
The information plane of a network that is learning
===================================================

A small network learns to read digits. At every dumped epoch we ask of each hidden layer T how much it knows about
the label, I(T;Y), and how much about the input, I(X;T). Activations of *held-out* rows are measured: of memorized rows
every layer knows the label, whatever it learned.
"""

# %%
# Train, and dump the activations of the held-out half per epoch and layer.
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from skib.datasets import dump_training_run
from skib.information_plane import InformationPlane, InformationPlaneDisplay
from skib.mutual_info import Binned

X, y = load_digits(return_X_y=True)
folder = Path(tempfile.mkdtemp())
training = {"hidden": (64, 16, 6), "learning_rate": 3e-4, "random_state": 0}
dump = dump_training_run(folder / "digits", X / 16, y, **training)

# %%
# I(T;Y) comes from Ross's nearest-neighbor estimator. I(X;T) needs a model of what a layer can resolve, for a
# deterministic network passes on everything; here, three bins over the range of tanh: off, between and on.
measure = {"input_estimator": Binned(3, range=(-1, 1)), "n_permutations": 30, "random_state": 0}
plane = InformationPlane(**measure).fit(dump)
plane.results_[["epoch", "layer", "quantity", "mutual_info", "std_error", "null_mean", "ceiling", "saturated"]].tail(6)

# %%
# What the layers know about the label rises towards H(Y), the most there is to know. The narrow layers first come to
# use more of their binned states, and fewer when their units are driven to the ends of tanh: I(X;T) falls while I(T;Y)
# does not. The wide layer tells nearly all rows apart whatever it computes, so that its I(X;T) is log n: its points are
# hollow, for saturated, and say nothing about compression.
display = InformationPlaneDisplay.from_estimator(plane).plot()

# %%
# The same against the epoch. The shades are intervals, gray is the null of shuffled labels.
display = InformationPlaneDisplay.from_estimator(plane).plot(kind="epochs")

# %%
# Another number of bins is another I(X;T): how far the layers seem to forget depends on what they are taken to resolve.
# I(T;Y) takes no bins and stays as it is, here without a null.
finer = InformationPlane(input_estimator=Binned(12, range=(-1, 1)), n_permutations=0).fit(dump)
display = InformationPlaneDisplay.from_estimator(finer).plot()

# %%
# Now with shuffled labels. Nothing can be known about those of held-out rows, and nothing is claimed: no cell is told
# from its null, while I(X;T) moves all the same.
shuffled = np.random.default_rng(0).permutation(y)
coins = dump_training_run(folder / "shuffled", X / 16, shuffled, **training)
control = InformationPlane(**measure).fit(coins)
display = InformationPlaneDisplay.from_estimator(control).plot()
int(control.significance()["significant"].sum())
