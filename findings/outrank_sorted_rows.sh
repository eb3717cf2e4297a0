#!/usr/bin/env bash
# outrank 0.97.5: the score of a column depends on the order of the rows; of rows sorted by the target it is nearly 0.
#
# The default heuristic "MI-numba-randomized" corrects the mutual information of a column and the target for the number
# of values of the column. One would swear that the order of the rows does not matter, for the information of counts has
# none, and the name speaks of a random target. The target that stands for chance is not drawn: each row of a value with
# k rows takes the target of the row k places below. Where rows are sorted by the target, or follow each other in time,
# that is nearly always the same class, and the correction takes away the information itself.
#
# Output seen (a column of 100 values that names the class of 90.8 % of 20 000 rows; in truth 0.39 nats):
#   rows in random order    0.389
#   rows sorted by class    0.037
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check outrank==0.97.5
cd "$work"
"$work/venv/bin/python" - << 'PYTHON'
import numpy as np
from outrank.algorithms.feature_ranking.ranking_mi_numba import mutual_info_estimator_numba

rng = np.random.default_rng(0)
n = 20_000
y = np.sort(rng.integers(2, size=n)).astype(np.int32)
said = np.where(rng.random(n) < 0.908, y, 1 - y)
x = (50 * said + rng.integers(50, size=n)).astype(np.int32)
order = rng.permutation(n)
p = 0.908
truth = np.log(2) + p * np.log(p) + (1 - p) * np.log(1 - p)
in_order = mutual_info_estimator_numba(y, x, np.float32(1.0), True)
at_random = mutual_info_estimator_numba(y[order], x[order], np.float32(1.0), True)
print(f"truth {truth:.3f}, rows in random order {at_random:.3f}, rows sorted by class {in_order:.3f}")
assert abs(at_random - truth) < 0.02, "changed: the score of rows in random order is the information"
assert in_order < 0.2 * truth, "changed: the score does not depend on the order of the rows"
PYTHON
