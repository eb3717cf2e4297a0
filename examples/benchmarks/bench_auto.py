"""Auto on columns of numbers: CPU time beside KSG on the same columns, and what its models and draws take.

    python examples/benchmarks/bench_auto.py                        # 2+2 to 25+25 columns, n = 5000
    python examples/benchmarks/bench_auto.py --rows 20000 --rounds 5

Prints, for pairs of variables of several shapes, the CPU seconds of Auto, in multiples of those of KSG(), of the choice
of a model and of one draw from it; and the error of both. KSG is the limit: the estimate with a model needs neighbors
of the data and of every draw.
"""

import argparse
import os
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from turns import Row, cpu_seconds

from skib._marginals import transform_marginals
from skib.datasets import make_gaussian_pair, make_student_pair
from skib.mutual_info import KSG, Auto
from skib.mutual_info._auto._selection import select_model


def gaussian(n_samples, dim):
    """Correlated pairs of columns."""
    pair = make_gaussian_pair(n_samples, rho=0.7, dim=dim, random_state=0)
    return pair.X, pair.y.reshape(n_samples, -1), pair.mutual_info


def student(n_samples, dim):
    """Columns that depend by their tails alone."""
    pair = make_student_pair(n_samples, dof=3, dim_x=dim, dim_y=dim, random_state=0)
    return pair.X, pair.y.reshape(n_samples, -1), pair.mutual_info


def sines(n_samples, dim):
    """Noisy sines of independent columns."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_samples, dim))
    return x, np.sin(2 * x) + 0.3 * rng.normal(size=x.shape), np.nan


SHAPES = {"gaussian": gaussian, "student": student, "sines": sines}


def measured(kind, dim, n_samples, rounds):
    """CPU seconds of KSG, Auto and the choice of a model, and the estimates."""
    x, y, truth = SHAPES[kind](n_samples, dim)
    scores = transform_marginals(np.hstack([x, y]), "rank")
    columns = [np.arange(dim), np.arange(dim, 2 * dim), np.arange(0)]
    ksg, auto = KSG(), Auto()
    functions = {
        "KSG": lambda: ksg.fit(x, y),
        "Auto": lambda: auto.fit(x, y),
        "model": lambda: select_model(scores, columns, np.random.default_rng(0)),
    }
    seconds = cpu_seconds(functions, rounds)
    return seconds | {"truth": truth, "of_ksg": ksg.mutual_info_, "of_auto": auto.mutual_info_, "method": auto.method_}


def rows(quick=True):
    """Rows of the common table: the seconds of Auto beside those of KSG."""
    table = []
    for dim in (2, 5, 25):
        n_samples = 2000 if quick else 5000
        found = measured("gaussian", dim, n_samples, 2 if quick else 3)
        task = f"Auto {dim} + {dim} columns, n = {n_samples}"
        table.append(Row(task, found["Auto"], limit="one KSG fit", of_limit=found["KSG"]))
    return table


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dims", type=int, nargs="*", default=[2, 5, 10, 25])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = []
    for dim in options.dims:
        for kind in SHAPES:
            found = measured(kind, dim, options.rows, options.rounds)
            ratios = {"Auto / KSG": found["Auto"] / found["KSG"], "model / KSG": found["model"] / found["KSG"]}
            lines.append({"columns": f"{dim}+{dim}", "kind": kind} | found | ratios)
    print(pd.DataFrame(lines).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
