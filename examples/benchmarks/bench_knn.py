"""Nearest-neighbor mutual information: skib and its peers, in one run, on one thread.

    python examples/benchmarks/bench_knn.py [--rounds 5] [--rows 10000] [--features 50]

First estimates of one pair of columns (``Auto``) and of several in X and y, then scores of many features. For each
library: the median time, its ratio to skib's, and how far its estimates lie from skib's (mean and largest absolute
difference, nats). The libraries take turns within each round, so that a change in the machine's speed meets all of
them. Peers that are not installed are left out (``pip install ennemi infomeasure pykdtree pynear``).

Then neighbors alone, the three nearest of every row in 2 to 20 columns under the maximum norm: CPU seconds beside the
trees of other libraries (pykdtree's under the Euclidean norm, for want of another), and beside a sort of every column,
which is what any tree costs at least. ``rows`` offers the same, and estimates of several columns, to other benchmarks.

The last tables give skib's own cost from 10 000 to 1 000 000 rows (the exponent of time in the number of rows), the
peak memory that 100 000 rows add, and the cost of the first call in a new process.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
import tracemalloc

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import scipy
import sklearn
from peers import ennemi, infomeasure, infomeasure_knn, kd_tree, npeet_style, scikit_learn
from scipy.spatial import cKDTree
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.neighbors import KDTree
from turns import Row, cpu_seconds

import skib
from skib._copies import NO_COPIES
from skib._neighbors import build_tree, nearest_neighbors
from skib.datasets import make_gaussian_pair
from skib.mutual_info import KSG, Auto, Ross

try:
    from pykdtree.kdtree import KDTree as EuclideanTree
except ImportError:
    EuclideanTree = None
try:
    from pynear import VPTreeChebyshevIndex
except ImportError:
    VPTreeChebyshevIndex = None

N_NEIGHBORS = 5
SCIPY, SCIKIT_LEARN = f"scipy {scipy.__version__}", f"scikit-learn {sklearn.__version__}"


def features(n_samples, n_features, seed=0):
    """Gaussian features and a target that depends on each of them to a different degree."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    return X, X @ np.linspace(0, 1, n_features) / np.sqrt(n_features) + 0.3 * rng.normal(size=n_samples)


def ennemi_scores(X, y):
    """Estimates of ennemi, column by column."""
    return np.ravel(ennemi.estimate_mi(y, X, k=N_NEIGHBORS, max_threads=1))


def tasks(n_samples, n_features):
    """Name of the task -> {library: function without arguments}; skib's first."""
    X, y = features(n_samples, n_features)
    classes = np.digitize(y, np.quantile(y, [0.2, 0.5, 0.8]))
    regression = {
        "skib": lambda: KSG(N_NEIGHBORS).score_features(X, y),
        "skib, no ranks": lambda: KSG(N_NEIGHBORS, marginals="standard").score_features(X, y),
        f"scikit-learn {sklearn.__version__}": lambda: mutual_info_regression(
            X, y, n_neighbors=N_NEIGHBORS, random_state=0, n_jobs=1
        ),
    }
    if ennemi:
        regression["ennemi"] = lambda: ennemi_scores(X, y)
    classification = {
        "skib": lambda: Ross(N_NEIGHBORS).score_features(X, classes),
        "skib, no ranks": lambda: Ross(N_NEIGHBORS, marginals="standard").score_features(X, classes),
        f"scikit-learn {sklearn.__version__}": lambda: mutual_info_classif(
            X, classes, n_neighbors=N_NEIGHBORS, random_state=0, n_jobs=1
        ),
    }
    size = f"n = {n_samples}, {n_features} features"
    return {f"KSG, continuous target, {size}": regression, f"Ross, four classes, {size}": classification}


def pairs(n_samples):
    """The same for one estimate: one column each by ``Auto``, and several by KSG."""
    found = {}
    for dim in (1, 2, 5):
        pair = make_gaussian_pair(n_samples, rho=0.6, dim=dim, random_state=0)
        x, y = pair.X, pair.y.reshape(n_samples, dim)
        ours = Auto() if dim == 1 else KSG(3)
        libraries = {"skib": lambda e=ours, x=x, y=y: e.fit(x, y).mutual_info_}
        if dim == 1:
            libraries[f"scikit-learn {sklearn.__version__}"] = lambda x=x, y=y: scikit_learn(x, y)
        libraries["scipy's trees"] = lambda x=x, y=y: kd_tree(x, y)
        libraries["NPEET's way"] = lambda x=x, y=y: npeet_style(x, y)
        if infomeasure:
            libraries["infomeasure"] = lambda x=x, y=y: infomeasure_knn(x, y)
        found[f"{ours!r}, {dim} + {dim} columns, n = {n_samples}"] = libraries
    return found


def max_norm_trees(points, n_neighbors=3):
    """Library -> function that finds the k-th distance of every row under the maximum norm; skib's first."""
    k = n_neighbors + 1  # the row itself is among those that the others find
    libraries = {
        "skib": lambda: nearest_neighbors(build_tree(points), n_neighbors, NO_COPIES)[0][:, -1],
        SCIPY: lambda: cKDTree(points).query(points, k, p=np.inf)[0][:, -1],
        SCIKIT_LEARN: lambda: KDTree(points, metric="chebyshev").query(points, k)[0][:, -1],
    }
    if VPTreeChebyshevIndex:
        single = points.astype(np.float32)  # its only precision
        libraries["pynear"] = lambda: of_vantage_points(single, k)
    return libraries


def of_vantage_points(points, k):
    """The same by a tree of vantage points."""
    tree = VPTreeChebyshevIndex()
    tree.set(points)
    return np.max(tree.searchKNN(points, k)[1], axis=1)


def compare_trees(n_samples, rounds):
    """Print CPU seconds of the nearest neighbors alone in 2 to 20 columns, and check the distances."""
    for n_columns in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20):
        points = np.random.default_rng(0).normal(size=(n_samples, n_columns))
        libraries = max_norm_trees(points)
        truth = np.sort(libraries[SCIPY]())
        for name, function in libraries.items():
            np.testing.assert_allclose(np.sort(function()), truth, rtol=1e-4 if name == "pynear" else 0)
        if EuclideanTree:
            libraries["pykdtree, Euclidean"] = lambda p=points: EuclideanTree(p).query(p, 4)
        libraries["sorted columns"] = lambda p=points: np.argsort(p, axis=0)
        seconds = cpu_seconds(libraries, rounds)
        shown = (f"{name} {spent / seconds['skib']:.2f}" for name, spent in seconds.items() if name != "skib")
        print(f"  {n_columns:2d} columns: skib {seconds['skib']:.4f} s, of it: {', '.join(shown)}")


def rows(quick=True):
    """One row a capability: nearest neighbors alone, and KSG of several columns, beside trees and a sort."""
    n_samples, n_rounds = (5_000, 3) if quick else (20_000, 5)
    found = []
    for n_columns in (2, 4, 6, 20):
        points = np.random.default_rng(0).normal(size=(n_samples, n_columns))
        libraries = max_norm_trees(points)
        limit = {"a sort of every column": lambda p=points: np.argsort(p, axis=0)}
        found.append(_row(f"neighbors, {n_columns} columns, n = {n_samples}", libraries | limit, n_rounds))
    for n_columns in (2, 10):
        pair = make_gaussian_pair(n_samples // 2, rho=0.6, dim=n_columns, random_state=0)
        x, y = pair.X, pair.y.reshape(-1, n_columns)
        libraries = {
            "skib": lambda x=x, y=y: KSG(3).fit(x, y),
            f"{SCIPY} trees": lambda x=x, y=y: kd_tree(x, y),
            f"{SCIKIT_LEARN} trees": lambda x=x, y=y: npeet_style(x, y),
            "neighbors alone": lambda x=x, y=y: nearest_neighbors(build_tree(np.hstack([x, y])), 3, NO_COPIES),
        }
        found.append(_row(f"KSG {n_columns} + {n_columns} columns, n = {len(x)}", libraries, n_rounds))
    return found


def _row(task, libraries, rounds):
    """The row of skib, which comes first, its fastest peer, and the limit, which comes last."""
    seconds = cpu_seconds(libraries, rounds)
    *peers, limit = list(seconds)[1:]
    fastest = min(peers, key=seconds.get)
    return Row(task, seconds["skib"], fastest, seconds[fastest], limit, seconds[limit])


def timed(function):
    """Seconds and result of one call."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def compare(libraries, rounds):
    """Print the rows of one task."""
    libraries["skib"]()  # compile
    seconds, results = {name: [] for name in libraries}, {}
    for _ in range(rounds):
        for name, function in libraries.items():
            spent, results[name] = timed(function)
            seconds[name].append(spent)
    for name, spent in seconds.items():
        ratio = np.median(spent) / np.median(seconds["skib"])
        apart = np.abs(results[name] - results["skib"])
        print(f"  {name:22s} {np.median(spent):9.3f} s {ratio:8.1f} x   {apart.mean():.4f}  {apart.max():.4f}")


def cost_exponent(rounds):
    """Exponent of time in the number of rows, fitting one pair of columns."""
    sizes, medians = (10_000, 100_000, 1_000_000), []
    for n_samples in sizes:
        X, y = features(n_samples, 1)
        times = [timed(lambda X=X, y=y: KSG(N_NEIGHBORS).fit(X, y))[0] for _ in range(rounds)]
        medians.append(np.median(times))
        print(f"  n = {n_samples:8d} {medians[-1]:9.4f} s {1e6 * medians[-1] / n_samples:8.3f} us a row")
    exponent = np.log(medians[-1] / medians[0]) / np.log(sizes[-1] / sizes[0])
    print(f"  exponent from {sizes[0]} to {sizes[-1]}: {exponent:.3f}")


FIRST_CALL = """
import time, numpy as np, numba, sklearn.feature_selection
from skib.mutual_info import KSG, Ross
x, y = np.random.default_rng(0).normal(size=(2, 1000))
start = time.process_time()
KSG().fit(x[:, None], y)
print(f"  first KSG fit, {{}} cache: {time.process_time() - start:.2f} s CPU")
start = time.process_time()
Ross().fit(x[:, None], y > 0)
print(f"  first Ross fit after it, {{}} cache: {time.process_time() - start:.2f} s CPU")
"""


def added_memory(n_samples=100_000):
    """Print the most memory that numpy holds during a fit."""
    X, y = features(n_samples, 1)
    tracemalloc.start()
    KSG(N_NEIGHBORS).fit(X, y)
    print(f"  peak memory that a fit of {n_samples} rows adds: {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB")
    tracemalloc.stop()


def first_calls():
    """CPU seconds of the first calls in new processes, with an empty and with a warm cache."""
    with tempfile.TemporaryDirectory() as cache:
        for state in ("cold", "warm"):
            environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
            subprocess.run([sys.executable, "-c", FIRST_CALL.replace("{{}}", state)], env=environment, check=True)


def main():
    """Run all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--features", type=int, default=50)
    options = parser.parse_args()
    versions = f"skib {skib.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    print(f"{versions}, Python {platform.python_version()}; one thread, {options.rounds} rounds")
    for task, libraries in (pairs(options.rows) | tasks(options.rows, options.features)).items():
        print(f"\n{task}: median time, ratio to skib, mean and largest difference from skib's estimates")
        compare(libraries, options.rounds)
    print("\nNearest neighbors alone under the maximum norm, 20 000 rows, and CPU of the others in units of skib's")
    compare_trees(20_000, options.rounds)
    print("\nKSG on one pair of columns")
    cost_exponent(options.rounds)
    print("\nMemory and first calls")
    added_memory()
    first_calls()


if __name__ == "__main__":
    main()
