"""Feature selection: skib beside seven other packages, in one run, on one thread.

    pip install mrmrs==0.1.3 feature_engine==1.9.4 mrmr_selection==0.2.8 scikit-lego==0.9.10 fast-select==0.3.0 \
        fastcan==0.6.0 polars Boruta==0.4.3
    python examples/benchmarks/bench_selection.py [--parts floats codes madelon noise parity sparse] [--rounds 5]

Seconds are those of the processor, medians over rounds in which the candidates take turns; those that take long are run
once. Peers that are not installed are named and left out. Each gets its own container, ready made.

- floats: 20 of 1000 columns of float64, n = 10 000, two classes: JMI of skib, the binning included, and the selectors
  that divide an F-statistic by a mean correlation. "useful" is how many of the 20 are among the 60 columns that are not
  noise; "MiB" by how much the peak of memory exceeds what was there before.
- codes: the same table as 16 quantile bins. Relevance alone beside scikit-learn's ``mutual_info_classif``; JMI beside a
  bare loop that adds 1 to a cell for each row, candidate and step; mRMR of 200 columns beside fast-select. A path of 20
  columns has their redundancies, which a path of one does not need.
- madelon: columns found of the 20 that matter, out of 500, n = 2000; ``make_classification`` with 5 informative columns
  and 15 mixtures of them, 16 clusters per class, five quantile bins. "auto" ends by the test. With ``--slow``, the
  other packages as well, MultiSURF of fast-select, a random forest and Boruta.
- noise: how often "auto" selects anything of 60 columns that are independent of y.
- parity: in how many of 20 tables the columns of a parity of two, and of three, are the ones selected among 50
  (n = 1000, 10 % flipped labels).
- sparse: all pairs of 2048 columns, 1 % of which is not zero, n = 20 000: a sparse matrix, and the same columns as
  bools.
"""

import argparse
import ctypes
import gc
import os
import platform
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import selection_peers
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.feature_selection import mutual_info_classif
from sklearn.utils import resample

import skib
from skib import feature_selection
from skib._jit import njit
from skib.datasets import make_parity
from skib.feature_selection import InfluenceSelector, InformationSelector
from skib.mutual_info import mutual_info_matrix

N_INFORMATIVE, N_USEFUL = 20, 60
SLOW = ["feature_engine", "mrmr_selection", "scikit-lego", "fast-select MultiSURF", "random forest", "Boruta"]
MADELON = {
    "n_samples": 2000,
    "n_features": 500,
    "n_informative": 5,
    "n_redundant": 15,
    "n_clusters_per_class": 16,
    "class_sep": 2,
    "flip_y": 0.01,
    "shuffle": False,
}


def timed(function):
    """Seconds of the processor and result of one call."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def medians(candidates, rounds):
    """Median seconds and last result of each candidate; they take turns within each round."""
    seconds, results = {name: [] for name in candidates}, {}
    for _ in range(rounds):
        for name, candidate in candidates.items():
            passed, results[name] = timed(candidate)
            seconds[name].append(passed)
    return {name: (np.median(passed), results[name]) for name, passed in seconds.items()}


def peak_mib(function):
    """Return by how many MiB the peak of the process's memory exceeds what it had before; NaN outside Linux."""
    try:
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # or what earlier calls have freed would count as there before
        with open("/proc/self/clear_refs", "w") as peak:
            peak.write("5")
        before = _status("VmRSS")
        function()
        return (_status("VmHWM") - before) / 1024
    except OSError:
        return np.nan


def _status(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field))


def quantile_codes(X, n_bins):
    """Return the number of the quantile bin of each value, as uint8."""
    ranks = np.argsort(np.argsort(X, axis=0), axis=0)
    return (ranks * n_bins // len(X)).astype(np.uint8)


def peers_of(names, X, y, k):
    """Return calls of the installed peers."""
    calls = {}
    for name in names:
        try:
            data = selection_peers.frame_for(name, X, y)
            selection_peers.select(name, *selection_peers.frame_for(name, X[:200, :5], y[:200]), 2)  # import, compile
        except selection_peers.Missing:
            continue
        calls[name] = lambda name=name, data=data: selection_peers.select(name, *data, k)
    return calls


def from_floats(X, y, rounds):
    """Print seconds and memory of the way from float64 to 20 columns."""
    print(f"\nfrom float64: 20 of {X.shape[1]} columns, n = {len(X)}    s    ratio  useful    MiB")
    frame = pd.DataFrame(X)
    ours = {
        "skib JMI": lambda: jmi(X, y),
        "skib JMI, DataFrame": lambda: jmi(frame, y),
        "skib JMI, auto": lambda: InformationSelector().fit(X, y).selected_features_,
    }
    results = medians(ours | peers_of(["mrmrs"], X, y, 20), rounds)
    slow = peers_of(["feature_engine", "mrmr_selection", "scikit-lego"], X, y, 20)
    results |= medians(slow, 1)
    baseline = results["skib JMI"][0]
    calls = ours | peers_of(["mrmrs"], X, y, 20) | slow
    for name, (seconds, found) in results.items():
        useful = sum(j < N_USEFUL for j in found)
        peak = peak_mib(calls[name])
        print(f"{name:38s} {seconds:8.2f} {seconds / baseline:7.2f} {useful:4d}/{len(found):<3d} {peak:6.0f}")


def jmi(X, y, k=20):
    """Return the columns that the default criterion selects."""
    return InformationSelector("jmi", k).fit(X, y).selected_features_


@njit
def count_four(columns, shifted, tables):
    """Add 1 to the cells of four candidates for each row, in turn: what any count by scalar instructions has to do."""
    for k in range(0, len(columns), 4):
        a, b, c, d = columns[k], columns[k + 1], columns[k + 2], columns[k + 3]
        for i in range(len(shifted)):
            z = np.uint64(shifted[i])
            tables[0, z | a[i]] += 1
            tables[1, z | b[i]] += 1
            tables[2, z | c[i]] += 1
            tables[3, z | d[i]] += 1


def counting_limit(codes, y, steps=19):
    """Return a call that adds 1 to as many cells as 20 of these columns need after the first."""
    columns = np.ascontiguousarray(codes.T)
    columns = columns[: len(columns) // 4 * 4]
    shifted = ((codes[:, 0].astype(np.uint16) << 1 | y.astype(np.uint16)) << 4).astype(np.uint16)
    tables = np.zeros((4, 512), np.int32)
    count_four(columns[:4], shifted, tables)  # compile

    def count():
        for _ in range(steps):
            count_four(columns, shifted, tables)

    return count


def from_codes(X, y, rounds):
    """Print seconds of the work that starts from codes."""
    codes = quantile_codes(X, 16)
    print(f"\nfrom codes: 16 bins, n = {len(X)}                      s    ratio")
    mim = {
        "skib MIM, a path of 1": lambda: InformationSelector("mim", 1).fit(codes, y),
        "skib MIM, a path of 20": lambda: InformationSelector("mim", 20).fit(codes, y),
        "skib mutual_info_classif": lambda: feature_selection.mutual_info_classif(codes, y, discrete_features=True),
        "scikit-learn mutual_info_classif": lambda: mutual_info_classif(codes, y, discrete_features=True),
    }
    _print_ratios(medians(mim, rounds))
    _print_ratios(medians({"skib JMI": lambda: jmi(codes, y), "bare counting": counting_limit(codes, y)}, rounds))
    few = codes[:, :: codes.shape[1] // 200][:, :200]
    mrmr = {"skib mRMR of 200": lambda: InformationSelector("mrmr", 20).fit(few, y).selected_features_.tolist()}
    results = medians(mrmr | peers_of(["fast-select"], few, y, 20), rounds)
    _print_ratios(results)
    if "fast-select" in results:
        print("the same order:", results["fast-select"][1] == results["skib mRMR of 200"][1])


def _print_ratios(results):
    baseline = next(iter(results.values()))[0]
    for name, (seconds, _) in results.items():
        print(f"{name:38s} {seconds:8.3f} {seconds / baseline:7.2f}")


def madelon(seeds, slow):
    """Print how many of the 20 columns that matter are found."""
    on_floats = ["mrmrs", "fastcan", *SLOW] if slow else ["mrmrs", "fastcan"]
    found = {}
    for seed in range(seeds):
        X, y = make_classification(**MADELON, random_state=seed)
        codes = quantile_codes(X, 5)
        calls = {f"skib {criterion}": _ours(criterion, 20, X, y) for criterion in ("jmi", "disr", "cmim", "mrmr")}
        calls |= {"skib jmi, auto": _ours("jmi", "auto", X, y), "skib jmi, auto, own bins": _auto(X, y)}
        for name, call in (calls | peers_of(on_floats, X, y, 20) | peers_of(["fast-select"], codes, y, 20)).items():
            seconds, selected = timed(call)
            hits = sum(j < 20 for j in selected)
            found.setdefault(name, []).append((hits, len(selected) - hits, seconds))
    print(f"\nMadelon, {seeds} seeds              found of 20   least   other columns    most   median s")
    for name, rows in found.items():
        hits, others, seconds = np.transpose(rows)
        print(f"{name:30s} {hits.mean():12.1f} {hits.min():7.0f} {others.mean():13.1f} {others.max():9.0f}", end=" ")
        print(f"{np.median(seconds):10.3f}", flush=True)


def _ours(criterion, k, X, y):
    return lambda: InformationSelector(criterion, k, discretizer=5).fit(X, y).selected_features_


def _auto(X, y):
    return lambda: InformationSelector().fit(X, y).selected_features_


def noise(runs):
    """Print the share of tables of pure noise of which anything is selected."""
    print(f"\nnoise, {runs} tables    anything selected")
    for n_samples, n_features, n_bins in ((1000, 60, 5), (300, 60, 5), (200, 500, 3), (5000, 60, None)):
        n_wrong = 0
        for seed in range(runs):
            rng = np.random.default_rng(seed)
            X, y = rng.normal(size=(n_samples, n_features)), rng.integers(2, size=n_samples)
            n_wrong += len(InformationSelector(discretizer=n_bins).fit(X, y).selected_features_) > 0
        bins = "own" if n_bins is None else n_bins
        print(f"  n = {n_samples}, {n_features} columns, {bins} bins: {100 * n_wrong / runs:.1f} %")


def parity(runs=20):
    """Print in how many tables the columns of a parity are found."""
    print(f"\nparity among 50 columns, {runs} tables    of two   of three   median s")
    names = ["mrmrs", "fastcan", "fast-select", "fast-select MultiSURF"]
    found = {}
    for order in (2, 3):
        for seed in range(runs):
            made = make_parity(1000, n_features=50, order=order, flip=0.1, random_state=seed)
            for name, call in (_of_parity(made, order) | peers_of(names, made.X, made.y, order)).items():
                seconds, selected = timed(call)
                right = set(map(int, selected)) == set(made.relevant_features.tolist())
                found.setdefault(name, {2: [], 3: []})[order].append((right, seconds))
    for name, rows in found.items():
        counts = [sum(right for right, _ in rows[order]) for order in (2, 3)]
        print(f"{name:36s} {counts[0]:8d} {counts[1]:9d} {np.median([s for _, s in rows[3]]):10.3f}")


def _of_parity(made, order):
    return {
        "skib jmi": lambda: jmi(made.X, made.y, order),
        "skib jmi, start with a pair": lambda: (
            InformationSelector("jmi", order, init="pair").fit(made.X, made.y).selected_features_
        ),
        "skib InfluenceSelector": lambda: np.flatnonzero(
            InfluenceSelector(order, random_state=0).fit(made.X, made.y).get_support()
        ),
    }


def sparse_pairs(rounds, n_samples=20_000, n_columns=2048, n_dense=200):
    """Print the time per pair of a sparse matrix and of its columns as bools."""
    X = sparse.random(n_samples, n_columns, 0.01, format="csr", random_state=0)
    dense = pd.DataFrame(X[:, :n_dense].toarray() > 0)
    results = medians({"sparse": lambda: mutual_info_matrix(X), "bools": lambda: mutual_info_matrix(dense)}, rounds)
    pairs = {"sparse": n_columns * (n_columns - 1) / 2, "bools": n_dense * (n_dense - 1) / 2}
    us = {name: 1e6 * results[name][0] / pairs[name] for name in pairs}
    values = {name: np.asarray(result.mutual_info)[:n_dense, :n_dense] for name, (_, result) in results.items()}
    apart = np.abs(values["sparse"] - values["bools"]).max()
    print(f"\nall pairs of sparse columns: {us['sparse']:.3f} us a pair, as bools {us['bools']:.2f} us:", end=" ")
    print(f"{us['bools'] / us['sparse']:.0f} times as long; values {apart:.1e} apart")


def main():
    """Run the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ["floats", "codes", "madelon", "noise", "parity", "sparse"]
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--noise-runs", type=int, default=200)
    parser.add_argument("--slow", action="store_true", help="MultiSURF, a random forest and Boruta on Madelon")
    options = parser.parse_args()
    found, missing = selection_peers.versions()
    print(", ".join([f"skib {skib.__version__}", *found, f"Python {platform.python_version()}", "one thread"]))
    if missing:
        print("not installed:", ", ".join(missing))
    X, y = make_classification(
        10_000, 1000, n_informative=N_INFORMATIVE, n_redundant=N_USEFUL - N_INFORMATIVE, shuffle=False, random_state=0
    )
    X, y = resample(X, y, replace=False, random_state=0)
    jmi(X[:500, :8], y[:500], 3)  # compile
    if "floats" in options.parts:
        from_floats(X, y, options.rounds)
    if "codes" in options.parts:
        from_codes(X, y, options.rounds)
    if "madelon" in options.parts:
        madelon(options.seeds, options.slow)
    if "noise" in options.parts:
        noise(options.noise_runs)
    if "parity" in options.parts:
        parity()
    if "sparse" in options.parts:
        sparse_pairs(options.rounds)


if __name__ == "__main__":
    main()
