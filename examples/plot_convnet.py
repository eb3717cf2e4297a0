"""
A convolutional network, trained on labels and on shuffled labels
==================================================================

Two convolutional networks of four layers learn 797 images of handwritten digits. The second one is given shuffled
labels, which it can only memorise. At eight epochs 1000 *held-out* images pass through both. What does each layer T know
about their labels, I(T;Y), and how well does it tell the images apart, I(X;T)?

The networks are PyTorch's, but this page draws a table: ``examples/torch/dump_convnet.py FOLDER`` trains them and
dumps their activations with forward hooks, in half a minute on a CPU, and ``examples/torch/measure_convnet.py FOLDER``
makes the table of the dumps. :doc:`/user_guide/frameworks` explains the hook.
"""

# %%
# The table is what this gives for each network::
#
#     dump = open_dump(folder, reduce="flatten")
#     plane = InformationPlane(
#         input_estimator=ChainRule(KolchinskyTracey(0.25, bound="lower")),
#         compressor=PCA(8, whiten=True),
#         n_permutations=30,
#         random_state=0,
#     ).fit(dump)
#
# In the 512 numbers that the first layer makes of an image every row is as far from every other, and no estimator finds
# much; hence the eight principal components. What they lose is missing, so that I(T;Y) is a lower bound.
#
# I(X;T) is infinite for a layer without noise. Here the components, which have unit variance, are given Gaussian noise
# of half their standard deviation, and the bound is one on what is left with that noise. Compare it along the epochs:
# each layer has a noise of its own.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from skib.entropy import PlugIn
from skib.information_plane import InformationPlaneDisplay

folder = next(folder for folder in (Path("torch"), Path("examples/torch")) if folder.exists())
table = pd.read_csv(folder / "convnet_plane.csv")
drawn = {"target_entropy": PlugIn().entropy_of_counts(np.bincount(load_digits().target))}

learned = table[table["run"] == "labels"]
display = InformationPlaneDisplay.from_results(learned, **drawn).plot()
_ = display.ax_.set(xlim=(3.55, 4.65), ylim=(1.25, 2.4))

# %%
# The convolutions know most of the label before any training: digits are told apart by where their ink is. The fully
# connected layer and the logits, at first mixtures at random, gain what they lack in the first epochs. All the while
# I(X;T) of the upper layers falls, for images of one digit move together: what they lose does not concern the label.
# There is no phase of fitting before that, in which I(X;T) would rise.
#
# Now both networks. To the right, nothing can be known of the labels, which are shuffled for the held-out images as
# well, and no cell is told from its null (grey). But the network memorises its training images, 87 % of them by the
# end, and to do so it drives images apart: I(X;T) rises where it fell.
figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(11, 6.4), layout="constrained")
for column, run in zip(axes.T, ("labels", "shuffled"), strict=True):
    display = InformationPlaneDisplay.from_results(table[table["run"] == run], **drawn).plot("epochs", ax=column)
figure.suptitle("trained on labels (left), on shuffled labels (right)")
axes[1, 0].set_ylim(3.4, 4.7)
axes[0, 0].get_legend().remove()

# %%
# The numbers: I(T;Y) minus the mean of its null, in nats. H(Y) is 2.30.
about_y = table[table["quantity"] == "I(T;Y)"]
corrected = about_y.assign(corrected=about_y["mutual_info"] - about_y["null_mean"])
corrected.pivot(index="epoch", columns=["run", "layer"], values="corrected").round(2)
