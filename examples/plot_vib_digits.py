"""
What beta does to a variational bottleneck
==========================================

:class:`~skib.bottleneck.neural.VIBClassifier` learns a code of handwritten digits with noise, and pays for each nat
that the code says about the image. A nat about the digit is worth ``beta`` nats about the image. A network is trained
for each of ten betas, from 1000 down to 2.
"""

# %%
# In a second run half of the training images have a label that is drawn at random. New images have their right labels.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from skib.bottleneck.neural import Adam, VIBClassifier
from skib.mutual_info import Compressed

X, y = load_digits(return_X_y=True)
X, new_X, y, new_y = train_test_split(X, y, test_size=0.4, random_state=0, stratify=y)
rng = np.random.default_rng(0)
wrong = np.where(rng.random(len(y)) < 0.5, rng.integers(0, 10, len(y)), y)
betas = np.geomspace(1000, 2, 10)

# %%
# ``rate_upper_`` bounds what the code says about the image, ``information_score`` what it says about the digits of new
# images. The rate of a code of large beta is beyond the lower bound from pairs of rows, of which a warning is issued;
# the upper bound does not depend on pairs.
import warnings

import skib

warnings.simplefilter("ignore", skib.SaturatedEstimateWarning)


def along_beta(labels):
    """Train a network for each beta; return rates, nats about new digits, and accuracies."""
    found = []
    for beta in betas:
        vib = VIBClassifier(beta, solver=Adam(0.005, 30), random_state=0).fit(X, labels)
        found.append((vib.rate_upper_, vib.information_score(new_X, new_y), vib.score(new_X, new_y)))
    return np.transpose(found)


right, half = along_beta(y), along_beta(wrong)

# %%
# The information plane of the code. With the right labels the code loses the image long before it loses the digit: the
# accuracy stays at 0.98 to 0.99 down to codes of 2 nats. With wrong labels a large beta pays for 35 nats about the
# image, enough to tell every image from the others and learn its label by heart. Accuracy on new images rises as beta
# falls, from 0.66 to 0.78 at 4, and ends where the code collapses: at 2 the little that such labels say about the image
# is no longer worth its rate. Nats fall before accuracy does, for probabilities are honest about half of the labels.
figure, (plane, accuracy) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for (rates, nats, shares), name in ((right, "right labels"), (half, "half of them drawn at random")):
    plane.plot(rates, nats, marker=".", label=name)
    accuracy.semilogx(betas, shares, marker=".", label=name)
plane.axhline(np.log(10), color="0.6", linestyle=":")
plane.axhline(0, color="0.6", linewidth=0.8)
plane.set(xlabel="I(X;T), upper bound [nats]", ylabel="information about new digits [nats]", title="The code")
accuracy.set(xlabel="beta", ylabel="accuracy on new images", title="The prediction")
plane.legend(frameon=False, loc="lower right")

# %%
# The two units that say the most, of a code of the middle of the path, with the noise of each image drawn once.
vib = VIBClassifier(beta=20, n_components=8, solver=Adam(0.005, 40), random_state=0).fit(X, y)
first, second = np.argsort(-vib.unit_rates_)[:2]
codes = vib.sample(new_X, random_state=0)
print(f"nats of the units: {np.sort(vib.unit_rates_)[::-1].round(1)}")
print(f"accuracy {vib.score(new_X, new_y):.3f}, rate between {vib.rate_lower_:.1f} and {vib.rate_upper_:.1f} nats")
figure, axes = plt.subplots(figsize=(5.4, 4.6), layout="constrained")
points = axes.scatter(codes[:, first], codes[:, second], c=new_y, cmap="tab10", s=8)
axes.set(xlabel=f"unit {first}", ylabel=f"unit {second}", title="Codes of new images")
figure.colorbar(points, label="digit")

# %%
# A bottleneck is a compressor, too. Fitted to the training images and frozen, it brings new images to four numbers, and
# what these say about the digit is a lower bound of what the images say. Four principal components, which know nothing
# of digits, keep less. (A supervised compressor must not see the rows that are measured: hence the frozen estimator.)
compressors = {
    "VIB, 4 units": FrozenEstimator(VIBClassifier(20, 4, solver=Adam(0.005, 40), random_state=0).fit(X, y)),
    "PCA, 4 components": PCA(4),
    "PCA, 8 components": PCA(8),
}
for name, compressor in compressors.items():
    bound = Compressed(compressor).fit(new_X, new_y)
    print(f"{name}: {bound.mutual_info_:.2f} +- {bound.std_error_:.2f} of {np.log(10):.2f} nats")
plt.show()
