"""The candidates of a greedy search, and the terms that each selected column adds to theirs."""

from typing import NamedTuple

import numpy as np

from skib.feature_selection._terms import Terms


class Pool(NamedTuple):
    """Candidates with their entropies and terms, arrays of one row per candidate."""

    candidates: np.ndarray
    entropy: np.ndarray  # H(X_k)
    varies: np.ndarray  # whether a test of I(X_k;Y) has degrees of freedom: constants are no choice
    target_entropy: float  # H(Y)
    terms: Terms


def first_pool(counts, candidates, n_jobs=None):
    """Return the pool before any column is selected."""
    joint = counts.joint((), candidates, n_jobs=n_jobs)
    nothing, infinite = np.zeros(len(candidates)), np.full(len(candidates), np.inf)
    unknown = np.full(len(candidates), np.nan)
    has_entropies = counts.levels is not None  # unlike estimates of information alone
    terms = Terms(
        relevance=joint.information,
        redundancy=nothing,
        conditional_redundancy=nothing,
        excess_redundancy=nothing,
        symmetrical_relevance=nothing if has_entropies else unknown,
        min_conditional=infinite,
        min_joint=infinite,
        min_symmetrical=infinite if has_entropies else unknown,
        conditional=unknown,
        n_selected=0,
    )
    return Pool(candidates, joint.without, joint.dof > 0, joint.context_with_target, terms)


def only(pool, kept):
    """Return the pool with some of its candidates, given by a mask."""
    arrays = {name: part[kept] for name, part in pool.terms._asdict().items() if name != "n_selected"}
    return pool._replace(
        candidates=pool.candidates[kept],
        entropy=pool.entropy[kept],
        varies=pool.varies[kept],
        terms=pool.terms._replace(**arrays),
    )


def relevance_alone(terms, n_selected):
    """Return terms of which no others were computed."""
    unknown = np.full_like(terms.relevance, np.nan)
    return Terms(terms.relevance, *[unknown] * (len(terms) - 2), n_selected)


def extended(pool, counts, j, entropy, n_jobs=None):
    """Return the pool with the terms of the selected column j, of the given entropy, added."""
    terms, joint = pool.terms, counts.joint((j,), pool.candidates, n_jobs=n_jobs)
    redundancy = pool.entropy + entropy - joint.without
    conditional = joint.information
    conditional_redundancy = redundancy + conditional - terms.relevance
    information = joint.without + pool.target_entropy - joint.with_target
    symmetrical = _quotient(information, joint.with_target)
    return pool._replace(
        terms=Terms(
            relevance=terms.relevance,
            redundancy=terms.redundancy + redundancy,
            conditional_redundancy=terms.conditional_redundancy + conditional_redundancy,
            excess_redundancy=terms.excess_redundancy + np.maximum(redundancy - conditional_redundancy, 0.0),
            symmetrical_relevance=terms.symmetrical_relevance + symmetrical,
            min_conditional=np.minimum(terms.min_conditional, conditional),
            min_joint=np.minimum(terms.min_joint, information),
            min_symmetrical=np.minimum(terms.min_symmetrical, symmetrical),
            conditional=terms.conditional,
            n_selected=terms.n_selected + 1,
        )
    )


def given_all(pool, counts, selected, n_jobs=None):
    """Return the pool with the information of its candidates given all selected columns jointly."""
    joint = counts.joint(selected, pool.candidates, n_jobs=n_jobs)
    return pool._replace(terms=pool.terms._replace(conditional=joint.information))


def _quotient(information, entropy):
    """Divide, where constant columns and a constant Y have an entropy of 0, and no information."""
    return np.divide(information, entropy, out=np.zeros_like(information), where=entropy > 0)
