"""Couplings of small entropy, with a certificate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from skib._kernels.coupling import couple
from skib._typing import Floats
from skib.coupling._bounds import entropy_bound
from skib.coupling._distributions import UNITS, check_distribution, entropy_of, in_units

# Steps of one call of the kernel: well below half a second.
_STEPS = 2**20


@dataclass(frozen=True, eq=False)
class Coupling:
    """Joint distribution with given marginals.

    Attributes
    ----------
    states : ndarray of shape (n_atoms, n_marginals)
        The states with positive probability, int64: a state of each marginal. None occurs twice.
    masses : ndarray of shape (n_atoms,)
        Their probabilities.
    marginals : tuple of ndarray of shape (n_states,)
        The marginals of these masses. They are exact: sums of masses in float64 return every bit of them, in any order.
    entropy : float
        Entropy of the coupling, in nats.
    lower_bound : float
        Bound of the entropy of every coupling of these marginals, in nats.

    See Also
    --------
    greedy_coupling : The function that returns a coupling.
    """

    states: NDArray[np.int64]
    masses: Floats
    marginals: tuple[Floats, ...]
    entropy: float
    lower_bound: float

    @property
    def gap(self) -> float:
        """Bound of the entropy in excess of the least one, in nats."""
        return max(self.entropy - self.lower_bound, 0.0)

    @property
    def mutual_info(self) -> float:
        """Information of two variables with this joint distribution; of more, their total correlation, in nats."""
        return max(sum(map(entropy_of, self.marginals)) - self.entropy, 0.0)

    def toarray(self) -> Floats:
        """Return the probabilities of all states.

        Returns
        -------
        joint : ndarray of shape (n_states of the first marginal, n_states of the second, ...)
            Probabilities, most of which are 0.
        """
        joint = np.zeros([len(p) for p in self.marginals])
        joint[tuple(self.states.T)] = self.masses
        return joint

    def tocsr(self) -> csr_array:
        """Return the probabilities of all pairs of states of two marginals.

        Returns
        -------
        joint : sparse array of shape (n_states of the first marginal, n_states of the second)
            Probabilities, in compressed sparse rows.
        """
        if len(self.marginals) != 2:
            raise ValueError(f"a coupling of {len(self.marginals)} marginals is no matrix; use states and masses")
        return csr_array((self.masses, tuple(self.states.T)), shape=tuple(len(p) for p in self.marginals))


def greedy_coupling(p: ArrayLike, q: ArrayLike, *others: ArrayLike) -> Coupling:
    r"""Couple distributions by pairing their largest remaining masses.

    A coupling is a joint distribution with given marginals. One of the least entropy has the most mutual information,

    .. math:: I(X;Y) = H(p) + H(q) - H(X, Y),

    and finding it is NP-hard. The greedy one pairs the states of the largest masses with the smaller of the two masses,
    takes this from both, and so on [1]_. Its entropy exceeds the least one by :math:`\log_2(e) / e = 0.53` bits at most
    (0.37 nats), that of more than two marginals by :math:`(1 + \log_2 e) / 2 = 1.22` bits [2]_; `gap` of the result
    bounds what it is for these marginals.

    Parameters
    ----------
    p : array-like of shape (n_states_p,)
        Probabilities of the states of the first variable. A sum that differs from 1 by up to 1e-6 is divided out.
    q : array-like of shape (n_states_q,)
        Probabilities of the states of the second.
    *others : array-like of shape (n_states,)
        Probabilities of the states of further variables.

    Returns
    -------
    coupling : Coupling
        At most ``n_states_p + n_states_q - 1`` atoms, in falling order of their masses, with entropy and bound.

    See Also
    --------
    coupling_with_bottleneck : Coupling through a variable of bounded entropy.

    Notes
    -----
    Probabilities are rounded to multiples of :math:`2^{-53} = 1.1 \cdot 10^{-16}`, of which the sum of each marginal is
    1 to the last bit. Positive ones remain positive. All steps take place in whole numbers, so that the masses of the
    result add up to its `marginals` without rounding.

    The bound is the larger of two: the entropy of the meet :math:`p \wedge q` in the lattice of majorization [3]_, and
    the profile bound [2]_. The greedy coupling is not always the best one, even of three states.

    With a heap per marginal, n states take :math:`O(n \log n)`.

    References
    ----------
    .. [1] M. Kocaoglu, A. Dimakis, S. Vishwanath, B. Hassibi, "Entropic causal inference", AAAI 2017: Algorithm 1.
    .. [2] S. Compton, D. Katz, B. Qi, K. Greenewald, M. Kocaoglu, "Minimum-entropy coupling approximation guarantees
       beyond the majorization barrier", AISTATS 2023.
    .. [3] F. Cicalese, L. Gargano, U. Vaccaro, "Minimum-entropy couplings and their applications", IEEE Transactions on
       Information Theory 65, 2019.

    Examples
    --------
    Every state of p fits into a state of q, so that the least entropy is that of p.

    >>> from skib import in_bits
    >>> from skib.coupling import greedy_coupling
    >>> coupling = greedy_coupling([0.5, 0.25, 0.25], [0.25, 0.75])
    >>> coupling.toarray()
    array([[0.  , 0.5 ],
           [0.  , 0.25],
           [0.25, 0.  ]])
    >>> round(in_bits(coupling.entropy), 3), coupling.gap  # truth: 1.5 and 0
    (1.5, 0.0)
    """
    names = ["p", "q", *(f"others[{k}]" for k in range(len(others)))]
    return couple_exactly([check_distribution(name, one) for name, one in zip(names, (p, q, *others), strict=True)])


def couple_exactly(distributions):
    """Return the greedy coupling of validated distributions."""
    falling, orders = zip(*map(in_units, distributions), strict=True)
    states, amounts = _coupled(falling, orders)
    masses = amounts / UNITS
    marginals = tuple(_unsorted(units, order) / UNITS for units, order in zip(falling, orders, strict=True))
    return Coupling(states, masses, marginals, entropy_of(masses), entropy_bound(falling))


def _unsorted(units, order):
    back = np.empty_like(units)
    back[order] = units
    return back


def _coupled(falling, orders):
    """Couple marginals in falling order, whose states are `orders`; returns the states and amounts of the atoms."""
    sizes = np.array([len(marginal) + 1 for marginal in falling])
    starts, sentinel = np.r_[0, np.cumsum(sizes)[:-1]], np.zeros(1, np.int64)
    masses = np.concatenate([part for marginal in falling for part in (marginal, sentinel)])
    numbers = np.concatenate([part for order in orders for part in (order, sentinel)])
    # Each step exhausts a state, the last step one of every marginal.
    n_steps = int(sizes.sum()) - 2 * len(sizes) + 1
    atoms, amounts = np.empty((n_steps, len(sizes)), np.int64), np.empty(n_steps, np.int64)
    heap = np.zeros(len(masses), np.int64), np.zeros(len(masses), np.int64)
    state = masses, numbers, starts, starts.copy(), np.zeros_like(starts), *heap, atoms, amounts
    taken = 0
    for first in range(0, n_steps, _STEPS):
        stop = min(first + _STEPS, n_steps)
        taken = couple(first, stop, *state)
        if taken < stop:
            break
    return atoms[:taken], amounts[:taken]
