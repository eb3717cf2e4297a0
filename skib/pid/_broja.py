"""The decomposition by the least information that the pairs of each source and the target allow."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skib._sklearn import Interval
from skib._typing import Seed
from skib._warnings import warn
from skib.pid._broja_solver import least_information
from skib.pid._discrete import CONSTRAINTS
from skib.pid._discrete_redundancy import LatticeDecomposition

# Combinations of symbols, occurring or not, whose table the solver still holds: 1.6 GB.
_MOST_CELLS = 2e8
_FIRST, _SECOND, _BOTH = frozenset([0]), frozenset([1]), frozenset([0, 1])


class BROJA(LatticeDecomposition):
    r"""Decomposition by optimization over all distributions with the same pairs of each source and the target.

    .. math::
        I_\cup = \min_{Q:\, Q(x_i, y) = P(x_i, y)} I_Q(X_1, X_2; Y), \qquad
        R = I(X_1; Y) + I(X_2; Y) - I_\cup, \quad U_i = I(X_i; Y) - R, \quad S = I(X_1, X_2; Y) - I_\cup

    What the sources tell together beyond this minimum can only be known from all three variables at once.

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two sources, each a column or a group of columns that is taken as one variable, by number or
        by name. ``None`` means the first column, and all others together.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [4]_. Without it, the bias of the
        plug-in is about half the number of cells over n_samples, and nearly all of it lands in the synergy.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.
    tol : float, default=5e-6
        Largest gap, in nats, at which the optimization stops.
    max_iter : int, default=100000
        Largest number of iterations; a ``ConvergenceWarning`` tells if the gap still exceeds `tol`.

    Attributes
    ----------
    redundancy_ : float
        Information about y that the sources share, in nats.
    unique_1_ : float
        Information that only the first source has, in nats.
    unique_2_ : float
        Information that only the second source has, in nats.
    synergy_ : float
        Information that only both sources together have, in nats.
    gap_ : float
        Bound of the error of the optimization, in nats: no term of the plug-in, or of the distribution, is further from
        the exact one. It bounds neither the bias nor the error over rows.
    n_iter_ : int
        Number of iterations of the optimization.
    atoms_ : DataFrame
        One row per atom: ``redundancy``, ``unique_1``, ``unique_2`` and ``synergy``, with the columns:

        - ``value``: the atom, in nats;
        - ``redundancy``: the redundancy of its groups, in nats, that is, the sum of the atoms at or below it;
        - ``std_error``: standard error of ``value`` over rows, which does not cover the bias;
        - ``pvalue``: share of the permutations of y whose atom is as large; only with `n_permutations`.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    GaussianPID : The same optimization for Gaussian variables.
    WilliamsBeer, MinimumMutualInfo, Pointwise, SharedExclusions : Measures in closed form.

    Notes
    -----
    No term is below ``-gap_``, but for the correction of the bias. The minimum is found by alternating projections
    [3]_, whose scalings are a point of the dual problem [2]_: from them and from a distribution that has the pairs
    exactly, both ends of an interval follow that holds the minimum. An iteration takes time in proportion to the number
    of combinations of symbols, whether they occur or not.

    The correction replaces the information of each source and of both by estimates with less bias, and leaves the
    redundancy its share of the smaller information of a source. The sum of the redundancy and a unique information
    remains the information of the source.

    A p-value tests whether y is independent of both sources.

    References
    ----------
    .. [1] N. Bertschinger, J. Rauh, E. Olbrich, J. Jost, N. Ay, "Quantifying unique information", Entropy 16, 2014,
       definition 1.
    .. [2] A. Makkeh, D. O. Theis, R. Vicente, "BROJA-2PID: a robust estimator for bivariate partial information
       decomposition", Entropy 20, 2018.
    .. [3] P. K. Banerjee, J. Rauh, G. Montufar, "Computing the unique information", ISIT 2018.
    .. [4] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> from skib.pid import BROJA
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]] * 50
    >>> copy = [f"{a}{b}" for a, b in X]
    >>> pid = BROJA(bias_correction=False).fit(X, copy)
    >>> pid.atoms_["value"].abs().round(4).to_dict()  # 0, log 2, log 2, 0
    {'redundancy': 0.0, 'unique_1': 0.6931, 'unique_2': 0.6931, 'synergy': 0.0}
    """

    _most_sources = 2
    _parameter_constraints = {
        **CONSTRAINTS,
        "tol": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    n_iter_: int

    def __init__(
        self,
        sources: Sequence[Any] | None = None,
        *,
        bias_correction: bool = True,
        n_permutations: int = 0,
        random_state: Seed = None,
        tol: float = 5e-6,
        max_iter: int = 100_000,
    ) -> None:
        super().__init__(
            sources, bias_correction=bias_correction, n_permutations=n_permutations, random_state=random_state
        )
        self.tol = tol
        self.max_iter = max_iter

    def _store(self, cells):
        atoms = super()._store(cells)
        if self.gap_ > self.tol:
            warn(
                f"the optimization of {self!r} stopped after max_iter = {self.max_iter} iterations with a gap of "
                f"{self.gap_:.2g} nats; raise max_iter or tol, or merge rare symbols",
                ConvergenceWarning,
            )
        return atoms

    def _redundancies(self, cells):
        plain, singles = cells.plain(), [cells.information(group) for group in (_FIRST, _SECOND)]
        p1, p2 = (_pairs(plain, i) for i in range(2))
        if p1.size * len(p2) > _MOST_CELLS:
            raise ValueError(
                f"the sources and the target have {len(p1)} x {len(p2)} x {p1.shape[1]} combinations of symbols, more "
                f"than the {_MOST_CELLS:.0e} that BROJA can hold; bin numbers or merge rare symbols first"
            )
        least = least_information(p1, p2, self.tol, self.max_iter)
        union = least.local[plain.sources[0], plain.sources[1], plain.target]
        union = union + (least.value - plain.shares @ union)
        shared = plain.information(_FIRST) + plain.information(_SECOND) - union
        shared = shared * _kept_share(cells, plain)
        values = np.column_stack([shared, *singles, cells.information(_BOTH)])
        return values, np.zeros_like(values), {"gap_": least.gap, "n_iter_": least.n_iter}


def _pairs(cells, i):
    """Return the probabilities of the pairs of a source and the target as a table."""
    table = np.zeros((cells.sources[i].max() + 1, cells.target.max() + 1))
    np.add.at(table, (cells.sources[i], cells.target), cells.shares)
    return table


def _kept_share(cells, plain):
    """Return the share of the redundancy that is no bias: that of the smaller information of the sources."""
    smaller = [min(one.shares @ one.information(group) for group in (_FIRST, _SECOND)) for one in (cells, plain)]
    return smaller[0] / smaller[1] if smaller[1] > 0 else 1.0
