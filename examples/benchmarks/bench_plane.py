"""An information plane of real size and a plain loop over its cells, in one run.

    python examples/benchmarks/bench_plane.py [--layers 10] [--epochs 20] [--rows 5000] [--units 512]
                                              [--permutations 20] [--jobs 1 2] [--sample 4]

A dump in files, float32, of a network with a continuous target: every layer is compressed to eight principal
components, and I(T;Y) is estimated by KSG with a permutation null. The loop does the same as usually written: one PCA
of scikit-learn per cell, then noise of 1e-10 and the k-d trees of scikit-learn (as NPEET does) or of scipy, once for
the estimate and once for every permutation. It takes `--sample` cells, and its time is scaled to all. The plane
estimates I(X;T) besides, by bins of the codes, which is in its time. BLAS has one thread.

Printed: how far the estimates are from each other; seconds on the clock and of CPU, with their ratios to the first
line's, and by how much the process's peak memory rose; then where the time of one cell goes. On a machine that others
use, CPU seconds compare better. ``rows`` returns the lines of a table of all benchmarks: one cell beside the same loop
and beside one covariance matrix of the layer; a cell of the default estimator, 20 permutations as well, on classes; and
the second variant of KSG beside the first.
"""

import argparse
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import sklearn
from peers import kd_tree
from scipy.special import digamma
from sklearn.decomposition import PCA
from sklearn.neighbors import KDTree
from turns import Row, cpu_seconds

import skib
from skib.dumps import open_dump
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG

N_COMPONENTS, N_NEIGHBORS = 8, 3


def inputs_and_target(n_rows, rng):
    """Twelve inputs, and a target that three of them tell."""
    inputs = rng.normal(size=(n_rows, 12))
    return inputs, inputs[:, 0] + inputs[:, 1] * inputs[:, 2] + 0.3 * rng.normal(size=n_rows)


def next_layer(hidden, n_units, rng):
    """A layer of random weights and ReLU."""
    weights = rng.normal(size=(hidden.shape[1], n_units)) * np.sqrt(2 / hidden.shape[1])
    return np.maximum(hidden @ weights, 0).astype(np.float32)


def write_dump(folder, options):
    """Layers of random weights and ReLU, whose first units learn the target from epoch to epoch."""
    rng = np.random.default_rng(0)
    inputs, y = inputs_and_target(options.rows, rng)
    np.save(folder / "y.npy", y)
    np.save(folder / "ids.npy", np.arange(options.rows))
    for epoch in range(options.epochs):
        (folder / f"epoch_{epoch}").mkdir()
        learned = epoch / options.epochs
        hidden = np.column_stack([inputs, learned * y])
        for layer in range(options.layers):
            hidden = next_layer(hidden, options.units, rng)
            np.save(folder / f"epoch_{epoch}" / f"layer{layer}.npy", hidden)


def scikit_learn_trees(x, y):
    """Kraskov's first estimator by the trees of scikit-learn, as NPEET has it."""
    rng = np.random.default_rng(0)
    x, y = (part + 1e-10 * rng.random(part.shape) for part in (x, y))
    rows = np.hstack([x, y])
    radius = KDTree(rows, metric="chebyshev").query(rows, k=N_NEIGHBORS + 1)[0][:, -1] - 1e-15
    n_x, n_y = (KDTree(part, metric="chebyshev").query_radius(part, radius, count_only=True) for part in (x, y))
    return digamma(N_NEIGHBORS) + digamma(len(x)) - np.mean(digamma(n_x) + digamma(n_y))


def plain_loop(dump, keys, n_permutations, estimate):
    """Estimate and mean of the null of some cells."""
    rng = np.random.default_rng(0)
    y = dump.y[:, None]
    values = []
    for key in keys:
        code = PCA(N_COMPONENTS, random_state=0).fit_transform(dump[key])
        null = [estimate(code, rng.permutation(y)) for _ in range(n_permutations)]
        values.append((estimate(code, y), np.mean(null)))
    return np.array(values)


def plane(dump, n_permutations, n_jobs):
    """The plane of the whole dump."""
    estimator = KSG(N_NEIGHBORS, marginals=None)  # as in the loop
    return InformationPlane(
        estimator, compressor=PCA(N_COMPONENTS), n_permutations=n_permutations, n_jobs=n_jobs, random_state=0
    ).fit(dump)


def timed(function, *args):
    """Seconds on the clock and of CPU, MiB by which the peak of the process's memory rose, and result of one call."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = np.array([time.perf_counter(), time.process_time()])
    result = function(*args)
    seconds = np.array([time.perf_counter(), time.process_time()]) - start
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, result


def compare(dump, options):
    """Print one line for each of the implementations."""
    cells = list(dump)
    keys = cells[:: max(len(cells) // options.sample, 1)][: options.sample]
    plane({"y": dump.y, "ids": dump.ids, 0: {"layer": dump[keys[0]]}}, 2, 1)  # compile
    found = {}
    for n_jobs in options.jobs:
        *found[f"skib, n_jobs={n_jobs}"], fitted = timed(plane, dump, options.permutations, n_jobs)
    rows = fitted.results_.query("quantity == 'I(T;Y)'").set_index(["epoch", "layer"])
    ours = rows.loc[keys, ["mutual_info", "null_mean"]].to_numpy()
    for name, estimate in (("scikit-learn's trees", scikit_learn_trees), ("scipy's trees", by_scipy)):
        seconds, memory, theirs = timed(plain_loop, dump, keys, options.permutations, estimate)
        found[f"loop, {name}"] = seconds * len(cells) / len(keys), memory
        apart = np.abs(ours - theirs).max(axis=0)
        print(f"  {name}: estimates differ by up to {apart[0]:.3f} nats, means of the null by {apart[1]:.3f}")
    ours, _ = next(iter(found.values()))
    for name, ((clock, cpu), memory) in found.items():
        on_clock, of_cpu = clock / ours[0], cpu / ours[1]
        print(f"  {name:28s} {clock:8.1f} s {on_clock:6.1f} x  CPU {cpu:8.1f} s {of_cpu:6.1f} x  {memory:6.0f} MiB")


def by_scipy(x, y):
    """The same by scipy's trees."""
    return kd_tree(x, y, n_neighbors=N_NEIGHBORS)


def parts(dump, n_permutations):
    """Print the time of the steps of one cell."""
    layer, y = dump[list(dump)[-1]], dump.y
    orders = [np.random.default_rng(0).permutation(len(y)) for _ in range(n_permutations)]
    code = PCA(N_COMPONENTS, random_state=0).fit_transform(np.asarray(layer, dtype=np.float64))
    estimator = KSG(N_NEIGHBORS, marginals=None)
    steps = {
        "PCA, float64": lambda: PCA(N_COMPONENTS, random_state=0).fit_transform(np.asarray(layer, dtype=np.float64)),
        "PCA, float32": lambda: PCA(N_COMPONENTS, random_state=0).fit_transform(np.asarray(layer)),
        "covariance matrix of the layer": lambda: np.cov(np.asarray(layer, dtype=np.float64), rowvar=False),
        "KSG": lambda: estimator.fit(code, y),
        f"KSG, {n_permutations} permutations": lambda: estimator.permuted_estimates(code, y, orders),
        "both, from one search": lambda: estimator.fit_and_prepare(code, y)[1](orders),
        "scikit-learn's trees, once": lambda: scikit_learn_trees(code, y[:, None]),
    }
    for name, step in steps.items():
        step()
        print(f"  {name:28s} {1000 * min(timed(step)[0][1] for _ in range(3)):8.1f} ms of CPU")


def rows(quick=True):
    """One row for each capability; see ``turns``."""
    n_rows, n_rounds = (2000, 1) if quick else (5000, 3)
    rng = np.random.default_rng(0)
    inputs, y = inputs_and_target(n_rows, rng)
    layer = next_layer(next_layer(inputs, 512, rng), 512, rng)
    cell = {"y": y, "ids": np.arange(n_rows), 0: {"layer": layer}}
    size = f"{n_rows} x 512"
    of_cell = cpu_seconds(
        {
            "skib": lambda: plane(cell, 20, 1),
            "loop": lambda: plain_loop(open_dump(cell), [(0, "layer")], 20, scikit_learn_trees),
            "limit": lambda: np.cov(layer.astype(np.float64), rowvar=False),
        },
        n_rounds,
    )
    default = InformationPlane(n_jobs=1, random_state=0)
    rows_of_double = layer.astype(np.float64)
    of_classes = cpu_seconds(
        {
            "skib": lambda: default.fit(cell, np.where(y > 0, "high", "low")),
            "limit": lambda: rows_of_double @ rows_of_double.T,
        },
        n_rounds,
    )
    return [
        Row(
            f"plane cell, PCA(8) + KSG, null, {size}",
            of_cell["skib"],
            f"loop of scikit-learn {sklearn.__version__}",
            of_cell["loop"],
            "one covariance matrix",
            of_cell["limit"],
        ),
        Row(
            f"plane cell, default, classes, {size}",
            of_classes["skib"],
            limit="products of all pairs of rows",
            of_limit=of_classes["limit"],
        ),
        second_variant(quick),
    ]


def second_variant(quick):
    """KSG of two columns in its second variant, beside the first."""
    n_rows = 10_000 if quick else 100_000
    inputs, y = inputs_and_target(n_rows, np.random.default_rng(0))
    columns = inputs[:, :1]
    seconds = cpu_seconds({v: lambda v=v: KSG(variant=v).fit(columns, y) for v in (1, 2)}, 5)
    return Row(f"KSG, variant 2, 1 + 1 columns, n = {n_rows}", seconds[2], limit="variant 1", of_limit=seconds[1])


def main():
    """Write the dump and run both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("layers", 10), ("epochs", 20), ("rows", 5000), ("units", 512), ("permutations", 20)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--sample", type=int, default=4)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    versions = f"skib {skib.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    print(f"{versions}, Python {platform.python_version()}, {os.cpu_count()} processors, {sys.platform}")
    print(
        f"{options.layers} layers x {options.epochs} epochs, {options.rows} x {options.units}, {options.permutations}"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_dump(Path(folder), options)
        dump = open_dump(folder)
        compare(dump, options)
        print("One cell:")
        parts(dump, options.permutations)


if __name__ == "__main__":
    main()
