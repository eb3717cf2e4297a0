"""Measures of layers beside their reference implementations, in one run, on one thread: values, and CPU seconds.

    python examples/benchmarks/bench_metrics.py [--quick] [--svcca FOLDER] [--cka FOLDER]

The references that are no packages are read from clones: https://github.com/google/svcca (commit 1f3fbf1) and
https://github.com/yuanli2333/CKA-Centered-Kernel-Alignment (commit a1cfa19). ``pip install scikit-dimension`` adds that
of the intrinsic dimension. Those that are missing are left out.

Printed, for each task: the truth where there is one, the values, the CPU seconds, and why values differ.
"""

import argparse
import contextlib
import importlib
import io
import os
import platform
import sys
import warnings
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from sklearn.decomposition import PCA
from turns import Row, cpu_seconds

import skib
from skib.information_plane import InformationPlane
from skib.metrics import cca, cka, dump_metrics, intrinsic_dimension, neural_collapse, pwcca
from skib.mutual_info import Ross


def layers(n_samples, n_units, noise):
    """Two layers that have a part in common; units of the first differ in size by a factor of 10."""
    rng = np.random.default_rng(n_units)
    x = rng.normal(size=(n_samples, n_units)) * np.logspace(0, -1, n_units)
    return x, x @ rng.normal(size=(n_units, n_units)) + noise * rng.normal(size=(n_samples, n_units))


def function_of(folder, module, name):
    """Return a function of a module of a clone, or None."""
    if folder is None:
        return None
    sys.path.insert(0, folder)
    return getattr(importlib.import_module(module), name)


def tasks(svcca, reference_cka, quick):
    """Yield (name, truth, the function of skib, name of the reference, its function or None, remark)."""
    n = 500 if quick else 2000
    alignment = function_of(reference_cka, "CKA", "linear_CKA")
    pair, label = np.random.default_rng(0).normal(size=(2, 100, 500)), "CKA a1cfa19"
    peer = alignment and partial(alignment, *pair)
    yield "CKA, independent, n = 100, p = 500", 0, partial(cka, *pair), label, peer, "biased: p / (n + p)"
    yield "the same, biased", np.nan, partial(cka, *pair, unbiased=False), label, peer, ""
    pair, label = layers(n, 50, 3), "CKA a1cfa19"
    peer = alignment and partial(alignment, *pair)
    own = partial(cka, *pair, unbiased=False)
    yield f"biased CKA, n = {n}, p = 50", np.nan, own, label, peer, "n x n matrices there"
    correlations, weighted = (
        function_of(svcca, *names) for names in (("cca_core", "get_cca_similarity"), ("pwcca", "compute_pwcca"))
    )
    columns, label = (pair[0].T, pair[1].T), "svcca 1f3fbf1"
    peer = correlations and (lambda: correlations(*columns, verbose=False)["cca_coef1"].mean())
    yield f"mean CCA, n = {n}, p = 50", np.nan, lambda: cca(*pair).mean, label, peer, ""
    peer = weighted and (lambda: weighted(*columns)[0])
    yield "PWCCA of the same", by_formula(*pair), partial(pwcca, *pair), label, peer, "no whitening there"
    yield from dimensions()
    yield collapse(n)
    yield dump(n)


def by_formula(x, y):
    """The paper's PWCCA by covariance matrices, with the whitening that makes canonical variates of the rotation."""
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    sizes, axes = np.linalg.eigh(x.T @ x)
    whitening_x = axes / np.sqrt(sizes) @ axes.T
    sizes, axes = np.linalg.eigh(y.T @ y)
    left, correlations, _ = np.linalg.svd(whitening_x @ x.T @ y @ (axes / np.sqrt(sizes) @ axes.T))
    weights = np.abs((x @ whitening_x @ left).T @ x).sum(axis=1)
    return weights @ correlations / weights.sum()


def dimensions():
    """The intrinsic dimension of a torus, and of a Gaussian in 10 columns."""
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, size=(1000, 2))
    cases = {"torus": (2, np.hstack([np.cos(angles), np.sin(angles)])), "Gaussian": (10, rng.normal(size=(1000, 10)))}
    for name, (truth, table) in cases.items():
        for k, remark in ((2, "a fit without the largest tenth"), (10, "another mean over rows")):
            peer, label = reference_dimension(k)
            own = partial(intrinsic_dimension, table, n_neighbors=k, random_state=0)
            yield f"dimension, {name}, {k} neighbors", truth, own, label, peer and partial(peer, table), remark


def reference_dimension(n_neighbors):
    """Return the estimate of scikit-dimension as a function, and its name; None if it is not installed."""
    if find_spec("skdim") is None:
        return None, ""
    import skdim

    estimator = skdim.id.TwoNN() if n_neighbors == 2 else skdim.id.MLE(K=n_neighbors)
    return lambda table: estimator.fit(table).dimension_, f"skdim {version('scikit-dimension')}"


def collapse(n_samples):
    """NC1 of a simplex with noise, beside the formula with matrices of all units, as in tding1/Neural-Collapse."""
    rng = np.random.default_rng(0)
    means = np.eye(10, 512) - np.eye(10, 512).mean(axis=0)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    y = np.repeat(np.arange(10), n_samples // 10)
    h = means[y] @ np.linalg.qr(rng.normal(size=(512, 512)))[0] + 0.3 / np.sqrt(512) * rng.normal(size=(len(y), 512))

    def with_matrices():
        mu = np.array([h[y == k].mean(axis=0) for k in range(10)])
        within, centered = h - mu[y], mu - mu.mean(axis=0)
        return np.trace(within.T @ within / len(h) @ np.linalg.pinv(centered.T @ centered / 10)) / 10

    truth = 0.3**2 * 81 / (512 * 10)
    own = lambda: neural_collapse(h, y, n_permutations=0).nc1  # noqa: E731
    return "NC1, 10 classes, p = 512", truth, own, "p x p matrices", with_matrices, "with standard errors here"


def dump(n_samples):
    """All measures of the layers of a dump in single precision, beside their information plane; the values are none."""
    rng, n_units = np.random.default_rng(0), 512
    y = rng.integers(10, size=n_samples)
    X = rng.normal(size=(n_samples, 64)) + 0.3 * y[:, None]
    layers, first = {"ids": np.arange(n_samples), "y": y, "X": X}, X @ rng.normal(size=(64, n_units)) / 8
    weights = rng.normal(size=(5, n_units, n_units)) / np.sqrt(n_units)
    for epoch in range(3):
        h, layers[epoch] = first, {}
        for i, weight in enumerate(weights):
            h = h + (epoch + 1) * 0.5 * np.tanh(h @ weight)
            h /= h.std()
            layers[epoch][f"block{i}"] = h.astype(np.float32)

    def plane():
        estimator = Ross(5, marginals=None)
        InformationPlane(estimator, compressor=PCA(8, random_state=0), random_state=0).fit(layers, y, X)
        return np.nan

    def measures():
        dump_metrics(layers, random_state=0)
        return np.nan

    return "all measures of a dump, its plane", np.nan, measures, "InformationPlane", plane, "PCA of 8, Ross of 5"


def quiet(function):
    """Return a function that prints nothing and warns of nothing."""

    def call():
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function()

    return call


def measured(own, reference):
    """Return the values and the CPU seconds of both."""
    functions = {"skib": quiet(own)} | ({"reference": quiet(reference)} if reference else {})
    values = {name: float(function()) for name, function in functions.items()}
    return values, cpu_seconds(functions)


def rows(quick=True):
    """Return one ``turns.Row`` per task, without the references that are no packages."""
    found = []
    for task, _, own, label, reference, _ in tasks(None, None, quick):
        _, seconds = measured(own, reference)
        found.append(Row(task, seconds["skib"], label if reference else "", seconds.get("reference", np.nan)))
    return found


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="500 rows instead of 2000")
    parser.add_argument("--svcca", help="folder of a clone of google/svcca")
    parser.add_argument("--cka", help="folder of a clone of yuanli2333/CKA-Centered-Kernel-Alignment")
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}")
    heads = ("task", "truth", "skib", "reference", "seconds", "seconds")
    print("{:36s}{:>9s}{:>9s}{:>10s}{:>9s}{:>9s}  reference".format(*heads))
    for task, truth, own, label, reference, remark in tasks(options.svcca, options.cka, options.quick):
        values, seconds = measured(own, reference)
        both = values["skib"], values.get("reference", np.nan)
        spent = seconds["skib"], seconds.get("reference", np.nan)
        text = f"{label}: {remark}" if remark else label
        print(f"{task:36s}{truth:9.4f}{both[0]:9.4f}{both[1]:10.4f}{spent[0]:9.4f}{spent[1]:9.4f}  {text}", flush=True)


if __name__ == "__main__":
    main()
