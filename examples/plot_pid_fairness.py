"""
Fairness over clients
=====================

Hospitals, banks or phones train one model together. Its predictions can be fair over all of them and unfair in each, or
the reverse. A decomposition of the disparity tells which, and a frontier what fairness costs.
"""

# %%
# Five clients with unlike shares of a sensitive group, and a target that depends on the group and on the client.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skib.pid import fairness_decomposition, fairness_frontier

rng = np.random.default_rng(0)
n = 5000
client = rng.integers(0, 5, n)
group = (rng.random(n) < 0.2 + 0.15 * client).astype(int)
y = (rng.random(n) < 0.2 + 0.3 * group + 0.08 * client).astype(int)

# %%
# Three predictors: by the group, by the client, and by one rule in even clients and its opposite in odd ones. The first
# has unique disparity, which is global and local, and alone does so. That of the second is redundant with the client:
# none remains within a client. Nearly all of the third is masked: what it does in even clients cancels what it does in
# odd ones, so that the global disparity hardly shows it.
predictors = {
    "by the group": np.where(rng.random(n) < 0.8, group, 1 - group),
    "by the client": (client > 2).astype(int),
    "rule of each client": np.where(rng.random(n) < 0.8, group ^ (client % 2), rng.integers(0, 2, n)),
}
results = {name: fairness_decomposition(y_pred, group, client) for name, y_pred in predictors.items()}
terms = ["unique", "redundant", "masked", "global_disparity", "local_disparity"]
table = pd.DataFrame({name: [getattr(result, term) for term in terms] for name, result in results.items()}, terms).T
table.round(3)

# %%
ax = table[terms[:3]].plot.barh(stacked=True, figsize=(7, 2.6), color=["tab:blue", "tab:orange", "tab:green"])
ax.legend(loc="center right")
ax.set(xlabel="information about the sensitive group (nats)")
ax.invert_yaxis()
ax.figure.set_layout_engine("constrained")

# %%
# The least error of any predictor within limits of the global and the local disparity. A limit of one kind does not
# replace one of the other kind: in the lower left corner both are 0.
frontier = fairness_frontier(y, group, client)
errors = frontier.errors()
figure, ax = plt.subplots(figsize=(5.5, 4), layout="constrained")
lines = ax.contourf(errors.columns, errors.index, errors, levels=12, cmap="YlGnBu")
ax.set(xlabel="limit of the local disparity (nats)", ylabel="limit of the global disparity (nats)")
figure.colorbar(lines, label="least rate of errors")

# %%
# No predictor is better by more than this gap.
float(frontier.points["gap"].max())
