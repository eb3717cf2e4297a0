"""
Which criterion selects which columns
=====================================

The criteria of :class:`~skib.feature_selection.InformationSelector` weigh relevance, redundancy and synergy
differently. On columns that matter only together the difference is large; on a table whose columns matter by
themselves, it is small.
"""

# %%
# A table like Madelon of the feature selection challenge of 2003: the classes are clusters at the corners of a cube of
# five columns, 15 more are mixtures of the five, and 480 are noise. Single columns say little about the class.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.feature_selection import InformationSelector, SelectionPathDisplay

criteria = {
    "mim": "relevance alone (mim)",
    "mrmr": "less redundancy (mrmr)",
    "cmim": "least new information (cmim)",
    "jmi": "less redundancy, plus synergy (jmi)",
    "disr": "normalized (disr)",
}
cube = {"n_informative": 5, "n_redundant": 15, "n_clusters_per_class": 16, "class_sep": 2, "flip_y": 0.01}
X, y = make_classification(2000, 500, **cube, shuffle=False, random_state=0)  # the first 20 columns matter
paths = {name: InformationSelector(name, 20).fit(X, y) for name in criteria}
for name, selector in paths.items():
    print(f"{name:5s} {(selector.selected_features_ < 20).sum():2d} of 20 matter: {selector.selected_features_}")

# %%
# Without a number of columns, a test ends the selection.

selector = InformationSelector().fit(X, y)
found = selector.selected_features_
print(f"{len(found)} columns, {(found < 20).sum()} of which matter; {selector.stop_reason_}")

# %%
# The path shows why. The columns of the cube are redundant, and what they have in common within the classes, their
# synergy, exceeds it. A criterion that subtracts redundancy and does not add synergy prefers noise to them.

selector.path_.head().round(3)

# %%

display = SelectionPathDisplay.from_estimator(selector).plot()

# %%
# The cells of breast tumors of scikit-learn: 30 measurements, of which many are nearly the same. Selection belongs into
# the cross-validation. One path per fold is enough for all numbers of columns, since the first columns are the same.

cells, malignant = load_breast_cancer(return_X_y=True)
numbers = np.arange(1, 13)
model = make_pipeline(StandardScaler(), KNeighborsClassifier())


def accuracies(criterion, train, test):
    """Accuracy on the test rows with the first columns of the path, for each number of them."""
    order = InformationSelector(criterion, int(numbers[-1])).fit(cells[train], malignant[train]).selected_features_
    first = [cells[:, order[:k]] for k in numbers]
    return [model.fit(x[train], malignant[train]).score(x[test], malignant[test]) for x in first]


folds = list(StratifiedKFold(5).split(cells, malignant))
accuracy = {name: np.mean([accuracies(name, *fold) for fold in folds], axis=0) for name in criteria}
for name, values in accuracy.items():
    print(f"{name:5s}", values.round(3))

# %%
# Relevance alone takes the same measurement several times, and "disr" too. The others are alike here, and "jmi" is not
# the best of them at every number.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for (name, label), color in zip(criteria.items(), plt.cm.tab10.colors, strict=False):
    hits = np.cumsum(paths[name].selected_features_ < 20)
    left.plot(np.arange(1, 21), hits, color=color, label=label)
    right.plot(numbers, accuracy[name], color=color)
left.set(
    xticks=[1, 5, 10, 15, 20],
    xlabel="selected columns",
    ylabel="of them matter",
    title="Five informative columns and 15 mixtures",
)
left.legend(frameon=False, fontsize="small")
right.set(xlabel="selected columns", ylabel="accuracy of neighbors, cross-validated", title="Breast tumors")
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
