"""Every benchmark of speed in one table: skib, the fastest peer that is installed, and the limit.

    python examples/benchmarks/bench_all.py [--full] [--only bench_knn bench_dumps]

A row is a capability. CPU seconds, on one thread, medians over rounds in which skib, its peer and the limit take turns;
the ratios are those of the peer to skib (above 1, skib is faster) and of skib to the limit: what the task cannot go
below, such as one matrix product, one sort or one copy. Rows of memory, in MiB, stand beside their input. Small sizes,
a few minutes, unless `--full`. A benchmark takes part by a function ``rows(quick)``; one that cannot run here is left
out, with the reason.
"""

import argparse
import os
import platform
import warnings
from importlib import import_module
from importlib.metadata import version

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

import skib

BENCHMARKS = [
    "bench_knn",
    "bench_auto",
    "bench_matrix",
    "bench_neural",
    "bench_nulls",
    "bench_pairwise",
    "bench_coupling",
    "bench_o_information",
    "bench_pid",
    "bench_metrics",
    "bench_plane",
    "bench_dumps",
    "bench_memory",
    "bench_cold",
]


def ratio(numerator, denominator):
    """Two digits of a ratio, or nothing."""
    value = numerator / denominator
    return f"{value:.3g}" if np.isfinite(value) else ""


def show(row):
    """Print one row."""
    ours, theirs = f"{row.skib:.3g}", ratio(row.of_peer, row.skib)
    print(f"{row.task:58s} {ours:>8s} {theirs:>8s} {row.peer:34s} {ratio(row.skib, row.of_limit):>8s} {row.limit}")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="the sizes of the documentation; many minutes")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    options = parser.parse_args()
    warnings.simplefilter("ignore", skib.SkibWarning)
    print(
        f"skib {skib.__version__}, numpy {np.__version__}, numba {version('numba')}, "
        f"Python {platform.python_version()}, {platform.machine()}; one thread"
    )
    print(f"{'':58s} {'CPU s':>8s} {'peer x':>8s} {'peer':34s} {'limit x':>8s} limit")
    for name in options.only:
        try:
            rows = import_module(name).rows(quick=not options.full)
        except (ImportError, AttributeError) as error:
            print(f"{name} is left out: {error}")
            continue
        for row in rows:
            show(row)


if __name__ == "__main__":
    main()
