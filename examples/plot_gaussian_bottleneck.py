"""
Directions that keep what one half of an image says about the other
===================================================================

:class:`~skib.bottleneck.GaussianIB` finds the directions of X that keep the most information about y, and says at which
price each of them is worth keeping. It is compared here with the other linear reducers: PCA does not look at y, PLS
looks at covariances, and CCA at correlations, as the Gaussian bottleneck does.
"""

# %%
# X is the upper half of a handwritten digit and y the lower one. 200 digits are for training, and 1597 are new.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cross_decomposition import CCA, PLSRegression
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from skib.bottleneck import GaussianIB

images = np.random.default_rng(0).permutation(load_digits().data)
upper, lower = (half[:, half[:200].std(axis=0) > 0] for half in (images[:, :32], images[:, 32:]))
X, y, new_X, new_y = upper[:200], lower[:200], upper[200:], lower[200:]
print(X.shape, y.shape)

# %%
# How many nats about y a code of k columns has on new rows: the score of a Gaussian bottleneck of the code itself,
# without a limit, so that all reducers are measured alike.

scaler = StandardScaler().fit(X)
n_components = [1, 2, 3, 4, 6, 8, 12, 16, 20]
reducers = {
    "GaussianIB": lambda k: GaussianIB(n_components=k),
    "GaussianIB, no shrinkage": lambda k: GaussianIB(n_components=k, shrinkage=None),
    "CCA": lambda k: CCA(k, max_iter=5000),
    "PLS": lambda k: PLSRegression(k, max_iter=5000),
    "PCA": lambda k: PCA(k),
}
nats = {}
for name, reducer in reducers.items():
    nats[name] = []
    for k in n_components:
        fitted = reducer(k).fit(scaler.transform(X), y)
        code, new_code = (fitted.transform(scaler.transform(rows)) for rows in (X, new_X))
        nats[name].append(GaussianIB().fit(code, y).score(new_code, new_y))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for name, values in nats.items():
    left.plot(n_components, values, marker=".", label=name)
left.set(xlabel="columns of the code", ylabel="information about the lower half [nats]", title="On new rows")
left.legend(frameon=False)

ib = GaussianIB().fit(X, y)
curve = ib.information_curve()
right.plot(curve["rate"], curve["relevance"], color="0.1")
steps = curve[curve["n_components"].diff() > 0]
right.plot(steps["rate"], steps["relevance"], "|", color="tab:red", label="one more direction")
right.axhline(ib.mutual_info_, color="0.35", linestyle=(0, (5, 3)), linewidth=1)
right.set(xlabel="I(X;T) [nats]", ylabel="I(T;Y) [nats]", title="Curve of the fitted covariances")
legend = right.legend(frameon=False, loc="lower right")
