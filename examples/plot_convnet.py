"""
A convolutional network, trained on labels and on permuted labels
==================================================================

Two convolutional networks of four layers learn 797 images of handwritten digits. The second one is trained on permuted
labels, which it can only memorize. At eight epochs the activations of 1000 *held-out* images are dumped for both.
This page shows the information of each layer T about their labels, I(T;Y), and about the images, I(X;T).

The networks need PyTorch, but this page only plots a table: ``examples/torch/dump_convnet.py FOLDER`` trains them and
dumps their activations with forward hooks, in half a minute on a CPU, and ``examples/torch/measure_convnet.py FOLDER``
makes the table of the dumps. :doc:`/networks/frameworks` explains the hook.
"""

# %%
# The table is the result of this code for each network::
#
#     dump = open_dump(folder, reduce="flatten")
#     plane = InformationPlane(
#         Ross(marginals=None),
#         input_estimator=ChainRule(KolchinskyTracey(0.25, bound="lower")),
#         compressor=PCA(8, whiten=True),
#         n_permutations=30,
#         random_state=0,
#     ).fit(dump)
#
# I(X;T) is infinite for a layer without noise. Gaussian noise of half their standard deviation is added to the eight
# principal components, of unit variance, and I(X;T) is a lower bound of the information that remains. (Noise in each of
# the 512 numbers of the first layer would average out, and all images would be distinguishable.) Compare it between
# epochs only: each layer has a different noise. The components lose little of I(T;Y); Ross's estimate for all 512
# numbers is 0.05 nats higher.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from skib.entropy import PlugIn
from skib.information_plane import InformationPlaneDisplay

examples = Path(globals().get("__file__", "plot_convnet.py")).parent  # a page of the gallery runs in this folder
table = pd.read_csv(examples / "torch" / "convnet_plane.csv")
target_entropy = PlugIn().entropy_of_counts(np.bincount(load_digits().target))

learned = table[table["run"] == "labels"]
display = InformationPlaneDisplay(learned, target_entropy).plot()
_ = display.ax_.set(xlim=(3.55, 4.65), ylim=(1.25, 2.4))

# %%
# The convolutions contain most of the label before any training, because digits differ in the position of their ink.
# The fully connected layer and the logits, random mixtures at first, lack some of it and gain it in the first epochs.
# All the while their I(X;T) falls: images of one digit move together, and what is lost does not concern the label. No
# phase of fitting comes before, in which I(X;T) would rise.
#
# Now both networks. The labels of the second were permuted for the held-out images as well, so that there is no
# information about them, and no cell is significantly above its null (gray). But its I(X;T), after a dip in the first
# epoch, rises where that of the first one falls: to memorize its training images, 87 % of them by the end, it has to
# distinguish single images.
figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(11, 6.4), layout="constrained")
for column, run in zip(axes.T, ("labels", "shuffled"), strict=True):
    InformationPlaneDisplay(table[table["run"] == run], target_entropy).plot("epochs", ax=column)
    column[0].set_title(f"trained on {run.replace('shuffled', 'shuffled labels')}", loc="left")
    column[1].set_title("", loc="left")
axes[0, 0].get_legend().remove()

# %%
# Nearest neighbors give another result. ``Compressed(PCA(8), PCA(8), KSG(), noise_ratio=0.2)`` between layer and image,
# a lower bound too, falls from 1.7 to 0.7 nats in the logits of the second network. They measure how smoothly the layer
# depends on its input, not how well it separates inputs.
#
# The numbers: I(T;Y) minus the mean of its null in nats, where H(Y) is 2.30. The standard error is 0.01 for each.
about_y = table[table["quantity"] == "I(T;Y)"]
corrected = about_y.assign(corrected=about_y["mutual_info"] - about_y["null_mean"])
corrected.pivot(index="epoch", columns=["run", "layer"], values="corrected").round(2)
