"""
Learning digits one pair after another: a codebook that forgets nothing
=======================================================================

A network that is trained on new classes forgets the old ones, because all of its weights change.
:class:`~skib.preprocessing.CodebookBottleneck` replaces an image by the nearest codes of several codebooks, and
:class:`~skib.preprocessing.CodebookClassifier` counts the classes of each code. Images of another class have other
codes, so that the counts of the classes before are left as they are. The same codes can be read: which one stands for
which digit?
"""

# %%
# The codebooks are found without the classes, on all training images, as the features of a network that was trained on
# other data would be fixed. Each of 16 heads sees a random half of the directions.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skib.preprocessing import CodebookBottleneck, CodebookClassifier, code_associations

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
codebook = CodebookBottleneck(16, 64, n_components_per_head=32, encode="onehot", random_state=0).fit(X)
print(f"a head has {codebook.head_entropies_.mean():.2f} nats of an image, of log 64 = {np.log(64):.2f} at most")
print(f"the codes lose {codebook.reconstruction_error_:.0%} of the variance")

# %%
# Five tasks, of two digits each, come one after the other. A network sees each of them twenty times, and the codebook
# once. Accuracy is among all digits so far: no one says which task an image is of. What the codebook loses is what
# a digit has in common with those that come later, 3 with 8 and 9, and not what it has learned: the result does not
# depend on the order of the tasks.

classifier = CodebookClassifier(FrozenEstimator(codebook))
network = MLPClassifier((64,), batch_size=20, random_state=0)
tasks = [(label, label + 1) for label in range(0, 10, 2)]
accuracy = {"network": np.full((5, 5), np.nan), "codebook": np.full((5, 5), np.nan)}
for step, task in enumerate(tasks):
    rows = np.isin(y, task)
    classifier.partial_fit(X[rows], y[rows], classes=np.arange(10))
    for _ in range(20):
        network.partial_fit(X[rows], y[rows], classes=np.arange(10))
    for old, digits in enumerate(tasks[: step + 1]):
        seen = np.isin(y_test, digits)
        accuracy["network"][step, old] = network.score(X_test[seen], y_test[seen])
        accuracy["codebook"][step, old] = classifier.score(X_test[seen], y_test[seen])
for name, table in accuracy.items():
    print(f"{name}: {table[0, 0]:.3f} of the first two digits after the first task, {table[-1, 0]:.3f} after the last")

# %%
# Each code is compared with each digit: of the images where it is active, what share is of the digit (precision), of
# the images of the digit, in what share is it active (recall), and what is its information about the digit? The best
# code of each digit:

table = code_associations(codebook.transform(X), y)
best = table.loc[table.groupby("label")["mutual_info"].idxmax()].set_index("label")
print(best[["code", "precision", "recall", "mutual_info", "pvalue_bh"]].round(3).to_string())

# %%
# With a single head the codes are images themselves. Where each row is a sum of several codes, fewer of them describe
# the images as well.

single = CodebookBottleneck(n_codes=64, encode="onehot", random_state=0).fit(X)
named = code_associations(single.transform(X), y)
named = named.loc[named.groupby("label")["mutual_info"].idxmax()]
for n_active in (1, 2, 3):
    sums = CodebookBottleneck(n_codes=32, n_active=n_active, random_state=0).fit(X)
    print(f"{n_active} of 32 codes: {sums.entropy_:.2f} nats, {sums.reconstruction_error_:.0%} of the variance lost")

fig = plt.figure(figsize=(8.4, 4.6), layout="constrained")
top, bottom = fig.subfigures(2, 1, height_ratios=[2.4, 1])
axes = top.subplots(1, 2, sharey=True)
for ax, (name, values) in zip(axes, accuracy.items(), strict=True):
    for old, digits in enumerate(tasks):
        ax.plot(range(1, 6), values[:, old], "o-", markersize=4, label=f"{digits[0]}, {digits[1]}")
    ax.set(title=name, xlabel="task that was learned last", xticks=range(1, 6), ylim=(-0.05, 1.05))
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("accuracy on test images")
axes[1].legend(title="digits", frameon=False, loc="lower left", ncols=2)
bottom.suptitle("the code of one head that stands for each digit best: precision and recall", fontsize=10)
for ax, row in zip(bottom.subplots(1, 10), named.itertuples(), strict=True):
    ax.imshow((single.mean_ + single.codebooks_[0][row.code]).reshape(8, 8), cmap="gray_r")
    ax.set_title(f"{row.label}: {row.precision:.2f}, {row.recall:.2f}", fontsize=7)
    ax.set_axis_off()
plt.show()
