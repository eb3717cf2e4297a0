"""Columns of many values, and graphs of columns: skib beside outrank and PyIFS, on one thread.

    pip install outrank==0.97.5 PyIFS==0.0.3
    python examples/benchmarks/bench_cardinality.py [--parts noise sorted pairs time graph] [--tables 20]

Seconds are those of the processor, medians over three rounds in which the candidates take turns. Packages that are not
installed are named and left out.

- noise: 30 columns of noise of 10 000 values, and a bit with 0.01 nats about y, n = 20 000. Mean score of the columns
  of noise, and in how many tables the bit is the first, and among the first three.
- sorted: a column of 100 values with 0.38 nats, n = 20 000, whose rows are sorted by y or not.
- pairs: an exclusive or of two of 20 bits with 10 % flipped labels, and a column of 300 values, n = 1000: in how many
  tables exactly the two bits are selected.
- time: 1000 columns of 16 values, n = 10 000; 30 columns of 10 000 values, n = 20 000; all pairs of 30 columns of 16
  values.
- graph: infinite feature selection of 2015, 200 columns, n = 1000, with the affinity that PyIFS computes: time, and the
  largest difference of the scores.
"""

import argparse
import os
import time
from functools import partial

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import selection_peers
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score

import skib
from skib.feature_selection import CardinalityAwareSelector, GraphSelector


def skib_scores(X, y, **parameters):
    return CardinalityAwareSelector(1, discrete_features=True, **parameters).fit(X, y).scores_


def plug_in(X, y):
    return np.array([mutual_info_score(x, y) for x in X.T])


def adjusted(X, y):
    return np.array([adjusted_mutual_info_score(x, y) for x in X.T])


SCORES = {"skib": skib_scores, "outrank": selection_peers.outrank_scores, "plug-in": plug_in, "adjusted": adjusted}


def available(scores):
    """Leave out what is not installed."""
    return {name: score for name, score in scores.items() if name != "outrank" or _has(score)}


def _has(score):
    try:
        score(np.zeros((4, 1), int), np.arange(4) % 2)
    except selection_peers.Missing:
        return False
    return True


def noisy_copy(y, share, rng):
    return np.where(rng.random(len(y)) < share, y, 1 - y)


def medians(candidates, rounds=3):
    """Median seconds of each candidate; they take turns within each round."""
    seconds = {name: [] for name in candidates}
    for candidate in candidates.values():
        candidate()  # compiled
    for _ in range(rounds):
        for name, candidate in candidates.items():
            start = time.process_time()
            candidate()
            seconds[name].append(time.process_time() - start)
    return {name: np.median(passed) for name, passed in seconds.items()}


def noise(n_tables):
    print("\nnoise: 30 columns of 10 000 values and a bit of 0.01 nats, n = 20 000")
    places, means = {}, {}
    for seed in range(n_tables):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=20_000)
        X = np.column_stack([rng.integers(10_000, size=(20_000, 30)), noisy_copy(y, 0.57, rng)])
        for name, score in available(SCORES).items():
            scores = score(X, y)
            places.setdefault(name, []).append(int((scores[:30] > scores[30]).sum()))
            means.setdefault(name, []).append(scores[:30].mean())
    for name, found in places.items():
        first, three = (sum(place < k for place in found) for k in (1, 3))
        error = np.std(means[name], ddof=1) / np.sqrt(n_tables)
        print(f"{name:10} first {first:3} of {n_tables}, in the first three {three:3}", end="")
        print(f"; mean score of noise {np.mean(means[name]):8.5f} ± {error:.5f}")


def sorted_rows(n_tables):
    print("\nsorted: 0.38 nats of a column of 100 values, n = 20 000")
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(2, size=20_000))
    x = (50 * noisy_copy(y, 0.908, rng) + rng.integers(50, size=20_000))[:, None]
    order = rng.permutation(20_000)
    for name, score in available(SCORES).items():
        print(f"{name:10} sorted {score(x, y)[0]:.3f}, shuffled {score(x[order], y[order])[0]:.3f}")


def pairs(n_tables):
    print("\npairs: an exclusive or of two of 20 bits and a column of 300 values, n = 1000")
    for order in (1, 2):
        found = 0
        for seed in range(n_tables):
            rng = np.random.default_rng(seed)
            X = np.column_stack([rng.integers(2, size=(1000, 20)), rng.integers(300, size=1000)])
            y = X[:, 3] ^ X[:, 7] ^ (rng.random(1000) < 0.1)
            selector = CardinalityAwareSelector(interaction_order=order, discrete_features=True).fit(X, y)
            found += sorted(selector.selected_features_.tolist()) == [3, 7]
        print(f"interaction_order={order}: {found} of {n_tables}")


def seconds(n_tables):
    rng = np.random.default_rng(0)
    for title, n, d, levels in [("1000 x 16 values", 10_000, 1000, 16), ("30 x 10 000 values", 20_000, 30, 10_000)]:
        X, y = rng.integers(levels, size=(n, d)), rng.integers(2, size=n)
        candidates = {name: partial(SCORES[name], X, y) for name in available(SCORES) if name in ("skib", "outrank")}
        for name, median in medians(candidates).items():
            print(f"{title:20} {name:10} {median:.3f} s")
    X, y = rng.integers(16, size=(10_000, 30)), rng.integers(2, size=10_000)
    median = medians({"skib": lambda: skib_scores(X, y, interaction_order=2)})["skib"]
    print(f"435 pairs            skib       {median:.3f} s, {1000 * median / 435:.2f} ms per pair")


def graph(n_tables):
    print("\ngraph: infinite feature selection, 200 columns, n = 1000")
    X = np.random.default_rng(0).normal(size=(1000, 200)) * np.random.default_rng(1).uniform(1, 2, size=200)
    y = np.zeros(1000)

    def affinity(x, _):
        spread = np.maximum.outer(x.std(axis=0, ddof=1), x.std(axis=0, ddof=1))
        return 0.5 * spearmanr(x)[0] + 0.5 * (spread - spread.min()) / (spread.max() - spread.min())

    candidates = {"skib": lambda: GraphSelector().fit(X), "skib, same edges": lambda: GraphSelector(affinity).fit(X)}
    try:
        theirs = np.real(selection_peers.inf_fs_scores(X.copy(), y, 0.5))
    except selection_peers.Missing:
        pass
    else:
        ours = GraphSelector(affinity).fit(X).scores_
        print(f"largest difference of the scores {np.abs(ours / theirs - 1).max():.1e}")
        candidates["PyIFS"] = lambda: selection_peers.inf_fs_scores(X.copy(), y, 0.5)
    for name, median in medians(candidates).items():
        print(f"{name:17} {median:.3f} s")


PARTS = {"noise": noise, "sorted": sorted_rows, "pairs": pairs, "time": seconds, "graph": graph}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--tables", type=int, default=20)
    arguments = parser.parse_args()
    print("skib", skib.__version__, *map("; ".join, selection_peers.versions(selection_peers.OF_SCORES)))
    for part in arguments.parts:
        PARTS[part](arguments.tables)
