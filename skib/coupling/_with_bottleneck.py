"""Couplings of two variables through one of bounded entropy."""

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from skib.coupling._distributions import check_distribution, entropy_of
from skib.coupling._entropy_bounded import EntropyBoundedMap, entropy_bounded_map
from skib.coupling._greedy import Coupling, couple_exactly


@dataclass(frozen=True, eq=False)
class BottleneckCoupling:
    """Joint distribution of X and Y with given marginals, through a variable T of bounded entropy.

    Attributes
    ----------
    joint : sparse array of shape (n_states_p, n_states_q)
        Probabilities p(x, y), in compressed sparse rows.
    encoder : EntropyBoundedMap
        Map of X to T.
    decoder : Coupling
        Coupling of T and Y.
    mutual_info : float
        I(X;Y), in nats.
    lower_bound : float
        I(X;T) + I(T;Y) - H(T), which I(X;Y) is never below, in nats.
    upper_bound : float
        What no coupling through such a T exceeds, in nats: the least of the bound of the entropy, H(X) and H(Y).

    See Also
    --------
    coupling_with_bottleneck : The function that returns it.
    """

    joint: csr_array
    encoder: EntropyBoundedMap
    decoder: Coupling
    mutual_info: float
    lower_bound: float
    upper_bound: float


def coupling_with_bottleneck(p: ArrayLike, q: ArrayLike, max_entropy: float) -> BottleneckCoupling:
    r"""Couple X and Y through a variable T of bounded entropy, with much information of X and Y about each other.

    .. math:: \max_{p(t|x),\, p(y|t)} I(X;Y) \quad \text{subject to} \quad X - T - Y, \; H(T) \le R,\;
              X \sim p, \; Y \sim q

    with R for `max_entropy` [1]_. By

    .. math:: I(X;Y) \ge I(X;T) + I(T;Y) - H(T) \ge I(X;T) + I(T;Y) - R,

    an encoder of large I(X;T) and a decoder of large I(T;Y) are found one after the other: by
    :func:`entropy_bounded_map` and by :func:`greedy_coupling` of T and Y.

    Parameters
    ----------
    p : array-like of shape (n_states_p,)
        Probabilities of the states of X. A sum that differs from 1 by up to 1e-6 is divided out.
    q : array-like of shape (n_states_q,)
        Probabilities of the states of Y.
    max_entropy : float
        The bound R, in nats. 0 makes X and Y independent; from H(X) on, the result is the greedy coupling.

    Returns
    -------
    result : BottleneckCoupling
        The joint distribution, its two steps, its information and bounds of it.

    See Also
    --------
    greedy_coupling : Coupling without a bottleneck.
    entropy_bounded_map : The encoder alone.

    Notes
    -----
    The marginals of `joint` are p and q up to the rounding of float64. The two steps do not depend on each other, so
    that the encoder does not adapt to q.

    References
    ----------
    .. [1] M. R. Ebrahimi, J. Chen, A. Khisti, "Minimum entropy coupling with bottleneck", NeurIPS 2024.

    Examples
    --------
    A bit of four equally probable messages reaches Y, which has four states.

    >>> import numpy as np
    >>> from skib.coupling import coupling_with_bottleneck
    >>> result = coupling_with_bottleneck(np.full(4, 0.25), np.full(4, 0.25), np.log(2))
    >>> round(float(result.mutual_info / np.log(2)), 6)  # truth: 1 bit
    1.0
    >>> result.joint.sum(axis=0).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    p, q = check_distribution("p", p), check_distribution("q", q)
    encoder = entropy_bounded_map(p, max_entropy)
    decoder = couple_exactly([encoder.probabilities, q])
    of_group = decoder.tocsr().multiply(1 / decoder.marginals[0][:, None])
    joint = csr_array(csr_array(encoder.encoder.multiply(p[:, None])) @ csr_array(of_group))
    of_p, of_q = entropy_of(p), entropy_of(q)
    info = max(of_p + of_q - entropy_of(joint.data), 0.0)
    lower = max(encoder.mutual_info + decoder.mutual_info - encoder.entropy, 0.0)
    return BottleneckCoupling(joint, encoder, decoder, info, lower, min(float(max_entropy), of_p, of_q))
