"""
The information plane of a network that is learning
===================================================

A small network learns to read digits. At every dumped epoch we ask of each hidden layer T how much it knows about
the label, I(T;Y), and how much about the input, I(X;T). Activations of *held-out* rows are measured: of memorised rows
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
dump = dump_training_run(folder / "digits", X / 16, y, hidden=(64, 16, 6), random_state=0)

# %%
# I(T;Y) comes from Ross's nearest-neighbour estimator. I(X;T) needs a model of what a layer can resolve, for a
# deterministic network passes on everything; here, six bins over the range of tanh.
plane = InformationPlane(input_estimator=Binned(6, range=(-1, 1)), n_permutations=50, random_state=0)
plane.fit(dump)
plane.results_[["epoch", "layer", "quantity", "mutual_info", "std_error", "null_mean", "ceiling", "saturated"]].tail(6)

# %%
# What the layers know about the label rises towards H(Y); the narrow layer forgets the input meanwhile, while the
# binned wide layer tells nearly all rows apart: its I(X;T) is log n, whatever it computes (hollow points).
InformationPlaneDisplay.from_estimator(plane).plot()

# %%
# The same against the epoch.
InformationPlaneDisplay.from_estimator(plane).plot(kind="epochs")

# %%
# Now with shuffled labels. Nothing can be known, and nothing is claimed: no cell is told from its null.
shuffled = np.random.default_rng(0).permutation(y)
coins = dump_training_run(folder / "shuffled", X / 16, shuffled, hidden=(64, 16, 6), random_state=0)
control = InformationPlane(input_estimator=Binned(6, range=(-1, 1)), n_permutations=50, random_state=0).fit(coins)
InformationPlaneDisplay.from_estimator(control).plot()
control.significance()["significant"].sum()
