"""The first call of a fresh install: CPU seconds of new processes whose cache of compiled kernels is empty.

    python examples/benchmarks/bench_cold.py [--rounds 3] [--only KSG] [--baseline PATH]

For each call: the CPU seconds of the whole process, of its imports and of the call, how many functions numba compiles
(those of its own library included), and the CPU seconds of the call in a second process, which finds the cache filled.
``--baseline`` is the folder of another copy of the repository: its processes take turns with those of this one, and
the last columns are the medians of the ratios of the whole processes and of the calls, this one over the baseline.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from turns import Row

HERE = Path(__file__).resolve().parents[2]
CALLS = {
    "import skib": "",
    "skib --help": "suppressed(main, ['--help'])",
    "KSG, 1 + 1 columns": "KSG().fit(x[:, :1], y)",
    "KSG, 2 + 1 columns": "KSG().fit(x[:, :2], y)",
    "Ross, 1 column": "Ross().fit(x[:, :1], y > 0)",
    "Ross, 5 columns": "Ross().fit(x[:, :5], y > 0)",
    "Auto, 1 + 1 columns": "Auto().fit(x[:, :1], y)",
    "Auto, 6 + 1 columns": "Auto().fit(x, y)",
    "skib demo": "suppressed(as_process, ['demo', '--jobs', '1', '--output', sys.argv[1]])",
}
COMMAND = """
from skib._cli._main import main
def as_process(arguments):
    sys.argv[1:] = arguments
    runpy.run_module("skib", run_name="__main__")
def suppressed(function, *arguments):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            function(*arguments)
    except SystemExit:
        pass
"""
ESTIMATORS = """
import warnings
import numpy as np
from skib.mutual_info import KSG, Auto, Ross
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
x = rng.normal(size=(1000, 6))
y = x[:, 0] + rng.normal(size=1000)
"""
RECORDED = """
from numba.core import event
with event.install_recorder("numba:compile") as recorder:
    {call}
compiled = sum(moment.is_start for _, moment in recorder.buffer)
"""
CHILD = """
import contextlib, io, json, runpy, sys, time
import skib
{imports}
imported, compiled = time.process_time(), 0
{body}
sys.stdout.write(json.dumps([imported, time.process_time(), compiled]))
"""


class Usage(NamedTuple):
    """CPU seconds of one process."""

    whole: float
    imports: float
    call: float
    n_compiled: int


def child(name):
    """Return the program of a call. Numba is imported before the clock of the call only where the call needs it."""
    call = CALLS[name]
    imports = "" if not call else COMMAND if name.startswith("skib") else ESTIMATORS
    light = name in ("import skib", "skib --help")
    return CHILD.format(imports=imports, body=call if light else RECORDED.format(call=call))


def measure(name, root, cache):
    """Run one call in a new process and return its usage."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "PYTHONPATH": str(root), "NUMBA_CACHE_DIR": cache, "MPLBACKEND": "agg"}
    with tempfile.TemporaryDirectory() as output:
        command = [sys.executable, "-W", "ignore", "-c", child(name), output]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, env=environment, cwd=output, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    imported, called, n_compiled = json.loads(done.stdout)
    whole = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Usage(whole, imported, called - imported, n_compiled)


def cold_and_warm(name, root):
    """Return the usage of two processes that share a cache, which is empty at first."""
    with tempfile.TemporaryDirectory() as cache:
        return [measure(name, root, cache) for _ in range(2)]


def compare(name, roots, rounds):
    """Print the row of one call."""
    runs = np.array([[cold_and_warm(name, root) for root in roots] for _ in range(rounds)])
    cold, warm = np.median(runs[:, 0, 0], axis=0), np.median(runs[:, 0, 1], axis=0)
    row = f"{name:22s} {cold[0]:7.2f} {cold[1]:8.2f} {cold[2]:7.2f} {cold[3]:9.0f} {warm[2]:7.2f}"
    if len(roots) > 1:
        whole, _, call, _ = np.moveaxis(runs[:, :, 0], 2, 0)
        n_compiled = np.median(runs[:, 1, 0, 3])
        row += f" {np.median(whole[:, 0] / whole[:, 1]):9.3f} {np.median(call[:, 0] / call[:, 1]):7.3f}"
        row += f" {n_compiled:9.0f} {np.median(whole[:, 1]):8.2f}"
    print(row, flush=True)


def rows(quick=True):
    """Return the rows of the first calls for the table of all benchmarks."""
    names = [name for name in CALLS if name.endswith("columns")]
    found = []
    for name in names[:2] if quick else names:
        cold, _ = cold_and_warm(name, HERE)
        found.append(Row(f"{name}, first call", cold.whole, limit="imports", of_limit=cold.imports))
    return found


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="calls whose name contains this text")
    parser.add_argument("--baseline", type=Path, help="folder of another copy of the repository")
    options = parser.parse_args()
    versions = f"numba {version('numba')}, numpy {np.__version__}, Python {platform.python_version()}"
    print(f"{versions}; one thread, CPU seconds, medians of {options.rounds} rounds")
    roots = [HERE] if options.baseline is None else [HERE, options.baseline.resolve()]
    heading = f"{'call':22s} {'process':>7s} {'imports':>8s} {'call':>7s} {'compiled':>9s} {'warm':>7s}"
    print(heading + (f" {'process/':>9s} {'call/':>7s} {'compiled':>9s} {'process':>8s}" if len(roots) > 1 else ""))
    for name in CALLS:
        if options.only in name:
            compare(name, roots, options.rounds)


if __name__ == "__main__":
    main()
