"""
Images: information through a compressor
========================================

No estimator works among hundreds of pixels. :class:`~skib.mutual_info.Compressed` estimates the information of a few
numbers per image instead, which is a lower bound of that of the images. Its distance from the truth depends on the
compressor, as images of known information show.
"""

# %%
# Two kinds of images: blobs have two degrees of freedom, rectangles four.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from skib import UnreliableEstimateWarning
from skib.datasets import make_blob_images, make_rectangle_images
from skib.mutual_info import Auto, Compressed, confidence_interval
from skib.preprocessing import Autoencoder

TRUTHS = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
blobs = [make_blob_images(2000, mutual_info=truth, random_state=1) for truth in TRUTHS]
rectangles = [make_rectangle_images(2000, mutual_info=truth, random_state=1) for truth in TRUTHS]

fig, axes = plt.subplots(2, 6, figsize=(6.4, 2.4), layout="constrained")
for row, pair in zip(axes, (blobs[3], rectangles[3]), strict=True):
    for j, ax in enumerate(row):
        ax.imshow((pair.X, pair.y)[j % 2][j // 2].reshape(16, 16), cmap="gray", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[], title="XY"[j % 2])
plt.show()

# %%
# A compressor that is fitted once and frozen is used for all samples, for X and y, and for the halves of the intervals:
# the images are the same, only their pairing differs. The autoencoder is trained on principal components. Its codes
# have a density, since there is one of them for each degree of freedom; this allows :class:`~skib.mutual_info.Auto`,
# which then issues a warning, because its models do not fit the sharp edges of that density well.

compressors = {
    "PCA, 2 components": (blobs, PCA(2), None),
    "PCA, 8 components": (blobs, PCA(8), None),
    "PCA, 4 components": (rectangles, PCA(4), None),
    "PCA, 16 components": (rectangles, PCA(16), None),
    "autoencoder, 4 components": (rectangles, make_pipeline(PCA(64), Autoencoder(4, random_state=0)), Auto()),
}


def intervals(pairs, compressor, estimator):
    """Estimates of all pairs with their 95 % intervals, by a compressor fitted to other images."""
    fresh = np.vstack([pairs[0].X, pairs[0].y])
    once = FrozenEstimator(clone(compressor).fit(fresh))
    compressed = Compressed(once, once, estimator)
    warnings.simplefilter("ignore", UnreliableEstimateWarning)  # see above
    return [confidence_interval(compressed, pair.X, pair.y, n_subsamples=6, random_state=0) for pair in pairs[1:]]


found = {name: intervals(*choice) for name, choice in compressors.items()}

# %%
# Principal components are the best linear code of the images. Two of them do not suffice for the two degrees of freedom
# of a blob, since blobs bend in the space of pixels; eight do. For rectangles, sixteen still contain less information
# than the four numbers of an autoencoder. The intervals cover the variation between samples only, neither the loss of
# the compressor nor the bias of neighbors beyond four nats.

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained", sharey=True)
for name, (pairs, *_) in compressors.items():
    ax = axes[0] if pairs is blobs else axes[1]
    centers = np.array([interval.estimate - interval.bias for interval in found[name]])
    widths = [interval.high - center for interval, center in zip(found[name], centers, strict=True)]
    ax.errorbar(TRUTHS[1:], centers, widths, fmt="o-", capsize=3, label=name)
for ax, title in zip(axes, ("blobs", "rectangles"), strict=True):
    ax.plot(TRUTHS, TRUTHS, color="0.6", zorder=0, label="truth")
    ax.set(xlabel="truth in nats", title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
axes[0].set(ylabel="estimate in nats")
plt.show()
