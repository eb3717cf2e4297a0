"""Mutual information of all pairs of discrete columns: skib and a loop over scikit-learn, in one run, on one thread.

    python examples/benchmarks/bench_matrix.py [--columns 500] [--rows 10000] [--levels 2 5 10 16] [--rounds 5]

scikit-learn's ``mutual_info_score`` is timed on some of the pairs, the two taking turns within each round; the table
gives medians per pair, their ratio, and how far skib's estimates lie from those of the same pairs one by one. (They
differ from scikit-learn's by the correction of their bias.) The last row is the time of permutation p-values of all
pairs of columns cut at quantiles, which share one null.
"""

import argparse
import os
import platform
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import mutual_info_score

import skib
from skib.entropy import Grassberger
from skib.mutual_info import ChainRule, mutual_info_matrix


def discretized(n_samples, n_columns, n_levels, seed=0):
    """Gaussian columns that share a factor, cut at their quantiles."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_samples, n_columns)) + 0.5 * rng.normal(size=(n_samples, 1))
    ranks = np.argsort(np.argsort(x, axis=0), axis=0)
    return pd.DataFrame(ranks * n_levels // n_samples)


def timed(function):
    """Seconds and result of one call."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def compare(frame, rounds, n_sklearn=100):
    """Median seconds per pair of skib and of scikit-learn, and how far skib's are from estimates one by one."""
    n_columns = frame.shape[1]
    mutual_info_matrix(frame.iloc[:, :2])  # compile
    columns = frame.to_numpy().T.copy()
    pairs = np.random.default_rng(0).integers(0, n_columns, (n_sklearn, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, matrix = timed(lambda: mutual_info_matrix(frame).mutual_info.to_numpy())
        ours.append(seconds / (n_columns * (n_columns - 1) / 2))
        seconds, scores = timed(lambda: [mutual_info_score(columns[i], columns[j]) for i, j in pairs])
        theirs.append(seconds / len(pairs))
    one_by_one = ChainRule(Grassberger())
    apart = [matrix[i, j] - one_by_one.fit(columns[i][:, None], columns[j]).mutual_info_ for i, j in pairs]
    return np.median(ours), np.median(theirs), np.abs(apart).max()


def main():
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--levels", type=int, nargs="+", default=[2, 5, 10, 16])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    versions = f"skib {skib.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    print(f"{versions}, Python {platform.python_version()}, one thread, {options.rounds} rounds")
    print(f"{options.columns} columns, n = {options.rows}: median us a pair, everything included")
    print("levels      skib  scikit-learn     ratio  largest difference")
    for n_levels in options.levels:
        ours, theirs, apart = compare(discretized(options.rows, options.columns, n_levels), options.rounds)
        print(f"{n_levels:6d} {1e6 * ours:9.2f} {1e6 * theirs:13.0f} {theirs / ours:9.0f}  {apart:.1e}")
    frame = discretized(options.rows, options.columns, options.levels[-1])
    seconds = timed(lambda: mutual_info_matrix(frame, n_permutations=999, random_state=0))[0]
    print(f"with p-values from 999 permutations, {options.levels[-1]} levels: {seconds:.2f} s for all pairs")


if __name__ == "__main__":
    main()
