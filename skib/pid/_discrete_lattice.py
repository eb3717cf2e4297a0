"""The lattice of redundancy: which collections of sources there are, and the atoms between them."""

from functools import cache
from itertools import chain, combinations

import numpy as np

_TERMS = {"{1}{2}": "redundancy", "{1}": "unique_1", "{2}": "unique_2", "{12}": "synergy"}


@cache
def antichains(n_sources):
    """Return the collections of groups of sources, none of which contains another, each after those below it."""
    everything = range(n_sources)
    groups = [frozenset(g) for size in everything for g in combinations(everything, size + 1)]
    collections = chain.from_iterable(combinations(groups, size) for size in range(1, len(groups) + 1))
    kept = [c for c in collections if not any(a < b for a in c for b in c)]
    return sorted(kept, key=lambda c: sum(lies_below(other, c) for other in kept))


def lies_below(collection, other):
    """Whether each group of the other collection contains a group of this one."""
    return all(any(a <= b for a in collection) for b in other)


def atoms_of(redundancies, n_sources):
    """Return what each collection has more than those below it, by Moebius inversion along the last axis."""
    collections = antichains(n_sources)
    atoms = np.empty_like(redundancies)
    for i, collection in enumerate(collections):
        below = [j for j in range(i) if lies_below(collections[j], collection)]
        atoms[..., i] = redundancies[..., i] - atoms[..., below].sum(axis=-1)
    return atoms


def atom_names(n_sources):
    """Return the names of the atoms: the terms of two sources, or the groups of more."""
    names = ["".join("{" + "".join(str(i + 1) for i in sorted(g)) + "}" for g in c) for c in antichains(n_sources)]
    return [_TERMS[name] for name in names] if n_sources == 2 else names
