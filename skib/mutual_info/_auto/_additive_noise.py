r"""Two columns, one of which is a multiple of the other plus noise: the entropies of numbers in their own units.

For any slope b, :math:`I(X;Y) = H(Y) - H(Y - bX) + I(X;Y - bX)`. Where the residual Y - bX is independent of X, the
last term is 0, and the information is a difference of entropies of single columns. Spacings estimate these far more
precisely than neighbors in the plane do the information: a single column resolves edges, long tails and very small
noise. The slope is that of the smallest entropy, since :math:`H(Y - bX) \ge H(Y|X)`; for noise with edges it is more
exact than that of least squares.
"""

import numpy as np
from scipy.special import digamma

# Rows below which the independence of 16 products and of successive rows does not exclude what would count.
_FEWEST_ROWS = 800
# Squared correlation of normal scores in units of 1 / n without which no slope is looked for: 1 of 100 000 independent
# samples has it.
_CORRELATED = 20.0
# Spacings span twice this multiple of the root of n: 42 of 5000 rows.
_SPAN = 0.3
_TINY = np.finfo(float).tiny
# Places that narrow spacings span, and how much less entropy than wide ones they may show, in units of 1 / sqrt(n): 4
# standard errors of smooth densities.
_NARROW, _ROUGH = 2, 2.0
# Steps between the levels of a rounded column that noise must extend over to leave no gaps: uniform noise over 2.5 of
# them costs 0.02 nats, over 3.5 half of that, smooth noise less.
_FILLED_STEPS = 3.0
# Ratio of the mean spacings of both sides to that of one beyond which the other side holds a gap.
_GAP = 5.0
# Degrees of the Legendre polynomials whose products are compared; chi-squared of 16 degrees of freedom exceeds this
# limit in 1 of 1000 samples. A sample without independence that has 39 misses some 20 / (2 n) nats.
_DEGREES, _DEPENDENT = 4, 39.0
# Standard errors of the correlation of adjacent blocks of rows, which are twice as long until there are so few of them:
# the largest of all exceeds this in 1 of 100 samples of 5000 rows.
_ADJACENT, _FEWEST_BLOCKS = 4.0, 32
# Rows that are expected in a place, as a corner of the ranks of x and of the residual, and numbers (of a Poisson
# variable) that one of 4 such places holds in fewer than 1 of 2000 samples.
_RARE = (0.25, 5), (1.0, 7), (4.0, 14)
# The first test of few rows, which are looked at first along either column, and of more, along the better one, from
# slopes that are less exact.
_FEW_ROWS, _SURELY_DEPENDENT = 600, 60.0
_MORE_ROWS, _LIKELY_DEPENDENT = 1000, 45.0
# Distance of the quartiles of a normal variable, in standard deviations.
_NORMAL_QUARTILES = 1.35
# Standard errors of the slope within which the smallest entropy is looked for, and steps of the golden section: the
# interval that is left is about a standard error long, and twice as many steps find no more.
_SLOPE_ERRORS, _N_STEPS, _GOLDEN = 2.5, 3, (np.sqrt(5) - 1) / 2
# Residuals below this share of the largest number are rounding.
_ROUNDING = 1e-12


def additive_noise_terms(x, y, source, target):
    """Return the pointwise information of Y = b X + noise or of X = b Y + noise; None if neither is found to hold.

    Parameters
    ----------
    x, y : ndarray of shape (n_samples,)
        Continuous columns. Of rounded ones, and of those whose ties were broken by a little noise, spacings do not
        measure the density, and nothing is found.
    source, target : SortedColumn
        The same columns on the "rank" scale, in an order without ties.

    Returns
    -------
    terms : ndarray of shape (n_samples,) or None
        log p(residual) - log p(y), in nats.
    """
    correlation = np.mean(source.values * target.by_row()[source.order])
    if len(x) < _FEWEST_ROWS or len(x) * correlation**2 < _CORRELATED:
        return None
    ways = (source, x, target, y), (target, y, source, x)
    first = [_dependence_of_some(_FEW_ROWS, cause.order, x, y) for cause, x, _, y in ways]
    if min(first) > _SURELY_DEPENDENT:
        return None
    cause, x, effect, y = ways[int(first[1] < first[0])]
    if _dependence_of_some(_MORE_ROWS, cause.order, x, y) > _LIKELY_DEPENDENT:
        return None
    x, y = _unit(x), _unit(y)
    of_residual = _Line(x[cause.order], y[cause.order]).residual_entropies()
    of_effect = None if of_residual is None else _spacing_entropies(y[effect.order])
    if of_effect is None:
        return None
    terms = np.empty(len(x))
    terms[effect.order] = of_effect
    terms[cause.order] -= of_residual
    return None if _too_unlikely(terms) else terms


def _too_unlikely(terms):
    """Whether more rows than chance allows have a residual that is too rare for their y.

    A share exp(-t) of rows at most has a pointwise information below -t (Markov's inequality), but all rows of a level
    of y do, say of a default value, to which x does not matter.
    """
    return any(np.count_nonzero(terms < np.log(expected / len(terms))) >= limit for expected, limit in _RARE)


def _dependence_of_some(n_rows, order, x, y):
    """Return chi-squared of the residuals of about so many rows from a line; infinite if adjacent ones correlate."""
    rows = order[:: max(len(order) // n_rows, 1)]
    x, y = _unit(x[rows]), _unit(y[rows])
    chi_squared, successive, _ = _dependence(y - _least_deviations(x, y) * x, len(x))
    return chi_squared if successive < _ADJACENT else np.inf


class _Line:
    """A line y = b x through rows in the order of x, and the residuals from it."""

    def __init__(self, x, y):
        middle = len(x) // 2  # the mean may be so large that all but one value are lost
        self.x, self.y = x - x[middle], y - y[middle]
        self.least_deviations = _least_deviations(self.x, self.y)

    def _residuals(self, slope):
        return self.y - slope * self.x

    def _entropy(self, slope):
        return _entropy(self._sorted_residuals(slope))

    def _sorted_residuals(self, slope):
        """Return the residuals in ascending order, in single precision: to find a slope, that is enough."""
        return np.sort(self._residuals(slope).astype(np.float32))

    def residual_entropies(self):
        """Return the entropies of the residuals of least entropy, whose mean is theirs.

        None if they depend on x, or spacings do not measure their density.
        """
        slope = self._least_entropy()
        residuals = self._residuals(slope)
        if np.max(np.abs(residuals)) < _ROUNDING:
            return None
        chi_squared, adjacent, order = _dependence(residuals)
        if chi_squared > _DEPENDENT or adjacent > _ADJACENT or _extremes_meet(order):
            return None
        in_order = _spacing_entropies(residuals[order])
        if in_order is None or self._leaves_gaps(slope, in_order.mean()):
            return None
        entropies = np.empty(len(order))
        entropies[order] = in_order
        return entropies

    def _leaves_gaps(self, slope, entropy):
        """Whether x is rough and noise of this entropy too narrow to fill the steps between its levels.

        Spacings of y would span its gaps. A step is the mean spacing about a place between the quartiles.
        """
        quarter = len(self.x) // 4
        steps = np.diff(self.x[quarter:-quarter])
        length = max(steps.sum(), _TINY)
        step = np.abs(slope) * length * np.sum((steps / length) ** 2)
        return entropy < _logs(_FILLED_STEPS * step) and _spacing_entropies(self.x) is None

    def _least_entropy(self):
        """Return the slope of least entropy about that of least squares, or of least deviations if that is better."""
        centered = self.x - self.x.mean()
        power = centered @ centered
        starts = centered @ self.y / power, self.least_deviations
        residuals = [self._sorted_residuals(start) for start in starts]
        entropies = [_entropy(part) for part in residuals]
        best = int(entropies[1] < entropies[0])
        quarter = len(self.x) // 4
        spread = float(residuals[best][-1 - quarter] - residuals[best][quarter]) / _NORMAL_QUARTILES
        radius = _SLOPE_ERRORS * spread / np.sqrt(power)
        slope, entropy = _golden_section(self._entropy, starts[best] - radius, starts[best] + radius)
        return slope if entropy < entropies[best] else starts[best]


def _entropy(values):
    """Return the mean log spacing of a sorted column, its entropy but for a constant."""
    span = 2 * _half_span(len(values))
    return np.mean(np.log(np.maximum(values[span:] - values[:-span], np.finfo(np.float32).tiny)))


def _least_deviations(x, y):
    """Return the slope of least absolute deviations of the differences of rows half of the ranks of x apart.

    It is the median of the slopes between two rows, weighted by their distance in x: long tails of the noise do not
    count, those of x do.
    """
    half = len(x) // 2
    run = np.maximum(x[-half:] - x[:half], np.finfo(float).tiny)
    slopes = (y[-half:] - y[:half]) / run
    order = np.argsort(slopes)
    weights = np.cumsum(run[order])
    return slopes[order[np.searchsorted(weights, 0.5 * weights[-1])]]


def _unit(x):
    """Return x in units of its largest number, so that squares neither overflow nor vanish."""
    return x / np.max(np.abs(x))


def _half_span(n_samples):
    return int(_SPAN * np.sqrt(n_samples))


def _spacing_entropies(values):
    r"""Return the pointwise entropies of a sorted column, from spacings; None if narrow ones show much less.

    A spacing of m places has :math:`E \log(n + 1) p\,(v_{i+m} - v_i) = \psi(m)` where the density p is uniform
    (Vasicek 1976, with the correction of van Es 1992). It spans as many places below as above, but ends with the
    column, and at a gap, which would make one value that lies far out tell of the density of many others. Narrow
    spacings show less entropy where values are rounded, also if a little noise has broken their ties.
    """
    n_samples, half = len(values), _half_span(len(values))
    places = np.arange(n_samples)
    first, last = np.maximum(places - half, 0), np.minimum(places + half, n_samples - 1)
    n_places, spacings = last - first, values[last] - values[first]
    one_sided = np.full(n_samples, np.inf)
    one_sided[half:] = steps = values[half:] - values[:-half]
    one_sided[:-half] = np.minimum(one_sided[:-half], steps)
    at_gap = spacings * half > _GAP * one_sided * n_places
    spacings, counts = np.where(at_gap, one_sided, spacings), np.where(at_gap, half, n_places)
    if spacings.min() <= 0:  # an atom
        return None
    constants = np.log(n_samples + 1) - digamma(np.arange(1, 2 * half + 1))
    entropies = _logs(spacings) + constants[counts - 1]
    narrow = _logs(values[half + 1 : 1 - half] - values[half - 1 : -1 - half]).mean() + constants[_NARROW - 1]
    return None if (narrow - entropies[half:-half].mean()) * np.sqrt(n_samples) < -_ROUGH else entropies


def _logs(spacings):
    return np.log(np.maximum(spacings, _TINY))


def _dependence(residuals, fewest_blocks=_FEWEST_BLOCKS):
    """Return what shows that residuals depend on x, in whose order they are, and their order.

    Chi-squared of the products of Legendre polynomials of the ranks of either (Kallenberg and Ledwina 1999) shows
    smooth dependence, and the correlation of adjacent blocks of rows, in the order of either, fine structure.
    """
    n_samples = len(residuals)
    order = np.argsort(residuals)
    places = np.arange(n_samples)
    ranks = np.empty((2, n_samples), np.intp)
    ranks[0, order], ranks[1] = places, order
    polynomials = _legendre((2 * places + 1) / n_samples - 1)
    rows = polynomials.take(ranks, axis=1)
    chi_squared = np.sum((polynomials @ rows[:, 0].T) ** 2) / n_samples
    return chi_squared, _adjacent(rows, fewest_blocks), order


def _extremes_meet(order):
    """Whether more rows than chance allows have an extreme x and an extreme residual, as where noise is wrapped.

    They are too few for polynomials of the ranks. `order` has the places in the order of x by ascending residual.
    """
    n_samples = len(order)
    for expected, limit in _RARE:
        side = int(np.sqrt(expected * n_samples))
        for end in (order[:side], order[-side:]):
            if max(np.count_nonzero(end < side), np.count_nonzero(end >= n_samples - side)) >= limit:
                return True
    return False


def _adjacent(rows, fewest_blocks):
    """Return the largest correlation of adjacent blocks of 1, 2, 4, ... rows, in standard errors.

    Blocks a quarter as long as the waves of a structure show the most of it. Either one polynomial shows it, or all of
    them together.

    Parameters
    ----------
    rows : ndarray of shape (4, 2, n_samples)
        The polynomials in either order of the rows.
    fewest_blocks : int
        Blocks are not made longer if there are fewer of them than this.
    """
    errors, length = [], 1
    while True:
        n_blocks = rows.shape[2]
        errors.append(np.vecdot(rows[..., 1:], rows[..., :-1]) / (length * np.sqrt(n_blocks)))
        if n_blocks < 2 * fewest_blocks:
            break
        even = n_blocks - n_blocks % 2
        rows, length = rows[..., :even:2] + rows[..., 1:even:2], 2 * length
    errors = np.array(errors)
    return max(np.abs(errors).max(), errors.sum(axis=1).max() / np.sqrt(_DEGREES))


def _legendre(t):
    """Return the Legendre polynomials of degree 1 to 4, of unit variance over [-1, 1]; shape (4, len(t))."""
    square = t * t
    rows = t, 1.5 * square - 0.5, (2.5 * square - 1.5) * t, (4.375 * square - 3.75) * square + 0.375
    return np.sqrt(2 * np.arange(1, _DEGREES + 1) + 1)[:, None] * np.stack(rows)


def _golden_section(function, low, high):
    """Return about where a function is least between two numbers, and its value there."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(_N_STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (left, at_left) if at_left < at_right else (right, at_right)
