"""Matrices of all pairs of columns and scores of all columns: skib, peers and limits, in one run, on one thread.

    python examples/benchmarks/bench_matrix.py [--columns 500] [--rows 10000] [--levels 2 5 10 16] [--rounds 5]

The first table is of discrete columns. scikit-learn's ``mutual_info_score`` is timed on some of the pairs, the two
taking turns within each round; the table gives medians per pair, their ratio, and how far skib's estimates lie from
those of the same pairs one by one. (They differ from scikit-learn's by the correction of their bias.) Below it is the
time of permutation p-values of all pairs of columns cut at quantiles, which share one null.

The second table gives the CPU seconds of matrices of Gaussian copulas and of nearest neighbors, of columns of text and
categories, and of scores of columns with one target, beside a peer and beside a limit: what the result needs at least,
such as the sorting of the columns. The last line is the memory that the scores of a wide table take beside the table.
"""

import argparse
import os
import platform
import time
import tracemalloc
from functools import partial

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
import sklearn
from scipy.special import ndtri
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score
from turns import Row, cpu_seconds

import skib
from skib.entropy import Grassberger
from skib.mutual_info import KSG, ChainRule, GaussianCopula, Ross, mutual_info_features, mutual_info_matrix

SKLEARN = f"scikit-learn {sklearn.__version__}"


def discretized(n_samples, n_columns, n_levels, seed=0):
    """Gaussian columns that share a factor, cut at their quantiles."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_samples, n_columns)) + 0.5 * rng.normal(size=(n_samples, 1))
    ranks = np.argsort(np.argsort(x, axis=0), axis=0)
    return pd.DataFrame(ranks * n_levels // n_samples)


def timed(function):
    """Seconds and result of one call."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def compare(frame, rounds, n_sklearn=100):
    """Median seconds per pair of skib and of scikit-learn, and how far skib's are from estimates one by one."""
    n_columns = frame.shape[1]
    mutual_info_matrix(frame.iloc[:, :2])  # compile
    columns = frame.to_numpy().T.copy()
    pairs = np.random.default_rng(0).integers(0, n_columns, (n_sklearn, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, matrix = timed(lambda: mutual_info_matrix(frame).mutual_info.to_numpy())
        ours.append(seconds / (n_columns * (n_columns - 1) / 2))
        seconds, scores = timed(lambda: [mutual_info_score(columns[i], columns[j]) for i, j in pairs])
        theirs.append(seconds / len(pairs))
    one_by_one = ChainRule(Grassberger())
    apart = [matrix[i, j] - one_by_one.fit(columns[i][:, None], columns[j]).mutual_info_ for i, j in pairs]
    return np.median(ours), np.median(theirs), np.abs(apart).max()


def common_factor(n_samples, n_columns, seed=0):
    """Gaussian columns that share a factor."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_samples, n_columns)) + 0.5 * rng.normal(size=(n_samples, 1))


def timed_row(task, function, peer=None, limit=None, rounds=3):
    """One row of the second table; `peer` and `limit` are pairs of a name and a function, or None."""
    others = [pair for pair in (peer, limit) if pair is not None]
    seconds = cpu_seconds({"skib": function, **dict(others)}, rounds)
    names = [pair[0] if pair is not None else "" for pair in (peer, limit)]
    of_peer, of_limit = (seconds.get(name, np.nan) for name in names)
    return Row(task, seconds["skib"], names[0], of_peer, names[1], of_limit)


def copula_row(n_samples, n_columns):
    """All pairs by ``GaussianCopula``, beside the correlations of normal scores alone."""
    x = common_factor(n_samples, n_columns)
    frame = pd.DataFrame(x)

    def correlations():
        ranks = np.argsort(np.argsort(x, axis=0), axis=0) + 1
        return np.corrcoef(ndtri(ranks / (n_samples + 1)).T)

    return timed_row(
        f"GaussianCopula matrix, {n_columns} columns, n = {n_samples}",
        lambda: mutual_info_matrix(frame, estimator=GaussianCopula()),
        limit=("corrcoef of normal scores", correlations),
    )


def neighbors_row(n_samples, n_columns):
    """All pairs by ``KSG``, beside scikit-learn's regression of every column on those before it."""
    x = common_factor(n_samples, n_columns)
    frame = pd.DataFrame(x)
    return timed_row(
        f"KSG matrix, {n_columns} columns, n = {n_samples}",
        lambda: mutual_info_matrix(frame, estimator=KSG()),
        (SKLEARN, lambda: [mutual_info_regression(x[:, :j], x[:, j], n_neighbors=5) for j in range(1, n_columns)]),
    )


def class_columns(n_samples, n_columns):
    """Columns of 5 to 26 classes: as whole numbers, and by words of 1 to 12 letters in each of several containers."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, rng.integers(5, 27, n_columns), (n_samples, n_columns))
    words = np.array([chr(97 + k) + "letters of any"[: rng.integers(0, 12)] for k in range(26)], object)
    text = pd.DataFrame(words[codes], dtype=object).rename(columns="x{}".format)
    frames = {"objects": text, "str": text.astype("str"), "string[python]": text.astype("string[python]")}
    frames |= {"category": text.astype("category"), "numpy U": text.to_numpy().astype("U")}
    try:
        import polars as pl
        import pyarrow as pa
    except ImportError:
        return pd.DataFrame(codes), frames
    lists = {name: column.tolist() for name, column in text.items()}
    frames["polars"] = pl.DataFrame(lists)
    frames |= {f"polars {kind}": frames["polars"].cast(kind) for kind in (pl.Categorical, pl.Enum(sorted(words)))}
    frames["pyarrow"] = pa.table(lists)
    encoded = [column.dictionary_encode() for column in frames["pyarrow"].columns]
    frames["pyarrow dictionary"] = pa.table(encoded, names=list(lists))
    return pd.DataFrame(codes), {name.partition("(")[0]: frame for name, frame in frames.items()}


def class_rows(n_samples, n_columns):
    """Columns of classes by name, beside those as whole numbers: all pairs, and two scores of each with a target."""
    numbers, frames = class_columns(n_samples, n_columns)
    y = numbers[0].to_numpy()
    columns = numbers.to_numpy().T.copy()
    pairs = [(columns[i], columns[j]) for i, j in zip(*np.triu_indices(n_columns, 1), strict=True)]
    peer = SKLEARN, lambda: [mutual_info_score(x, y) for x, y in pairs[:100]]
    task = f"{n_columns} columns of {{}}, n = {n_samples}"
    row = timed_row(f"matrix, {task.format('whole numbers')}", lambda: mutual_info_matrix(numbers), peer, rounds=5)
    yield row._replace(of_peer=row.of_peer * len(pairs) / min(len(pairs), 100))
    measures = {
        "matrix": mutual_info_matrix,
        "features": lambda table: mutual_info_features(table, y),
        "fit": lambda table: ChainRule().score_features(table, y),
    }
    for measure, call in measures.items():
        for name, table in frames.items():
            limit = "whole numbers", partial(call, numbers)
            yield timed_row(f"{measure}, {task.format(name)}", partial(call, table), limit=limit, rounds=5)


def score_rows(n_samples, n_columns):
    """Scores of all columns with a target of numbers, and with one of classes."""
    x = common_factor(n_samples, n_columns)
    y = x[:, 0] + np.random.default_rng(1).normal(size=n_samples)
    sort = "one argsort a column", lambda: [np.argsort(column) for column in x.T.copy()]
    peer = SKLEARN, lambda: mutual_info_regression(x, y, n_neighbors=5)
    yield timed_row(f"KSG, {n_columns} columns with y, n = {n_samples}", lambda: KSG().score_features(x, y), peer, sort)
    peer = SKLEARN, lambda: mutual_info_classif(x, y > 0, n_neighbors=5)
    yield timed_row(
        f"Ross, {n_columns} columns with classes, n = {n_samples}", lambda: Ross().score_features(x, y > 0), peer, sort
    )


def rows(quick=True):
    """Return the rows of the second table, of smaller tables if `quick`."""
    return [
        copula_row(5000, 20),
        copula_row(2000, 100),
        neighbors_row(*((2000, 6) if quick else (10_000, 12))),
        *class_rows(10_000, 50),
        *(() if quick else class_rows(100_000, 30)),
        *score_rows(10_000, 20),
    ]


def memory_of_scores(n_samples, n_columns):
    """Peak memory of the scores of ``GaussianCopula`` beside a table, as a share of the table."""
    x = np.random.default_rng(0).normal(size=(n_samples, n_columns))
    y = x[:, 0] + np.random.default_rng(1).normal(size=n_samples)
    tracemalloc.start()
    GaussianCopula().score_features(x, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / x.nbytes


def print_rows(table):
    """Print the second table."""
    print(f"\n{'CPU seconds':56s} {'skib':>8s} {'peer':>9s}    ratio {'limit':>9s}    ratio")
    for row in table:
        print(
            f"{row.task:56s} {row.skib:8.4f} {row.of_peer:9.4f} {row.of_peer / row.skib:8.1f} {row.of_limit:9.4f} "
            f"{row.skib / row.of_limit:8.2f}  {', '.join(filter(None, (row.peer, row.limit)))}"
        )


def main():
    """Run all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--levels", type=int, nargs="+", default=[2, 5, 10, 16])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    versions = f"skib {skib.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"
    print(f"{versions}, Python {platform.python_version()}, one thread, {options.rounds} rounds")
    print(f"{options.columns} columns, n = {options.rows}: median us a pair, everything included")
    print("levels      skib  scikit-learn     ratio  largest difference")
    for n_levels in options.levels:
        ours, theirs, apart = compare(discretized(options.rows, options.columns, n_levels), options.rounds)
        print(f"{n_levels:6d} {1e6 * ours:9.2f} {1e6 * theirs:13.0f} {theirs / ours:9.0f}  {apart:.1e}")
    frame = discretized(options.rows, options.columns, options.levels[-1])
    seconds = timed(lambda: mutual_info_matrix(frame, n_permutations=999, random_state=0))[0]
    print(f"with p-values from 999 permutations, {options.levels[-1]} levels: {seconds:.2f} s for all pairs")
    print_rows(rows(quick=False))
    print(
        f"memory of GaussianCopula.score_features, n = 2000 x 20000: {memory_of_scores(2000, 20_000):.2f} of the table"
    )


if __name__ == "__main__":
    main()
