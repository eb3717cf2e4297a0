"""
Mislabeled digits: which labels does a classifier find implausible?
===================================================================

The pointwise V-information (PVI) of a row is what the input tells a family of classifiers about its label. A label that
is wrong is one that the input speaks *against*: its PVI is negative. Here a share of the labels of handwritten digits
is replaced, and the rows are ranked by PVI.
"""

# %%
# One label in twenty is replaced by another digit. Every row is held out: the classifiers that judge it were fitted to
# other rows, which contain wrong labels as well.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.metrics import pvi_by_slice, selective_risk
from skib.mutual_info import UsableInformation

X, digits = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
wrong = rng.random(len(digits)) < 0.05
labels = np.where(wrong, (digits + rng.integers(1, 10, len(digits))) % 10, digits)

classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
information = UsableInformation(classifier, random_state=0).fit(X, labels)
print(f"{information.mutual_info_:.2f} nats of at most {information.ceiling_:.2f}; {wrong.sum()} labels are wrong")

# %%
# The wrong labels are nearly all below 0. Rows with a right label and a low PVI are digits that are hard to read.
figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
bins = np.linspace(information.pvi_.min(), information.pvi_.max(), 60)
axis.hist([information.pvi_[~wrong], information.pvi_[wrong]], bins, stacked=True, label=["right label", "wrong label"])
axis.set(xlabel="pointwise V-information [nats]", ylabel="rows", yscale="symlog")
line = axis.axvline(0, color="0.4", linewidth=1)
legend = axis.legend(frameon=False, loc="upper left")

# %%
# Whoever checks the labels in the order of PVI finds most of the wrong ones in the first few percent of the rows.
order = np.argsort(information.pvi_)
found = np.cumsum(wrong[order]) / wrong.sum()
{
    f"first {share:.0%} of the rows": f"{found[int(share * len(order)) - 1]:.0%} found"
    for share in (0.03, 0.05, 0.07, 0.1)
}

# %%
# The first of them, with the label that they were given.
figure, axes = plt.subplots(2, 8, figsize=(8, 2.9), layout="constrained")
for axis, row in zip(axes.flat, order, strict=False):
    axis.imshow(X[row].reshape(8, 8), cmap="gray_r")
    axis.set_title(f"{labels[row]}?", color="tab:orange" if wrong[row] else "tab:blue")
    axis.set_axis_off()

# %%
# Slices of the data and transformations of the input, in one table. Half of the image is enough for a part of the
# digits; shuffled pixels tell a linear classifier nothing, because it cannot undo an order that changes with the row.
halves = {"whole image": X, "upper half": X[:, :32], "shuffled pixels": rng.permuted(X, axis=1)}
estimates = {
    name: UsableInformation(classifier, random_state=0).fit(columns, labels) for name, columns in halves.items()
}
table = pvi_by_slice(estimates, pd.DataFrame({"label": np.where(wrong, "wrong", "right"), "digit": digits}))
table.query("variable != 'digit'")[["transformation", "slice", "n_samples", "value", "std_error", "change"]].round(2)

# %%
# How much of its information each digit loses without the lower half of the image, with two standard errors.
half = table.query("variable == 'digit' and transformation == 'upper half'")
figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
axis.bar(half["slice"].astype(str), half["change"], yerr=2 * half["change_std_error"], color="tab:blue")
text = axis.set(xlabel="digit", ylabel="change of V-information [nats]")

# %%
# PVI needs the label, which a prediction does not have. The score of a *prediction* is the PVI that its own label would
# have. Above which score are at most 3 % of the predictions wrong? Half of the rows fit the classifier, and the other
# half chooses the threshold; the bound holds with a probability of 95 %.
half = rng.permutation(len(X)) % 2 == 0
model = classifier.fit(X[half], labels[half])
probabilities, shares = model.predict_proba(X[~half]), np.bincount(labels[half]) / half.sum()
predicted = probabilities.argmax(axis=1)
scores = np.log(probabilities.max(axis=1) / shares[predicted])
selection = selective_risk(scores, predicted == digits[~half], 0.03)
print(f"keep scores above {selection.threshold:.2f}: {selection.coverage:.0%} of the rows, {selection.risk:.1%} wrong")
print(f"bound of the error rate: {selection.risk_bound:.1%}; of all rows {selection.risk.null:.1%} are wrong")

# %%
# The curve of risk over coverage, with the bounds that hold together.
figure, axis = plt.subplots(figsize=(8, 3.2), layout="constrained")
curve = selection.curve
axis.step(curve["coverage"], curve["risk"], where="mid", label="observed")
axis.step(curve["coverage"], curve["risk_bound"], where="mid", linestyle="--", label="bound")
axis.axhline(0.03, color="0.4", linewidth=1)
axis.set(xlabel="coverage", ylabel="error rate", ylim=(0, 0.1))
legend = axis.legend(frameon=False)
