"""Tests of independence by betting, which may be stopped at any time."""

from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Self

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_random_state, check_scalar

from skib._columns import holds_classes, opened, read_columns, require_same_length, warn_of_indexes, warn_of_series
from skib._kernels.counts import joint_codes
from skib._parallel import blocks
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_target
from skib.mutual_info._betting import PairWitness, Variable, Wealth, drawn_witness

# Rows before the first bet, and the share of the rows seen after which the references are renewed.
_FIRST, _RENEWED = 10, 0.1
# Rows that a function reads at a time, and of which it looks whether they are a series.
_ROWS_PER_READ = 1000


class SequentialTest:
    r"""Test of independence of X and y on a stream of rows, by betting: it may be stopped, or go on, at any time.

    A bettor starts with a wealth of 1 and stakes a share :math:`\lambda` of it on each pair of rows t:

    .. math:: K_t = K_{t-1} (1 + \lambda g_t), \qquad g_t = \tanh \frac{f_t}{s_t}, \qquad
        f_t = \tfrac12 \operatorname{cov}_i \bigl(k(x_i, x) - k(x_i, x'), \; l(y_i, y) - l(y_i, y')\bigr),

    with Gaussian kernels k and l and the covariance over rows i that came before (x, y) and (x', y'), as is the scale
    :math:`s_t`. Exchanging y and y' changes the sign of :math:`g_t` only; under independence both are equally likely,
    so that nobody can expect to gain, and by Ville's inequality :math:`P(\exists t: K_t \geq 1/\alpha) \leq \alpha`.
    Dependence is found when the wealth reaches :math:`1/\alpha`, however often one looks.

    Parameters
    ----------
    alpha : float, default=0.05
        Level: the probability ever to reject independent variables is at most this.
    discrete_target : bool, default=False
        Whether numbers in y are labels of classes, which are compared for equality only.
    n_references : int, default=1000
        Number of rows that are kept for comparison, the latest. Time per row is proportional to it. More find weaker
        dependence, fewer forget sooner in what way a stream depended before.

    Attributes
    ----------
    wealth : float
        The wealth, 1 before the first bet.
    pvalue : float
        Smallest of 1 and 1 / (largest wealth so far): a p-value whenever one stops.
    rejected : bool
        Whether the largest wealth so far is at least 1 / `alpha`.
    n_samples : int
        Number of rows seen.
    n_samples_to_reject : int or None
        Number of rows after which the wealth first reached 1 / `alpha`.

    See Also
    --------
    sequential_test : The same on a table.
    skib.feature_selection.sequential_column_test : The test of each column given the others.

    Notes
    -----
    The wealth is the mean of 20 bettors, of 10 shares from 0.05 to 0.9 and two widths of the kernels. The bandwidth of
    each column is the median difference of 200 rows that came before. The first 10 rows are for comparison only. How
    the rows are divided into batches makes no difference.

    Rows must be independent draws, in random order: a stream that drifts in both X and y looks dependent, and is, taken
    as a whole. Repeated looks cost power. A permutation test at a number of rows that was fixed before needs fewer.

    References
    ----------
    .. [1] A. Podkopaev, P. Bloebaum, S. P. Kasiviswanathan, A. Ramdas, "Sequential kernelized independence testing",
       ICML 2023.
    .. [2] J. Teneggi, J. Sulam, "I bet you did not mean that: testing semantic importance via betting", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import SequentialTest
    >>> rng = np.random.default_rng(0)
    >>> test = SequentialTest()
    >>> while not test.rejected:
    ...     x = rng.normal(size=(20, 1))
    ...     test = test.update(x, x[:, 0] ** 2 + 0.5 * rng.normal(size=20))
    >>> test.n_samples
    60
    """

    n_samples: int
    n_samples_to_reject: int | None

    def __init__(self, *, alpha: float = 0.05, discrete_target: bool = False, n_references: int = 1000) -> None:
        check_scalar(alpha, "alpha", Real, min_val=0, max_val=1, include_boundaries="neither")
        check_scalar(n_references, "n_references", Integral, min_val=_FIRST)
        self.alpha, self.discrete_target, self.n_references = alpha, discrete_target, n_references
        self.n_samples, self.n_samples_to_reject = 0, None
        self._wealth, self._log_wealth, self._largest = Wealth(), 0.0, 0.0
        self._seen, self._waiting, self._witness, self._renewal = None, None, None, _FIRST
        self._squares, self._n_payoffs, self._scale = 0.0, 0, None

    def __repr__(self) -> str:
        return f"<SequentialTest: wealth {self.wealth:.3g} after {self.n_samples} rows>"

    @property
    def wealth(self) -> float:
        """The wealth, 1 before the first bet."""
        return float(np.exp(min(self._log_wealth, 700.0)))

    @property
    def pvalue(self) -> float:
        """Smallest of 1 and 1 / (largest wealth so far)."""
        return float(np.exp(-self._largest))

    @property
    def rejected(self) -> bool:
        """Whether the largest wealth so far is at least 1 / alpha."""
        return self.n_samples_to_reject is not None

    def update(
        self, X: TableLike, y: TableLike, *, given: TableLike | None = None, drawn: TableLike | None = None
    ) -> Self:
        """Bet on further rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples,)
            Numbers.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Numbers, or numbers as labels with `discrete_target`.
        given : array-like of shape (n_samples, n_conditions), default=None
            Numbers Z, with `drawn`.
        drawn : array-like of the shape of X, default=None
            Rows drawn from P(X|Z), one for each row: the hypothesis is that X is independent of y given Z, which makes
            x and the drawn x exchangeable. There is one payoff for each row then, instead of each pair.

        Returns
        -------
        self : SequentialTest
            The test.
        """
        self._append(self._arrays(X, y, given, drawn))
        step = 1 if self._is_conditional() else 2
        while (n_next := min(len(self._waiting[0]), self._renewal - self.n_samples) // step * step) > 0:
            part, self._waiting = ([a[rows] for a in self._waiting] for rows in (slice(n_next), slice(n_next, None)))
            if self._witness is not None:
                self._bet(part, step)
            self._remember(part)
        return self

    def _arrays(self, X, y, given, drawn):
        if given is not None and drawn is None:
            raise ValueError(
                "given needs drawn, rows of X drawn from P(X|Z); skib.feature_selection.GaussianConditional draws them"
            )
        X = opened("X", X)
        parts = {"X": X, "y": y, "drawn": drawn, "given": given}
        arrays = [check_target(part, len(X), name) for name, part in parts.items() if part is not None]
        shapes = [a.shape[1] for a in arrays]
        if drawn is not None and shapes[2] != shapes[0]:
            raise ValueError(f"drawn has {shapes[2]} columns and X {shapes[0]}; pass a drawn value for each value of X")
        if self._seen is not None and shapes != [a.shape[1] for a in self._seen]:
            raise ValueError(f"batches have {shapes} columns of {list(parts)}, those before had others; pass the same")
        return arrays

    def _is_conditional(self):
        return len(self._waiting) > 2

    def _append(self, arrays):
        if self._waiting is None:
            self._waiting, self._seen = arrays, [a[:0] for a in arrays]
        else:
            self._waiting = [np.concatenate(pair) for pair in zip(self._waiting, arrays, strict=True)]

    def _bet(self, part, step):
        values = self._payoffs(part)
        path = self._wealth.bet(
            np.tanh(np.divide(values, self._scale, where=self._scale > 0, out=np.zeros_like(values)))
        )
        reached = np.flatnonzero(path >= -np.log(self.alpha))
        if len(reached) and not self.rejected:
            self.n_samples_to_reject = self.n_samples + step * (int(reached[0]) + 1)
        self._log_wealth, self._largest = float(path[-1]), max(self._largest, float(path.max()))
        self._squares = self._squares + np.sum(values**2, axis=1)
        self._n_payoffs += values.shape[1]

    def _payoffs(self, part):
        x, y, *others = part
        if not others:
            return self._witness.payoffs(x, y)
        return self._witness.payoffs(x, y, others[0], others[1] if len(others) > 1 else None)

    def _remember(self, part):
        self._seen = [np.concatenate(pair)[-self.n_references :] for pair in zip(self._seen, part, strict=True)]
        self.n_samples += len(part[0])
        if self.n_samples < self._renewal:
            return
        self._renew()
        if self._n_payoffs == 0:  # the scale of the first bets is that of payoffs on the references themselves
            values = self._payoffs(self._seen)
            self._squares, self._n_payoffs = np.sum(values**2, axis=1), values.shape[1]
        self._scale = np.sqrt(self._squares / self._n_payoffs)[:, None]

    def _renew(self):
        x, y, *others = self._seen
        if others:
            given = others[1] if len(others) > 1 else None
            self._witness = drawn_witness(x, y, others[0], given, self.discrete_target)
        else:
            self._witness = PairWitness(Variable.of(x), Variable.of(y, labels=self.discrete_target))
        n_rows = min(_RENEWED * self.n_samples, _RENEWED * self.n_references)
        self._renewal += max(_FIRST, int(n_rows) // 2 * 2)


@dataclass(frozen=True)
class SequentialTestResult:
    """What a sequential test found when it stopped.

    Attributes
    ----------
    rejected : bool
        Whether the wealth reached 1 / alpha.
    n_samples : int
        Number of rows after which it did, or of all rows.
    pvalue : float
        1 / (largest wealth), at most 1.
    wealth : ndarray of shape (n_reads,)
        The wealth after each read of at most 1000 rows.
    """

    rejected: bool
    n_samples: int
    pvalue: float
    wealth: Floats = field(repr=False)


def sequential_test(
    X: TableLike,
    y: TableLike,
    *,
    alpha: float = 0.05,
    n_references: int = 1000,
    shuffle: bool = True,
    random_state: Seed = None,
) -> SequentialTestResult:
    r"""Test independence of X and y by betting on one row after the other, until dependence is found.

    Reads no more rows than it needs: of strongly dependent variables some hundred of a million. The test is that of
    :class:`SequentialTest`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Numbers. Of an array on disk, such as a layer of a dump or a dataset of an HDF5 file, only the rows are read
        that are bet on, 1000 at a time.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target: classes, or numbers.
    alpha : float, default=0.05
        Level: the probability to reject independent variables is at most this.
    n_references : int, default=1000
        Number of rows that are kept for comparison, the latest. Time per row is proportional to it.
    shuffle : bool, default=True
        Whether rows are taken in random order. False takes them as they come, which reads a file faster, and finds
        nothing if they are sorted by y.
    random_state : int, RandomState instance or None, default=None
        Seeds the order of the rows. Pass an int for the same result at every call.

    Returns
    -------
    result : SequentialTestResult
        Whether the test rejects, after how many rows, and an anytime-valid p-value.

    See Also
    --------
    SequentialTest : The same on a stream of batches.
    permutation_test : A test on all rows, which finds weaker dependence.
    skib.feature_selection.sequential_column_test : The test of each column given the others.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.mutual_info import sequential_test
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(100_000, 1))
    >>> result = sequential_test(x, x[:, 0] ** 2 + 0.5 * rng.normal(size=100_000), random_state=0)
    >>> result.rejected, result.n_samples < 200
    (True, True)
    """
    X = X if hasattr(X, "shape") and not issparse(X) else opened("X", X)
    codes, is_discrete = _target(y, X.shape[0])
    head = _rows(X, np.arange(min(_ROWS_PER_READ, X.shape[0])))
    warn_of_indexes(X=X, y=y)
    warn_of_series(head, codes[: len(head)])
    order = np.arange(X.shape[0])
    if shuffle:
        order = check_random_state(random_state).permutation(X.shape[0])
    test, wealth = SequentialTest(alpha=alpha, discrete_target=is_discrete, n_references=n_references), []
    for part in blocks(len(order), _ROWS_PER_READ):
        test.update(_rows(X, order[part]), codes[order[part]])
        wealth.append(test.wealth)
        if test.rejected:
            break
    n_samples = test.n_samples_to_reject or test.n_samples
    return SequentialTestResult(test.rejected, n_samples, test.pvalue, np.array(wealth))


def _target(y, n_samples):
    """Return y as numbers, of which classes are codes, and whether it holds classes only."""
    columns = read_columns("y", y)
    require_same_length(n_samples, len(columns[0].values), "y")
    if all(map(holds_classes, columns)):
        return joint_codes([column.codes() for column in columns])[:, None].astype(np.float64), True
    return check_target(y, n_samples), False


def _rows(X, rows):
    """Return some rows of an array or a frame in memory or on disk, which is read in ascending order."""
    ascending = np.argsort(rows, kind="stable")
    taken = X.iloc[rows[ascending]] if hasattr(X, "iloc") else np.asarray(X[rows[ascending]])
    values = np.asarray(taken)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        lost = rows[ascending][~np.isfinite(values.reshape(len(values), -1)).all(axis=1)]
        raise ValueError(
            f"X holds NaN or infinite values, first in row {lost[0]} of those that were read; leave out such"
        )
    back = np.argsort(ascending, kind="stable")
    return taken.iloc[back] if hasattr(taken, "iloc") else taken[back]
