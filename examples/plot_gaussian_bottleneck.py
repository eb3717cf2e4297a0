"""
Directions that keep what one half of an image says about the other
===================================================================

:class:`~skib.bottleneck.GaussianIB` finds the directions of X that keep the most information about y, and says at which
price each of them is worth keeping. It is compared here with the other linear reducers: PCA does not look at y, PLS
looks at covariances, and CCA at correlations, as the Gaussian bottleneck does.
"""

# %%
# X is the upper half of a handwritten digit and y the lower one. 200 digits are for training, and 1597 are new.
# Pixels are not Gaussian, of which a warning is issued; the information that is measured here is the linear part.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cross_decomposition import CCA, PLSRegression
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import skib
from skib.bottleneck import GaussianIB

warnings.simplefilter("ignore", skib.UnreliableEstimateWarning)
images = np.random.default_rng(0).permutation(load_digits().data)
upper, lower = (half[:, half[:200].std(axis=0) > 0] for half in (images[:, :32], images[:, 32:]))
X, y, new_X, new_y = upper[:200], lower[:200], upper[200:], lower[200:]
print(X.shape, y.shape)

# %%
# How many nats about y has a code of k columns, on new rows? The score of a Gaussian bottleneck of the code itself,
# without a limit of the rate, measures all reducers alike.
scaler = StandardScaler().fit(X)
n_columns = [1, 2, 3, 4, 6, 8, 12, 16, 20]
reducers = {
    "GaussianIB": lambda k: GaussianIB(n_components=k),
    "CCA": lambda k: CCA(k, max_iter=5000),
    "PLS": lambda k: PLSRegression(k, max_iter=5000),
    "PCA": lambda k: PCA(k),
}


def nats_of(reducer):
    """Fit a reducer, and return what its code says about y on new rows."""
    fitted = reducer.fit(scaler.transform(X), y)
    code, new_code = (fitted.transform(scaler.transform(rows)) for rows in (X, new_X))
    return GaussianIB().fit(code, y).score(new_code, new_y)


nats = {name: [nats_of(reducer(k)) for k in n_columns] for name, reducer in reducers.items()}

# %%
# The directions of the Gaussian bottleneck are those of CCA. What it has more comes from the shrinkage of the
# covariances, by default: without it both are the same. PLS and PCA spend their first columns on what varies most, and
# need twice as many columns for the same information.
#
# On the right is the information curve of the fitted covariances. A direction joins at each mark, where the slope falls
# to 1 over its critical beta.
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for name, values in nats.items():
    left.plot(n_columns, values, marker=".", label=name)
left.set(xlabel="columns of the code", ylabel="information about the lower half [nats]", title="New rows")
left.legend(frameon=False)

ib = GaussianIB().fit(X, y)
curve = ib.information_curve()
joins = curve[curve["n_components"].diff() > 0]
right.plot(curve["rate"], curve["relevance"], color="0.1")
right.plot(joins["rate"], joins["relevance"], "|", color="tab:red", markersize=10, label="directions join")
right.axhline(ib.mutual_info_, color="0.35", linestyle=(0, (5, 3)), linewidth=1, label="I(X;Y)")
right.set(xlabel="I(X;T) [nats]", ylabel="I(T;Y) [nats]", title="Information curve", xlim=(0, 60))
legend = right.legend(frameon=False, loc="lower right")

# %%
# How much is worth keeping? Along beta, the score on new rows tells: it is the information that the noisy T has about
# y there. Without shrinkage, a finite beta is what protects against the noise of 200 rows: it leaves the last
# directions out, and adds noise to the others.
betas = np.geomspace(1.2, 300, 20)
figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
for shrinkage in ("ledoit_wolf", None):
    scores = [GaussianIB(beta, shrinkage=shrinkage).fit(X, y).score(new_X, new_y) for beta in betas]
    ax.semilogx(betas, scores, marker=".", label=f"shrinkage={shrinkage!r}")
ax.set(xlabel="$\\beta$", ylabel="score on new rows [nats]", ylim=(-1, 3))
legend = ax.legend(frameon=False)
