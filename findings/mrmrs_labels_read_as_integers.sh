#!/usr/bin/env bash
# mrmrs 0.1.3 (polars 2.1.0): class labels are read as whole numbers; words are left out, and 1.3 and 1.7 are one class.
#
# mrmr(X, y, number_of_features, task_type="classification") says only that y is a polars series. One would swear that
# classes are told apart by their labels, or that labels of a wrong type are refused: the F-statistic depends on the
# classes only. The labels are cast to integers. Of text, only rows whose label is written as a whole number remain;
# if none are, as with "yes" and "no", the list of selected features is empty, and nothing is said. If some are, the
# F-statistics are those of the rows that remain. Decimals are cut: 0.25 and 0.75 are one class, and the list is empty;
# 1.0, 1.3, 1.7 and 2.0 are two classes.
#
# Output seen (the same four classes under different labels; F of the column "grade", in truth 20721.4):
#   0, 1, 2, 3                20721.4
#   "0", "1", "2", "3"        20721.4
#   "a", "b", "c", "d"        []
#   "1", "1.3", "1.7", "2"    142734.4
#   1.0, 1.3, 1.7, 2.0        2813.1
#   0.1, 0.3, 0.5, 0.7        []
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 scikit-learn==1.9.1 polars==2.1.0 mrmrs==0.1.3
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
import numpy as np
import polars as pl
from mrmrs import mrmr
from sklearn.feature_selection import f_classif

rng = np.random.default_rng(0)
n = 2000
classes = rng.integers(0, 4, n)
X = pl.DataFrame(
    {
        "a": rng.normal(size=n),
        "grade": classes + 0.2 * rng.normal(size=n),
        "b": rng.normal(size=n) + (classes >= 2),
    }
)
truth = f_classif(X.to_numpy(), classes)[0][1]
relevances = []
for labels in (
    [0, 1, 2, 3],
    ["0", "1", "2", "3"],
    ["a", "b", "c", "d"],
    ["1", "1.3", "1.7", "2"],
    [1.0, 1.3, 1.7, 2.0],
    [0.1, 0.3, 0.5, 0.7],
):
    found = mrmr(X, pl.Series("y", np.array(labels)[classes]), 3, "classification")
    relevances.append({feature.name: feature.relevance for feature in found}.get("grade"))
    print(labels, relevances[-1])
assert np.allclose(relevances[:2], truth), "changed: whole numbers give the F-statistic"
assert relevances[2] is None and relevances[5] is None, "changed: labels that are no whole numbers select nothing"
assert relevances[3] > 5 * truth and relevances[4] < truth / 5, "changed: classes are told apart by their labels"
PYTHON
