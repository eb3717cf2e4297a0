"""
Which selector?
===============

Selectors rank columns by very different principles. What counts is the same for all: how much a predictor can learn
from the first k columns, and how much is left in the others. :func:`~skib.feature_selection.selection_curve` measures
both, on rows that neither the selector nor the predictor has seen.
"""

# %%
# Cells of breast tumors: 30 measurements, many of which say the same. Selectors of skib and of scikit-learn are fitted
# anew within each of five folds.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectKBest, f_classif, f_regression
from sklearn.linear_model import Ridge

from skib.feature_selection import InformationSelector, SelectionCurveDisplay, selection_curve

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
selectors = {
    "jmi": InformationSelector("jmi", 30),
    "mrmr": InformationSelector("mrmr", 30),
    "F statistic": SelectKBest(f_classif),
    "forest": RandomForestClassifier(50, random_state=0),
}
curve = selection_curve(
    selectors, X, y, n_features=[1, 2, 4, 8, 16, 30], n_random_orders=2, n_permutations=0, random_state=0
)
display = SelectionCurveDisplay.from_results(curve).plot(units="bits")
display.ax_.set_title("breast cancer, 30 columns")

# %%
# Four columns of "mrmr", which differ from each other, are worth as much as sixteen by the F statistic, most of which
# repeat the first. What they say remains in the others: the dashed lines fall late, for all selectors.
#
# All selectors are judged by the same rows, so that their differences are known better than their values.

curve.differences("mrmr", "F statistic").query("part == 'first'").round(3)

# %%
# Is it the same elsewhere? The progression of diabetes, a number, from ten columns. Recursive elimination by a ridge
# regression knows which columns add to others, as the linear predictor of the comparison does.

X, y = load_diabetes(return_X_y=True, as_frame=True)
selectors = {
    "jmi": InformationSelector("jmi", 10),
    "correlation": SelectKBest(f_regression),
    "elimination": RFE(Ridge(0.1), n_features_to_select=1),
}
diabetes = selection_curve(selectors, X, y, n_features=[1, 2, 3, 4, 5, 7, 10], n_permutations=0, random_state=0)
display = SelectionCurveDisplay.from_results(diabetes).plot(units="bits")
display.ax_.set_title("diabetes, 10 columns")
diabetes.differences("elimination", "correlation").query("part == 'first'").round(3)

# %%
# The ranking of a selector that has seen all rows is too good. On columns of noise it shows: nothing can be known of
# these labels.

rng = np.random.default_rng(0)
noise, coins = rng.normal(size=(100, 300)), rng.integers(2, size=100)
selectors = {
    "fitted in the folds": SelectKBest(f_classif),
    "fitted to all rows": SelectKBest(f_classif).fit(noise, coins),
}
unfair = selection_curve(
    selectors, noise, coins, n_features=[5, 20, 80], n_permutations=0, n_random_orders=1, random_state=0
)
unfair.table.query("part == 'first'").round(2)

# %%
plt.show()
