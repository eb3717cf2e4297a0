#!/usr/bin/env bash
# mrmr_selection 0.2.8 (category_encoders 2.11.2): a column that holds the same word in every row is the best feature.
#
# mrmr_classif takes categories by name, cat_features=[...]. One would swear that a column of one category, which has no
# information on anything, is not selected, as a constant number is not (its relevance is 0). It comes first, before a
# column that separates the classes well: a category is encoded by the mean of y over the *other* rows of the category
# ("leave one out", the default), so that the code of a row is (sum of y - its own y) / (n - 1), and y can be read from
# it. Words drawn at random seem relevant for the same reason. mrmr_regression does the same.
#
# Output seen (x is y and noise; "one" is the number 1 in every row, "word" the same word, "noise" one of two words at
# random):
#   classification: ['word', 'x', 'noise']
#   F-statistics: x 2.08e+03, one 0, word 7.32e+11, noise 59.4
#   regression: ['word', 'x', 'noise']
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 pandas==2.3.3 scikit-learn==1.9.1 \
    category_encoders==2.11.2 mrmr_selection==0.2.8
cd "$work"
"$work/venv/bin/python" -W ignore - << 'PYTHON'
import numpy as np
import pandas as pd
from mrmr import mrmr_classif, mrmr_regression

rng = np.random.default_rng(0)
n = 2000
y = pd.Series(rng.integers(0, 2, n))
columns = {"x": 2 * y + rng.normal(size=n), "one": 1.0, "word": "same", "noise": rng.choice(["a", "b"], n)}
X = pd.DataFrame(columns)
options = {"K": 4, "cat_features": ["word", "noise"], "return_scores": True, "show_progress": False, "n_jobs": 1}
order, relevance, _ = mrmr_classif(X=X, y=y, **options)
print("classification:", order)
print("F-statistics:", ", ".join(f"{name} {relevance.get(name, 0):.3g}" for name in X))
assert order[0] == "word" and relevance["word"] > 1e9, "changed: a column of one word is not the most relevant"
assert relevance["noise"] > 20, "changed: words drawn at random have no relevance"
assert "one" not in order, "changed"
order, _, _ = mrmr_regression(X=X, y=X["x"] + rng.normal(size=n), **options)
print("regression:", order)
assert order[0] == "word", "changed"
PYTHON
