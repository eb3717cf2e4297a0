#!/usr/bin/env bash
# dit 2.3 (numpy 2.4.6): the conditional information bottleneck has an encoder that sees the condition.
#
# InformationBottleneck(d, beta, rvs=[[0], [1]], crvs=[2]) compresses X with Y as the relevant variable, given Z. One
# would swear that T remains a variable computed from X alone, as it is without a condition, only with I(T;Y|Z) in the
# place of I(T;Y). It does not: T is drawn from q(t|x,z), and the complexity is I(X;T|Z). So the solution is one
# bottleneck for each value of Z.
#
# X and Z are independent fair bits, and Y is X if Z = 0 and a third fair bit if Z = 1. A T that is computed from X alone
# costs I(X;T), of which at most half is relevant: it pays from beta = 2 on, and at beta = 1.5 the best is a T that is
# constant, with a Lagrangian of 0. The T of dit keeps X where Z = 0 and nothing where Z = 1.
#
# Output seen, in bits:
#   beta 1.5: complexity 0.50, relevance 0.50, Lagrangian -0.25
#   I(X;T|Z=0) 1.00, I(X;T|Z=1) 0.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1 dit==2.3
cd "$work"
"$work/venv/bin/python" -W ignore - << 'PYTHON'
import dit
import numpy as np
from dit.rate_distortion.information_bottleneck import InformationBottleneck

cells = {"000": 0.25, "110": 0.25, "001": 0.125, "011": 0.125, "101": 0.125, "111": 0.125}  # x, y, z
distribution = dit.Distribution(list(cells), list(cells.values()))
beta, solutions = 1.5, []
for seed in range(5):
    np.random.seed(seed)
    bottleneck = InformationBottleneck(distribution, beta, rvs=[[0], [1]], crvs=[2])
    bottleneck.optimize()
    joint = bottleneck.construct_joint(bottleneck._optima)
    complexity, relevance = float(bottleneck.complexity(joint)), float(bottleneck.relevance(joint))
    solutions.append((complexity - beta * relevance, complexity, relevance, joint))
lagrangian, complexity, relevance, joint = min(solutions, key=lambda solution: solution[0])
print(f"beta {beta}: complexity {complexity:.2f}, relevance {relevance:.2f}, Lagrangian {lagrangian:.2f}")


def information(table):
    table = table / table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True)
    return float(np.sum(table * np.log2(np.where(table > 1e-9, table, 1) / np.where(table > 1e-9, expected, 1))))


given = [information(joint.sum(axis=1)[:, z]) for z in (0, 1)]  # of x and t
print(f"I(X;T|Z=0) {given[0]:.2f}, I(X;T|Z=1) {given[1]:.2f}")
assert lagrangian < -0.2, "changed: the bottleneck no longer pays below beta = 2"
assert given[0] > 0.9 and given[1] < 0.1, "changed: the encoder no longer depends on the condition"
PYTHON
