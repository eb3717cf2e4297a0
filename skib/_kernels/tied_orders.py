"""Ranks among equally distant points in random order: the expectation of a function of the rank of a marked point."""

from skib._jit import borrowing

# Weight of a rank, as a share of all so far, from which on the tail of the distribution is left out.
_NEGLIGIBLE = 1e-16


@borrowing
def _step_up(p, n_tied, n_marked, wanted):
    """Probability of place p + 1 over that of place p."""
    return p * (n_tied - p - n_marked + wanted) / ((p - wanted + 1) * (n_tied - p))


@borrowing
def _mean(before, tied, marked, wanted, table):
    """Mean of ``table[before + p]`` over the places p of the marked point; the sum begins near the mean place."""
    lowest, highest = wanted, tied - marked + wanted
    start = min(max(wanted * (tied + 1) // (marked + 1), lowest), highest)
    mass, total = 1.0, table[before + start]
    weight, p = 1.0, start
    while p < highest and weight > _NEGLIGIBLE * mass:
        weight *= _step_up(p, tied, marked, wanted)
        p += 1
        mass, total = mass + weight, total + weight * table[before + p]
    weight, p = 1.0, start
    while p > lowest and weight > _NEGLIGIBLE * mass:
        p -= 1
        weight /= _step_up(p, tied, marked, wanted)
        mass, total = mass + weight, total + weight * table[before + p]
    return total / mass


@borrowing
def expected_at_rank(first, last, n_before, n_tied, n_marked, wanted, table, known, means, out):
    """Mean of ``table[rank]`` over the orders of tied points, for rows first to last - 1.

    After `n_before` others come `n_tied` in random order, `n_marked` of them marked; the rank is that of the marked
    point number `wanted`. Its place p among the tied is negative hypergeometric,
    C(p - 1, wanted - 1) C(n_tied - p, n_marked - wanted) / C(n_tied, n_marked). Rows of tied columns often share all
    four numbers: `known`, zeros at first, and `means` hold what some have, a power of 2.
    """
    for i in range(first, last):
        before, tied, marked, nth = n_before[i], n_tied[i], n_marked[i], wanted[i]
        place = (((before * 31 + tied) * 31 + marked) * 31 + nth) & (len(means) - 1)
        same = known[place, 0] == before and known[place, 1] == tied
        if not (same and known[place, 2] == marked and known[place, 3] == nth):
            known[place, 0], known[place, 1], known[place, 2], known[place, 3] = before, tied, marked, nth
            means[place] = _mean(before, tied, marked, nth, table)
        out[i] = means[place]
