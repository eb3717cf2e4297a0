"""O-information of all sets of columns beside hoi, in one run, on one thread.

    python examples/benchmarks/bench_o_information.py [--rounds 5]

The columns are Gaussian. hoi (``pip install hoi``, optional) estimates the O-information alone, by its Gaussian copula
on jax, compiled before the time is taken; skib returns it with its standard error, the total and the dual total
correlation, in a frame with the names. The limit is one LAPACK inverse for each set.

Printed: CPU milliseconds, medians over rounds in which all take turns, and the ratios.
"""

import argparse
import os
import platform
from itertools import combinations

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

from importlib.metadata import version

import numpy as np
from turns import Row, cpu_seconds

import skib
from skib.pid import o_information


def hoi_estimate():
    """The estimate of hoi as a function of rows and order, with its version; None without it."""
    try:
        from hoi.metrics import Oinfo
    except ImportError:
        return None

    def estimate(rows, order):
        return Oinfo(rows, verbose="ERROR").fit(minsize=order, maxsize=order, method="gc")

    return estimate, f"hoi {version('hoi')}"


def timed(n_columns, order, rounds, n_samples=1000):
    """CPU seconds by name, and the name of the peer ("" without one)."""
    rows = np.random.default_rng(0).normal(size=(n_samples, n_columns))
    sets = np.array(list(combinations(range(n_columns), order)))
    matrices = np.corrcoef(rows.T)[sets[:, :, None], sets[:, None]]
    functions = {"skib": lambda: o_information(rows, order=order), "inverses": lambda: np.linalg.inv(matrices)}
    peer = hoi_estimate()
    if peer is not None:
        functions["peer"] = lambda: peer[0](rows, order)
    return cpu_seconds(functions, rounds), "" if peer is None else peer[1]


def rows(quick, rounds=5):
    """Rows of ``bench_all.py``."""
    for n_columns, order in ((20, 3), (20, 5)) if quick else ((20, 3), (20, 5), (30, 5)):
        seconds, peer = timed(n_columns, order, rounds)
        task = f"O-information, all sets of {order} of {n_columns} columns"
        yield Row(task, seconds["skib"], peer, seconds.get("peer", np.nan), "inverses", seconds["inverses"])


def main():
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"{'1000 rows, CPU ms, one thread':50s} {'skib':>8s} {'peer x':>8s} {'peer':12s} {'inverses':>8s}")
    for row in rows(True, options.rounds):
        ratio = f"{row.of_peer / row.skib:.1f}" if row.peer else ""
        print(f"{row.task:50s} {1000 * row.skib:8.1f} {ratio:>8s} {row.peer:12s} {1000 * row.of_limit:8.1f}")


if __name__ == "__main__":
    main()
