"""The bandwidth of the largest leave-one-out likelihood of Gaussian kernel densities, in few passes over the pairs."""

import numpy as np

from skib._kernels import gram
from skib._parallel import blocks

# Sums below this have lost digits to underflow; their rows are visited again.
FAINT = 1e-200
# The whole range is searched for so many rows, and at so many bandwidths.
_FEW_ROWS, _N_BANDWIDTHS = 300, 12
# Powers of a kernel are kernels of smaller bandwidths; the middle one of these has the bandwidth that is asked for.
_POWERS = np.array([2.0, 3.0, 4.0, 6.0, 8.0])
_NODES = 0.5 * np.log(_POWERS[2] / _POWERS)


def likeliest_bandwidth(z, log_range):
    """Return the bandwidth whose leave-one-out likelihood is largest, that is, whose estimate is smallest.

    Some rows, against all others, tell roughly where it is. One pass over all pairs then gives the estimates of five
    bandwidths around, for the powers of one exponential; the least value of the polynomial through these is the result,
    or the center of the next pass if it lies at their edge.
    """
    low, high = log_range
    center = _rough_log_bandwidth(z, log_range)
    while True:
        values = _mean_terms(z, np.exp(center))
        if not np.isfinite(values).all():  # there are rows so far away that only the widest kernel could reach them
            return float(np.exp(high))
        step = _least_between_nodes(values)
        center, within = np.clip(center + step, low, high), _NODES[-1] < step < _NODES[0]
        if within or center in log_range:
            return float(np.exp(center))


def _rough_log_bandwidth(z, log_range):
    """The logarithm of the likeliest bandwidth for rows at even steps of the distance from the center."""
    n, d = z.shape
    sizes = np.abs(z).max(axis=1)
    rows = np.argsort(sizes, kind="stable")[np.linspace(0, n - 1, min(n, _FEW_ROWS)).round().astype(np.intp)]
    grid = np.linspace(*log_range, _N_BANDWIDTHS)
    logs = _log_sums(z / (np.sqrt(2) * np.exp(grid[-1])), rows, np.exp(2 * (grid[-1] - grid)))
    values = d * grid - logs.mean(axis=0)
    best = np.argmin(values)
    if not 0 < best < len(grid) - 1 or not np.isfinite(values).all():
        return grid[best]
    left, middle, right = values[best - 1 : best + 2]
    return grid[best] + 0.5 * (grid[1] - grid[0]) * (left - right) / (left - 2 * middle + right)


def sums_over_others(x, rows, powers):
    """Of some rows: the least |x_i - x_j|^2 to another row, m, and the sums of exp(p (m - |x_i - x_j|^2)) over others.

    Returns an array of shape (len(rows), 1 + len(powers)).
    """
    tiles, out = gram.in_tiles(x), np.empty((len(rows), 1 + len(powers)))
    for part in blocks(len(rows), gram.rows_per_call(*x.shape)):
        gram.relative_sums(rows[part], len(x), tiles, powers, out[part])
    return out


def _log_sums(x, rows, powers):
    sums = sums_over_others(x, rows, powers)
    return np.log(sums[:, 1:]) - powers * sums[:, :1]


def _mean_terms(z, bandwidth):
    """Minus the mean log density, but for a constant, at the bandwidths exp(_NODES) times this one."""
    x = z / (np.sqrt(2 * _POWERS[2]) * bandwidth)
    n, tiles, sums = len(z), gram.in_tiles(x), gram.no_sums(len(z), len(_POWERS))
    for rows in blocks(n, gram.rows_per_call(*z.shape)):
        gram.add_powers(rows.start, rows.stop, n, tiles, sums)
    sums = gram.out_of_tiles(sums, n)
    (faint,) = np.nonzero(sums[-1] < FAINT)
    sums[:, faint] = 1.0
    logs = np.log(sums)
    logs[:, faint] = _log_sums(x, faint, _POWERS).T
    return z.shape[1] * _NODES - logs.mean(axis=1)


def _least_between_nodes(values):
    """Where the polynomial through the values at the nodes is least."""
    polynomial = np.polynomial.Polynomial.fit(_NODES, values, len(_NODES) - 1)
    roots = polynomial.deriv().roots()
    inner = roots.real[(roots.imag == 0) & (np.abs(roots.real) < _NODES[0])]
    places = np.concatenate([_NODES, inner])
    return places[np.argmin(polynomial(places))]
