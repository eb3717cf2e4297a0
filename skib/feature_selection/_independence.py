"""P-values of the independence of a column and the target, given each selected column."""

import numpy as np
from scipy.special import chdtrc

from skib.feature_selection._contingency import all_likelihood_ratios

# P-values above it count as it in the Cauchy combination, in which one close to 1 would outweigh a small one.
_LARGEST = 0.99


def independence_pvalue(step):
    """Return the p-value of the best candidates of a step: of I(X_k;Y) and all I(X_k;Y|X_j), combined."""
    statistic, dof = _likelihood_ratios(step) if hasattr(step.counts, "tables") else _estimates(step)
    return float(combined_pvalues(statistic, dof))


def uncorrected_pvalues(counts, contexts, candidates):
    """Return the p-values of candidates without correction for thin cells; `counts` has those for each context."""
    joints = [own.joint(context, candidates) for own, context in zip(counts, contexts, strict=True)]
    statistics = [2 * own.n_effective * joint.information for own, joint in zip(counts, joints, strict=True)]
    return combined_pvalues(np.array(statistics), np.array([joint.dof for joint in joints]))


def independence_pvalues(ratios, n_tests):
    """Return the p-value of each of some columns, of so many successive likelihood ratios."""
    scores, testable = _cauchy_scores(*_corrected(ratios))
    ends = np.cumsum(n_tests)
    parts = [slice(end - n, end) for end, n in zip(ends, n_tests, strict=True)]
    return _combined(*(np.array([values[part].sum() for part in parts]) for values in (scores, testable)))


def combined_pvalues(statistics, dof):
    """Combine the p-values of chi-squared statistics along the first axis; those without degrees of freedom are none.

    The mean of cot(pi p) of p-values that may depend on each other has nearly a Cauchy distribution in its tail (Y.
    Liu, J. Xie, Journal of the American Statistical Association 115, 2020).
    """
    scores, testable = _cauchy_scores(statistics, dof)
    return _combined(scores.sum(axis=0), testable.sum(axis=0))


def _cauchy_scores(statistics, dof):
    """Return cot(pi p) of each statistic, 0 for those without degrees of freedom, and which have some."""
    testable = dof > 0
    pvalues = chdtrc(np.where(testable, dof, 1), np.maximum(statistics, 0))
    scores = 1 / np.tan(np.pi * np.clip(pvalues, np.finfo(np.float64).tiny, _LARGEST))
    return np.where(testable, scores, 0.0), testable


def _combined(sums, n_tests):
    return np.where(n_tests > 0, np.arctan2(1.0, sums / np.maximum(n_tests, 1)) / np.pi, 1.0)


def _likelihood_ratios(step):
    """Return G and its degrees of freedom for each selected column, from tables."""
    requests = [((*context, *step.best[:i]), k) for context in step.contexts for i, k in enumerate(step.best)]
    parts = _corrected(all_likelihood_ratios(step.counts.tables(requests), step.counts.n_effective))
    return [part.reshape(-1, len(step.best)).sum(axis=1) for part in parts]


def _corrected(ratios):
    """Return G, corrected for thin cells, and its degrees of freedom, of likelihood ratios."""
    statistic, dof, mean = ratios.T
    # Where few rows are expected in a cell, the mean of G exceeds its degrees of freedom: divide by the quotient, as
    # Bartlett's correction does, of which Williams's is an approximation. Where most cells are empty the mean is lower,
    # but the tail of G is not: no correction then.
    return statistic * np.divide(dof, mean, out=np.ones_like(dof), where=mean > dof), dof


def _estimates(step):
    """Return 2 n I and its degrees of freedom for each selected column, without tables: of Gaussian copulas."""
    tests = step.tests()
    return 2 * step.counts.n_effective * tests.information, tests.dof
