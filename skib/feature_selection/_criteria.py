"""The criteria by which a greedy selection scores its candidates, as functions of their terms."""

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from skib._typing import Floats
from skib.feature_selection._terms import Terms

CriterionName: TypeAlias = Literal[
    "mim", "mifs", "mrmr", "mrmr_quotient", "jmi", "cife", "cmim", "icap", "disr", "jmim", "njmim", "cmi"
]
Criterion: TypeAlias = CriterionName | Callable[[Terms], Floats]
# The least mean redundancy by which a relevance is divided, in nats: columns that happen to be uncorrelated with the
# selected ones would have any quotient.
_LEAST_REDUNDANCY = 1e-3


class Formula(NamedTuple):
    """A criterion, and what it needs of the estimates beside I(k;Y)."""

    score: Callable[[Terms], Floats]
    needs_pairs: bool = True  # I(k;j)
    needs_given: bool = True  # I(k;Y|j)
    needs_entropies: bool = False  # H(k,j,Y)
    needs_context: bool = False  # I(k;Y|S)
    is_custom: bool = False  # a function of a user, which may take any of the terms

    @property
    def is_of_pairs(self):
        """Whether scores are made of I(k;Y) and I(k;j) alone."""
        return not (self.needs_given or self.is_custom)


def _mean(terms, total):
    return total / terms.n_selected


def _mifs(terms):
    return terms.relevance - terms.redundancy


def _mrmr(terms):
    return terms.relevance - _mean(terms, terms.redundancy)


def _mrmr_quotient(terms):
    return terms.relevance / np.maximum(_mean(terms, terms.redundancy), _LEAST_REDUNDANCY)


def _jmi(terms):
    return terms.relevance + _mean(terms, terms.conditional_redundancy - terms.redundancy)


def _cife(terms):
    return terms.relevance + terms.conditional_redundancy - terms.redundancy


FORMULAS = {
    "mim": Formula(lambda terms: terms.relevance, needs_pairs=False, needs_given=False),
    "mifs": Formula(_mifs, needs_given=False),
    "mrmr": Formula(_mrmr, needs_given=False),
    "mrmr_quotient": Formula(_mrmr_quotient, needs_given=False),
    "jmi": Formula(_jmi),
    "cife": Formula(_cife),
    "cmim": Formula(lambda terms: np.minimum(terms.relevance, terms.min_conditional)),
    "icap": Formula(lambda terms: terms.relevance - terms.excess_redundancy),
    "disr": Formula(lambda terms: terms.symmetrical_relevance, needs_entropies=True),
    "jmim": Formula(lambda terms: terms.min_joint),
    "njmim": Formula(lambda terms: terms.min_symmetrical, needs_entropies=True),
    "cmi": Formula(lambda terms: terms.conditional, needs_context=True),
}


def formula_of(criterion):
    """Return the Formula of a criterion: a name, or a function of the terms."""
    return (
        Formula(_checked(criterion), needs_given=False, is_custom=True) if callable(criterion) else FORMULAS[criterion]
    )


def _checked(function):
    def score(terms):
        returned = np.asarray(function(Terms(*map(_read_only, terms[:-1]), terms.n_selected)))
        if returned.dtype.kind not in "biuf":
            raise TypeError(f"criterion {function!r} returned {returned.dtype} values; return one number per candidate")
        scores = returned.astype(np.float64)
        if scores.shape != terms.relevance.shape or np.isnan(scores).any():
            n_nan = int(np.isnan(scores).sum())
            raise ValueError(
                f"criterion {function!r} returned an array of shape {scores.shape} with {n_nan} NaN; return one score "
                f"per candidate, shape {terms.relevance.shape}"
            )
        return scores

    return score


def _read_only(part):
    """Return a term that a function cannot change, for the search goes on with it."""
    part = part.view()
    part.flags.writeable = False
    return part
