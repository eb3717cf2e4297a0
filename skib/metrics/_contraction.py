"""Strong data processing: how much of a divergence of its inputs a noisy channel passes on."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import erf
from scipy.stats import norm

from skib._typing import TableLike
from skib._validation import check_weights
from skib.metrics._distributions import check_distributions


@dataclass(frozen=True)
class ContractionCoefficients:
    r"""The shares of divergences of two inputs that a channel leaves at most between its outputs.

    Attributes
    ----------
    total_variation : float
        Dobrushin's coefficient: the largest total variation between two outputs. It bounds the contraction of every
        f-divergence.
    kl : float
        Contraction coefficient of the Kullback-Leibler divergence (and of the chi-squared divergence, of which it is
        the same), at most `total_variation`: :math:`I(U;Y) \le \eta\, I(U;X)` for every U - X - Y.
    maximal_correlation : float
        Largest correlation of a function of the input and one of the output, under the given distribution of the
        input; its square is at most the coefficient of KL. NaN where no distribution is given.
    """

    total_variation: float
    kl: float
    maximal_correlation: float = float("nan")


def contraction_coefficients(channel: TableLike, *, sample_weight: ArrayLike | None = None) -> ContractionCoefficients:
    r"""Compute the contraction coefficients of a channel that is given by its matrix.

    .. math::
        \eta_{\mathrm{TV}} = \max_{x, x'} \mathrm{TV}(P_x, P_{x'}), \qquad
        \eta_{\mathrm{KL}} = \max_{x, x'} \max_{0 < \beta < 1}
        \Big( 1 - \sum_y \frac{P_x(y) P_{x'}(y)}{\beta P_x(y) + (1 - \beta) P_{x'}(y)} \Big)

    for the outputs :math:`P_x` of the inputs x.

    Parameters
    ----------
    channel : array-like of shape (n_inputs, n_outputs)
        Probabilities p(y|x), a row for each x.
    sample_weight : array-like of shape (n_inputs,), default=None
        Distribution of the input, of any sum, under which the maximal correlation is taken. None: all inputs alike.

    Returns
    -------
    coefficients : ContractionCoefficients
        The coefficients, each between 0 (a constant output) and 1.

    Raises
    ------
    ValueError
        If rows do not sum to 1, or entries are negative or missing.

    Notes
    -----
    The coefficient of KL is reached by an input of two values [2]_, so that it is a maximum over pairs of rows, of a
    function that is concave in :math:`\beta`. Coefficients of layers in sequence multiply to a bound of that of all of
    them. A binary symmetric channel has :math:`(1 - 2 \delta)^2`, an erasure channel 1 - e.

    References
    ----------
    .. [1] Y. Polyanskiy, Y. Wu, "Strong data-processing inequalities for channels and Bayesian networks", in Convexity
       and Concentration, 2017.
    .. [2] O. Ordentlich, Y. Polyanskiy, "Strong data processing constant is achieved by binary inputs", IEEE
       Transactions on Information Theory 68, 2022, theorem 1.

    Examples
    --------
    >>> from skib.metrics import contraction_coefficients
    >>> found = contraction_coefficients([[0.9, 0.1], [0.1, 0.9]])  # truth: 0.8 and 0.8^2
    >>> round(found.total_variation, 6), round(found.kl, 6), round(found.maximal_correlation, 6)
    (0.8, 0.64, 0.8)
    """
    p = check_distributions("channel", channel)
    weights = np.ones(len(p)) if sample_weight is None else check_weights(sample_weight, len(p))
    if weights.min() < 0 or weights.max() == 0:
        raise ValueError("sample_weight must be non-negative and not all zero; leave out inputs that do not occur")
    weights = weights / weights.max()  # so that no sum overflows
    distances = np.array([0.5 * np.abs(p - row).sum(axis=1) for row in p])
    return ContractionCoefficients(
        float(distances.max()), _largest_binary(p, distances), _maximal_correlation(p, weights / weights.sum())
    )


def _largest_binary(p, distances):
    """Return the largest coefficient of KL of two rows; that of a pair is at most their total variation."""
    first, second = np.triu_indices(len(p), 1)
    best = 0.0
    for k in np.argsort(-distances[first, second]):
        i, j = first[k], second[k]
        if distances[i, j] <= best:
            break
        best = max(best, _binary(p[i], p[j]))
    return best


def _binary(p, q):
    """Return the coefficient of KL of a channel of two inputs with these outputs."""
    both = (p > 0) & (q > 0)
    p, q = p[both], q[both]

    def overlap(share):
        return np.sum(p * q / (share * p + (1 - share) * q))

    inside = minimize_scalar(overlap, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).fun
    return float(1 - min(inside, p.sum(), q.sum(), 1.0))  # the sums are the ends


def _maximal_correlation(p, weights):
    """Return the second singular value of p(x, y) / sqrt(p(x) p(y))."""
    used = weights > 0
    p, root = p[used], np.sqrt(weights[used])
    marginal = root**2 @ p
    p, marginal = p[:, marginal > 0], marginal[marginal > 0]
    centered = root[:, None] * (p - marginal) / np.sqrt(marginal)
    return float(min(np.linalg.norm(centered, 2), 1.0))


def dropout_contraction(rate: float, n_units: int) -> ContractionCoefficients:
    r"""Return the contraction coefficients of Dropout: :math:`1 - r^d` for a rate r and d units.

    Inputs that differ in every unit are told apart unless all units are dropped.

    Parameters
    ----------
    rate : float
        Probability r with which a unit is dropped, independently of the others.
    n_units : int
        Number of units d of the layer that Dropout is applied to.

    Returns
    -------
    coefficients : ContractionCoefficients
        Both coefficients are the same.

    See Also
    --------
    contraction_coefficients : Of a matrix.

    Notes
    -----
    A dropped unit is counted as erased. A ReLU that is 0 cannot be told from a dropped one, which contracts more.

    References
    ----------
    .. [1] H. He, Z. Goldfeld, "Information-theoretic generalization bounds for deep neural networks",
       arXiv:2404.03176, section IV.

    Examples
    --------
    >>> from skib.metrics import dropout_contraction
    >>> dropout_contraction(0.5, 3).kl
    0.875
    """
    return _erasures(rate, _count("n_units", n_units))


def dropconnect_contraction(rate: float, n_inputs: int, n_outputs: int) -> ContractionCoefficients:
    r"""Bound the contraction coefficients of DropConnect: :math:`1 - r^{d d'}` for d inputs and d' outputs.

    Nothing passes if all weights are dropped. Other masks of the weights may pass less than everything.

    Parameters
    ----------
    rate : float
        Probability r with which a weight is dropped, independently of the others.
    n_inputs : int
        Number d of inputs of the layer.
    n_outputs : int
        Number d' of its outputs.

    Returns
    -------
    coefficients : ContractionCoefficients
        Upper bounds of both coefficients.

    See Also
    --------
    dropout_contraction : The same for units instead of weights.

    References
    ----------
    .. [1] H. He, Z. Goldfeld, "Information-theoretic generalization bounds for deep neural networks",
       arXiv:2404.03176, section IV.

    Examples
    --------
    >>> from skib.metrics import dropconnect_contraction
    >>> dropconnect_contraction(0.5, 2, 1).kl
    0.75
    """
    return _erasures(rate, _count("n_inputs", n_inputs) * _count("n_outputs", n_outputs))


def gaussian_noise_contraction(noise_std: float, diameter: float) -> ContractionCoefficients:
    r"""Compute the contraction coefficients of additive Gaussian noise on bounded activations.

    .. math::
        \eta_{\mathrm{TV}} = 2 \Phi(D / 2 \sigma) - 1, \qquad
        \eta_{\mathrm{KL}} = 1 - \int \frac{2\, p_-(t)\, p_+(t)}{p_-(t) + p_+(t)}\, dt

    where :math:`p_\pm` are normal densities with means :math:`\pm D / 2` and standard deviation :math:`\sigma`.

    Parameters
    ----------
    noise_std : float
        Standard deviation :math:`\sigma` of the noise of each unit.
    diameter : float
        Largest Euclidean distance D of two activations without noise: :math:`2 \sqrt d` for d units with tanh,
        :math:`\sqrt d` for logistic ones.

    Returns
    -------
    coefficients : ContractionCoefficients
        The coefficients for all inputs at most that far apart.

    See Also
    --------
    contraction_coefficients : Of a matrix.

    References
    ----------
    .. [1] H. He, Z. Goldfeld, "Information-theoretic generalization bounds for deep neural networks",
       arXiv:2404.03176, section IV.
    .. [2] O. Ordentlich, Y. Polyanskiy, "Strong data processing constant is achieved by binary inputs", IEEE
       Transactions on Information Theory 68, 2022.

    Examples
    --------
    >>> from skib.metrics import gaussian_noise_contraction
    >>> found = gaussian_noise_contraction(1.0, 2.0)
    >>> round(found.total_variation, 3), round(found.kl, 3)
    (0.683, 0.55)
    """
    for name, value in (("noise_std", noise_std), ("diameter", diameter)):
        if not (isinstance(value, Real) and 0 < value < np.inf):
            raise ValueError(f"{name} must be a positive finite number, got {value!r}")
    half = diameter / noise_std / 2
    # One less the overlap is the mean of tanh(half t)^2 under either density, without a difference of equal numbers.
    # Beyond, the two densities do not overlap in float64.
    kl = 1.0 if half > 10 else _mean_square_of_tanh(half)
    return ContractionCoefficients(float(erf(half / np.sqrt(2))), kl)


def _mean_square_of_tanh(half):
    """Return E[tanh(half t)^2] for t normal around `half`."""
    bounds = half - 9, half + 9
    found = quad(lambda t: norm.pdf(t - half) * np.tanh(half * t) ** 2, *bounds, epsabs=0, epsrel=1e-12, limit=200)[0]
    return float(min(found, 1.0))


def _erasures(rate, n_erased):
    """Return the coefficients of a channel that passes nothing with probability rate ** n_erased."""
    if not (isinstance(rate, Real) and 0 <= rate <= 1):
        raise ValueError(f"rate must lie between 0 and 1, got {rate!r}")
    coefficient = max(0.0, float(-np.expm1(n_erased * np.log(rate)))) if rate > 0 else 1.0
    return ContractionCoefficients(coefficient, coefficient)


def _count(name, value):
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive int, got {value!r}")
    return int(value)
