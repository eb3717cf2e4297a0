"""A test by betting of each column given the others, which ends for each column as soon as it may."""

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils import check_random_state

from skib._columns import holds_classes, target_columns, warn_of_indexes
from skib._kernels.counts import joint_codes
from skib._parallel import blocks, run_tasks
from skib._typing import Seed, TableLike
from skib._validation import check_numbers, check_target
from skib.feature_selection._conditional_randomization import fit_conditional
from skib.feature_selection._conditionals import Conditional, EmpiricalConditional
from skib.mutual_info import SequentialTest

if TYPE_CHECKING:
    from pandas import DataFrame

_ROWS_PER_UPDATE = 200


def sequential_column_test(
    X: TableLike,
    y: TableLike,
    *,
    conditional: Conditional | None = None,
    alpha: float = 0.1,
    n_references: int = 500,
    n_jobs: int | None = None,
    random_state: Seed = None,
    verbose: int = 0,
) -> "DataFrame":
    r"""Test each column for independence of y given the others by betting, and rank columns by the rows it takes.

    For each column j a :class:`~skib.mutual_info.SequentialTest` bets that rows :math:`(x_j, x_{-j}, y)` can be told
    from rows whose :math:`x_j` is drawn anew from :math:`P(X_j | X_{-j})`. A column that matters more is found after
    fewer rows. Columns may be concepts, such as the scores of images for some words, and y what a model said.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Numbers.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        The target: classes, or numbers.
    conditional : object, default=None
        The distributions of each column given the others: :class:`EmpiricalConditional`, which is the default,
        :class:`GaussianConditional`, or an object of yours with their methods ``fit`` and ``draw``.
    alpha : float, default=0.1
        Level of the false discovery rate among the selected columns.
    n_references : int, default=500
        Number of rows that are kept for comparison, the latest. Time per row is proportional to it.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the columns; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds the order of the rows and the draws. Pass an int for the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    ranking : DataFrame
        A row per column, in the order of the rank: feature (name, or number), n_samples (rows after which the wealth
        reached 1 / `alpha`, NaN if it did not), wealth (when the test of the column ended), pvalue (1 / largest
        wealth), selected.

    See Also
    --------
    ConditionalRandomizationSelector : The same hypothesis by a model, with more power.

    Notes
    -----
    The test of a column ends when its wealth reaches n_features / `alpha`, or with the last row. Columns are selected
    by the method of Benjamini and Hochberg on e-values [1]_: the k columns of the largest wealth, with the largest k
    for which all have at least n_features / (`alpha` k). It controls the false discovery rate however the columns
    depend on each other, if the conditional distributions are right.

    The kernel of the other columns gets wider with their number, so that what they add to y is noise to the test.

    Where draws can be told from the column whatever y is, as normal ones from a skewed column or from one of few
    values, columns are selected that are superfluous for y but related to a cause: the default takes residuals as they
    occur. A column that depends on y in no way, not even through others, is rarely selected with wrong draws either.

    References
    ----------
    .. [1] R. Wang, A. Ramdas, "False discovery rate control with e-values", Journal of the Royal Statistical Society B
       84, 2022.
    .. [2] J. Teneggi, J. Sulam, "I bet you did not mean that: testing semantic importance via betting", NeurIPS 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import sequential_column_test
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1000, 3))
    >>> X[:, 1] += X[:, 0]
    >>> ranking = sequential_column_test(X, X[:, 0] ** 2 + 0.3 * rng.normal(size=1000), random_state=0)
    >>> ranking["feature"][ranking["selected"]].tolist()
    [0]
    """
    from pandas import DataFrame

    table = EmpiricalConditional()  # whose names and number of columns are those of X
    x = check_numbers(table, X)
    warn_of_indexes(X=X, y=y)
    y, is_discrete = _target(y, len(x))
    generator = np.random.default_rng(check_random_state(random_state).randint(2**31))
    fitted = fit_conditional(EmpiricalConditional() if conditional is None else conditional, x, generator)
    order, d = generator.permutation(len(x)), x.shape[1]

    def wealth_of(j, child):
        test = SequentialTest(alpha=alpha, discrete_target=is_discrete, n_references=n_references)
        others = np.delete(x, j, axis=1) if d > 1 else None
        drawn = fitted.draw(order, j, 1, child)[0][:, None]
        for part in blocks(len(order), _ROWS_PER_UPDATE):
            rows = order[part]
            test.update(x[rows, j : j + 1], y[rows], given=None if d == 1 else others[rows], drawn=drawn[part])
            if test.wealth >= d / alpha:
                break
        return test.n_samples_to_reject or np.nan, test.wealth, test.pvalue

    tasks = list(enumerate(generator.spawn(d)))
    results = np.array(run_tasks(wealth_of, tasks, n_jobs=n_jobs, verbose=verbose, description="columns"))
    frame = DataFrame(results, columns=["n_samples", "wealth", "pvalue"])
    frame.insert(0, "feature", getattr(table, "feature_names_in_", np.arange(d)))
    frame["selected"] = _selected(frame["wealth"].to_numpy(), alpha)
    rank = np.lexsort((frame["pvalue"], frame["n_samples"]))
    return frame.iloc[rank].reset_index(drop=True)


def _target(y, n_samples):
    columns = target_columns(y, n_samples)
    if all(map(holds_classes, columns)):
        return joint_codes([column.codes() for column in columns])[:, None].astype(np.float64), True
    return check_target(y, n_samples), False


def _selected(wealth, alpha):
    """Return which e-values the method of Benjamini and Hochberg selects."""
    d, ordered = len(wealth), np.sort(wealth)[::-1]
    enough = np.flatnonzero(ordered * np.arange(1, d + 1) >= d / alpha)
    return wealth >= ordered[enough[-1]] if len(enough) else np.zeros(d, bool)
