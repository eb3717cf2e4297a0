"""
The information plane of a network that is learning
===================================================

A small network learns to read digits. At every dumped epoch the information of each hidden layer T about the label,
I(T;Y), and about the input, I(X;T), is estimated. The activations are those of *held-out* rows: every layer determines
the labels of memorized rows, whatever it learned.
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
# I(T;Y) comes from the default: nearest neighbors, or predictions of held-out rows where these find more. I(X;T) needs
# a model of the resolution of a layer, because a deterministic network loses nothing; here, three bins over the range
# of tanh: off, between and on.
measure = {"input_estimator": Binned(3, range=(-1, 1)), "n_permutations": 30, "random_state": 0}
plane = InformationPlane(**measure).fit(dump)
plane.results_[["epoch", "layer", "quantity", "mutual_info", "std_error", "null_mean", "ceiling", "saturated"]].tail(6)

# %%
# What can be read about the label rises towards H(Y), its maximum. (The widest layer is an injective map of the input
# at every epoch and has the same information throughout: its rise is one of the estimate.) The narrow layers first use
# more of their binned states, and then fewer when their units saturate at the ends of tanh: I(X;T) falls while I(T;Y)
# does not. In the wide layer nearly all rows differ whatever it computes, so that its I(X;T) is log n: its points are
# hollow, because they are saturated, and do not show compression.
display = InformationPlaneDisplay.from_estimator(plane).plot()

# %%
# The same against the epoch. The shades are intervals, gray is the null of permuted labels.
display = InformationPlaneDisplay.from_estimator(plane).plot(kind="epochs")

# %%
# Another number of bins is another I(X;T): the apparent compression depends on the assumed resolution. I(T;Y) uses no
# bins and does not change; here it has no null.
finer = InformationPlane(input_estimator=Binned(12, range=(-1, 1)), n_permutations=0).fit(dump)
display = InformationPlaneDisplay.from_estimator(finer).plot()

# %%
# Now with permuted labels. There is no information about those of held-out rows, and none is found: no cell is
# significantly above its null, while I(X;T) still changes.
shuffled = np.random.default_rng(0).permutation(y)
coins = dump_training_run(folder / "shuffled", X / 16, shuffled, **training)
control = InformationPlane(**measure).fit(coins)
display = InformationPlaneDisplay.from_estimator(control).plot()
int(control.significance()["significant"].sum())
