"""What a rate costs: functions h of the rate, of which the loss contains h(rate) / beta."""

from numbers import Real
from typing import Protocol

import numpy as np

from skib._sklearn import BaseEstimator, Interval


class Lagrangian(Protocol):
    """A price of the rate; any object with this method is one."""

    def value_and_slope(self, rate: float) -> tuple[float, float]:
        """Return the price h(rate), and its derivative."""


class LinearLagrangian(BaseEstimator):
    """Price h(r) = r: that of the information bottleneck.

    Notes
    -----
    If Y is a function of X, the curve of relevance over rate is straight, and all its points are solutions at the same
    beta. A convex price selects one of them.

    Examples
    --------
    >>> from skib.bottleneck.neural import LinearLagrangian
    >>> LinearLagrangian().value_and_slope(2.0)
    (2.0, 1.0)
    """

    def value_and_slope(self, rate: float) -> tuple[float, float]:
        """Compute the price and its slope.

        Parameters
        ----------
        rate : float
            The rate in nats.

        Returns
        -------
        value, slope : float
            The price, and its derivative by the rate.
        """
        return rate, 1.0


class SquaredLagrangian(BaseEstimator):
    """Price h(r) = r^2, which has one solution for each beta even if Y is a function of X.

    Notes
    -----
    The price has no slope at a rate of 0: no beta above 0 ends in a constant code. A solution at rate r is one of the
    information bottleneck at the beta of 1 / (2 r) times this one.

    References
    ----------
    .. [1] A. Kolchinsky, B. Tracey, S. Van Kuyk, "Caveats for information bottleneck in deterministic scenarios", ICLR
       2019.

    Examples
    --------
    >>> from skib.bottleneck.neural import SquaredLagrangian
    >>> SquaredLagrangian().value_and_slope(2.0)
    (4.0, 4.0)
    """

    def value_and_slope(self, rate: float) -> tuple[float, float]:
        """Compute the price and its slope.

        Parameters
        ----------
        rate : float
            The rate in nats.

        Returns
        -------
        value, slope : float
            The price, and its derivative by the rate.
        """
        return rate * rate, 2.0 * rate


class ExponentialLagrangian(BaseEstimator):
    r"""Price :math:`h(r) = (e^{\eta r} - 1) / \eta`, which has one solution for each beta even if Y is a function of X.

    Parameters
    ----------
    eta : float, default=1.0
        Growth :math:`\eta` of the slope, in 1/nats. Near 0 the price is that of the information bottleneck. A larger
        value brings the rates of different beta closer to each other.

    References
    ----------
    .. [1] B. Rodriguez Galvez, R. Thobaben, M. Skoglund, "The convex information bottleneck Lagrangian", Entropy 22,
       2020. The constants here make h(0) = 0 and the slope at 0 one.

    Examples
    --------
    >>> from skib.bottleneck.neural import ExponentialLagrangian
    >>> ExponentialLagrangian().value_and_slope(0.0)
    (0.0, 1.0)
    """

    _parameter_constraints = {"eta": [Interval(Real, 0, None, closed="neither")]}

    def __init__(self, eta: float = 1.0) -> None:
        self.eta = eta

    def value_and_slope(self, rate: float) -> tuple[float, float]:
        """Compute the price and its slope.

        Parameters
        ----------
        rate : float
            The rate in nats.

        Returns
        -------
        value, slope : float
            The price, and its derivative by the rate.
        """
        return float(np.expm1(self.eta * rate) / self.eta), float(np.exp(self.eta * rate))
