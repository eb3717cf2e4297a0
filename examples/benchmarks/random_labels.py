"""Random labels: the information plane where the true I(T; Y) is 0, and that of a network that does learn.

    python examples/benchmarks/random_labels.py
    python examples/benchmarks/random_labels.py --rows 500 2000 --draws 1 --widths 1 5 50

Labels, two or ten, are random and independent of layers of 1 to 512 units: normal activations, and ReLU layers with
random weights. Every layer is measured by the default ``InformationPlane``, and by the classic estimators, which return
H(Y) as soon as all rows of the layer differ: 30 bins per unit, and the pairwise upper bound under noise of variance
0.001.

A row is flagged if it carries a warning, is saturated, or is not significant against its null after the correction for
all cells of its plane (``InformationPlane.significance``). A failure is a row above 0.05 nats without a flag; there
should be none, and the exit status is 1 if there is one. One column is the share of estimates within two standard
deviations of the mean of their null: about 94 % if both are right, because the null has only 20 values.

Then two networks learn to classify ten digits: one from their labels, one from random labels. Both are measured on rows
that they were not trained on, and the information above the null should rise in the first only.
"""

import argparse
import os
import sys
import tempfile
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from skib.datasets import dump_training_run
from skib.entropy import KolchinskyTracey
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned, ChainRule

TOLERATED = 0.05
N_INPUTS = 10
CLASSIC = {"binned": Binned(30), "noise 1e-3": ChainRule(KolchinskyTracey(1e-3))}
DRAWS = {500: 10, 2000: 3, 5000: 1}


def normal_layers(n_samples, widths, rng):
    return {f"{width}": rng.standard_normal((n_samples, width)) for width in widths}


def relu_layers(n_samples, widths, rng):
    """Units of random weights and thresholds on the same inputs, about half of them at 0 in each row."""
    x = rng.standard_normal((n_samples, N_INPUTS))
    units = {width: (rng.standard_normal((N_INPUTS, width)), 0.3 * rng.standard_normal(width)) for width in widths}
    return {f"{width}": np.maximum(x @ weights + shift, 0) for width, (weights, shift) in units.items()}


LAYERS = {"normal": normal_layers, "ReLU": relu_layers}


def measured(plane):
    """The rows of I(T; Y), with their significance."""
    rows = plane.results_[plane.results_["quantity"] == "I(T;Y)"].reset_index(drop=True)
    found = plane.significance()
    flagged = (rows["status"] != "ok") | rows["saturated"] | ~found["significant"]
    near = (rows["mutual_info"] - rows["null_mean"]).abs() <= 2 * rows["null_std"]
    above = rows["mutual_info"] > TOLERATED
    return rows.assign(corrected=found["corrected"], above=above, failure=above & ~flagged, near=near)


def classic(layers, y):
    """The classic estimates of each layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are saturated, which is the point
        return {
            name: [estimator.fit(t, y).mutual_info_ for t in layers.values()] for name, estimator in CLASSIC.items()
        }


def by_lot(kind, n_classes, n_samples, widths, n_draws, n_jobs):
    """Rows of the plane whose epochs are fresh draws of the layers, and those of the classic estimators."""
    rng = np.random.default_rng([n_classes, n_samples, *kind.encode()])
    y = rng.integers(n_classes, size=n_samples)
    dump = {draw: LAYERS[kind](n_samples, widths, rng) for draw in range(n_draws)}
    plane = InformationPlane(random_state=0, n_jobs=n_jobs).fit({**dump, "ids": np.arange(n_samples)}, y)
    about = {"kind": kind, "classes": n_classes, "H(Y)": plane.target_entropy_}
    old = pd.DataFrame({"layer": list(dump[0]), **classic(dump[0], y)}).assign(n_samples=n_samples, **about)
    return measured(plane).assign(**about), old


def report(rows, old):
    """By width the values, by plane the counts."""
    keys = ["classes", "n_samples", "kind", "layer"]
    values = rows.groupby(keys, sort=False).agg(
        mean=("mutual_info", "mean"), highest=("mutual_info", "max"), null_std=("null_std", "mean")
    )
    values = values.join(old.set_index(keys)).rename_axis(index={"layer": "units"})
    print(values.round(3).to_string(), "\n", flush=True)
    counts = rows.groupby(keys[:-1], sort=False).agg(
        rows=("n_samples", "size"),
        near_null=("near", "mean"),
        warned=("status", lambda status: (status != "ok").sum()),
        highest=("mutual_info", "max"),
        above=("above", "sum"),
        failures=("failure", "sum"),
    )
    print(counts.round(3).to_string(), "\n", flush=True)


def trained(y, seed=0):
    """The plane of a network trained on half of the digits, on the other half."""
    X, _ = load_digits(return_X_y=True)
    with tempfile.TemporaryDirectory() as folder:
        run = dump_training_run(folder, X / 16, y, hidden=(32, 16, 8), activation="relu", epochs=100, random_state=seed)
        return measured(InformationPlane(random_state=seed).fit(run))


def report_trained(rows):
    """Information above the null by epoch and layer."""
    print(rows.pivot(index="epoch", columns="layer", values="corrected").round(3).to_string())
    print(f"standard deviation of the null at most {rows['null_std'].max():.3f}\n")


def rises(rows):
    """Whether every layer ends above its first epoch by more than four standard errors."""
    by_epoch = rows.set_index(["epoch", "layer"]).sort_index()
    first, last = by_epoch.loc[rows["epoch"].min()], by_epoch.loc[rows["epoch"].max()]
    error = np.hypot(first["std_error"], last["std_error"])
    return bool((last["corrected"] - first["corrected"] > 4 * error).all())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(DRAWS))
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 2, 3, 5, 10, 50, 200, 512])
    parser.add_argument("--draws", type=int, help="layers per plane; by default fewer of more rows")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    failures = 0
    for n_samples in options.rows:
        draws = options.draws or DRAWS.get(n_samples, 1)
        planes = [
            by_lot(kind, n_classes, n_samples, options.widths, draws, options.jobs)
            for n_classes in (2, 10)
            for kind in LAYERS
        ]
        rows, old = (pd.concat(parts, ignore_index=True) for parts in zip(*planes, strict=True))
        report(rows, old)
        failures += rows["failure"].sum()
    digits = load_digits().target
    print("Information above the null, network trained on the digits' labels:")
    learned = trained(digits)
    report_trained(learned)
    print("The same on random labels:")
    lot = trained(np.random.default_rng(0).integers(10, size=len(digits)))
    report_trained(lot)
    failures += lot["failure"].sum()
    print(
        f"{failures} rows of random labels above {TOLERATED} nats without a flag; learned curves rise: {rises(learned)}"
    )
    sys.exit(bool(failures) or not rises(learned))


if __name__ == "__main__":
    main()
