"""Ranks among equally distant points in random order: the expectation of a function of the rank of a marked point."""

from skib._jit import njit

# Weight of a rank, as a share of all so far, from which on the tail of the distribution is left out.
_NEGLIGIBLE = 1e-16


@njit
def _step_up(p, n_tied, n_marked, wanted):
    """Probability of place p + 1 over that of place p."""
    return p * (n_tied - p - n_marked + wanted) / ((p - wanted + 1) * (n_tied - p))


@njit
def expected_at_rank(first, last, n_before, n_tied, n_marked, wanted, table, out):
    """Mean of ``table[rank]`` over the orders of tied points, for rows first to last - 1.

    After `n_before` others come `n_tied` in random order, `n_marked` of them marked; the rank is that of the marked
    point number `wanted`. Its place p among the tied is negative hypergeometric,
    C(p - 1, wanted - 1) C(n_tied - p, n_marked - wanted) / C(n_tied, n_marked); the sum begins near its mean.
    """
    for i in range(first, last):
        tied, marked, nth, before = n_tied[i], n_marked[i], wanted[i], n_before[i]
        lowest, highest = nth, tied - marked + nth
        start = min(max(nth * (tied + 1) // (marked + 1), lowest), highest)
        mass, total = 1.0, table[before + start]
        weight, p = 1.0, start
        while p < highest and weight > _NEGLIGIBLE * mass:
            weight *= _step_up(p, tied, marked, nth)
            p += 1
            mass, total = mass + weight, total + weight * table[before + p]
        weight, p = 1.0, start
        while p > lowest and weight > _NEGLIGIBLE * mass:
            p -= 1
            weight /= _step_up(p, tied, marked, nth)
            mass, total = mass + weight, total + weight * table[before + p]
        out[i] = total / mass
