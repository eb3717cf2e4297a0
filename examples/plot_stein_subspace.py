"""
Directions behind an even link
==============================

Which direction of eight columns does y depend on, if the link is a parabola? No column is correlated with y, so that
methods which fit a line find nothing. :class:`~skib.preprocessing.SteinSubspace` averages gradients and Hessians of the
unknown link, and fits neither.
"""

# %%
# The columns are correlated, and y depends on the difference of two. Partial least squares, and slices of y, return
# some direction. The mean Hessian returns the right one, in which neighbors predict y.

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import subspace_angles
from sklearn.cross_decomposition import PLSRegression
from sklearn.neighbors import KNeighborsRegressor

from skib.preprocessing import SlicedInverseRegression, SteinSubspace


def draw(n_samples, link, seed=0):
    """Return rows of eight correlated columns, a function of the difference of two with noise, and their direction."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n_samples, 8)) @ (np.eye(8) + 0.2)
    direction = np.array([1.0, -1, 0, 0, 0, 0, 0, 0])
    index = rows @ direction / np.std(rows @ direction)
    return rows, link(index) + 0.5 * rng.normal(size=n_samples), direction[:, None]


X, y, truth = draw(3000, np.square)
train, new = slice(0, 2000), slice(2000, None)
methods = {
    "partial least squares": PLSRegression(1),
    "sliced inverse regression": SlicedInverseRegression(1),
    "SteinSubspace": SteinSubspace(random_state=0),
}
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True, layout="constrained")
for ax, (name, method) in zip(axes, methods.items(), strict=True):
    method.fit(X[train], y[train])
    neighbors = KNeighborsRegressor(30).fit(method.transform(X[train]), y[train])
    found = method.transform(X[new])
    ax.plot(found[:, 0], y[new], ".", ms=2, color="tab:blue")
    ax.set(xlabel="direction that was found", title=f"{name}\n$R^2$ of new rows: {neighbors.score(found, y[new]):.2f}")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("y")
plt.show()

# %%
# The number of directions was not given: they are tested one after another, until one is not significant.

print(methods["SteinSubspace"].pvalues_.round(2))

# %%
# Angles between the direction found and the true one fall as :math:`n^{-1/2}`, where the order is right for the link.
# Both together are as good as the better one of them, and better where both see something.

sizes = np.array([100, 300, 1000, 3000, 10_000])
links = {"parabola": np.square, "tanh": lambda t: 2 * np.tanh(t), "both": lambda t: t + t**2}
fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True, layout="constrained")
for ax, (name, link) in zip(axes, links.items(), strict=True):
    for order in ("first", "second", "both"):
        angles = np.zeros((len(sizes), 10))
        for i, n_samples in enumerate(sizes):
            for seed in range(10):
                X, y, truth = draw(n_samples, link, seed)
                found = SteinSubspace(1, order=order).fit(X, y).components_.T
                angles[i, seed] = np.degrees(subspace_angles(found, truth)[0])
        ax.loglog(sizes, np.sqrt(np.mean(angles**2, axis=1)), "o-", ms=3, label=f'order="{order}"')
    ax.loglog(sizes, 300 / np.sqrt(sizes), ":", color="0.5", label="$n^{-1/2}$")
    ax.set(xlabel="rows", title=name if name != "both" else "parabola and line")
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("angle to the truth in degrees")
axes[-1].legend(frameon=False, fontsize=8)
plt.show()
