"""Hard clusters: SequentialIB beside IBM's C++ (sib-clustering), AgglomerativeIB beside dit, in one run, on one thread.

    pip install sib-clustering==0.2.7 dit==2.3
    python examples/benchmarks/bench_clusters.py [--documents 10000] [--words 2000] [--clusters 20] [--seeds 8]

Seconds are those of the processor. Peers that are not installed are left out.

- A sweep of all rows over all clusters, from random clusters, the first two sweeps aside; the candidates take turns.
  "rows" weighs rows alike (floats), "counts" weighs them by their sums (whole numbers). sib has two logarithms: the
  default, and ``fast_log=True``, whose mantissa is off by a misplaced bit in version 0.2.7.
- Clusters of whole fits against the subjects that the texts were drawn from: adjusted mutual information (AMI), I(T;Y)
  in nats, and seconds, over several seeds. ``share`` is the share of a document that comes from its subject.
- A tree of 100 rows and 10 columns, for which dit takes some minutes, and one of 12 rows, whose cut must keep the same
  information. (dit minimizes H(T) - beta I(T;Y); its beta is 1e9 here.)
- A tree of 2000 rows and 50 columns as a multiple of its rows of losses: those of every pair of rows, and the row of
  each merger, at the speed of the vectorized kernel for the pairs. Beside it stands the time of the same logarithm in a
  flat loop over an array that fits into the cache.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.metrics import adjusted_mutual_info_score

import skib
from skib._kernels.clusters import fill_xlog2, find_nearest
from skib.bottleneck import AgglomerativeIB, SequentialIB
from skib.bottleneck._joint import read_joint
from skib.bottleneck._rows import distinct_rows
from skib.bottleneck._sweeps import masses_of, moved

try:
    from sib import SIB
except ImportError:
    SIB = None
try:
    from dit.rate_distortion.bottleneck_algorithms import agglomerative_ib
except ImportError:
    agglomerative_ib = None

N_SWEEPS = 8


def make_texts(n_documents, n_words, n_subjects, share, seed=0, n_tokens=80):
    """Counts of words: common ones by a power law, and those of one subject for each document."""
    rng = np.random.default_rng(seed)
    common = np.arange(1, n_words + 1) ** -0.7
    common /= common.sum()
    subjects = (1 - share) * common + share * rng.dirichlet(common * n_words / 20, n_subjects)
    subject = rng.integers(n_subjects, size=n_documents)
    lengths = rng.poisson(n_tokens, n_documents) + 5
    words = [rng.choice(n_words, length, p=subjects[s]) for length, s in zip(lengths, subject, strict=True)]
    places = np.repeat(np.arange(n_documents), lengths), np.concatenate(words)
    counts = csr_matrix((np.ones(lengths.sum(), np.int64), places), shape=(n_documents, n_words))
    counts.sum_duplicates()
    return counts, subject


def timed(function):
    """Seconds of the processor and result of one call."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def our_sweeps(X, n_clusters, prior):
    """Seconds of each sweep of skib, its sums of the clusters included."""
    joint = read_joint(SequentialIB(), X, by_counts=prior == "counts")
    masses, rng = masses_of(distinct_rows(joint)[0], joint.n_observations), np.random.default_rng(0)
    n = len(masses.weights)
    labels = rng.permutation(np.arange(n) % n_clusters)
    return [timed(lambda: moved(masses, labels, n_clusters, rng.permutation(n), 1.0))[0] for _ in range(N_SWEEPS)]


def their_sweeps(X, n_clusters, prior, fast_log):
    """Seconds of each sweep of sib."""
    uniform = prior == "rows"
    model = SIB(n_clusters, 0, 1, 1, N_SWEEPS, -1.0, uniform_prior=uniform, fast_log=fast_log)
    sweep, seconds = model.optimize, []
    model.optimize = lambda *args: seconds.append(timed(lambda: sweep(*args))[0])
    model.fit(X.astype(float) if uniform else X)
    return seconds


def compare_sweeps(X, n_clusters, rounds):
    """Print milliseconds of a sweep, and the ratio to skib."""
    print(f"\na sweep of {X.shape[0]} rows, {X.shape[1]} columns, {X.nnz} nonzeros, {n_clusters} clusters")
    print("p(x)            skib ms    sib ms  ratio   sib fast_log ms  ratio")
    for prior in ("rows", "counts"):
        candidates = {"skib": lambda p=prior: our_sweeps(X, n_clusters, p)}
        if SIB is not None:
            candidates |= {f: lambda p=prior, f=f: their_sweeps(X, n_clusters, p, f) for f in (False, True)}
        seconds = {name: [] for name in candidates}
        for _ in range(rounds):
            for name, sweeps in candidates.items():
                seconds[name] += sweeps()[2:]
        ours = np.median(seconds.pop("skib"))
        peers = [f"{1e3 * np.median(s):10.1f} {np.median(s) / ours:6.1f}" for s in seconds.values()]
        print(f"{prior:12s} {1e3 * ours:10.1f}" + "       ".join(peers))


def compare_fits(shape, n_clusters, seeds):
    """Print how well whole fits find the subjects of the texts."""
    models = {
        "skib, one start": lambda seed: SequentialIB(n_clusters, n_init=1, random_state=seed),
        "skib, one random start": lambda seed: SequentialIB(n_clusters, n_init=1, init="random", random_state=seed),
        "skib, default": lambda seed: SequentialIB(n_clusters, random_state=seed),
    }
    if SIB is not None:
        models["sib, one start"] = lambda seed: SIB(n_clusters, n_init=1, n_jobs=1, random_state=seed)
        models["sib, default"] = lambda seed: SIB(n_clusters, n_jobs=1, random_state=seed)
    print(f"\nfits, {seeds} seeds    AMI = 1  least AMI  mean AMI  mean I(T;Y)  seconds")
    for share in (0.6, 0.3):
        X, subject = make_texts(*shape, n_clusters, share)
        print(f"share {share}")
        for name, model in models.items():
            scores, informations, seconds = [], [], []
            for seed in range(seeds):
                passed, fitted = timed(lambda: model(seed).fit(X.astype(float)))  # noqa: B023
                scores.append(adjusted_mutual_info_score(subject, fitted.labels_))
                seconds.append(passed)
                informations.append(information(X, fitted.labels_))
            n_exact = sum(score > 1 - 1e-9 for score in scores)
            print(f"  {name:22s} {n_exact:4d} {min(scores):10.4f} {np.mean(scores):9.4f}", end=" ")
            print(f"{np.mean(informations):12.5f} {np.median(seconds):8.2f}")


def information(X, labels):
    """I(T;Y) of rows that weigh alike, in nats."""
    p = X.multiply(1 / X.sum(axis=1)).tocsr() / X.shape[0]
    together = np.array([np.asarray(p[labels == t].sum(axis=0)).ravel() for t in np.unique(labels)])
    margins = together.sum(axis=1, keepdims=True) * together.sum(axis=0)
    return float(np.sum(together * np.log(np.where(together > 0, together / np.where(margins > 0, margins, 1), 1))))


def compare_trees(rounds):
    """Print the time of small trees, and that of dit."""
    p = np.random.default_rng(0).dirichlet(np.ones(10), 100)
    ours = np.median([timed(lambda: AgglomerativeIB(1).fit(p))[0] for _ in range(10 * rounds)])
    print(f"\ntree of 100 rows, 10 columns: skib {1e3 * ours:.2f} ms for all 99 mergers")
    if agglomerative_ib is None:
        return
    seconds, result = timed(lambda: agglomerative_ib(p[:12] / 12, 1e9, 3))
    apart = abs(result.relevance * np.log(2) - AgglomerativeIB(3).fit(p[:12]).relevance_)
    print(f"three clusters of 12 rows: dit {seconds:.2f} s, I(T;Y) {apart:.1e} nats apart")
    theirs, _ = timed(lambda: agglomerative_ib(p / 100, 1e9, 1))
    print(f"dit {theirs:.1f} s for all mergers: {theirs / ours:.0f} times as long")


def compare_with_rows(rounds, n=2000, n_columns=50):
    """Print the time of a large tree as a multiple of the rows of losses that no order of mergers can avoid."""
    p = np.random.default_rng(0).dirichlet(np.full(n_columns, 0.5), n)
    flat, results = np.random.default_rng(1).random((2, 8192)), []
    for _ in range(rounds):
        logarithm = timed(lambda: [fill_xlog2(*flat) for _ in range(1000)])[0] / (1000 * flat.shape[1])
        rows = timed(lambda: pairs_of_rows(p.T / n))[0] / (n**2 * n_columns / 2)
        seconds, _ = timed(lambda: AgglomerativeIB(2).fit(p))
        results.append((seconds, seconds / (n**2 * n_columns * rows), 1e9 * rows, 1e9 * logarithm))
    seconds, ratio, rows, logarithm = np.median(results, axis=0)
    print(f"\ntree of {n} rows, {n_columns} columns: {seconds:.2f} s, {ratio:.2f} times its rows of losses", end=" ")
    print(f"({rows:.2f} ns a logarithm; {logarithm:.2f} ns in a flat loop)")


def pairs_of_rows(sums):
    """Compute the losses of all pairs of clusters, with the nearest one of each."""
    sums, n = np.ascontiguousarray(sums), sums.shape[1]
    masses, logs = np.empty((2, n)), np.empty_like(sums)
    masses[0] = sums.sum(axis=0)
    fill_xlog2(sums.reshape(-1), logs.reshape(-1))
    fill_xlog2(masses[0], masses[1])
    lists = np.full((n, 1), -1), np.full((n, 1), np.inf), np.full(n, np.inf)
    find_nearest(0, n, sums, logs, masses, *lists)


def main():
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=2000)
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=8)
    options = parser.parse_args()
    peers = [("sib-clustering", SIB), ("dit", agglomerative_ib)]
    versions = [f"{peer} {version(peer)}" for peer, found in peers if found is not None]
    print(", ".join([f"skib {skib.__version__}", *versions, f"Python {platform.python_version()}", "one thread"]))
    X, _ = make_texts(options.documents, options.words, options.clusters, 0.6)
    SequentialIB(2, n_init=2).fit(X[:50])  # compile
    SequentialIB(2, n_init=2, prior="counts").fit(X[:50])
    AgglomerativeIB(2).fit(X[:50])
    compare_sweeps(X, options.clusters, options.rounds)
    compare_fits((options.documents, options.words), options.clusters, options.seeds)
    compare_trees(options.rounds)
    compare_with_rows(options.rounds)


if __name__ == "__main__":
    main()
