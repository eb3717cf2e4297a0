"""
When does each image have a code of its own? Active units as bits
=================================================================

A layer of ReLU units gives each image a code of bits, which units are active. Small layers give many images the same
code; of larger ones each image has a code of its own, and images of a class have codes that are near to each other.
:class:`~skib.preprocessing.NeuralCode` counts the codes, and :class:`~skib.preprocessing.NeuralCodeDisplay` draws three
regimes: under-expressive (shared codes), critically expressive (codes of their own, which classify better and better)
and sufficiently expressive.
"""

# %%
# Networks of one hidden layer learn the digits. The activations are those of other images than were learned.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skib import SaturatedEstimateWarning
from skib.preprocessing import NeuralCode, NeuralCodeDisplay

X, y = load_digits(return_X_y=True)
X = X - X.mean(axis=0)
X, X_new, y, y_new = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)


def code_of(network, rows):
    """The code of the hidden layer."""
    return NeuralCode().fit(np.maximum(rows @ network.coefs_[0] + network.intercepts_[0], 0))


# %%
# The entropy of the codes cannot be estimated where nearly every image has a code of its own: a warning says so, and it
# is expected here.

warnings.simplefilter("ignore", SaturatedEstimateWarning)
sizes = [2, 4, 8, 16, 32, 64, 128, 256]
codes = []
for size in sizes:
    network = MLPClassifier((size,), batch_size=50, random_state=0)
    for _ in range(20):
        network.partial_fit(X, y, classes=np.arange(10))
    codes.append(code_of(network, X_new))
    print(f"{size:3d} units: {codes[-1].n_codes_:3d} codes of {len(X_new)} images, H = {codes[-1].entropy_:.2f} nats")
by_size = NeuralCodeDisplay.from_codes(sizes, codes, [y_new] * len(sizes), n_neighbors=5)

# %%
# The same over the epochs of 32 units. Redundancy is low from the first epoch on, and training hardly changes it: codes
# of their own are no sign of learning. What training changes is which images are near to each other.

network, epochs, codes = MLPClassifier((32,), batch_size=50, random_state=0), [1, 2, 4, 8, 16, 32], []
for epoch in range(1, 33):
    network.partial_fit(X, y, classes=np.arange(10))
    if epoch in epochs:
        codes.append(code_of(network, X_new))
by_epoch = NeuralCodeDisplay.from_codes(epochs, codes, [y_new] * len(codes), n_neighbors=5, name="epochs of 32 units")
for display in (by_size, by_epoch):
    print([round(accuracy, 2) for accuracy in display.accuracies], display.regimes)

fig, axes = plt.subplots(1, 2, figsize=(8.4, 3.6), sharey=True, layout="constrained")
by_size.plot(axes[0])
by_epoch.plot(axes[1])
plt.show()
