"""How often 95 % confidence intervals contain the truth: coverage, width and bias by family and estimator.

python examples/benchmarks/interval_coverage.py [--replicates 400] [--rows 1000] [--estimators KSG PlugIn] [--jobs 2]

A coverage from 400 replicates has a standard error of 1.1 %. A cell whose fits take longer than 0.1 s gets a tenth of
the replicates. Families in brackets are independent, or have what makes the estimator's bias fall too slowly to be
seen from halves: sharp edges, many columns, a model that does not hold.
"""

import argparse
import time
import warnings
from functools import partial

import numpy as np
from joblib import Parallel, delayed

from skib.datasets import (
    make_additive_noise_pair,
    make_bimodal_pair,
    make_discrete_pair,
    make_gaussian_classes,
    make_gaussian_pair,
    make_log_gamma_pair,
    make_multinormal_pair,
    make_quantized_pair,
    make_relu_pair,
    make_smoothed_uniform_pair,
    make_student_pair,
    make_uniform_pair,
)
from skib.entropy import NSB, Grassberger, PlugIn
from skib.mutual_info import KSG, Auto, ChainRule, GaussianCopula, MesnerShalizi, confidence_interval

_SLOW = 0.1


def noisy(p, share):
    """Joint table of a symbol with probabilities p that is drawn again with probability `share`."""
    p = np.asarray(p) / np.sum(p)
    return share * np.outer(p, p) + (1 - share) * np.diag(p)


def coarsened(n_fine, n_coarse):
    """Joint table of a symbol, rare ones included, and the class it belongs to."""
    p = 1 / np.arange(1, n_fine + 1)
    table = np.zeros((n_fine, n_coarse))
    table[np.arange(n_fine), np.arange(n_fine) % n_coarse] = p / p.sum()
    return table


def log_normal(n_samples, *, random_state):
    """Exponentials of a Gaussian pair: monotone maps do not change the copula."""
    pair = make_gaussian_pair(n_samples, rho=-0.7, random_state=random_state)
    pair.X, pair.y = np.exp(pair.X), np.exp(pair.y)
    return pair


CONTINUOUS = {
    "Gaussian, rho 0.1": partial(make_gaussian_pair, rho=0.1),
    "Gaussian, rho 0.5": partial(make_gaussian_pair, rho=0.5),
    "Gaussian, rho 0.9": partial(make_gaussian_pair, rho=0.9),
    "Student, 1 dof": make_student_pair,
    "log-gamma": make_log_gamma_pair,
    "bimodal": make_bimodal_pair,
    "ReLU (mixed)": make_relu_pair,
    "2 + 2, rho 0.5": partial(make_gaussian_pair, rho=0.5, dim=2),
    "[independent]": partial(make_gaussian_pair, rho=0.0),
    "[additive noise]": make_additive_noise_pair,
    "[smoothed uniform]": partial(make_smoothed_uniform_pair, mutual_info=0.5),
    "[5 + 5, rho 0.5]": partial(make_gaussian_pair, rho=0.5, dim=5),
}

COPULA = {
    "Gaussian, rho 0.1": partial(make_gaussian_pair, rho=0.1),
    "Gaussian, rho 0.5": partial(make_gaussian_pair, rho=0.5),
    "Gaussian, rho 0.9": partial(make_gaussian_pair, rho=0.9),
    "uniform margins": partial(make_uniform_pair, rho=0.75),
    "log-normal": log_normal,
    "2 + 2, rho 0.8": partial(make_gaussian_pair, rho=0.8, dim=2),
    "5 + 5, rho 0.5": partial(make_gaussian_pair, rho=0.5, dim=5),
    "dense 10 + 10": partial(make_multinormal_pair, dim_x=10, dim_y=10),
    "[independent]": partial(make_gaussian_pair, rho=0.0),
    "[bimodal]": make_bimodal_pair,
}

TABLES = {
    "binary channel": noisy([1, 1], 0.2),
    "3 x 3, noisy": noisy([1, 1, 1], 0.7),
    "5 x 5, half noise": noisy(np.ones(5), 0.5),
    "5 x 5, skewed": noisy([12, 4, 2, 1.2, 0.8], 0.6),
    "5 x 5, random": np.random.default_rng(0).dirichlet(np.ones(25)).reshape(5, 5),
    "10 x 10, half noise": noisy(np.ones(10), 0.5),
    "10 x 10, random": np.random.default_rng(0).dirichlet(np.ones(100)).reshape(10, 10),
    "20 in 4 classes": coarsened(20, 4),
    "[5 x 5, independent]": noisy(np.ones(5), 1.0),
    "[10 x 10, weak]": noisy(np.ones(10), 0.9),
}
DISCRETE = {name: partial(make_discrete_pair, joint=table) for name, table in TABLES.items()}

MIXED = {
    "ReLU": make_relu_pair,
    "ReLU, rho 0.5": partial(make_relu_pair, rho=0.5),
    "2 classes": make_gaussian_classes,
    "5 classes, near": partial(make_gaussian_classes, n_classes=5, separation=1.0),
    "quantized": partial(make_quantized_pair, mutual_info=0.8),
    **{name: DISCRETE[name] for name in ("binary channel", "5 x 5, skewed", "20 in 4 classes")},
    "Student, 1 dof": make_student_pair,
    **{f"[{name}]": CONTINUOUS[name] for name in ("Gaussian, rho 0.5", "Gaussian, rho 0.9", "bimodal")},
}

STUDIES = {
    "KSG": (KSG(), CONTINUOUS),
    "MesnerShalizi": (MesnerShalizi(), MIXED),
    "Auto": (Auto(), CONTINUOUS),
    "GaussianCopula": (GaussianCopula(), COPULA),
    "PlugIn": (ChainRule(PlugIn()), DISCRETE),
    "Grassberger": (ChainRule(Grassberger()), DISCRETE),
    "NSB": (ChainRule(NSB()), DISCRETE),
}


def trial(estimator, sample, rows, seed):
    """(Error of the estimate, error of the center, width of the interval, whether it contains the truth)."""
    pair = sample(rows, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interval = confidence_interval(estimator, pair.X, pair.y, random_state=seed)
    error = interval.estimate - pair.mutual_info
    return error, error - interval.bias, interval.high - interval.low, interval.low <= pair.mutual_info <= interval.high


def seconds(estimator, pair):
    """Seconds of one fit with compiled code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(pair.X, pair.y)
        start = time.perf_counter()
        estimator.fit(pair.X, pair.y)
    return time.perf_counter() - start


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--estimators", nargs="+", choices=STUDIES, default=list(STUDIES))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    print(f"{'estimator':15s}{'family':23s}{'truth':>7s}{'bias':>8s}{'center':>8s}{'width':>7s}{'coverage':>10s}")
    parallel = Parallel(n_jobs=options.jobs)
    for name in options.estimators:
        estimator, families = STUDIES[name]
        for family, sample in families.items():
            pair = sample(options.rows, random_state=0)
            slow = seconds(estimator, pair) > _SLOW
            seeds = range(max(1, options.replicates // 10) if slow else options.replicates)
            trials = parallel(delayed(trial)(estimator, sample, options.rows, seed) for seed in seeds)
            bias, center, width, coverage = np.mean(trials, axis=0)
            print(
                f"{name:15s}{family:23s}{pair.mutual_info:7.3f}{bias:8.3f}{center:8.3f}{width:7.3f}{coverage:10.1%}"
                + (f" ({len(seeds)})" if slow else ""),
                flush=True,
            )


if __name__ == "__main__":
    main()
