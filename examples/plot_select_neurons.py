"""
Which neurons of a layer are enough
===================================

A layer of 128 neurons was dumped. Which few of them suffice to read the digit from? The neurons that have the most
information each are often about the same digits. :class:`~skib.feature_selection.InformationSelector` takes those that
have it together.
"""

# %%
# A network learns to read digits, and the activations of held-out rows are dumped. Any folder of activations will do:
# :func:`~skib.dumps.open_dump` reads several formats.

import tempfile

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import f_classif
from sklearn.model_selection import train_test_split

from skib.datasets import dump_training_run
from skib.dumps import open_dump
from skib.feature_selection import InformationSelector, SelectionPathDisplay

images, digits = load_digits(return_X_y=True)
training = {"hidden": (128,), "activation": "relu", "epochs": 30, "held_out": 0.7, "random_state": 0}
dump = open_dump(dump_training_run(tempfile.mkdtemp() + "/digits", images / 16, digits, **training))
layer, y = np.asarray(dump[dump.epochs[-1], "layer_1"]), np.asarray(dump.y)
train, test = train_test_split(np.arange(len(y)), random_state=0)

# %%
# Neurons are ranked on one part of the rows: by the criterion "jmi", by their information alone, by an F-statistic, and
# by their variance. A rectified neuron is zero in many rows, which are one bin.

selector = InformationSelector("jmi", 20).fit(layer[train], y[train])
active = layer[train].std(axis=0) > 0  # an F-statistic of a neuron that never fires is not a number
statistic = np.zeros(layer.shape[1])
statistic[active] = f_classif(layer[train][:, active], y[train])[0]
orders = {
    "information together (jmi)": selector.selected_features_,
    "information of each (mim)": InformationSelector("mim", 20).fit(layer[train], y[train]).selected_features_,
    "F-statistic": np.argsort(-statistic),
    "variance": np.argsort(-layer[train].var(axis=0)),
}

# %%
# How well can the digit be read from the first k neurons of each order? A linear model is fitted to the same rows, and
# scored on the others.

numbers = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20]


def accuracy(neurons):
    """Accuracy of a linear model of these neurons on the test rows."""
    model = LinearDiscriminantAnalysis().fit(layer[train][:, neurons], y[train])
    return model.score(layer[test][:, neurons], y[test])


scores = {name: [accuracy(order[:k]) for k in numbers] for name, order in orders.items()}
for name, values in scores.items():
    print(f"{name:28s}", np.round(values, 2))
print(f"{'all 128 neurons':28s}", round(accuracy(np.arange(128)), 2))

# %%
# Four neurons chosen together read more digits than six chosen one by one. With twenty, all orders are alike: the layer
# is redundant, and nearly any twenty neurons have what is needed. A test finds nearly all neurons significant, so that
# it is the number of neurons that has to be chosen here, and not the level of a test.

everything = InformationSelector().fit(layer[train], y[train])
print(f"{len(everything.selected_features_)} neurons are significant")

# %%
# What each neuron has by itself, what others have of it already, and what it has only together with them.

display = SelectionPathDisplay.from_estimator(selector).plot()

# %%

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for name, values in scores.items():
    ax.plot(numbers, values, "o-", ms=3, label=name)
ax.set(xlabel="neurons", ylabel="accuracy of a linear model on new rows", title="Digits read from a few neurons")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)
plt.show()
