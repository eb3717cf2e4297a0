"""The most memory that numpy holds during a call, beside that of the rows that are passed.

    python examples/benchmarks/bench_memory.py

The arrays of the caller do not count, nor do compiled loops, which hold a few kilobytes. MiB, by ``tracemalloc``, of a
second call: the first loads what is compiled.
"""

import tracemalloc
import warnings

import numpy as np
import pandas as pd
from turns import Row

import skib
from skib.entropy import KolchinskyTracey, LeaveOneOutKDE
from skib.information_plane import InformationPlane
from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Auto,
    CauchySchwarz,
    GaussianCopula,
    MatrixRenyi,
    Ross,
    mutual_info_features,
    mutual_info_matrix,
    permutation_test,
)


def pairs(n_samples, n_columns, n_targets):
    """Normal columns, and targets that follow them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, n_columns))
    return x, x[:, :n_targets] + rng.normal(size=(n_samples, n_targets))


def of_estimators(n_samples):
    """Name, rows and function of estimates of two variables, or of the entropy of one."""
    for estimator, n_columns, n_targets in (
        *((estimator, d, d) for estimator in (KSG(), Auto()) for d in (2, 25)),
        *((estimator, 10, 2) for estimator in (HSIC(), CauchySchwarz(), MatrixRenyi(alpha=2))),
    ):
        x, y = pairs(n_samples, n_columns, n_targets)
        yield f"{estimator!r}, {n_columns} + {n_targets} columns", x, lambda e=estimator, x=x, y=y: e.fit(x, y)
    x, y = pairs(n_samples, 64, 1)
    yield "Ross(), 64 columns", x, lambda: Ross().fit(x, y[:, 0] > 0)
    for estimator in (LeaveOneOutKDE(), KolchinskyTracey(noise_variance=1.0)):
        yield f"{estimator!r}, 12 columns", x[:, :12], lambda e=estimator: e.fit(x[:, :12])


def of_tables(n_columns):
    """Name, rows and function of what takes many columns, or many permutations."""
    x, y = pairs(1000, n_columns, 1)
    y = y[:, 0]
    yield f"GaussianCopula(), {n_columns} columns with y", x, lambda: GaussianCopula().score_features(x, y)
    few = x[:, :200]
    yield "p-values of 200 columns", few, lambda: mutual_info_features(few, y, n_permutations=100, random_state=0)
    frame = pd.DataFrame(x[:, :100])
    yield (
        "GaussianCopula matrix, 100 columns",
        x[:, :100],
        lambda: mutual_info_matrix(frame, estimator=GaussianCopula()),
    )
    some = x[:, :5]
    yield "permutation_test of KSG, 5 + 1 columns", some, lambda: permutation_test(KSG(), some, y, random_state=0)


def of_planes(n_samples):
    """Name, layer and function of a cell of the plane as it is by default."""
    x, y = pairs(n_samples, 512, 1)
    layer = np.maximum(x, 0).astype(np.float32)
    plane, dump = InformationPlane(n_jobs=1, random_state=0), {0: {"layer": layer}, "ids": np.arange(n_samples)}
    yield "plane cell, default, two classes, 512 units", layer, lambda: plane.fit(dump, y[:, 0] > 0)


def peak(function):
    """Most memory that numpy holds during a call, beside what is held before it, in MiB."""
    function()
    tracemalloc.start()
    function()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 2**20


def rows(quick=True):
    """One row a capability."""
    n_samples, n_columns = (2000, 2000) if quick else (10_000, 20_000)
    tasks = [*of_estimators(n_samples), *of_tables(n_columns), *of_planes(n_samples // 2)]
    return [
        Row(f"MiB: {name}, n = {len(x)}", peak(function), limit="MiB of X", of_limit=x.size * x.itemsize / 2**20)
        for name, x, function in tasks
    ]


def main():
    """Print the table."""
    warnings.simplefilter("ignore", skib.SkibWarning)
    print(f"skib {skib.__version__}, numpy {np.__version__}")
    print(f"{'':80s} {'MiB':>8s} {'X':>8s} {'of X':>8s}")
    for row in rows(quick=False):
        print(
            f"{row.task.removeprefix('MiB: '):80s} {row.skib:8.2f} {row.of_limit:8.2f} {row.skib / row.of_limit:8.2f}"
        )


if __name__ == "__main__":
    main()
