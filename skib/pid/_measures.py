"""Measures of redundancy in closed form, each a class."""

import numpy as np

from skib.pid._discrete_redundancy import LatticeDecomposition


class MinimumMutualInfo(LatticeDecomposition):
    r"""Decomposition whose redundancy is the smallest information of any source.

    .. math:: I_\cap(X_1, X_2; Y) = \min_i I(X_i; Y)

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two or three sources, each a column or a group of columns that is taken as one variable, by number or
        by name. ``None`` means the first column, and all others together.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [2]_. Without it, the bias of the
        plug-in is about half the number of cells over n_samples, and nearly all of it lands in the synergy.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    redundancy_ : float
        Information about y that the sources share, in nats; of three sources, all of them.
    unique_1_ : float
        Information that only the first source has, in nats. Only of two sources.
    unique_2_ : float
        Information that only the second source has, in nats. Only of two sources.
    synergy_ : float
        Information that only both sources together have, in nats. Only of two sources.
    gap_ : float
        Bound of the error of the optimization, in nats: 0, since the measure has a closed form.
    atoms_ : DataFrame
        One row per atom: ``redundancy``, ``unique_1``, ``unique_2`` and ``synergy`` of two sources; of three, groups of
        sources, such as ``{1}{23}`` for what source 1 shares with sources 2 and 3 taken together. The columns:

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
    WilliamsBeer : The minimum for each symbol of the target.

    Notes
    -----
    The largest redundancy of all measures in this package that are never negative: at least one unique information is
    0, and two independent sources that are copied into the target are called redundant. For Gaussian variables and a
    target of one dimension every redundancy that depends on the pairs (X_i, Y) alone is this one [1]_.

    An atom is what its collection of groups has in redundancy beyond the collections below it, so that
    ``redundancy_ + unique_1_`` is the information of source 1, and the sum of all atoms is that of all sources. These
    identities hold for corrected estimates, too.

    A p-value tests whether y is independent of all sources.

    References
    ----------
    .. [1] A. B. Barrett, "Exploration of synergistic and redundant information sharing in static and dynamical Gaussian
       systems", Physical Review E 91, 2015.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> import numpy as np
    >>> import skib
    >>> from skib.pid import MinimumMutualInfo
    >>> both = np.zeros((2, 2, 2))  # p(x1, x2, y) of y = x1 and x2
    >>> both[[0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1]] = 0.25
    >>> round(skib.in_bits(MinimumMutualInfo().fit_distribution(both).redundancy_), 4)  # I(X1;Y)
    0.3113
    """

    def _redundancy(self, cells, groups):
        return min((cells.information(group) for group in groups), key=lambda values: cells.shares @ values)


class WilliamsBeer(LatticeDecomposition):
    r"""Decomposition of Williams and Beer: the smallest specific information of any source.

    .. math::
        I_\min(X_1, X_2; Y) = \sum_y p(y) \min_i \sum_{x_i} p(x_i \mid y) \log \frac{p(y \mid x_i)}{p(y)}

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two or three sources, each a column or a group of columns that is taken as one variable, by number or
        by name. ``None`` means the first column, and all others together.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [2]_. Without it, the bias of the
        plug-in is about half the number of cells over n_samples, and nearly all of it lands in the synergy.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    redundancy_ : float
        Information about y that the sources share, in nats; of three sources, all of them.
    unique_1_ : float
        Information that only the first source has, in nats. Only of two sources.
    unique_2_ : float
        Information that only the second source has, in nats. Only of two sources.
    synergy_ : float
        Information that only both sources together have, in nats. Only of two sources.
    gap_ : float
        Bound of the error of the optimization, in nats: 0, since the measure has a closed form.
    atoms_ : DataFrame
        One row per atom: ``redundancy``, ``unique_1``, ``unique_2`` and ``synergy`` of two sources; of three, groups of
        sources, such as ``{1}{23}`` for what source 1 shares with sources 2 and 3 taken together. The columns:

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
    BROJA : Calls nothing redundant that independent sources tell of different parts of the target.

    Notes
    -----
    The measure compares how much the sources tell of each symbol of the target, not what: of a target that is a copy of
    two independent bits, one bit is called redundant. Where two sources tell equally much of a symbol, the smaller of
    the two estimates is below both by about their standard error, which no correction of order 1 / n_samples removes.

    An atom is what its collection of groups has in redundancy beyond the collections below it, so that
    ``redundancy_ + unique_1_`` is the information of source 1, and the sum of all atoms is that of all sources. These
    identities hold for corrected estimates, too.

    A p-value tests whether y is independent of all sources.

    References
    ----------
    .. [1] P. L. Williams, R. D. Beer, "Nonnegative decomposition of multivariate information", arXiv:1004.2515, 2010.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> from skib.pid import WilliamsBeer
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]] * 50
    >>> copy = [f"{a}{b}" for a, b in X]
    >>> WilliamsBeer(bias_correction=False).fit(X, copy).atoms_["value"].round(4).to_dict()  # log 2, 0, 0, log 2
    {'redundancy': 0.6931, 'unique_1': 0.0, 'unique_2': 0.0, 'synergy': 0.6931}
    """

    def _redundancy(self, cells, groups):
        return np.choose(self._smallest(cells, groups), [cells.information(group) for group in groups])

    def _slope(self, cells, groups):
        smallest = self._smallest(cells, groups)
        return -sum(cells.mean_given(group, False, smallest == i) for i, group in enumerate(groups))

    def _smallest(self, cells, groups):
        """Return which group has the smallest specific information of the target, for each cell."""
        values = [np.bincount(cells.target, cells.shares * cells.information(group)) for group in groups]
        return np.argmin(values, axis=0)[cells.target]


class Pointwise(LatticeDecomposition):
    r"""Decomposition of Finn and Lizier, for each row by itself.

    .. math::
        I_{pm}(X_1, X_2; Y) = \sum p(x_1, x_2, y) \left[\min_i (-\log p(x_i)) - \min_i (-\log p(x_i \mid y))\right]

    The redundancy of a row is what the sources share in specificity, less what they share in ambiguity.

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two or three sources, each a column or a group of columns that is taken as one variable, by number or
        by name. ``None`` means the first column, and all others together.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [2]_. Without it, the bias of the
        plug-in is about half the number of cells over n_samples, and nearly all of it lands in the synergy.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    redundancy_ : float
        Information about y that the sources share, in nats; of three sources, all of them.
    unique_1_ : float
        Information that only the first source has, in nats. Only of two sources.
    unique_2_ : float
        Information that only the second source has, in nats. Only of two sources.
    synergy_ : float
        Information that only both sources together have, in nats. Only of two sources.
    gap_ : float
        Bound of the error of the optimization, in nats: 0, since the measure has a closed form.
    atoms_ : DataFrame
        One row per atom: ``redundancy``, ``unique_1``, ``unique_2`` and ``synergy`` of two sources; of three, groups of
        sources, such as ``{1}{23}`` for what source 1 shares with sources 2 and 3 taken together. The columns:

        - ``value``: the atom, in nats;
        - ``redundancy``: the redundancy of its groups, in nats, that is, the sum of the atoms at or below it;
        - ``std_error``: standard error of ``value`` over rows, which does not cover the bias;
        - ``pvalue``: share of the permutations of y whose atom is as large; only with `n_permutations`.
    pointwise_ : ndarray of shape (n_samples, n_atoms)
        The atoms of each row, in nats, in the order of `atoms_`; the mean over rows is ``value``. Not after
        ``fit_distribution``.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    SharedExclusions : The other measure of single rows.

    Notes
    -----
    Atoms may be negative: a source that misinforms about a row, while another one does not, has negative unique
    information.

    The minima are not smooth: where two symbols are equally probable, the smaller of the two estimates is below both by
    about their standard error. No correction of order 1 / n_samples removes this: two independent sources of five equal
    symbols have a redundancy of 0.06 nats at 200 rows and 0.03 at 1000. Compare with permutations.

    An atom is what its collection of groups has in redundancy beyond the collections below it, so that
    ``redundancy_ + unique_1_`` is the information of source 1, and the sum of all atoms is that of all sources. These
    identities hold for corrected estimates, too.

    A p-value tests whether y is independent of all sources.

    References
    ----------
    .. [1] C. Finn, J. T. Lizier, "Pointwise partial information decomposition using the specificity and ambiguity
       lattices", Entropy 20, 2018.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> from skib.pid import Pointwise
    >>> X = [[0, 1], [1, 0], [0, 2], [2, 0]] * 50  # in each row one source tells y, and the other nothing
    >>> y = [0, 0, 1, 1] * 50
    >>> pid = Pointwise(bias_correction=False).fit(X, y)
    >>> pid.atoms_["value"].round(4).to_dict()  # 0, half of log 2, half of log 2, 0
    {'redundancy': 0.0, 'unique_1': 0.3466, 'unique_2': 0.3466, 'synergy': 0.0}
    >>> pid.pointwise_[:2, 1:3].round(4).tolist()  # the unique information of the first two rows
    [[0.0, 0.6931], [0.6931, 0.0]]
    """

    _is_pointwise = True

    def _redundancy(self, cells, groups):
        without, within = (np.max(logs, axis=0) for logs in self._logs(cells, groups))
        return within - cells.log_share(frozenset(), True) - without

    def _slope(self, cells, groups):
        without, within = (np.argmax(logs, axis=0) for logs in self._logs(cells, groups))
        parts = [
            cells.mean_given(group, True, within == i) - cells.mean_given(group, False, without == i)
            for i, group in enumerate(groups)
        ]
        return sum(parts)

    def _logs(self, cells, groups):
        """Return the log probabilities of the groups, and those joint with the target."""
        return [[cells.log_share(group, with_target) for group in groups] for with_target in (False, True)]


class SharedExclusions(LatticeDecomposition):
    r"""Decomposition by shared exclusions: what is known if one of the sources has its symbol, no matter which.

    .. math::
        I_{sx}(X_1, X_2; Y) = \sum p(x_1, x_2, y) \log
        \frac{P(X_1 = x_1 \text{ or } X_2 = x_2 \mid Y = y)}{P(X_1 = x_1 \text{ or } X_2 = x_2)}

    Parameters
    ----------
    sources : list of columns or of lists of columns, default=None
        The two or three sources, each a column or a group of columns that is taken as one variable, by number or
        by name. ``None`` means the first column, and all others together.
    bias_correction : bool, default=True
        Whether the logarithm of every count is replaced by the G(n) of Grassberger [2]_. Without it, the bias of the
        plug-in is about half the number of cells over n_samples, and nearly all of it lands in the synergy.
    n_permutations : int, default=0
        Number of permutations of y from which a p-value of each atom is computed; 0 for none.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Attributes
    ----------
    redundancy_ : float
        Information about y that the sources share, in nats; of three sources, all of them.
    unique_1_ : float
        Information that only the first source has, in nats. Only of two sources.
    unique_2_ : float
        Information that only the second source has, in nats. Only of two sources.
    synergy_ : float
        Information that only both sources together have, in nats. Only of two sources.
    gap_ : float
        Bound of the error of the optimization, in nats: 0, since the measure has a closed form.
    atoms_ : DataFrame
        One row per atom: ``redundancy``, ``unique_1``, ``unique_2`` and ``synergy`` of two sources; of three, groups of
        sources, such as ``{1}{23}`` for what source 1 shares with sources 2 and 3 taken together. The columns:

        - ``value``: the atom, in nats;
        - ``redundancy``: the redundancy of its groups, in nats, that is, the sum of the atoms at or below it;
        - ``std_error``: standard error of ``value`` over rows, which does not cover the bias;
        - ``pvalue``: share of the permutations of y whose atom is as large; only with `n_permutations`.
    pointwise_ : ndarray of shape (n_samples, n_atoms)
        The atoms of each row, in nats, in the order of `atoms_`; the mean over rows is ``value``. Not after
        ``fit_distribution``.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns of X, where they are strings.

    See Also
    --------
    Pointwise : The other measure of single rows.

    Notes
    -----
    The redundancy is a differentiable function of the probabilities. Atoms may be negative: neither bit of an exclusive
    or tells anything, and the statement that one of them has its value makes the target less likely.

    An atom is what its collection of groups has in redundancy beyond the collections below it, so that
    ``redundancy_ + unique_1_`` is the information of source 1, and the sum of all atoms is that of all sources. These
    identities hold for corrected estimates, too.

    A p-value tests whether y is independent of all sources.

    References
    ----------
    .. [1] A. Makkeh, A. J. Gutknecht, M. Wibral, "Introducing a differentiable measure of pointwise shared
       information", Physical Review E 103, 2021.
    .. [2] P. Grassberger, "Entropy estimates from insufficient samplings", arXiv:physics/0307138, 2003.

    Examples
    --------
    >>> from skib.pid import SharedExclusions
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]] * 50
    >>> y = [a ^ b for a, b in X]
    >>> pid = SharedExclusions(bias_correction=False).fit(X, y)
    >>> round(pid.redundancy_, 4)  # log(2/3)
    -0.4055
    """

    _is_pointwise = True

    def _redundancy(self, cells, groups):
        without, within = (cells.log_share_of_any(groups, with_target) for with_target in (False, True))
        return within - cells.log_share(frozenset(), True) - without

    def _slope(self, cells, groups):
        without, within = (
            cells.sum_over_any(groups, joint, cells.weights / cells.sum_over_any(groups, joint, cells.weights))
            for joint in (False, True)
        )
        return within - without
