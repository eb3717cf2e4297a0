"""Accuracy: the tasks of the Beyond-normal benchmark, every estimator of skib and the peers, in one run.

    python examples/benchmarks/accuracy.py                              # all tasks, new samples
    python examples/benchmarks/accuracy.py --seeds 5 --only Auto
    python examples/benchmarks/accuracy.py --samples DIRECTORY          # samples on disk instead
    python examples/benchmarks/accuracy.py --leave-one-family-out       # how much the rule of Auto depends on the tasks
    python examples/benchmarks/accuracy.py --independent                # Auto on independent columns
    python examples/benchmarks/accuracy.py --families --kinds pairs --only Auto    # other ground: families.py
    python examples/benchmarks/accuracy.py --nulls --seeds 5            # Auto on all families of independent variables
    python examples/benchmarks/accuracy.py --levels 300 --rows 150      # of the permutation test
    python examples/benchmarks/accuracy.py --drift                      # the rule of k, chosen without each family
    python examples/benchmarks/accuracy.py --summary                    # the same for the rule of summaries

DIRECTORY holds ``index.json``, a list of {"id", "file", "mi_true"}, and npz files with X and Y. Prints, for each
estimator: the number of tasks it takes, its mean and largest absolute error in nats, the mean error on tasks of two
columns and the largest on tasks of 50 or more, the mean spread (standard deviation over seeds), and the median seconds.
With --families: the estimate with its standard error, the truth and the warnings of each sample; then, for each kind,
how many are off (by more than 0.05 nats and 3 standard errors), how many of these without a warning, and the share
within 2 standard errors. Peers that are not installed are left out, see ``peers.py``.
"""

import argparse
import json
import os
import time
import warnings
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from families import KINDS, of_kinds
from family_runs import estimators as family_estimators
from family_runs import family_summary, measured_families, worst
from family_studies import DRIFT_RULE, SUMMARY_RULE, drift_errors, left_out, levels, summary_errors
from peers import NotCovered, peers

from skib._statistics import shrinkage_weight
from skib.datasets import benchmark_tasks, make_benchmark_task
from skib.mutual_info import KSG, Auto, GaussianCopula, MesnerShalizi
from skib.mutual_info._auto._assisted import Rule, model_assisted

# Tasks that share the shape of their dependence; the first name that a task contains is its family.
FAMILIES = ["additive", "bimodal", "X-", "concentric", "dense", "swissroll", "spiral", "student", "sparse", "normal"]
# The choices among which the rule of Auto was made.
N_NEIGHBORS, SELECTION_ERRORS, SHRINKAGES = (1, 2, 3, 5), (0.0, 1.0), (0.0, 1.0, 2.0)
DEFAULT = 1, 1.0, 1.0


def estimators():
    """Name -> function of x and y."""
    ours = [Auto(), KSG(), KSG(variant=2), KSG(1, variant=2), GaussianCopula(), MesnerShalizi()]
    return {repr(e): lambda x, y, e=e: e.fit(x, y).mutual_info_ for e in ours} | peers()


def drawn_tasks(seeds, n_samples):
    """(name, seed, x, y, truth) of the tasks of skib.datasets."""
    for name in benchmark_tasks():
        for seed in range(seeds):
            task = make_benchmark_task(name, n_samples, random_state=seed)
            yield name, seed, task.X, task.y.reshape(n_samples, -1), task.mutual_info


def stored_tasks(directory):
    """The same for samples on disk."""
    for entry in json.loads((directory / "index.json").read_text()):
        with np.load(directory / entry["file"]) as sample:
            x, y = (sample[side].astype(np.float64) for side in "XY")
        yield entry["id"], 0, x, y.reshape(len(x), -1), entry["mi_true"]


def measured(tasks, functions):
    """One line per task, seed and estimator."""
    lines = []
    for task, seed, x, y, truth in tasks:
        for name, function in functions.items():
            start = time.perf_counter()
            try:
                value = float(function(x, y))
            except NotCovered:
                continue
            seconds = time.perf_counter() - start
            columns = x.shape[1] + y.shape[1]
            lines.append((name, task, seed, columns, truth, value, abs(value - truth), seconds))
            print(f"{task:45s} {name:40s} {truth:6.3f} {value:7.3f} {value - truth:+7.3f} {seconds:7.2f} s", flush=True)
    return pd.DataFrame(lines, columns="estimator task seed n_columns truth value error seconds".split())


def summary(lines):
    """One line per estimator."""
    table = {}
    for name, part in lines.groupby("estimator", sort=False):
        planar, wide = part.error[part.n_columns == 2], part.error[part.n_columns >= 50]
        spread = part.groupby("task").value.std().mean()
        seconds = part.seconds.median()
        table[name] = (
            part.task.nunique(),
            part.error.mean(),
            part.error.max(),
            planar.mean(),
            wide.max(),
            spread,
            seconds,
        )
    columns = ["tasks", "mean |error|", "largest", "two columns", "50 columns", "spread", "seconds"]
    return pd.DataFrame.from_dict(table, orient="index", columns=columns)


def left_out_tasks(tasks):
    """Errors of Auto on each family: with its own rule, and with a rule chosen by the tasks of all other families.

    Tasks of two columns have no part in it: they are left to the neighbors and the Gaussian copula, without a choice.
    """
    errors = {}
    for task, seed, x, y, truth in tasks:
        if x.shape[1] + y.shape[1] > 2:
            errors[task, seed] = {rule: abs(value - truth) for rule, value in by_rule(x, y)}
            print(f"{task:45s} {seed}", flush=True)
    errors = pd.DataFrame(errors)
    family = [next(f for f in FAMILIES if f in task) for task, _ in errors.columns]
    return left_out(errors, family, DEFAULT), errors.mean(axis=1).sort_values()


def by_rule(x, y):
    """(neighbors, standard errors of the selection, standard errors of the shrinkage_weight) and the estimate."""
    for k in N_NEIGHBORS:
        for tolerance in SELECTION_ERRORS:
            found = model_assisted(x, y, x[:, :0], rule=Rule(n_neighbors=k, selection_errors=tolerance))
            for errors in SHRINKAGES:
                weight = shrinkage_weight(found.excess, errors * found.excess_error)
                yield (k, tolerance, errors), found.candidates[found.model] + weight * found.excess


def independent(seeds, n_samples):
    """Mean and spread of Auto on independent normal columns."""
    lines = []
    for dim in (1, 2, 5, 10, 25):
        rngs = [np.random.default_rng(seed) for seed in range(seeds)]
        values = [
            Auto().fit(r.normal(size=(n_samples, dim)), r.normal(size=(n_samples, dim))).mutual_info_ for r in rngs
        ]
        lines.append((dim, np.mean(values), np.std(values, ddof=1), np.abs(values).max()))
    return pd.DataFrame(lines, columns=["columns each", "mean", "spread", "largest"])


def print_families(options):
    """Lines and summaries of the families."""
    kinds = ["nulls"] if options.nulls else options.kinds
    families = {name: f for name, f in of_kinds(kinds).items() if not options.tasks or name in options.tasks}
    functions = {name: f for name, f in family_estimators().items() if name.startswith(tuple(options.only))}
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    lines = measured_families(families, functions, seeds, options.rows)
    print(worst(lines).to_string(index=False), family_summary(lines).to_string(), sep="\n\n")
    if options.nulls:
        print(lines.groupby(["estimator", "family"], sort=False).value.agg(["mean", "std"]).to_string())
    if options.lines:
        lines.to_csv(options.lines, index=False)


def parsed():
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, help="directory of stored samples")
    parser.add_argument("--rows", "--n-samples", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[""], help="estimators whose name starts so")
    parser.add_argument("--tasks", nargs="*", help="names of tasks or families (default: all)")
    parser.add_argument("--leave-one-family-out", action="store_true")
    parser.add_argument("--independent", action="store_true")
    parser.add_argument("--families", action="store_true", help="families of known information in place of the tasks")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, help="kinds of families (default: all)")
    parser.add_argument("--nulls", action="store_true", help="the families of independent variables")
    parser.add_argument("--lines", type=Path, help="CSV file for the lines of the families")
    parser.add_argument("--levels", type=int, help="level of the permutation test from so many samples")
    parser.add_argument("--permutations", type=int, default=19)
    parser.add_argument("--drift", action="store_true", help="the rule of k on pairs, leaving one family out")
    parser.add_argument("--summary", action="store_true", help="the rule of summaries, leaving one family out")
    return parser.parse_args()


def main():
    """Print the tables."""
    options = parsed()
    warnings.simplefilter("ignore")  # warnings on hard tasks are expected here
    pd.set_option("display.width", 200, "display.max_columns", None, "display.precision", 4)
    tasks = stored_tasks(options.samples) if options.samples else drawn_tasks(options.seeds, options.rows)
    tasks = (task for task in tasks if not options.tasks or task[0] in options.tasks)
    if options.families or options.nulls:
        print_families(options)
    elif options.levels:
        print(levels(options.levels, options.rows, options.permutations).to_string(index=False))
    elif options.drift:
        errors = drift_errors(range(options.seeds), options.rows)
        print(left_out(errors, errors.columns.get_level_values(0), DRIFT_RULE).to_string(index=False))
    elif options.summary:
        errors = summary_errors(range(options.seeds), options.rows)
        print(left_out(errors, errors.columns.get_level_values(0), SUMMARY_RULE).to_string(index=False))
    elif options.independent:
        print(independent(options.seeds, options.rows).to_string(index=False))
    elif options.leave_one_family_out:
        table, rules = left_out_tasks(tasks)
        print(table.to_string(index=False), rules.to_string(), sep="\n\n")
    else:
        functions = {name: f for name, f in estimators().items() if name.startswith(tuple(options.only))}
        print(summary(measured(tasks, functions)).to_string())


if __name__ == "__main__":
    main()
