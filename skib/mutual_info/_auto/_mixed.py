"""Columns of several kinds in one variable: the chain rule over its categories and its numbers.

With the categories C and the numbers N of a variable (C, N),

    I(C,N;Y) = I(C;Y) + sum over c of p(c) I(N;Y|C=c).

Within a category there are numbers only, with ranks of their own, and no ball counts its boundary on one side alone, as
in Mesner and Shalizi's estimate, which is too high by <1/2 n_x + 1/2 n_y> where no values tie. Rare categories lose
what the numbers tell; as I(C,N;Y) >= I(N;Y), the numbers alone are estimated too, and taken where they have more.
"""

import numpy as np
from scipy.special import digamma

from skib._columns import Variable
from skib._copies import warn_if_copied
from skib._marginals import mixed_coordinates
from skib._neighbors import ksg_terms, ksg_terms_given, ross_terms
from skib._statistics import SATURATION
from skib._ties import break_ties
from skib.mutual_info._auto._estimate import Estimate
from skib.mutual_info._auto._tables import table_estimate
from skib.mutual_info._auto._two_columns import N_NEIGHBORS

# Neighbors within a category of fewer rows than the second number.
_FEW_NEIGHBORS, _MANY_ROWS = 3, 100
# Rows of a category below which nothing is estimated within it.
_LEAST_ROWS = 8
# Share of the rows in rare joint classes from which single columns are looked at.
_MANY_RARE = 0.1
# Standard errors by which the numbers alone must have more than numbers and categories to take their place.
_SURELY_MORE = 2.0


def mixed_estimate(x, y, z=None):
    """Estimate I(X;Y|Z) of Variables, one of which holds both categories and numbers.

    By the chain rule where one of x and y does, the other one holds numbers alone or classes alone, and there is no
    condition; else by Mesner and Shalizi's nearest neighbors.
    """
    warn_if_copied(x.values if z is None else np.hstack([x.values, z.values]), y.values)
    if z is None:
        for mixed, other in ((x, y), (y, x)):
            if _can_be_chained(mixed, other):
                return _chained(mixed, other)
    return _by_neighbors(x, y, z)


def _can_be_chained(mixed, other):
    is_mixed = mixed.nominal.any() and not mixed.nominal.all() and not mixed.is_classes
    return is_mixed and (other.is_classes or not other.nominal.any())


def _chained(mixed, other):
    """Apply the chain rule; rows of rare categories have no information within these."""
    categories = Variable([column for column in mixed.columns if column.nominal])
    codes, numbers = categories.codes, mixed.values[:, ~mixed.nominal]
    if other.is_classes:
        by_categories, of_numbers = _terms_of_table(codes, other.codes), _ross_within
        ceiling = digamma(len(codes)) - np.mean(digamma(np.bincount(other.codes)[other.codes]))
    else:
        by_categories, of_numbers = _ross_terms(other.values, codes), _ksg_within
        ceiling = digamma(len(codes)) - digamma(N_NEIGHBORS)
    within, is_rare = np.zeros(len(codes)), np.bincount(codes)[codes] < _LEAST_ROWS
    for rows in np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1]):
        if not is_rare[rows[0]]:
            within[rows] = of_numbers(numbers[rows], other, rows)
    terms = by_categories + within
    candidates = {"categories": float(np.mean(by_categories)), "numbers_within": float(np.mean(within))}
    if is_rare.any():
        alone = of_numbers(numbers, other, np.arange(len(codes)))
        candidates["numbers"] = float(np.mean(alone))
        gain = alone - terms
        if np.mean(gain) > _SURELY_MORE * np.std(gain, ddof=1) / np.sqrt(len(gain)):
            terms = alone
    saturated = not other.is_classes and np.mean(terms) > SATURATION * ceiling
    return _estimate(terms, float(ceiling), bool(saturated), "chain rule", candidates)


def best_class_column(classes, numbers, value, std_error):
    """Estimate the information of single columns of classes with numbers, if their joint classes are rare.

    Parameters
    ----------
    classes, numbers : Variable
        Several columns of classes, and columns of numbers.
    value, std_error : float
        The estimate from the joint classes.

    Returns
    -------
    estimate : Estimate or None
        That of the most informative column, a lower bound of all of them, if it surely exceeds the value. None also if
        few rows are in classes of less than 8.
    """
    if classes.n_columns < 2 or np.mean(np.bincount(classes.codes)[classes.codes] < _LEAST_ROWS) < _MANY_RARE:
        return None
    terms = [_ross_terms(numbers.values, column.codes()) for column in classes.columns]
    best = terms[int(np.argmax([np.mean(t) for t in terms]))]
    ceiling = float(digamma(len(best)) - digamma(N_NEIGHBORS))
    estimate = _estimate(best, ceiling, False, "Ross", {"joint": value, "column": float(np.mean(best))})
    return estimate if estimate.value - value > _SURELY_MORE * np.hypot(estimate.std_error, std_error) else None


def _n_neighbors(n_rows):
    return N_NEIGHBORS if n_rows >= _MANY_ROWS else _FEW_NEIGHBORS


def _ksg_within(numbers, other, rows):
    y = other.values[rows]
    if (numbers == numbers[0]).all() or (y == y[0]).all():
        return 0.0
    numbers, y = break_ties([numbers, y])
    return ksg_terms(numbers, y, _n_neighbors(len(rows)), marginals="rank")


def _ross_within(numbers, other, rows):
    return _ross_terms(numbers, np.unique(other.codes[rows], return_inverse=True)[1])


def _ross_terms(numbers, codes):
    """Compute Ross's terms; 0 in rows that are alone in their class."""
    shared, terms = np.bincount(codes)[codes] > 1, np.zeros(len(codes))
    numbers, dense = numbers[shared], np.unique(codes[shared], return_inverse=True)[1]
    if dense.any() and not (numbers == numbers[0]).all():
        terms[shared] = ross_terms(numbers, dense, _n_neighbors(len(codes)), marginals="rank")
    return terms


def _terms_of_table(x, y):
    return table_estimate(x, y).pointwise if x.any() and y.any() else np.zeros(len(x))


def _by_neighbors(x, y, z):
    x, y = (mixed_coordinates(variable.values, variable.nominal, "rank") for variable in (x, y))
    if z is None:
        terms, ceiling = ksg_terms(x, y, N_NEIGHBORS), digamma(len(x)) - digamma(N_NEIGHBORS)
        saturated = np.mean(terms) > SATURATION * ceiling
    else:
        terms, ceiling, saturated = ksg_terms_given(x, y, mixed_coordinates(z.values, z.nominal, "rank"), N_NEIGHBORS)
    return _estimate(terms, float(ceiling), bool(saturated), "MesnerShalizi", {"neighbors": float(np.mean(terms))})


def _estimate(terms, ceiling, saturated, method, candidates):
    std_error = float(np.std(terms, ddof=1) / np.sqrt(len(terms)))
    return Estimate(method, candidates, terms, float(np.mean(terms)), std_error, ceiling, saturated)
