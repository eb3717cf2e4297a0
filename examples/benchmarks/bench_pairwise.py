"""Estimators of all pairs of rows beside one matrix of exponentials, in one run, on one thread.

    python examples/benchmarks/bench_pairwise.py [--rows 10000] [--eigen-rows 3000] [--rounds 3]

The limit is what numpy and BLAS take for the row sums of exp(-|x_i - x_j|^2) of as many rows of twelve columns, in
double precision, block by block: a matrix product, which gives the distances (and loses digits where rows lie far from
the center), and exponentials. Entropies are those of the twelve columns. Measures of dependence, of ten columns and
two, need two such matrices, whose time is the second limit; those with a standard error, HSIC and Cauchy-Schwarz, pass
over the pairs twice. Where eigenvalues are needed, the limit is ``numpy.linalg.eigvalsh`` of three matrices.

Printed: CPU seconds, medians over rounds in which all take turns; the ratios to the limits; and the most memory that
numpy holds during a fit.
"""

import argparse
import os
import platform
import tracemalloc

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from turns import Row, cpu_seconds

import skib
from skib.entropy import KolchinskyTracey, LeaveOneOutKDE
from skib.metrics import HSIC
from skib.mutual_info import CauchySchwarz, MatrixRenyi

ENTROPIES = [KolchinskyTracey(noise_variance=1.0), LeaveOneOutKDE(), LeaveOneOutKDE("silverman")]
DEPENDENCES = [HSIC(), CauchySchwarz(), MatrixRenyi(alpha=2)]
_BLOCK_ROWS = 64  # the fastest of 16 to 1000, where a block stays in the cache


def variables(n_samples):
    """Ten normal columns, and two that depend on them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, 10))
    return X, X[:, :2] + rng.normal(size=(n_samples, 2))


def row_sums(x):
    """Sums of exp(-|x_i - x_j|^2) over j, by matrix products."""
    x = x - x.mean(axis=0)
    halves, sums = 0.5 * np.einsum("ij,ij->i", x, x), np.empty(len(x))
    for start in range(0, len(x), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        block = x[rows] @ x.T
        block -= halves[rows, None]
        block -= halves
        np.exp(block, out=block)
        sums[rows] = block.sum(axis=1)
    return sums


def pairwise(n_samples):
    """Name -> function of each estimator, and of the limit."""
    X, Y = variables(n_samples)
    both = np.hstack([X, Y])
    return (
        {repr(estimator): lambda e=estimator: e.fit(both) for estimator in ENTROPIES}
        | {repr(estimator): lambda e=estimator: e.fit(X, Y) for estimator in DEPENDENCES}
        | {"one matrix": lambda: row_sums(both), "two matrices": lambda: (row_sums(X), row_sums(Y))}
    )


def eigenvalues(n_samples):
    """The same for matrices whose eigenvalues are needed."""
    X, Y = variables(n_samples)
    x = np.hstack([X, Y])
    halves = np.einsum("ij,ij->i", x, x)
    matrix = np.exp(np.minimum(x @ x.T - 0.5 * halves - 0.5 * halves[:, None], 0))
    return {
        repr(MatrixRenyi()): lambda: MatrixRenyi().fit(X, Y),
        "eigvalsh": lambda: [np.linalg.eigvalsh(matrix) for _ in range(3)],
    }


def limit_of(task, seconds):
    """Name and seconds of the limit of a task."""
    if "eigvalsh" in seconds:
        return "three eigvalsh", seconds["eigvalsh"]
    one = task in map(repr, ENTROPIES)
    return ("GEMM and exp", seconds["one matrix"]) if one else ("two GEMM and exp", seconds["two matrices"])


def rows(quick=True):
    """One row an estimator."""
    n_samples, n_eigen, rounds = (4000, 800, 3) if quick else (10_000, 3000, 5)
    found = []
    for functions, n in ((pairwise(n_samples), n_samples), (eigenvalues(n_eigen), n_eigen)):
        seconds = cpu_seconds(functions, rounds)
        tasks = [task for task in seconds if "(" in task]
        found += [
            Row(f"{task}, n = {n}", seconds[task], limit=limit, of_limit=spent)
            for task in tasks
            for limit, spent in [limit_of(task, seconds)]
        ]
    return found


def peak(function):
    """MiB that numpy holds at most during a call."""
    tracemalloc.start()
    function()
    held = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return held


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--eigen-rows", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, one thread")
    for tasks, n_samples in ((pairwise, options.rows), (eigenvalues, options.eigen_rows)):
        functions = tasks(n_samples)
        seconds = cpu_seconds(functions, options.rounds)
        limits = [name for name in seconds if "(" not in name]
        print(f"\nn = {n_samples:<30d} CPU s {' '.join(f'{name:>12s}' for name in limits)}  peak MiB")
        for name, spent in seconds.items():
            ratios = " ".join(f"{spent / seconds[limit]:12.2f}" for limit in limits)
            print(f"{name:34s} {spent:7.3f} {ratios} {peak(functions[name]):9.1f}")


if __name__ == "__main__":
    main()
