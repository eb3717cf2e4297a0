"""Permutation tests and screens of many columns: CPU time beside scikit-learn's, and the errors of the tests.

    python examples/benchmarks/bench_nulls.py [--quick] [--screens 300]

The first table has one row per task: CPU seconds of skib, of the same number of permutations by scikit-learn (timed on
a few of them and scaled), and of what the task cannot be faster than, on one thread, taking turns.

With ``--screens``, 20 independent columns and a target of 100 rows are screened that often with 499 permutations, the
columns independent of each other in every other screen and of one factor in the rest. The second table gives the share
of columns with p <= 0.05, its standard deviation over screens, and the share of screens in which Holm's method, and
that of Benjamini and Hochberg, reject any column; nominally 0.05 at most. With ``--ties`` the columns are rounded.
"""

import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import warnings
from functools import partial

import numpy as np
import sklearn
from peers import npeet_style
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from turns import Row, cpu_seconds

import skib
from skib.mutual_info import KSG, Auto, MesnerShalizi, Ross, mutual_info_features, mutual_info_screen, permutation_test

SCIKIT_LEARN = f"scikit-learn {sklearn.__version__}"
# Permutations of the peer that are timed.
FEW = 2


def rows(quick=True):
    """Return one ``turns.Row`` per task."""
    return [*test_rows(quick), *screen_rows(quick)]


def test_rows(quick):
    """Tests of one pair: the limit is a single fit."""
    n_samples, n_permutations, rounds = 2000, 50 if quick else 100, 1 if quick else 5
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, 64))
    y = x[:, 0] + rng.normal(size=n_samples)
    classes = (y > 0).astype(int)
    by_trees = partial(npeet_style, n_neighbors=5)
    tasks = [
        ("KSG 1 + 1", KSG(), x[:, :1], y, lambda x, y: mutual_info_regression(x, y, n_neighbors=5)),
        ("KSG 5 + 1", KSG(), x[:, :5], y, lambda x, y: by_trees(x, y[:, None])),
        ("MesnerShalizi 5 + 1", MesnerShalizi(), x[:, :5], y, None),
        ("Auto 1 + 1", Auto(), x[:, :1], y, None),
        ("Ross 1", Ross(), x[:, :1], classes, lambda x, y: mutual_info_classif(x, y, n_neighbors=5)),
        ("Ross 64", Ross(), x, classes, None),
    ]
    found = []
    for task, estimator, left, right, peer in tasks:
        functions = {
            "skib": partial(permutation_test, estimator, left, right, n_permutations=n_permutations, random_state=0),
            "limit": partial(estimator.fit, left, right),
        }
        if peer is not None:
            functions["peer"] = partial(_permuted, peer, left, right)
        name = f"{task} columns, n = {n_samples}, {n_permutations} permutations"
        found.append(_row(name, cpu_seconds(functions, rounds), (1 + n_permutations) / FEW, "one fit"))
    return found


def screen_rows(quick):
    """Screens of columns of numbers: the limit is their scores."""
    sizes = [(50, 200)] if quick else [(200, 1000), (20_000, 1000)]
    found = []
    for n_columns, n_permutations in sizes:
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(1000, n_columns)), rng.normal(size=1000)
        functions = {
            "skib": partial(mutual_info_screen, X, y, n_permutations=n_permutations, random_state=0),
            "limit": partial(mutual_info_features, X, y),
            "peer": partial(_permuted, partial(mutual_info_regression, n_neighbors=5), X[:, :20], y),
        }
        name = f"{n_columns} columns, n = 1000, {n_permutations} permutations"
        scale = (1 + n_permutations) / FEW * n_columns / 20
        found.append(_row(name, cpu_seconds(functions, 1 if quick else 3), scale, "the scores alone"))
    return found


def errors_of_screens(n_screens, decimals=None):
    """Return a line for columns that are independent of each other, and one for columns of one factor."""
    lines = []
    for kind in ("independent", "one factor"):
        shares, holm, bh = [], [], []
        for seed in range(n_screens):
            rng = np.random.default_rng([seed, kind == "one factor"])
            X, y = rng.normal(size=(100, 20)), rng.exponential(size=100)
            X = X + (kind == "one factor") * rng.normal(size=(100, 1))
            X = X if decimals is None else X.round(decimals)
            screen = mutual_info_screen(X, y, n_permutations=499, random_state=seed)
            shares.append(np.mean(screen["pvalue"] <= 0.05))
            holm.append((screen["pvalue_holm"] <= 0.05).any())
            bh.append((screen["pvalue_bh"] <= 0.05).any())
        rates = np.mean(shares), np.std(shares), np.mean(holm), np.mean(bh)
        lines.append(f"{kind:12s}" + "".join(f"{rate:10.3f}" for rate in rates))
    return lines


def _permuted(estimate, x, y):
    rng = np.random.default_rng(0)
    return [estimate(x, rng.permutation(y)) for _ in range(FEW)]


def _row(task, seconds, scale, limit):
    peer = (SCIKIT_LEARN, scale * seconds["peer"]) if "peer" in seconds else ("", np.nan)
    return Row(task, seconds["skib"], *peer, limit, seconds["limit"])


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--screens", type=int, default=0)
    parser.add_argument("--ties", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", skib.SkibWarning)
    if options.screens:
        print(f"{options.screens} screens of 20 columns   p <= .05        sd   any Holm    any BH")
        print("\n".join(errors_of_screens(options.screens, 1 if options.ties else None)))
        return
    print(f"skib {skib.__version__}, {SCIKIT_LEARN}: CPU seconds, and in units of skib's")
    print(f"{'':55s}{'skib':>9s}{'peer':>9s}{'ratio':>8s}{'limit':>9s}{'ratio':>8s}")
    for row in rows(options.quick):
        peer, limit = row.of_peer / row.skib, row.of_limit / row.skib
        print(f"{row.task:55s}{row.skib:9.3f}{row.of_peer:9.1f}{peer:8.1f}{row.of_limit:9.3f}{limit:8.3f}  {row.limit}")


if __name__ == "__main__":
    main()
