"""Maps of a discrete variable that keep the most information at a bounded entropy."""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from skib._typing import Floats
from skib.coupling._distributions import check_distribution, entropy_of
from skib.coupling._functions import TOLERANCE, closest_bracket, greedy_bracket
from skib.coupling._near_functions import Split, best_split


@dataclass(frozen=True, eq=False)
class EntropyBoundedMap:
    """Map of the states of X to groups T.

    Attributes
    ----------
    encoder : sparse array of shape (n_states, n_groups)
        Probabilities p(t|x), in compressed sparse rows. All are 0 or 1, but those of one state at most.
    groups : ndarray of shape (n_states,)
        The most probable group of each state, int64. Groups are numbered by falling probability.
    probabilities : ndarray of shape (n_groups,)
        Probabilities of the groups.
    entropy : float
        H(T), in nats.
    mutual_info : float
        I(X;T), in nats: H(T) of a function of X.
    gap : float
        Bound of the information that a better map could have in excess, in nats: the smaller of the bound of the
        entropy and H(X), less `mutual_info`.

    See Also
    --------
    entropy_bounded_map : The function that returns a map.
    """

    encoder: csr_array
    groups: NDArray[np.int64]
    probabilities: Floats
    entropy: float
    mutual_info: float
    gap: float


def entropy_bounded_map(p: ArrayLike, max_entropy: float, *, deterministic: bool = False) -> EntropyBoundedMap:
    r"""Map a discrete variable X to a T of bounded entropy that keeps the most information about X.

    .. math:: \max_{p(t|x)} I(X;T) \quad \text{subject to} \quad H(T) \le R

    with R for `max_entropy`: the entropy-bounded information maximization of [1]_, whose optimum is hard to find.
    A greedy function T = g(X) misses it by the entropy of a binary variable of probability :math:`p_2` at most, the
    second largest of X. Moves and exchanges of states between groups bring H(T) closer to R. At last one state may be
    split between two groups, as is optimal near functions of X.

    Parameters
    ----------
    p : array-like of shape (n_states,)
        Probabilities of the states of X. A sum that differs from 1 by up to 1e-6 is divided out.
    max_entropy : float
        The bound R, in nats. 0 leaves one group; from H(X) on, every state is a group of its own.
    deterministic : bool, default=False
        Whether T has to be a function of X, so that no state is split.

    Returns
    -------
    result : EntropyBoundedMap
        The map, with its entropy, its information and a bound of what it misses.

    See Also
    --------
    coupling_with_bottleneck : Coupling of X and Y through T.
    skib.preprocessing.EntropyBoundedMerger : Groups of the categories of columns.

    Notes
    -----
    H(T) may exceed R by 1e-12, for rounding. The search ends 1e-6 nats below R. States of probability 0 are put into
    group 0. A bound that some function of X attains is not always found: the problem includes that of the sums of
    subsets. It often is for few states, and for many of different masses a function within 1e-6 nats exists almost
    always. The time of a round grows with n log n of the n distinct masses, times the number of groups of several
    states: 10^5 masses in proportion to 1, 1/2, 1/3, ... take seconds.

    References
    ----------
    .. [1] M. R. Ebrahimi, J. Chen, A. Khisti, "Minimum entropy coupling with bottleneck", NeurIPS 2024: Algorithm 1,
       Theorems 2 and 3.

    Examples
    --------
    A function attains the entropy of the masses 0.7 and 0.3. For a bound slightly above it, a state is split.

    >>> from scipy.stats import entropy
    >>> from skib.coupling import entropy_bounded_map
    >>> result = entropy_bounded_map([0.7, 0.2, 0.1], entropy([0.7, 0.3]))
    >>> result.groups.tolist(), round(result.gap, 9)
    ([0, 1, 1], 0.0)
    >>> result = entropy_bounded_map([0.7, 0.2, 0.1], 0.65)
    >>> result.encoder.toarray().round(3)
    array([[1.   , 0.   , 0.   ],
           [0.   , 1.   , 0.   ],
           [0.   , 0.914, 0.086]])
    >>> round(result.entropy, 6), round(result.mutual_info, 3)
    (0.65, 0.621)
    """
    p = check_distribution("p", p)
    if not isinstance(max_entropy, Real) or isinstance(max_entropy, bool) or not max_entropy >= 0:
        raise ValueError(f"max_entropy={max_entropy!r} must be a number of nats, 0 or more")
    best = _best_map(p[p > 0], float(max_entropy), deterministic)
    return _numbered(p, best, min(float(max_entropy), entropy_of(p)))


def _best_map(p, max_entropy, deterministic):
    """Return the map of positive probabilities as a Split, of which the mass is 0 for a function."""
    limit = max_entropy + TOLERANCE
    if limit >= entropy_of(p):
        groups = np.arange(len(p))
        return Split(groups, 0, 0, 0.0, entropy_of(p))
    bracket = closest_bracket(p, limit, greedy_bracket(p, limit))
    function = Split(bracket.below, 0, 0, 0.0, entropy_of(np.bincount(bracket.below, p)))
    if deterministic or limit - function.mutual_info <= 2 * TOLERANCE:
        return function
    split = best_split(p, max_entropy, bracket)
    return split if split.mutual_info > function.mutual_info else function


def _numbered(p, best, most):
    """Return the result for all states, with groups in falling order of their probabilities."""
    states = np.flatnonzero(p > 0)
    rows, columns, shares = states, best.groups, np.ones(len(states))
    if best.mass > 0:
        share = best.mass / p[states[best.state]]
        shares[best.state] -= share
        rows, columns, shares = (
            np.append(rows, states[best.state]),
            np.append(columns, best.group),
            np.append(shares, share),
        )
    sums = np.bincount(columns, shares * p[rows])
    order = np.argsort(-sums, kind="stable")
    columns = np.argsort(order)[columns]
    groups = np.zeros(len(p), np.int64)
    rising = np.argsort(shares, kind="stable")  # of the two of a split state, the larger is assigned last
    groups[rows[rising]] = columns[rising]
    empty = np.flatnonzero(p == 0)
    cells = np.r_[rows, empty], np.r_[columns, np.zeros(len(empty), np.int64)]
    encoder = csr_array((np.r_[shares, np.ones(len(empty))], cells), shape=(len(p), len(sums)))
    info = best.mutual_info
    return EntropyBoundedMap(encoder, groups, sums[order], entropy_of(sums), info, max(most - info, 0.0))
