"""
A convolutional network, trained on labels and on shuffled labels
==================================================================

Two convolutional networks of four layers learn 797 images of handwritten digits. The second one is given shuffled
labels, which it can only memorize. At eight epochs 1000 *held-out* images pass through both. What does each layer T
know about their labels, I(T;Y), and how well does it tell the images apart, I(X;T)?

The networks are PyTorch's, but this page draws a table: ``examples/torch/dump_convnet.py FOLDER`` trains them and
dumps their activations with forward hooks, in half a minute on a CPU, and ``examples/torch/measure_convnet.py FOLDER``
makes the table of the dumps. :doc:`/networks/frameworks` explains the hook.
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
# I(X;T) is infinite for a layer without noise. The eight principal components, of unit variance, are given Gaussian
# noise of half their standard deviation, and the bound is on what they tell about the image in spite of it. (Noise in
# each of the 512 numbers of the first layer would average out, and all images be told apart.) Compare it along the
# epochs: each layer has a noise of its own. Of I(T;Y) the components lose little; Ross's estimate for all 512 numbers
# is 0.05 nats higher.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from skib.entropy import PlugIn
from skib.information_plane import InformationPlaneDisplay

folder = next(folder for folder in (Path("torch"), Path("examples/torch")) if folder.exists())
table = pd.read_csv(folder / "convnet_plane.csv")
target_entropy = PlugIn().entropy_of_counts(np.bincount(load_digits().target))

learned = table[table["run"] == "labels"]
display = InformationPlaneDisplay(learned, target_entropy).plot()
_ = display.ax_.set(xlim=(3.55, 4.65), ylim=(1.25, 2.4))

# %%
# The convolutions know most of the label before any training, for digits are told apart by where their ink is. The
# fully connected layer and the logits, random mixtures at first, lack some of it and gain it in the first epochs. All
# the while their I(X;T) falls: images of one digit move together, and what is lost does not concern the label. No
# phase of fitting comes before, in which I(X;T) would rise.
#
# Now both networks. The labels of the second were shuffled for the held-out images as well, so that nothing can be
# known of them, and no cell is significantly above its null (gray). But its I(X;T), after a dip in the first epoch,
# rises where that of the first one falls: to memorize its training images, 87 % of them by the end, it has to
# distinguish single images.
figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(11, 6.4), layout="constrained")
for column, run in zip(axes.T, ("labels", "shuffled"), strict=True):
    InformationPlaneDisplay(table[table["run"] == run], target_entropy).plot("epochs", ax=column)
    column[0].set_title(f"trained on {run.replace('shuffled', 'shuffled labels')}", loc="left")
    column[1].set_title("", loc="left")
axes[0, 0].get_legend().remove()

# %%
# Nearest neighbors would have told another story. ``Compressed(PCA(8), PCA(8), KSG(), noise_ratio=0.2)`` between
# layer and image, a lower bound too, falls from 1.7 to 0.7 nats in the logits of the second network. What they find is
# how smoothly the layer follows its input, and not how well it tells inputs apart.
#
# The numbers: I(T;Y) minus the mean of its null in nats, where H(Y) is 2.30. The standard error is 0.01 for each.
about_y = table[table["quantity"] == "I(T;Y)"]
corrected = about_y.assign(corrected=about_y["mutual_info"] - about_y["null_mean"])
corrected.pivot(index="epoch", columns=["run", "layer"], values="corrected").round(2)
