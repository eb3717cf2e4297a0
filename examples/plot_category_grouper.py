"""
Grouping a category of many levels before a classifier
======================================================

A column of a thousand towns has a thousand indicators, most of them of few rows.
:class:`~skib.preprocessing.IBCategoryGrouper` puts towns of alike rates into one group, so that as much information
about the class as possible is kept. The groups can be read, and they are compared here with indicators and with the
number per town of scikit-learn's ``TargetEncoder``.
"""

# %%
# Six kinds of towns have six rates of the class. Few towns are large, and most are small. The groups should be the
# kinds, which are not in the data.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from skib.preprocessing import IBCategoryGrouper

rng = np.random.default_rng(0)
n_samples, n_towns = 40_000, 1000
sizes = 1 / np.arange(1, n_towns + 1)
kinds = rng.integers(0, 6, n_towns)
town = rng.choice(n_towns, n_samples, p=sizes / sizes.sum())
rates = np.linspace(0.05, 0.95, 6)[kinds[town]]
y = (rng.random(n_samples) < rates).astype(int)
X = pd.DataFrame({"town": pd.Categorical(np.char.mod("town %d", town))})
train, test = slice(None, n_samples // 2), slice(n_samples // 2, None)

# %%
# What the groups keep of the information, and what they lose, in nats. A part of the information of the training rows
# is noise, which no encoding should keep.

for n_groups in (2, 3, 4, 6, 8, 12):
    grouper = IBCategoryGrouper(n_groups).fit(X[train], y[train])
    print(f"{n_groups:2d} groups keep {grouper.mutual_info_[0]:.4f} and lose {grouper.loss_[0]:.4f}")

# %%
# The loss on new rows, in nats per row: below the entropy of the class by the information that the encoding gives a
# logistic regression. That of the true rates is the least possible on average.

# scikit-learn 1.9 deprecates the random_state of TargetEncoder, which then draws its folds from this generator.
np.random.seed(0)  # noqa: NPY002
encoders = {"indicators": OneHotEncoder(handle_unknown="ignore"), "target encoder": TargetEncoder()}
encoders |= {
    f"{n_groups} groups": make_pipeline(
        IBCategoryGrouper(n_groups, random_state=0), OneHotEncoder(handle_unknown="ignore")
    )
    for n_groups in (2, 4, 8, 12)
}
losses = {}
for name, encoder in encoders.items():
    model = make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(X[train], y[train])
    losses[name] = log_loss(y[test], model.predict_proba(X[test])[:, 1])
    print(f"{name:15s} {losses[name]:.4f}   columns: {model[:-1].transform(X[:1]).shape[1]}")
least = log_loss(y[test], rates[test])
print(f"{'true rates':15s} {least:.4f}")

# %%
# Which towns are in which group: the rate among the training rows of each town, by its size. Small towns of extreme
# rates are among those of moderate ones, because their rates are shrunken before they are grouped.

grouper = IBCategoryGrouper(8).fit(X[train], y[train])
rows = pd.DataFrame({"town": X["town"][train], "y": y[train]})
table = rows.groupby("town", observed=True)["y"].agg(["mean", "size"])
group = table.index.map(grouper.mapping_[0])

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
noise = rng.uniform(0.85, 1.18, len(table))  # so that equal towns do not hide each other
left.scatter(table["size"] * noise, table["mean"], c=group, cmap="viridis", s=8)
left.set(xscale="log", xlabel="rows of the town", ylabel="rate of the class", title="Towns, by color of their group")
names = sorted(losses, key=losses.get, reverse=True)
right.barh(names, [losses[name] - least for name in names], color="tab:blue")
right.set(xlabel="loss above that of the true rates, nats per row", title="Logistic regression on new rows")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
