"""Rules that end a greedy selection."""

from numbers import Integral, Real
from typing import Protocol

import numpy as np

from skib._parallel import spawn_generators
from skib._sklearn import BaseEstimator, Interval, fit_context
from skib._typing import Seed
from skib.feature_selection._counts import best_pair
from skib.feature_selection._independence import independence_pvalue, uncorrected_pvalues
from skib.feature_selection._terms import Decision, Step


class Stop(Protocol):
    """A rule that ends a greedy selection; any object with this method is one."""

    def decide(self, step: Step) -> Decision:
        """Return why to stop before the best candidate of this step is taken, or None to take it."""


class ChiSquareStop(BaseEstimator):
    r"""Stop when no candidate is significant, by the chi-squared distribution of the likelihood ratio.

    .. math:: G_j = 2 n \hat I(X_k;Y|X_j), \quad p = \min\{1, \; m \, C(p_0, p_1, \dots, p_{|S|})\}

    for a candidate k of m, where :math:`p_j` is the probability that a chi-squared variable exceeds the corrected
    :math:`G_j`, and C combines the p-values given each selected column j, and given none (:math:`p_0`). The candidate
    of the best score is taken whose p is at most `alpha`.

    Parameters
    ----------
    alpha : float, default=0.05
        Largest p-value of a column that is selected. A smaller one selects fewer columns.

    See Also
    --------
    PermutationStop : The same statistic, with a null distribution from permutations.

    Notes
    -----
    The p-value of a step is adjusted for the number of candidates, by Bonferroni's method: if none of the columns has
    information about the target, one of them is selected with probability `alpha` or less. The p-values of the path are
    not adjusted for its length.

    The combination is that of Liu and Xie [1]_. It holds under any dependence of the tests, in the tail, and is small
    if a single p-value is: a column is significant if it has information about Y, alone or given any one of the
    selected columns. All relevant columns are selected, then, copies of the selected ones included. Use
    :class:`GainStop` for columns that add to every selected one.

    The degrees of freedom are those of the values that occur within each value of :math:`X_j`. Where few rows are
    expected per cell, the mean of G over all tables of the same margins exceeds them. This mean is known [2]_, and G is
    divided by the quotient, as in Bartlett's correction, of which Williams's [3]_ is an approximation. With it the test
    is conservative where cells are nearly empty.

    Rows with weights that are no whole numbers count as :math:`(\sum w)^2 / \sum w^2` rows, and rows with weights that
    are whole numbers as :math:`\sum w`, since these are repeated rows. Rows that depend on each other, such as those of
    a time series or rows that were repeated to balance classes, count as more than they are, and too many columns are
    selected. Weights that do not count observations are therefore divided by their mean before.

    With ``estimator=GaussianCopula()`` the statistic is :math:`2 n` times the information of the normal scores, without
    correction. Other estimators have no known distribution; use :class:`ScoreStop` or :class:`GainStop` for them.

    References
    ----------
    .. [1] Y. Liu, J. Xie, "Cauchy combination test: a powerful test with analytic p-value calculation under arbitrary
       dependency structures", Journal of the American Statistical Association 115, 2020.
    .. [2] N. X. Vinh, J. Epps, J. Bailey, "Information theoretic measures for clusterings comparison", Journal of
       Machine Learning Research 11, 2010, for the mean of the information of two partitions with fixed sizes.
    .. [3] D. A. Williams, "Improved likelihood ratio tests for complete contingency tables", Biometrika 63, 1976.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skib.feature_selection import ChiSquareStop, InformationSelector
    >>> X, y = make_classification(1000, 50, n_informative=3, n_redundant=0, shuffle=False, random_state=0)
    >>> selector = InformationSelector(stop=ChiSquareStop(alpha=0.01)).fit(X, y)
    >>> sorted(selector.selected_features_.tolist())  # the first three columns are informative
    [0, 1, 2]
    """

    _parameter_constraints = {"alpha": [Interval(Real, 0, 1, closed="neither")]}

    def __init__(self, alpha: float = 0.05) -> None:
        self.alpha = alpha

    @fit_context(prefer_skip_nested_validation=True)
    def decide(self, step: Step) -> Decision:
        """Test the best candidate, and if it is not significant, the next ones.

        Parameters
        ----------
        step : Step
            The step of the selection.

        Returns
        -------
        decision : Decision
            Why to stop, or the p-value of the candidate to take.

        Raises
        ------
        ValueError
            If the distribution of the estimates is not known.
        """
        pvalue = self.pvalue(step)
        if pvalue <= self.alpha:
            return Decision(None, pvalue)
        for candidate in [] if len(step.best) > 1 else self._worth_a_test(step):
            other = self.pvalue(step.taking(candidate))
            if other <= self.alpha:
                return Decision(None, other, candidate)
        return Decision(_not_significant(pvalue, self.alpha), pvalue)

    def pvalue(self, step: Step) -> float:
        """Return the p-value of the best candidate, adjusted for the number of candidates.

        Parameters
        ----------
        step : Step
            The step of the selection.

        Returns
        -------
        pvalue : float
            The p-value.

        Raises
        ------
        ValueError
            If the distribution of the estimates is not known.
        """
        if step.counts is None:
            raise ValueError(
                "ChiSquareStop needs estimates of known distribution: counts, or those of GaussianCopula; for other "
                "estimators pass stop=ScoreStop() or GainStop(), or n_features_to_select"
            )
        return min(1.0, step.n_choices * independence_pvalue(step))

    def _worth_a_test(self, step):
        """Return the candidates that may be significant, best first: the correction makes no p-value smaller."""
        pvalues = uncorrected_pvalues([step.counts] * len(step.contexts), step.contexts, step.candidates)
        order = _by_score(step)
        return step.candidates[order][step.n_choices * pvalues[order] <= self.alpha].tolist()


class PermutationStop(BaseEstimator):
    r"""Stop when no candidate is significant among those of permuted targets.

    .. math:: p = \frac{1 + \#\{b : \min_k p_k^{(b)} \leq p\}}{1 + B}

    The statistic of a candidate is the p-value :math:`p_k` of :class:`ChiSquareStop`, without its corrections. Its null
    distribution is that of the smallest one of all candidates after Y was permuted: for the information given a
    selected column j within the rows of equal :math:`X_j`. The candidate of the best score is taken whose p is at most
    `alpha`.

    Parameters
    ----------
    alpha : float, default=0.05
        Largest p-value of a column that is selected. A smaller one selects fewer columns.
    n_permutations : int, default=99
        Number of permutations per step. The p-value is never below 1 / (1 + n_permutations), which must not exceed
        `alpha`.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    See Also
    --------
    ChiSquareStop : The same test without permutations.

    Notes
    -----
    The level is exact for the first column, however few rows there are per cell, and however the candidates depend on
    each other, which makes Bonferroni's method conservative. A step takes as long as
    ``n_permutations * (1 + n_selected)`` steps of the search. It ends as soon as no p-value can be `alpha` or less; the
    p-values are then estimated from the permutations so far [1]_.

    With ``init="pair"`` the first statistic is :math:`I(X_i X_j;Y)`, and its null distribution that of the best pair.

    References
    ----------
    .. [1] J. Besag, P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991.
    .. [2] P. H. Westfall, S. S. Young, "Resampling-based multiple testing", Wiley, 1993, for the smallest p-value.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from skib.feature_selection import InformationSelector, PermutationStop
    >>> X, y = make_classification(300, 20, n_informative=3, n_redundant=0, shuffle=False, random_state=0)
    >>> selector = InformationSelector(stop=PermutationStop(random_state=0)).fit(X, y)
    >>> sorted(selector.selected_features_.tolist())  # the first three columns are informative
    [0, 1, 2]
    """

    _parameter_constraints = {
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_permutations": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(self, alpha: float = 0.05, n_permutations: int = 99, random_state: Seed = None) -> None:
        self.alpha = alpha
        self.n_permutations = n_permutations
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def decide(self, step: Step) -> Decision:
        """Test the best candidate.

        Parameters
        ----------
        step : Step
            The step of the selection.

        Returns
        -------
        decision : Decision
            Why to stop, or None, and the p-value.

        Raises
        ------
        ValueError
            If there are too few permutations for `alpha`, or nothing whose rows could be permuted.
        """
        most = int(self.alpha * (1 + self.n_permutations) + 1e-9) - 1  # null values that may reach the statistic
        if most < 0:
            raise ValueError(
                f"n_permutations={self.n_permutations} gives no p-value below {1 / (1 + self.n_permutations):.3g}, but "
                f"alpha={self.alpha}; pass n_permutations={int(np.ceil(1 / self.alpha)) - 1} or more"
            )
        if not hasattr(step.counts, "permuted"):
            raise ValueError(
                "PermutationStop permutes rows of codes in memory, which estimators and batches do not have; pass "
                "stop=ChiSquareStop() or ScoreStop(), or n_features_to_select"
            )
        observed = _statistics(step, [step.counts] * len(step.contexts))
        null = _null(step, spawn_generators(self.random_state, self.n_permutations), observed.min(), most)
        pvalues = (1 + np.sum(null[:, None] <= _raised(observed), axis=0)) / (1 + len(null))
        order = _by_score(step)
        significant = order[pvalues[order] <= self.alpha]
        if not len(significant):
            return Decision(_not_significant(pvalues[order[0]], self.alpha), float(pvalues[order[0]]))
        place = significant[0]
        instead = None if place == order[0] else int(step.candidates[place])
        return Decision(None, float(pvalues[place]), instead)


class ScoreStop(BaseEstimator):
    """Stop when the score of the best candidate is at or below a threshold.

    Parameters
    ----------
    threshold : float, default=0.0
        Scores up to it end the selection. They are those of the criterion, in nats for most of them.

    See Also
    --------
    GainStop : A threshold in nats that does not depend on the criterion.

    Notes
    -----
    For ``criterion="mrmr"`` and ``"mifs"`` a negative score is that of a candidate whose redundancy exceeds its
    relevance. Scores such as those of ``"jmi"`` and ``"cmim"`` are not negative, because plug-in information is
    not: the rule then ends the selection only when no candidate has any information.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import InformationSelector, ScoreStop
    >>> x = np.random.default_rng(0).integers(2, size=(1000, 2))
    >>> X, y = np.c_[x, x[:, 0]], x[:, 0] + 2 * x[:, 1]
    >>> InformationSelector("mifs", stop=ScoreStop()).fit(X, y).selected_features_.tolist()  # not the copy of column 0
    [0, 1]
    """

    _parameter_constraints = {"threshold": [Real]}

    def __init__(self, threshold: float = 0.0) -> None:
        self.threshold = threshold

    @fit_context(prefer_skip_nested_validation=True)
    def decide(self, step: Step) -> Decision:
        """Compare the score of the best candidate.

        Parameters
        ----------
        step : Step
            The step of the selection.

        Returns
        -------
        decision : Decision
            Why to stop, or None.
        """
        if step.score > self.threshold:
            return Decision(None)
        return Decision(f"the best score is {step.score:.3g}, not above threshold={self.threshold}")


class GainStop(BaseEstimator):
    r"""Stop when the best candidate adds less than a tolerance to some selected column.

    .. math:: \min_{j \in S} \hat I(X_k;Y|X_j) - \frac{\nu_j}{2n} < \mathrm{tol}

    where :math:`\nu_j / 2n` is the mean of the estimate under independence, with :math:`\nu_j` degrees of freedom.
    Before any column is selected the gain is :math:`I(X_k;Y)`.

    Parameters
    ----------
    tol : float, default=0.005
        Smallest gain in nats for which a column is selected. A larger one selects fewer columns.

    See Also
    --------
    ChiSquareStop : Stops by significance, and not by the size of the gain.

    Notes
    -----
    The gain of a column that copies a selected one is zero, whatever it adds to the others. So this rule makes
    minimal sets, together with a criterion that avoids copies, such as ``"cmim"``. It is an upper bound of no
    quantity: a column that informs about Y only together with several others has no gain.

    The information that is left out bounds what an ideal predictor loses, as in [1]_: by Pinsker's inequality, columns
    of information :math:`\delta` given all kept ones lower the error rate of the best classifier by at most
    :math:`\sqrt{\delta / 2}`.

    The bias is subtracted of counts and of Gaussian copulas. The estimates of other estimators are taken as they are.

    References
    ----------
    .. [1] M. Beraha, A. M. Metelli, M. Papini, A. Tirinzoni, M. Restelli, "Feature selection via mutual information:
       new theoretical insights", International Joint Conference on Neural Networks, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.feature_selection import GainStop, InformationSelector
    >>> x = np.random.default_rng(0).integers(2, size=(1000, 2))
    >>> X, y = np.c_[x, x[:, 0]], x[:, 0] + 2 * x[:, 1]
    >>> InformationSelector("cmim", stop=GainStop()).fit(X, y).selected_features_.tolist()  # not the copy of column 0
    [0, 1]
    """

    _parameter_constraints = {"tol": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, tol: float = 0.005) -> None:
        self.tol = tol

    @fit_context(prefer_skip_nested_validation=True)
    def decide(self, step: Step) -> Decision:
        """Compare the gain of the best candidate.

        Parameters
        ----------
        step : Step
            The step of the selection.

        Returns
        -------
        decision : Decision
            Why to stop, or None.

        Raises
        ------
        ValueError
            If the estimator does not condition.
        """
        gain = _gain(step)
        if np.isnan(gain):
            raise ValueError(
                "GainStop needs I(X;Y|Z), but the estimator takes no `given` in fit; pass one that conditions, such as "
                "skib.mutual_info.KSG(), or stop=ScoreStop()"
            )
        return Decision(None if gain >= self.tol else f"the best candidate adds {gain:.3g} nats, below tol={self.tol}")


def _not_significant(pvalue, alpha):
    return f"no candidate is significant at alpha={alpha}; that of the best score has p = {pvalue:.3g}"


def _by_score(step):
    """Return the places of the candidates, the best first; that of the only choice for a start with a pair."""
    if step.scores is None:
        return np.zeros(1, np.int64)
    return np.argsort(-np.where(step.candidates == step.best[0], np.inf, step.scores), kind="stable")


def _statistics(step, counts):
    """Return the p-values of the candidates, or minus the information of the best pair of them."""
    if step.scores is None:
        return -np.array(best_pair(counts[0], step.candidates)[2:])
    return uncorrected_pvalues(counts, step.contexts, step.candidates)


def _null(step, generators, observed, most):
    """Return the smallest statistic of each permutation, until more than `most` of them reach the observed one."""
    null, reached = [], 0
    for generator in generators:
        permuted = [step.counts.permuted(context, generator) for context in step.contexts]
        null.append(_statistics(step, permuted).min())
        reached += null[-1] <= _raised(observed)
        if reached > most:
            break
    return np.array(null)


def _raised(statistics):
    """Raise statistics by what the sums of other orders of rows may differ by."""
    return statistics + 1e-9 * np.abs(statistics)


def _gain(step):
    if step.counts is None:
        place = int(np.flatnonzero(step.candidates == step.best[0])[0])
        return float((step.terms.min_conditional if step.selected else step.terms.relevance)[place])
    tests = step.tests()
    gains = tests.information - tests.dof / (2 * step.counts.n_effective)
    return float(np.min(gains[1:] if step.selected else gains))
