"""CPU time of an epoch of neural bottlenecks, beside scikit-learn's MLPRegressor of the same layers, on one thread.

    python examples/benchmarks/bench_neural.py [--epochs 4] [--rounds 3]

12800 rows of 8 columns, layers 8-128-128-128 | 128-1, batches of 128, float32, Adam. Bounds of the rate, which follow
once on the training, do not count.

Printed: CPU milliseconds of an epoch, medians over rounds in which all take turns, and their ratio to MLPRegressor.
"""

import argparse
import os
import platform
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from sklearn.neural_network import MLPRegressor
from turns import Row

from skib.bottleneck.neural import (
    HSIC,
    Adam,
    CauchySchwarzQMI,
    ConditionalCauchySchwarz,
    NeuralBottleneckRegressor,
    PairwiseRate,
    VariationalRate,
)

N_ROWS, N_UNITS, BATCH = 12800, 128, 128
# Penalty, datafit and noise by name.
BOTTLENECKS = {
    "variational": (VariationalRate(), None, "learned"),
    "variational, shared noise": (VariationalRate(), None, "shared"),
    "pairwise": (PairwiseRate(), None, "shared"),
    "HSIC": (HSIC(), None, "shared"),
    "Cauchy-Schwarz": (CauchySchwarzQMI(), ConditionalCauchySchwarz(), 0.0),
}


def rows_of(seed=0):
    """A nonlinear relation with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N_ROWS, 8)).astype(np.float32)
    return x, np.tanh(x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=N_ROWS)


def peer(n_epochs):
    """Return scikit-learn's network."""
    options = {"batch_size": BATCH, "max_iter": n_epochs, "tol": 0, "n_iter_no_change": 99, "random_state": 0}
    return MLPRegressor(hidden_layer_sizes=(N_UNITS,) * 3, **options)


def bottleneck(name, n_epochs):
    """Return skib's, with a code in place of the last hidden layer."""
    penalty, datafit, noise = BOTTLENECKS[name]
    solver = TimedAdam(max_iter=n_epochs, batch_size=BATCH)
    sizes = N_UNITS, (N_UNITS, N_UNITS)
    return NeuralBottleneckRegressor(penalty, datafit, 100.0, *sizes, noise, solver=solver, random_state=0)


class TimedAdam(Adam):
    """Adam that adds up the CPU seconds of its training."""

    def minimize(self, problem, network, advance):
        """Train a network in place."""
        start = time.process_time()
        trace = super().minimize(problem, network, advance)
        self.seconds = time.process_time() - start
        return trace


def timed_epochs(n_epochs, rounds, names):
    """CPU seconds of an epoch by name, medians; the first is the peer."""
    x, y = rows_of()
    seconds = {name: [] for name in ("MLPRegressor", *names)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(rounds):
            start = time.process_time()
            peer(n_epochs).fit(x, y)
            seconds["MLPRegressor"].append(time.process_time() - start)
            for name in names:
                seconds[name].append(bottleneck(name, n_epochs).fit(x, y).solver.seconds)
    return {name: float(np.median(spent)) / n_epochs for name, spent in seconds.items()}


def rows(quick):
    """Rows of ``bench_all.py``."""
    seconds = timed_epochs(2 if quick else 4, 3, ["variational"])
    yield Row("epoch of a variational bottleneck", seconds["variational"], "MLPRegressor", seconds["MLPRegressor"])


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, numpy {np.__version__}")
    seconds = timed_epochs(options.epochs, options.rounds, BOTTLENECKS)
    print(f"\n{'':28s} CPU ms   times MLPRegressor")
    for name, spent in seconds.items():
        print(f"{name:28s} {1e3 * spent:6.0f} {spent / seconds['MLPRegressor']:20.2f}")


if __name__ == "__main__":
    main()
