"""Lower bounds of the entropy of every coupling of given marginals."""

import numpy as np

from skib._kernels.coupling import add_profiles
from skib.coupling._distributions import UNITS, entropy_of


def entropy_bound(marginals):
    """Compute the larger of two lower bounds of the entropy of a coupling, in nats.

    `marginals` are whole units of mass, each in falling order.
    """
    return max(meet_entropy(marginals), profile_entropy(marginals))


def meet_entropy(marginals):
    """Compute the entropy of the meet of the marginals in the lattice of majorization.

    Every marginal is an aggregate of the states of a coupling and majorizes it. So does the meet, the greatest
    distribution below all marginals, whose k largest masses add up to the least of what theirs add up to.
    """
    length = max(map(len, marginals))
    sums = np.full(length, UNITS)
    for units in marginals:
        np.minimum(sums[: len(units)], np.cumsum(units), out=sums[: len(units)])
    return entropy_of(np.diff(sums, prepend=0) / UNITS)


def profile_entropy(marginals):
    """Compute the bound of Compton et al. (2023), the integral of max_k F_k(t) / t over t from 0 to 1.

    F_k(t) is the mass of the states of marginal k of mass up to t. An atom of a coupling is no larger than the state
    that it lies in, so that F(t) of a coupling is no less than any F_k(t); its entropy is the integral of F(t) / t.
    """
    starts, sentinel = np.cumsum([0, *(len(units) + 1 for units in marginals)]), [UNITS + 1]
    values, masses = np.empty((2, starts[-1] - len(marginals)), np.int64)
    add_profiles(np.concatenate([part for units in marginals for part in (sentinel, units)]), starts, values, masses)
    logs = np.log(values / UNITS)
    return float(masses / UNITS @ (np.append(logs[1:], 0.0) - logs))
