"""BROJA on random distributions beside dit, in one run, on one thread.

    python examples/benchmarks/bench_pid.py [--quick] [--seconds 600]

dit (``pip install dit ecos``, optional) solves the same problem as a cone program by ECOS, the fastest of its routes,
and by default as ``method="auto"`` chooses. The gap of skib is a bound of its error; dit returns none. The limit is
``MinimumMutualInfo``, a closed form, on the same distribution. The last row is of all pairs of 30 columns of numbers
about three classes, by ``pid_matrix``, which no peer has.

Printed: CPU seconds, of skib medians over rounds, of dit one call in a process of its own that ends after `--seconds`;
the ratios; the gap; and the largest difference to the terms of the cone program, in bits.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from turns import Row, cpu_seconds

import skib
from skib.pid import BROJA, MinimumMutualInfo, pid_matrix

# The peer in a process of its own, whose CPU time is limited: its unique information, and its CPU seconds.
CHILD = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
import dit
from dit.pid import PID_BROJA
size, method, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
p = np.random.default_rng(size).dirichlet(np.ones(size**3)).reshape(size, size, size)
d = dit.Distribution(list(np.ndindex(p.shape)), p.ravel())
resource.setrlimit(resource.RLIMIT_CPU, (seconds + int(time.process_time()) + 1,) * 2)
start = time.process_time()
pid = PID_BROJA(d, [[0], [1]], [2], method=method)
print(json.dumps([time.process_time() - start, *(float(pid.get_pi(((i,),))) for i in range(2))]))
"""


def distribution(size):
    """A random distribution of two sources and a target, each of so many symbols."""
    return np.random.default_rng(size).dirichlet(np.ones(size**3)).reshape(size, size, size)


def of_dit(size, method, seconds):
    """Return the CPU seconds of dit and its unique information in bits: (inf, nan, nan) if it was stopped or failed."""
    child = [sys.executable, "-c", CHILD, str(size), method, str(seconds)]
    done = subprocess.run(child, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else (np.inf, np.nan, np.nan)


def of_skib(size, rounds):
    """Return CPU seconds of skib and of the limit, and the fitted decomposition."""
    p, pid = distribution(size), BROJA()
    functions = {"skib": lambda: pid.fit_distribution(p), "limit": lambda: MinimumMutualInfo().fit_distribution(p)}
    return cpu_seconds(functions, rounds), pid.fit_distribution(p)


def of_all_pairs(rounds):
    """Return CPU seconds of the decomposition of all pairs of 30 columns by BROJA and by the closed form."""
    rng = np.random.default_rng(0)
    table, y = rng.normal(size=(1000, 30)), rng.integers(3, size=1000)
    table[:, 0] += y
    functions = {
        "skib": lambda: pid_matrix(table, y),
        "limit": lambda: pid_matrix(table, y, measure=MinimumMutualInfo()),
    }
    return cpu_seconds(functions, rounds)


def has_dit():
    """Whether the peer is installed."""
    return find_spec("dit") is not None and find_spec("ecos") is not None


def rows(quick=True):
    """Return one ``turns.Row`` per size, and one of all pairs of a table."""
    found = []
    for size in (3, 5) if quick else (3, 5, 10):
        seconds, _ = of_skib(size, 3)
        peer = (f"dit {version('dit')} (cone)", of_dit(size, "cone", 600)[0]) if has_dit() else ("", np.nan)
        task = f"BROJA of {size} x {size} x {size} symbols"
        found.append(Row(task, seconds["skib"], *peer, "a closed form", seconds["limit"]))
    seconds = of_all_pairs(3)
    found.append(
        Row("BROJA of all pairs of 30 columns", seconds["skib"], "", np.nan, "a closed form", seconds["limit"])
    )
    return found


def shown(seconds, own, limit):
    """Two columns: seconds of the peer, and their ratio to those of skib."""
    if np.isinf(seconds):
        return f"> {limit:<8d}> {limit / own:<8.0f}"
    return f"{seconds:<10.3g}{seconds / own:<10.3g}"


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without 10 x 10 x 10")
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(
        f"{'symbols':14s}{'skib':10s}{'gap, bits':12s}{'cone':10s}{'ratio':10s}{'default':10s}{'ratio':10s}difference"
    )
    for size in (3, 5) if options.quick else (3, 5, 10):
        seconds, pid = of_skib(size, 5)
        line = f"{size} x {size} x {size}".ljust(14) + f"{seconds['skib']:<10.3g}{skib.in_bits(pid.gap_):<12.2g}"
        if has_dit():
            cone, default = (of_dit(size, method, options.seconds) for method in ("cone", "auto"))
            unique = skib.in_bits(np.array([pid.unique_1_, pid.unique_2_]))
            line += "".join(shown(one[0], seconds["skib"], options.seconds) for one in (cone, default))
            line += f"{np.abs(unique - cone[1:]).max():.2g}"
        print(line, flush=True)
    seconds = of_all_pairs(5)
    print(f"all pairs of 30 columns: {seconds['skib']:.3g} s, {seconds['limit']:.3g} s by the closed form")


if __name__ == "__main__":
    main()
