"""
Bits per column: where a table holds what predicts
==================================================

:class:`~skib.bottleneck.neural.DistributedIBClassifier` sends every column through a noisy channel of its own, and puts
a price on what passes. While the price rises, the table is reduced to the few bits that predict best.
"""

# %%
# Thirty measurements of the nuclei of 569 tumors, many of which repeat each other, and five columns of noise beside
# them. A part of the tumors is kept for the test.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.bottleneck.neural import BottleneckGate, DistributedIBClassifier, DistributedIBDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
noise = np.random.default_rng(0).normal(size=(len(X), 5))
X = X.join(pd.DataFrame(noise, columns=[f"noise {j}" for j in range(5)]))
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
distributed = DistributedIBClassifier(beta=2.0, beta_start=300.0, validation_fraction=0.25, random_state=0)
distributed.fit(X_train, y_train)

# %%
# The training runs from the right to the left. Five bits of all columns together predict the class nearly as well as
# twenty, and a single bit has two thirds of that. The relevance is that of the hundred rows held out.
DistributedIBDisplay.from_estimator(distributed).plot(units="bits")

# %%
# The same as a table, at some betas. What repeats a column that is sent already has no rate of its own: of ten measures
# of size two or three are sent. Noise is sent only where nats are nearly free.
bits = distributed.bits_path_
chosen = bits.iloc[[0, 20, 40, 50]]
print(chosen[chosen.columns[chosen.max() > 0.5]].round(2).T)
print("noise:", bits.iloc[20:].filter(like="noise").max().max().round(3), "bits at most")

# %%
# The rates are importances, in nats, with which scikit-learn selects columns: here at a beta of 20. A
# :class:`~skib.bottleneck.neural.BottleneckGate` selects by a gain for each column instead of an encoder.
selectors = {
    "all columns": "passthrough",
    "distributed": SelectFromModel(DistributedIBClassifier(beta=20.0, random_state=0), threshold=0.1),
    "gate": BottleneckGate(beta=20.0, threshold=0.1, random_state=0),
}
for name, selector in selectors.items():
    pipeline = make_pipeline(selector, StandardScaler(), LogisticRegression()).fit(X_train, y_train)
    n_columns = pipeline[-1].n_features_in_
    print(f"{name:12} {n_columns:3} columns, {pipeline.score(X_test, y_test):.3f} of new tumors right")

# %%
# What is sent of a column? The mean of the code of the largest radius: where tumors of both classes occur the code is
# steep, and it is flat at the ends, where nothing has to be told apart.
column = "worst radius"
single = DistributedIBClassifier(beta=5.0, n_components=1, random_state=0).fit(X_train, y_train)
grid = pd.DataFrame(np.tile(X_train.mean(), (200, 1)), columns=X.columns)
grid[column] = np.linspace(X[column].min(), X[column].max(), 200)
code = single.transform(grid)[:, list(X.columns).index(column)]
figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(grid[column], code, color="0.2")
for label, name in enumerate(load_breast_cancer().target_names):
    values = X_train[column][y_train == label]
    ax.plot(values, np.interp(values, grid[column], code), "|", markersize=14, color=f"C{label}", alpha=0.5, label=name)
ax.set(xlabel=column, ylabel="mean of the code")
legend = ax.legend(frameon=False)
