"""Shapley shares of the information of columns about a target, by a Gaussian copula."""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from skib._columns import columns_of
from skib._linear_algebra import log_det_bias
from skib._marginals import are_atoms, normal_score_rows, transform_marginals
from skib._parallel import blocks, spawn_generators
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_target, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, warn
from skib.pid._o_information_gaussian import resolved_correlations

# Columns of which all sets are measured; twice as many for each more.
_MOST_EXACT = 15
# Numbers in the matrices that are factored at a time.
_NUMBERS_PER_BLOCK = 500_000


def information_shares(
    X: TableLike,
    y: TableLike,
    *,
    bias_correction: bool = True,
    n_permutations: int = 500,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Divide the information of all columns about a target fairly among them.

    The share of a column is its Shapley value [1]_: how much it adds to the information of a set of others, on average
    over all sizes of the set and all sets of each size,

    .. math:: \phi_j = \frac1k \sum_{S \not\ni j} \binom{k - 1}{|S|}^{-1}
              \big( I(X_{S \cup j}; Y) - I(X_S; Y) \big), \qquad \sum_j \phi_j = I(X; Y).

    The informations are those of a Gaussian copula with the rank correlations of the data.

    Parameters
    ----------
    X : DataFrame (pandas, polars or pyarrow) or array-like of shape (n_samples, n_columns)
        Columns of numbers.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target, of numbers, taken together as one variable.
    bias_correction : bool, default=True
        Whether to subtract the bias of each information, exact for Gaussian rows.
    n_permutations : int, default=500
        Number of orders of the columns that are drawn, each with its reverse, if there are more than 15; with fewer
        columns all sets are measured.
    random_state : int, RandomState instance or None, default=None
        Seeds the orders. Pass an int for the same result at every call.

    Returns
    -------
    table : DataFrame
        A row for each column, by name: ``share`` in nats, ``alone``, the information of the column by itself,
        ``last``, what it adds to all others, and ``sampling_error``, the standard error that is due to the orders, 0
        where all sets are measured. The shares add up to the information of all columns.

    See Also
    --------
    skib.mutual_info.GaussianCopula : The information of all columns, with its error.

    Notes
    -----
    A column whose share is less than ``alone`` shares information with others; one whose share is more has synergy
    with them. Copies of a column divide its information among them.

    References
    ----------
    .. [1] L. S. Shapley, "A value for n-person games", Contributions to the Theory of Games II, 1953.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.pid import information_shares
    >>> X = np.random.default_rng(0).normal(size=(2000, 3))
    >>> y = X[:, 0] + X[:, 1] + np.random.default_rng(1).normal(size=2000)
    >>> shares = information_shares(X, y)["share"]
    >>> shares[:2].round(1).tolist()  # truth: log(3) / 4 = 0.27 each
    [0.3, 0.3]
    """
    if n_permutations < 2:
        raise ValueError(f"n_permutations must be at least 2, got {n_permutations}")
    columns = columns_of(X, "X", discrete=lambda n: [False] * n)
    n_samples, n_columns = columns[0].n_samples, len(columns)
    targets = check_target(y, n_samples)
    warn_if_constant("y", targets)
    _require_rows(n_samples, n_columns, targets.shape[1])
    scores = np.vstack([transform_marginals(targets, "rank").T, normal_score_rows([c.values for c in columns])])
    _warn_of_atoms(scores)
    correlations, varies = resolved_correlations(scores.T), np.ptp(scores, axis=1) > 0
    game = _Game(correlations, varies, targets.shape[1], n_samples if bias_correction else None)
    if n_columns <= _MOST_EXACT:
        shares, errors = _exact_shares(game), np.zeros(n_columns)
    else:
        shares, errors = _sampled_shares(game, n_permutations, random_state)
    everything = np.arange(n_columns)
    alone = game.informations(everything[:, None])
    rests = np.array([np.delete(everything, j) for j in everything], np.intp).reshape(n_columns, -1)
    last = game.informations(everything[None]) - game.informations(rests)
    table = {"share": shares, "alone": alone, "last": last, "sampling_error": errors}
    return pd.DataFrame(table, index=pd.Index([column.name for column in columns], name="column"))


class _Game:
    """The information I(X_S; Y) of sets S of columns; the target stands first among the correlations."""

    def __init__(self, correlations, varies, n_targets, n_samples):
        self.correlations, self.varies = correlations, varies
        self.n_targets, self.n_samples = n_targets, n_samples
        self.n_columns = len(correlations) - n_targets
        self.log_det_target = np.linalg.slogdet(correlations[:n_targets, :n_targets])[1]

    def informations(self, sets):
        """Return the information of sets of one size: (n_sets,)."""
        if not sets.shape[1]:
            return np.zeros(len(sets))
        return self.path_informations(sets)[:, -1]

    def path_informations(self, orders):
        """Return the information of the first, the first two, ... columns of each row of `orders`."""
        n_sets, size = orders.shape
        found = np.empty((n_sets, size))
        for part in blocks(n_sets, max(_NUMBERS_PER_BLOCK // (size + self.n_targets) ** 2, 1)):
            columns = self.n_targets + orders[part]
            target = np.broadcast_to(np.arange(self.n_targets), (len(columns), self.n_targets))
            without, joint = self._log_dets(columns), self._log_dets(np.hstack([target, columns]))
            found[part] = 0.5 * (without + self.log_det_target - joint[:, self.n_targets :])
        if self.n_samples is None:
            return found
        # A constant column has no information, and none to correct.
        return found - self._biases(size)[np.cumsum(self.varies[self.n_targets + orders], axis=1)]

    def _log_dets(self, columns):
        """Return the log determinants of the leading blocks of the correlations of these columns."""
        factors = np.linalg.cholesky(self.correlations[columns[:, :, None], columns[:, None]])
        return 2 * np.cumsum(np.log(np.diagonal(factors, axis1=1, axis2=2)), axis=1)

    def _biases(self, size):
        """Return the biases of the information of 0, 1, ... columns."""
        n_targets = np.sum(self.varies[: self.n_targets])
        of_target = log_det_bias(self.n_samples, n_targets)
        return np.array(
            [
                log_det_bias(self.n_samples, k) + of_target - log_det_bias(self.n_samples, k + n_targets)
                for k in range(size + 1)
            ]
        )


def _exact_shares(game):
    """Return the Shapley values from the informations of all sets."""
    n_columns = game.n_columns
    informations = np.zeros(2**n_columns)
    for size in range(1, n_columns + 1):
        sets = np.array(list(combinations(range(n_columns), size)), np.intp)
        informations[(1 << sets).sum(axis=1)] = game.informations(sets)
    numbers = np.arange(2**n_columns)
    sizes = np.array([comb(n_columns - 1, size) for size in range(n_columns)])
    n_members = np.bitwise_count(numbers)
    shares = np.empty(n_columns)
    for j in range(n_columns):
        without = numbers[numbers >> j & 1 == 0]
        added = informations[without | 1 << j] - informations[without]
        shares[j] = np.sum(added / sizes[n_members[without]]) / n_columns
    return shares


def _sampled_shares(game, n_permutations, random_state) -> tuple[Floats, Floats]:
    """Return the mean of what each column adds in random orders and their reverses, and its standard error."""
    (rng,) = spawn_generators(random_state, 1)
    orders = rng.permuted(np.tile(np.arange(game.n_columns), (n_permutations, 1)), axis=1)
    added = 0.5 * (_added(game, orders) + _added(game, orders[:, ::-1]))
    return added.mean(axis=0), added.std(axis=0, ddof=1) / np.sqrt(n_permutations)


def _added(game, orders):
    """Return what each column adds to those before it in each order: (n_orders, n_columns)."""
    added = np.empty(orders.shape)
    np.put_along_axis(added, orders, np.diff(game.path_informations(orders), prepend=0, axis=1), axis=1)
    return added


def _require_rows(n_samples, n_columns, n_targets):
    needed = n_columns + n_targets + 2
    if n_samples < needed:
        raise ValueError(
            f"X has n_samples = {n_samples}, but {n_columns} columns and {n_targets} of y need at least {needed} rows; "
            "pass more rows or fewer columns"
        )


def _warn_of_atoms(scores):
    n_atoms = int(are_atoms(scores.var(axis=1), scores.shape[1]).sum())
    if n_atoms:
        warn(
            f"{n_atoms} of {len(scores)} columns of X and y have many equal values, which a Gaussian copula does not "
            "describe: the shares may be too high or too low",
            UnreliableEstimateWarning,
        )
