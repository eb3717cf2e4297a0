"""
Columns that are worth their nats: a path beside that of the lasso
==================================================================

:class:`~skib.bottleneck.SparseGaussianIB` keeps the columns whose information about y is worth their rate. Its path
over beta has exact zeros, as that of the lasso. The unit of its axis is the nat, and y may have several columns.
"""

# %%
# Ten measurements of 442 patients, with twenty columns of noise beside them. The target is the progress of diabetes in
# the year after.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, lars_path
from sklearn.preprocessing import StandardScaler

from skib.bottleneck import SparseGaussianIB, SparseGaussianIBDisplay

X, y = load_diabetes(return_X_y=True, as_frame=True)
noise = np.random.default_rng(0).normal(size=(len(X), 20))
X = X.join(pd.DataFrame(noise, columns=np.char.mod("noise%d", np.arange(20))))
ib = SparseGaussianIB(beta=60.0).fit(X, y)
print(ib.get_feature_names_out())

# %%
# Both paths start with the same columns. The rates of the bottleneck say how precisely each column has to be known, and
# are never negative.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
SparseGaussianIBDisplay.from_estimator(ib).plot(ax=left)
left.set_title("Sparse Gaussian bottleneck")

alphas, order, coefficients = lars_path(StandardScaler().fit_transform(X), (y - y.mean()).to_numpy(), method="lasso")
for j, name in enumerate(X):
    style = {"color": f"C{j}", "label": name} if j < 10 else {"color": "0.8", "zorder": 1}
    right.plot(alphas[:-1], coefficients[j, :-1], **style)
right.set(xscale="log", xlabel="alpha, falling", ylabel="coefficient", title="Lasso (noise in gray)")
right.invert_xaxis()
legend = right.legend(fontsize=9, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))

# %%
# How well do the first columns of each path predict new patients? The coefficient of determination of a linear
# regression on the first k columns, over 20 divisions into halves.


def first_columns(path, k):
    """Return the first k columns of a path (n_steps, n_columns)."""
    entered = [np.argmax(values != 0) if values.any() else len(values) for values in path.T]
    return np.argsort(entered, kind="stable")[:k]


def determination(seed):
    """Return the score of the first columns of both paths on a new half."""
    rows = np.random.default_rng(seed).permutation(len(X))
    train, test = rows[:221], rows[221:]
    scaler = StandardScaler().fit(X.iloc[train])
    old, new = (pd.DataFrame(scaler.transform(X.iloc[part]), columns=X.columns) for part in (train, test))
    target, new_target = y.iloc[train].to_numpy(), y.iloc[test]
    fitted = SparseGaussianIB(beta=60.0, n_betas=60).fit(old, target)
    ours = fitted.path_["rate"].to_numpy().reshape(-1, X.shape[1])
    lasso = lars_path(old.to_numpy(), target - target.mean(), method="lasso")[2].T
    scores = pd.DataFrame(index=pd.Index(range(1, 9), name="columns"), columns=["bottleneck", "lasso"], dtype=float)
    for name, path in {"bottleneck": ours, "lasso": lasso}.items():
        for k in scores.index:
            columns = first_columns(path, k)
            model = LinearRegression().fit(old.iloc[:, columns], target)
            scores.loc[k, name] = model.score(new.iloc[:, columns], new_target)
    return scores


table = sum(determination(seed) for seed in range(20)) / 20
print(table.round(3))

# %%
# On average the bottleneck is slightly behind the lasso at three to five columns, and ahead of it from six on.
#
# With several columns of y, one path serves them all: here the measurements of blood that go with body mass and blood
# pressure together.
blood = X[["s1", "s2", "s3", "s4", "s5", "s6"]]
both = SparseGaussianIB(beta=30.0).fit(blood, X[["bmi", "bp"]])
print(pd.Series(both.rates_, blood.columns).round(2))
