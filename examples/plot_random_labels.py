"""
Random labels: estimates where the truth is 0
=============================================

Random labels are independent of any layer, whatever the network: I(T;Y) is 0. The classic estimators of the information
plane nevertheless return H(Y), the maximum, for any layer of more than a few units. This page shows why, how to
recognize such estimates, and what is left once their null is subtracted.
"""

# %%
# First without a network. Layers of 1 to 64 independent normal units, and independent labels of ten classes. The
# classic estimators are 30 bins per unit, and the pairwise bound of Kolchinsky and Tracey under noise of variance
# 0.001. Ross's nearest-neighbor estimator is unbiased at independence.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skib.datasets import dump_training_run
from skib.entropy import KolchinskyTracey
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned, ChainRule, Ross

rng = np.random.default_rng(0)
n_samples, widths = 1000, [1, 2, 3, 4, 5, 8, 16, 32, 64]
y = rng.integers(10, size=n_samples)
layers = {f"{width} units": rng.normal(size=(n_samples, width)) for width in widths}
estimators = {
    "bins": Binned(30),
    "adaptive bins": Binned(30, strategy="adaptive"),
    "declared noise": ChainRule(KolchinskyTracey(1e-3)),
    "nearest neighbors": Ross(),
}


def about_labels(dump, estimator, y=None):
    """Return the rows of a plane for I(T;Y)."""
    plane = InformationPlane(estimator, n_permutations=20, random_state=0, n_jobs=2).fit(dump, y)
    return plane.results_.query("quantity == 'I(T;Y)'").merge(plane.significance())


found = {
    name: about_labels({0: layers, "ids": range(n_samples)}, estimator, y) for name, estimator in estimators.items()
}

# %%
# Lines are estimates, dots the estimates for permuted labels. Five units in 30 bins separate all rows. Then every row
# is a symbol of its own, which determines its label. Adaptive bins do not help, and neither does noise that is small
# relative to the distances between rows. Only estimates above *their own null* are evidence of dependence; here, none
# is.
figure, axis = plt.subplots(figsize=(8.4, 4.4), layout="constrained")
for (name, rows), color in zip(found.items(), plt.get_cmap("tab10").colors, strict=False):
    axis.plot(widths, rows["mutual_info"], color=color, label=name)
    axis.errorbar(widths, rows["null_mean"], 2 * rows["null_std"], color=color, fmt="o", markersize=4)
axis.axhline(np.log(10), color="0.4", linestyle="--", linewidth=1)
axis.annotate("H(Y), the maximum", (1, np.log(10)), (0, 4), textcoords="offset points", color="0.4")
axis.set(xscale="log", ylim=(-0.15, 2.6), xlabel="units", ylabel="I(T;Y) [nats], where the truth is 0")
axis.set_xticks(widths, widths)
legend = axis.legend(frameon=False)

# %%
# How many cells are flagged as saturated, and how many are significantly above their null.
{name: (int(rows["saturated"].sum()), int(rows["significant"].sum())) for name, rows in found.items()}

# %%
# Now two networks. One learns to read digits, the other learns labels that were permuted, and memorizes those it is
# trained on. The estimates are for rows on which neither was trained.
X, digits = load_digits(return_X_y=True)
folder = Path(tempfile.mkdtemp())
targets = {"digits": digits, "shuffled digits": rng.permutation(digits)}
training = {"hidden": (32, 16, 8), "activation": "relu", "epochs": 100, "learning_rate": 3e-3, "random_state": 0}
dumps = {name: dump_training_run(folder / name, X / 16, target, **training) for name, target in targets.items()}
curves = {
    (name, estimator): about_labels(dump, estimators[estimator])
    for name, dump in dumps.items()
    for estimator in ("bins", "nearest neighbors")
}

# %%
# Left, the usual plot: with bins the estimate is nearly H(Y) in both networks, from before the first epoch on. Right,
# nearest neighbors minus their null: the information about digits rises while they are learned, and that about permuted
# labels stays at 0.
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.8), sharey=True, layout="constrained")
for (name, estimator), rows in curves.items():
    axis = axes[int(estimator != "bins")]
    for k, (_, cells) in enumerate(rows.groupby("layer")):
        value = cells["mutual_info"] if estimator == "bins" else cells["corrected"]
        style = {"color": "tab:blue" if name == "digits" else "tab:red", "alpha": (k + 1) / 3}
        axis.plot(1 + cells["epoch"], value, **style, label=name if k == 2 else None)
for axis, title in zip(axes, ("30 bins", "nearest neighbors, less the null"), strict=True):
    axis.axhline(np.log(10), color="0.4", linestyle="--", linewidth=1)
    axis.set(xscale="log", xlabel="1 + epoch", title=title)
axes[0].set_ylabel("I(T;Y) [nats]; deeper layers darker")
legend = axes[0].legend(frameon=False, loc="center right")

# %%
# Cells significantly above their null, of all cells.
{key: f"{int(rows['significant'].sum())} of {len(rows)}" for key, rows in curves.items()}

# %%
# On the rows that the second network was *trained* on, its layers do contain the labels, because it memorized them.
# There the estimate is rightly above the null of permuted labels, but nothing follows about other rows. Hence the
# held-out rows.
