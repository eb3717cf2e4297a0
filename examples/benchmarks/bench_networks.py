"""CPU time and hits of SparseAutoencoderSelector, beside scikit-learn's dense network of the same layers and epochs.

Columns like those of Madelon: 5 informative ones, 15 mixtures of them, and noise. A hit is one of the 20 among the 20
that are selected; chance has 400 / n_features.

Run: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python examples/benchmarks/bench_networks.py [seeds]
"""

import sys
import time

import numpy as np
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from skib.feature_selection import SparseAutoencoderSelector

N_EPOCHS = 20
CASES = [(1000, 100, 100), (1000, 200, 200), (2000, 500, 200), (2000, 500, 1000)]


def madelon(n_samples, n_features, seed):
    """Return columns of which the first 20 are related."""
    return make_classification(
        n_samples,
        n_features,
        n_informative=5,
        n_redundant=15,
        n_clusters_per_class=16,
        class_sep=2.0,
        flip_y=0.01,
        shuffle=False,
        random_state=seed,
    )[0]


def cpu_seconds(fit, *args):
    """Return the CPU time of a call."""
    start = time.process_time()
    fit(*args)
    return time.process_time() - start


def seconds_of_both(X, n_hidden):
    """Return the CPU time of some epochs of the sparse network and of the dense one, both in single precision."""
    sparse = SparseAutoencoderSelector(20, n_hidden=n_hidden, max_iter=N_EPOCHS, random_state=0)
    dense = MLPRegressor(
        hidden_layer_sizes=(n_hidden,),
        activation="logistic",
        solver="sgd",
        batch_size=100,
        max_iter=N_EPOCHS,
        n_iter_no_change=N_EPOCHS,
        random_state=0,
    )
    rows = StandardScaler().fit_transform(X).astype(np.float32)
    rounds = [(cpu_seconds(sparse.fit, X), cpu_seconds(dense.fit, rows, rows)) for _ in range(3)]
    return np.median(rounds, axis=0)


def hits(n_samples, n_features, n_hidden, seed):
    """Return how many of the 20 related columns are among the 20 that are selected."""
    selector = SparseAutoencoderSelector(20, n_hidden=n_hidden, max_iter=100, random_state=seed)
    return np.sum(selector.fit(madelon(n_samples, n_features, seed)).selected_features_ < 20)


def main(n_seeds):
    """Print a line per case."""
    SparseAutoencoderSelector(max_iter=1).fit(madelon(100, 30, 0))  # compiles
    print("n_samples n_features n_hidden  sparse s  dense s  ratio  hits, 100 epochs (chance)")
    for case in CASES:
        sparse, dense = seconds_of_both(madelon(*case[:2], 0), case[2])
        found = np.mean([hits(*case, seed) for seed in range(n_seeds)])
        line = f"{case[0]:9d} {case[1]:10d} {case[2]:8d} {sparse:9.2f} {dense:8.2f} {sparse / dense:6.2f}"
        print(f"{line}  {found:.1f} ({400 / case[1]:.1f})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
