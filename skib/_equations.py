"""Columns that other columns determine by a linear or quadratic equation, found in some rows and verified in all.

Such columns add nothing to the information of the others: the parts of a composition that sum to 1, the square of a
column, the product of two, or the norm of some.
"""

from typing import NamedTuple

import numpy as np

from skib._parallel import blocks

# Spreads of a column by which it may miss the equation that determines it, and roundings that an equation may add up.
_EXACT, _ROUNDINGS = 1e-8, 16
# Error beyond which the values do not resolve an equation.
_UNRESOLVED = 1e-3
# Length of a unit vector outside the span of others below which an equation is looked for.
_SUSPICIOUS = 1e-5
# Quadratic equations of more columns have too many terms.
_MOST_SQUARED = 16
# Rows per term from which an equation is found; with fewer spare rows any equation might have a solution.
_ROWS_PER_TERM, _SPARE_ROWS = 2, 3
# Singular values below this share are rounding.
_NO_SIZE = 1e-12
# Values so far from the others leave no digits for an equation.
_TOO_FAR = 1e100
_NUMBERS_PER_BLOCK = 2_000_000
_FIRST_ROWS = 10


class Selection(NamedTuple):
    """The columns that no others determine."""

    kept: np.ndarray  # a mask
    curved: bool  # whether they solve a quadratic equation all the same: the rows lie on a curve or surface


def undetermined_columns(x, given=None):
    """Mark the columns of x that neither the others nor `given` determine by a linear or quadratic equation.

    A column is determined if in every row it is a linear or quadratic function of the columns that are kept and those
    of `given`, or the root of such a function with the same sign in all rows, but for rounding and 1e-8 of its spread.
    The choice among columns that determine each other depends on their values, not on their order. Constant columns
    are kept.
    """
    columns = x if given is None else np.hstack([given, x])
    n_given = columns.shape[1] - x.shape[1]
    kept, curved = np.ones(columns.shape[1], bool), False
    varying = _varying(columns)
    sample = _sample(len(x), len(varying))
    if len(varying) > 1 and _may_be_dependent(_homogeneous(columns[np.ix_(sample, varying)])):
        rows = _homogeneous(columns[:, varying])
        if rows.resolved():
            kept[varying], curved = _Search(rows, sample, varying < n_given).selection()
    return Selection(kept[n_given:], curved)


def _varying(columns):
    """Return the indices of the columns that are not constant, most of which vary already in the first rows."""
    varies = (columns[:_FIRST_ROWS] != columns[0]).any(axis=0)
    varies[~varies] = (columns[:, ~varies] != columns[0, ~varies]).any(axis=0)
    return np.flatnonzero(varies)


class _Rows(NamedTuple):
    """Rows in homogeneous coordinates, the first of which is 1: products of two are all terms up to order two."""

    values: np.ndarray
    errors: np.ndarray  # of rounding

    def resolved(self):
        return np.abs(self.values).max() < _TOO_FAR

    def taken(self, rows=slice(None), columns=slice(None)):
        return _Rows(self.values[rows][:, columns], self.errors[rows][:, columns])

    def turned(self, matrix):
        return _Rows(self.values @ matrix, self.errors @ np.abs(matrix))

    def products(self):
        i, j = np.triu_indices(self.values.shape[1])
        size = np.abs(self.values)
        errors = size[:, i] * self.errors[:, j] + size[:, j] * self.errors[:, i]
        return _Rows(_products(self.values), errors)

    def weighted(self):
        return _weighted(self.values)

    def whitener(self):
        """Return the matrix that makes the columns orthogonal: products of columns that are alike would be alike."""
        _, sizes, axes = np.linalg.svd(self.weighted(), full_matrices=False)
        return axes.T / np.maximum(sizes, _NO_SIZE * sizes[0]) * np.sqrt(len(self.values))


def _products(values):
    """Return the products of two columns."""
    i, j = np.triu_indices(values.shape[1])
    return values[:, i] * values[:, j]


def _weighted(values):
    """Divide the rows such that none outweighs the others: an equation holds for multiples of a row, too."""
    return values / np.abs(values).sum(axis=1, keepdims=True)


def _sample(n_samples, n_columns):
    """Choose rows that are enough to find equations; quadratic ones have a term for every pair of columns."""
    n_terms = n_columns + 1
    if n_columns <= _MOST_SQUARED:
        n_terms = n_terms * (n_columns + 2) // 2
    return np.linspace(0, n_samples - 1, min(n_samples, _ROWS_PER_TERM * n_terms + _SPARE_ROWS)).astype(int)


def _homogeneous(x):
    """Center and scale columns, and put a column of ones before them."""
    roundings = _roundings(x)
    x = np.ldexp(x, -np.frexp(np.abs(x).max(axis=0))[1])  # differences of the largest floats would overflow
    center = _middle(x)
    deviations = np.abs(x - center)
    spread = _middle(deviations)
    spread = np.where(spread > 0, spread, deviations.mean(axis=0))
    spread = np.where(spread > 0, spread, 1.0)
    one = np.ones((len(x), 1))
    with np.errstate(over="ignore"):  # rows that are too far
        values, errors = (x - center) / spread, roundings * (np.abs(x) + np.abs(center)) / spread
    return _Rows(np.hstack([one, values]), np.hstack([0 * one, errors]))


def _middle(x):
    """Return a median of every column that is one of its values."""
    return np.sort(x, axis=0)[len(x) // 2]


def _roundings(x):
    """Return the relative rounding error of every column; fractions may have been float32 before."""
    with np.errstate(over="ignore"):
        single = (x == x.astype(np.float32)).all(axis=0) & (x != np.rint(x)).any(axis=0)
    return np.where(single, np.finfo(np.float32).eps, np.finfo(np.float64).eps)


def _may_be_dependent(rows):
    if not rows.resolved():
        return False
    if _nearly_dependent(rows.weighted()):
        return True
    fine = _fine_columns(rows)
    if not 1 < len(fine) <= _MOST_SQUARED:
        return False
    rows = rows.taken(columns=np.r_[0, fine])
    return _nearly_dependent(_weighted(_products(rows.values @ rows.whitener())))


def _nearly_dependent(terms):
    """Whether unit vectors along the columns are so near to a hyperplane that they may solve an equation."""
    if len(terms) < terms.shape[1] + _SPARE_ROWS:
        return False
    terms = _unit_vectors(terms)
    try:
        np.linalg.cholesky(terms.T @ terms - _SUSPICIOUS**2 * np.eye(terms.shape[1]))
    except np.linalg.LinAlgError:  # not positive definite
        return True
    return False


def _unit_vectors(terms):
    lengths = np.linalg.norm(terms, axis=0)
    return terms / np.where(lengths > 0, lengths, 1.0)


def _fine_columns(rows):
    """Return the columns on many levels: those on two, for instance, solve quadratic equations without meaning."""
    ascending = np.sort(rows.values[:, 1:], axis=0)
    n_steps = (ascending[1:] != ascending[:-1]).sum(axis=0)
    return 1 + np.flatnonzero(2 * (n_steps + 1) > len(ascending))


class _Search:
    """The search for equations among columns, some of which are fixed; columns count from 1, as in ``_Rows``."""

    def __init__(self, rows, sample, fixed):
        self.rows, self.sample, self.fixed = rows, sample, np.r_[True, fixed]
        skewness = np.abs(np.mean(rows.values**3, axis=0))[1:]
        # Fixed ones first, then the least skewed: those that follow from earlier ones are left out.
        self.order = 1 + np.lexsort((skewness, ~fixed))

    def selection(self):
        """Return the mask of the columns that are kept, and whether they solve a quadratic equation."""
        kept = self._without_linear()
        fine = _fine_columns(self.rows.taken(self.sample, np.r_[0, kept]))
        fine = [kept[j - 1] for j in fine] if len(fine) <= _MOST_SQUARED else []
        while len(fine) > 1 and (determined := self._find_determined(fine)) is not None:
            fine.remove(determined)
            kept.remove(determined)
        return np.isin(np.arange(1, self.rows.values.shape[1]), kept), len(fine) > 1 and self._is_curved(fine)

    def _without_linear(self):
        columns = np.r_[0, self.order]
        values = _unit_vectors(self.rows.taken(self.sample, columns).weighted())
        small = np.abs(np.diag(np.linalg.qr(values, mode="r"))) < _SUSPICIOUS
        others, candidates = columns[~small], columns[small & ~self.fixed[columns]]
        found, _ = self._verify(lambda part: [self.rows.taken(part, c) for c in (others, candidates)])
        return [j for j in self.order if j not in candidates[found]]

    def _find_determined(self, fine):
        """Return a column that is a quadratic function of the others or else the root of one; None if there is none."""
        free = [j for j in reversed(fine) if not self.fixed[j]]
        for is_determined in (self._is_function, self._is_root):
            for j in free:
                if is_determined(j, [0, *(k for k in fine if k != j)]):
                    return j
        return None

    def _is_function(self, j, others):
        products = self._products(others)
        found, _ = self._verify(lambda part: (products(part), self.rows.taken(part, [j])))
        return found[0]

    def _is_root(self, j, others):
        """Whether x_j^2 = b x_j + q(others), and x_j - b / 2 has the same sign in all rows."""
        products = self._products(others)

        def equation(part):
            column = self.rows.taken(part, [j])
            square = _Rows(column.values**2, 2 * np.abs(column.values) * column.errors)
            return _joined(products(part), column), square

        found, coefficients = self._verify(equation)
        roots = self.rows.values[:, j] - coefficients[-1, 0] / 2
        return found[0] and (roots.min() > -_UNRESOLVED or roots.max() < _UNRESOLVED)

    def _is_curved(self, fine):
        """Whether some term up to order two is a linear combination of the others."""
        products = self._products([0, *fine])
        terms = products(self.sample).weighted()
        if len(terms) < terms.shape[1] + _SPARE_ROWS:
            return False
        largest = np.argmax(np.abs(np.linalg.svd(terms, full_matrices=False)[2][-1]))
        others = np.delete(np.arange(terms.shape[1]), largest)
        found, _ = self._verify(lambda part: [products(part).taken(columns=c) for c in (others, [largest])])
        return bool(found[0])

    def _products(self, columns):
        """Return all terms up to order two of some columns, as a function of the rows."""
        matrix = self.rows.taken(self.sample, columns).whitener()
        return lambda part: self.rows.taken(part, columns).turned(matrix).products()

    def _verify(self, equation):
        """Return which targets are linear combinations of terms in all rows, and the coefficients.

        ``equation(part)`` returns the terms and the targets of some rows.
        """
        terms, targets = equation(self.sample)
        n_terms, n_targets = terms.values.shape[1], targets.values.shape[1]
        if not n_targets or len(terms.values) < n_terms + _SPARE_ROWS:
            return np.zeros(n_targets, bool), np.zeros((n_terms, n_targets))
        scaled = _joined(terms, targets).weighted()
        coefficients = np.linalg.lstsq(scaled[:, :n_terms], scaled[:, n_terms:], rcond=None)[0]
        found, size = np.ones(n_targets, bool), np.abs(coefficients)
        for part in blocks(len(self.rows.values), max(_NUMBERS_PER_BLOCK // n_terms, 1)):
            terms, targets = equation(part)
            misses = np.abs(terms.values @ coefficients - targets.values)
            allowed = _EXACT * (1 + np.abs(terms.values) @ size) + _ROUNDINGS * (terms.errors @ size + targets.errors)
            found &= (misses <= allowed).all(axis=0) & (np.median(allowed, axis=0) < _UNRESOLVED)
        return found, coefficients


def _joined(*parts):
    return _Rows(*(np.hstack(arrays) for arrays in zip(*parts, strict=True)))
