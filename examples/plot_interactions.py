"""
Columns that are informative only together
==========================================

A greedy selection takes one column after the other, each for its information with what is selected already. It cannot
begin where no single column is informative: each bit of an exclusive or is independent of it, and so is each pair of
bits of a parity of three. Two remedies are compared here: a start with the best pair of columns, and
:class:`~skib.feature_selection.InfluenceSelector`, which drops columns from random sets instead of adding them.
"""

# %%
# Samples of 1000 rows and 50 bits. The class is the parity of two or three of them, and 10 % of the labels are flipped.
# Together the relevant columns have 0.368 nats, and any fewer of them none.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skib.datasets import make_parity, make_suppressor
from skib.feature_selection import InfluenceSelector, InformationSelector
from skib.mutual_info import mutual_info_features

SELECTORS = {
    "JMI": InformationSelector("jmi", 3),
    "JMI from the best pair": InformationSelector("jmi", 3, init="pair"),
    "CMI from the best pair": InformationSelector("cmi", 3, init="pair"),
    "influence": InfluenceSelector(random_state=0),
}
found = pd.DataFrame(0, index=list(SELECTORS), columns=["two bits", "three bits"])
for order, name in zip((2, 3), found.columns, strict=True):
    for seed in range(10):
        made = make_parity(1000, n_features=50, order=order, flip=0.1, random_state=seed)
        for label, selector in SELECTORS.items():
            selected = selector.fit(made.X, made.y).selected_features_
            found.loc[label, name] += set(made.relevant_features) <= set(selected)
print("samples of 10 in which all relevant columns are selected:")
print(found.to_string())

# %%
# The best of all pairs is the exclusive or, but a parity of three bits has no informative pair. All sets of three
# columns among 50 are 19 600, and among 1000 columns 166 million. Random sets of seven columns hold 35 sets of three
# each, and what is superfluous in them can be dropped step by step: without a column of noise the cells of equal rows
# are larger, and their classes as unequal as before.

made = make_parity(1000, n_features=50, order=3, flip=0.1, random_state=0)
selector = InfluenceSelector(random_state=0).fit(made.X, made.y)
print(selector.n_draws_, "random sets of", selector.subset_size_, "columns")
print(selector.subsets_.head().to_string())

# %%
# The p-value of a set is that of its least needed column, given the others, and is adjusted for all sets of its size.
# If nothing has an influence, nothing is selected in at least 95 % of samples.

n_selecting = 0
for seed in range(20):
    rng = np.random.default_rng(seed)
    noise = InfluenceSelector(random_state=0).fit(rng.integers(2, size=(1000, 50)), rng.integers(2, size=1000))
    n_selecting += len(noise.selected_features_) > 0
print(f"pure noise: a column is selected in {n_selecting} of 20 samples")

# %%
# A suppressor is a milder case. It is independent of y, but measures the noise of another column, so that it is taken
# right after that one: the greedy selection has where to begin.

suppressed = make_suppressor(2000, n_features=10, random_state=0)
greedy = InformationSelector("jmi", 2).fit(suppressed.X, suppressed.y)
print("columns in order:", greedy.selected_features_, "(0 is informative, 1 the suppressor)")

# %%
# Information of single columns and influence, for the parity of three bits (in color).

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
colors = np.where(np.isin(np.arange(50), made.relevant_features), "tab:orange", "tab:blue")
left.bar(np.arange(50), mutual_info_features(made.X, made.y, random_state=0), color=colors)
left.set(xlabel="column", ylabel="I(X;Y), nats", title="Single columns")
right.bar(np.arange(50), selector.influence_, color=colors)
right.set(xlabel="column", ylabel="influence score", title="Best set of each column")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
