"""
Between ranks and distances: the kernel density integral transform
==================================================================

Ranks forget gaps, and min-max scaling suffers from outliers. :class:`~skib.preprocessing.KDITransformer` lies between
the two, and :class:`~skib.preprocessing.KDIDiscretizer` cuts a column where the density of what it returns has valleys.
The columns are measurements of 178 wines and of 569 tumors.
"""

# %%
# The transform of one column. A small bandwidth follows the ranks, a large one is a straight line.

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.datasets import load_breast_cancer, load_wine

from skib.preprocessing import KDIDiscretizer, KDITransformer

wine = load_wine(as_frame=True)
proline = wine.data["proline"].to_numpy()
grid = np.linspace(proline.min(), proline.max(), 400)
alphas = [0.0, 0.3, 1.0, 3.0, np.inf]
colors = plt.colormaps["viridis"](np.linspace(0, 0.9, len(alphas)))
names = {0.0: "0 (ranks)", np.inf: "infinity (min-max)"}

fig, ax = plt.subplots(figsize=(5.5, 3.8), layout="constrained")
for alpha, color in zip(alphas, colors, strict=True):
    levels = KDITransformer(alpha).fit(proline[:, None]).transform(grid[:, None])
    ax.plot(grid, levels, color=color, label=names.get(alpha, f"{alpha:g}"))
ax.plot(proline, np.full(len(proline), -0.04), "|", color="0.4", markersize=6)
ax.set(xlabel="proline of a wine (mg/l)", ylabel="T", title="one column, five bandwidths")
ax.legend(title="alpha", frameon=False, loc="center right", bbox_to_anchor=(1, 0.35))
ax.spines[["top", "right"]].set_visible(False)

# %%
# The Pearson correlation of two transformed columns is Spearman's at one end of the bandwidths, and that of the values
# at the other. Between them it may be larger than either: the outliers no longer count too much, and the order within
# the dense part does not count as much as it does among ranks.

cells = load_breast_cancer(as_frame=True).data
pairs = [
    ("area error", "mean radius"),
    ("mean smoothness", "mean compactness"),
    ("mean concavity", "fractal dimension error"),
]
alphas = np.geomspace(0.01, 100, 25)

fig, ax = plt.subplots(figsize=(6.2, 3.8), layout="constrained")
for number, pair in enumerate(pairs):
    values = cells[list(pair)].to_numpy()
    found = [pearsonr(*KDITransformer(alpha).fit_transform(values).T)[0] for alpha in alphas]
    ax.semilogx(alphas, found, color=f"C{number}", label=" and ".join(pair))
    ax.plot(alphas[0], spearmanr(*values.T)[0], "s", color=f"C{number}")
    ax.plot(alphas[-1], pearsonr(*values.T)[0], "o", color=f"C{number}")
ax.set(xlabel="alpha", ylabel="correlation", title="squares: Spearman, dots: Pearson")
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(0, 0.62))
ax.spines[["top", "right"]].set_visible(False)

# %%
# Bins between valleys, of three columns of the wines. No class and no number of bins is given; the colors are the
# cultivars, which the discretizer does not see.

columns = ["flavanoids", "proline", "ash"]
discretizer = KDIDiscretizer().fit(wine.data[columns])
print(dict(zip(columns, discretizer.n_bins_.tolist(), strict=True)))

fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for ax, name, edges in zip(axes, columns, discretizer.bin_edges_, strict=True):
    groups = [wine.data.loc[wine.target == c, name] for c in range(3)]
    ax.hist(groups, bins=25, stacked=True, color=["C0", "C1", "C2"], label=wine.target_names)
    for edge in edges[1:-1]:
        ax.axvline(edge, color="black", linestyle="--")
    ax.set(xlabel=name, title=f"{len(edges) - 1} bin{'s' * (len(edges) > 2)}")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("wines")
axes[2].legend(frameon=False)
plt.show()
