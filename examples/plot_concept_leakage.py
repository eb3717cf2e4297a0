"""
What the concepts of a bottleneck leak
======================================

A concept bottleneck predicts the class from a few concepts that a person can check. Its columns are usually
probabilities, and a classifier may read more from these than the concepts: they leak. Here the layer is that of a small
network for digits, and the concepts are three properties of the shapes.
"""

# %%
# The concepts are the same for all images of a digit. With the right concepts alone, no more than which of six groups
# of digits an image belongs to can be known.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier

from skib.metrics import concept_existence, concept_leakage, concept_residual
from skib.preprocessing import ConceptBottleneck

images, digit = load_digits(return_X_y=True)
shapes = {"loop": (0, 6, 8, 9), "straight": (1, 4, 7), "open at the left": (2, 3, 5, 7, 9)}
concepts = pd.DataFrame({name: np.isin(digit, digits) for name, digits in shapes.items()})
order = np.random.default_rng(0).permutation(len(digit))
train, test = order[:900], order[900:]

network = MLPClassifier((64,), max_iter=60, early_stopping=False, tol=0.1, random_state=0)
network.fit(images[train] / 16, digit[train])
layer = np.maximum(images / 16 @ network.coefs_[0] + network.intercepts_[0], 0)

# %%
# The layer holds the concepts: linear probes extract most of their entropy on rows that they were not fitted to.

print(concept_existence(layer[test], concepts.iloc[test], random_state=0).round(2).to_string(index=False))

# %%
# The bottleneck is fitted to one half of the images and measured on the other half, with probabilities and with
# decisions, beside the annotated concepts themselves.

soft = ConceptBottleneck().fit(layer[train], concepts=concepts.iloc[train])
columns = {
    "probabilities": soft.transform(layer[test]),
    "decisions": soft.set_params(hard=True).transform(layer[test]),
    "annotated": concepts.iloc[test].to_numpy(float),
}

rows = {}
for name, predicted in columns.items():
    leakage = concept_leakage(predicted, concepts.iloc[test], digit[test], random_state=0).leakage
    residual = concept_residual(layer[test], predicted, digit[test], n_permutations=2, random_state=0)
    accuracy = cross_val_score(HistGradientBoostingClassifier(max_iter=30), predicted, digit[test], cv=3).mean()
    rows[name] = {
        "leakage": leakage.value,
        "error": leakage.std_error,
        "null": leakage.null,
        "residual": residual.value,
        "accuracy": accuracy,
    }
table = pd.DataFrame(rows).T
print(table.round(3).to_string())

# %%
# The classifier on probabilities is better than any on the annotated concepts can be. That is no merit of the concepts:
# its surplus is what the probabilities leak. Decisions leak only by their errors.

fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.bar(table.index, table["leakage"], yerr=2 * table["error"], width=0.5, label="leakage, two standard errors")
ax.plot(table.index, table["null"], "k_", markersize=15, label="null")
ax.set_ylabel("I(predicted; digit | concepts), nats")
ax.set_xticks(range(3), [f"{name}\naccuracy {row.accuracy:.2f}" for name, row in table.iterrows()])
ax.legend()
plt.show()
