"""Greedy minimum-entropy couplings beside the dense loop of public Python code, in one run, on one thread.

    python examples/benchmarks/bench_coupling.py [--states 5000] [--rounds 9] [--quality]

The peer is the method of the Python code of ssokota/mec (``greedy_mec``), written anew here: the largest remaining
masses are found by ``argmax`` over all states at every step. Its default returns a dense array ("dense loop"), its
option ``sparse=True`` a dictionary ("sparse loop"). skib returns the atoms, exact marginals and a lower bound of the
entropy. The limit is a sort of both marginals.

Printed: CPU milliseconds, medians over rounds in which all take turns; the ratios; and the entropies in nats. Then the
time of maps of bounded entropy (``entropy_bounded_map``), and their distance to the bound.

With ``--quality``, the figures of the guide, of random distributions with few or many large masses: the gap of
couplings of two, the larger of the two lower bounds, how often the greedy coupling is the best one, and the distance of
maps to the best function, of all partitions of the states.
"""

import argparse
import os
import platform
from itertools import combinations

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from turns import Row, cpu_seconds

import skib
from skib.coupling import entropy_bounded_map, greedy_coupling
from skib.coupling._bounds import meet_entropy, profile_entropy
from skib.coupling._distributions import in_units
from skib.coupling._functions import greedy_bracket


def marginals(n_states, seed=0):
    """Two Dirichlet distributions."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(n_states)), rng.dirichlet(np.ones(n_states))


def dense_loop(p, q, *, sparse):
    """The greedy coupling by a search of all states at every step, in float64, until a largest mass is 0."""
    rest = np.stack([p / p.sum(), q / q.sum()])
    coupling = {} if sparse else np.zeros((len(p), len(q)))
    while True:
        places = rest.argmax(axis=1)
        mass = rest[np.arange(2), places].min()
        if mass == 0:
            return coupling
        for k, place in enumerate(places):
            rest[k, place] -= mass
        coupling[tuple(places)] = mass


def entropy(masses):
    """H in nats."""
    masses = masses[masses > 0]
    return float(-masses @ np.log(masses))


def timed_couplings(n_states, rounds):
    """CPU seconds by name, of two distributions."""
    p, q = marginals(n_states)
    functions = {
        "skib": lambda: greedy_coupling(p, q),
        "sparse loop": lambda: dense_loop(p, q, sparse=True),
        "dense loop": lambda: dense_loop(p, q, sparse=False),
        "sort": lambda: (np.argsort(p, kind="stable"), np.argsort(q, kind="stable")),
    }
    return cpu_seconds(functions, rounds)


def rows(quick):
    """Rows of ``bench_all.py``."""
    for n_states in (1000, 5000) if quick else (1000, 5000, 20_000):
        seconds = timed_couplings(n_states, 5)
        peer = "sparse loop", seconds["sparse loop"]
        yield Row(f"greedy coupling, {n_states} states each", seconds["skib"], *peer, "sort", seconds["sort"])


def show_couplings(n_states, rounds):
    """Print times, ratios and entropies."""
    seconds = timed_couplings(n_states, rounds)
    p, q = marginals(n_states)
    ours, theirs = greedy_coupling(p, q), np.array(list(dense_loop(p, q, sparse=True).values()))
    print(f"\n{n_states} states each   CPU ms   times skib")
    for name, spent in seconds.items():
        print(f"{name:18s} {1e3 * spent:10.2f} {spent / seconds['skib']:12.1f}")
    print(f"entropy {ours.entropy:.6f} in {len(ours.masses)} atoms, bound {ours.lower_bound:.6f}; ", end="")
    print(f"loop {entropy(theirs):.6f} in {len(theirs)}")


def show_maps(rounds):
    """Print time and distance to the bound of maps of half the entropy."""
    print("\nmaps of half of H(X)      CPU ms   bound less I(X;T), in nats")
    for n_states in (10, 100, 1000, 10_000):
        p = marginals(n_states)[0]
        bound = entropy(p) / 2
        for deterministic in (True, False):
            options = {"deterministic": deterministic}
            spent = cpu_seconds({"map": lambda: entropy_bounded_map(p, bound, **options)}, rounds)["map"]  # noqa: B023
            gap, kind = entropy_bounded_map(p, bound, **options).gap, "function" if deterministic else "split"
            print(f"{n_states:6d} states, {kind:8s} {1e3 * spent:8.2f} {gap:12.2e}")


def some_distributions(seed, n_marginals, largest):
    """Dirichlet distributions of up to `largest` states, whose concentration is 0.03 to 10."""
    rng = np.random.default_rng(seed)
    concentration = 10 ** rng.uniform(-1.5, 1)
    return [rng.dirichlet(np.full(rng.integers(1, largest + 1), concentration)) for _ in range(n_marginals)]


def partitions(n_states):
    """Groups of the states, (n_partitions, n_states), of all partitions."""
    found = np.zeros((1, 0), np.int64)
    for _ in range(n_states):
        n_groups = found.max(axis=1, initial=-1) + 1
        found = np.vstack(
            [np.c_[found[n_groups >= b], np.full((n_groups >= b).sum(), b)] for b in range(len(found[0]) + 1)]
        )
    return found


def show_bounds(n_pairs=2000, n_sets=40_000):
    """Print the largest gap, and how the lower bounds compare."""
    gaps = [greedy_coupling(*some_distributions(seed, 2, 32)).gap for seed in range(n_pairs)]
    print(f"\n{n_pairs} pairs of up to 32 states: gap {np.mean(gaps):.3f} nats on average, {max(gaps):.3f} at most")
    differences = []
    for seed in range(n_sets):
        falling = [in_units(p)[0] for p in some_distributions(seed, 2 + seed % 3, 20)]
        differences.append(profile_entropy(falling) - meet_entropy(falling))
    below = np.array(differences) < -1e-9
    print(f"{n_sets} sets of two to four: profile bound less that of the meet, {min(differences):.4f} to ", end="")
    print(f"{max(differences):.4f} nats, below 0 in {below.sum()}")


def least_entropies(pairs):
    """The least entropy of a coupling of each of the pairs (n_pairs, 2, n_states): that of a vertex.

    A vertex of the polytope of couplings has the cells of a tree, which has an edge less than there are states.
    """
    n_states = pairs.shape[2]
    sides = np.vstack([np.repeat(np.eye(n_states), n_states, axis=1), np.tile(np.eye(n_states), n_states)])
    found, sums = [], np.concatenate([pairs[:, 0], pairs[:, 1]], axis=1)[:, :-1]
    for cells in combinations(range(n_states**2), 2 * n_states - 1):
        columns = sides[:-1, cells]
        if abs(np.linalg.det(columns)) > 0.5:
            masses = np.linalg.solve(columns, sums.T)
            entropies = -np.sum(masses * np.log(np.where(masses > 0, masses, 1)), axis=0)
            found.append(np.where(masses.min(axis=0) > -1e-12, entropies, np.inf))
    return np.min(found, axis=0)


def show_best(n_pairs=2000, n_states=3):
    """Print how often the greedy coupling is the best one."""
    rngs = map(np.random.default_rng, range(n_pairs))
    pairs = np.array([rng.dirichlet(np.full(n_states, 10 ** rng.uniform(-1.5, 1)), 2) for rng in rngs])
    excess = np.array([greedy_coupling(*pair).entropy for pair in pairs]) - least_entropies(pairs)
    print(f"{n_pairs} pairs of {n_states} states: greedy is best in {np.mean(excess < 1e-9):.3f} of them, ", end="")
    print(f"and {excess.max():.3f} nats above the best at most")


def show_distances(n_cases=500):
    """Print the distance of maps to the best function, in nats."""
    tables, distances = {n: partitions(n) for n in range(2, 9)}, []
    for seed in range(n_cases):
        rng = np.random.default_rng(seed)
        n_states = rng.integers(2, 9)
        p = rng.dirichlet(np.full(n_states, 10 ** rng.uniform(-0.5, 0.7)))
        bound = rng.uniform(0, entropy(p))
        sums = np.stack([(tables[n_states] == group) @ p for group in range(n_states)])
        entropies = -(sums * np.log(np.where(sums > 0, sums, 1))).sum(axis=0)
        best = entropies[entropies <= bound + 1e-12].max()
        greedy = entropy(np.bincount(greedy_bracket(p, bound).below, p))
        maps = [entropy_bounded_map(p, bound, deterministic=flag).mutual_info for flag in (True, False)]
        distances.append(best - np.array([greedy, *maps]))
    print(f"\n{n_cases} maps of up to 8 states: best function less I(X;T), in nats: mean, largest")
    for name, column in zip(("greedy function", "function", "split"), np.transpose(distances), strict=True):
        print(f"{name:16s} {column.mean():8.4f} {column.max():8.4f}")


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--states", type=int, nargs="+", default=[5000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quality", action="store_true")
    options = parser.parse_args()
    print(f"skib {skib.__version__}, numpy {np.__version__}, Python {platform.python_version()}, one thread")
    for n_states in options.states:
        show_couplings(n_states, options.rounds)
    show_maps(options.rounds)
    if options.quality:
        show_bounds()
        show_best()
        show_distances()


if __name__ == "__main__":
    main()
