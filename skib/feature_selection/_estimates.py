"""Estimates of any estimator of mutual information, in place of counts."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from skib._dependence import fit_information
from skib._parallel import run_tasks
from skib._sklearn import safe_indexing


class RelativeJoint(NamedTuple):
    """Joint entropies less the sum of those of the single variables, of which information is made as well."""

    with_target: np.ndarray
    without: np.ndarray
    context_with_target: float
    context: float
    dof: np.ndarray

    @property
    def information(self):
        """I(X_k; Y | X_S) of each candidate."""
        return (self.without - self.context) + (self.context_with_target - self.with_target)


class EstimatedCounts:
    """Information of the variables of a table by an estimator, which is fitted to every pair that is asked for.

    `members` are the columns of each variable. NaN stands for what is not estimated: without `given` in the ``fit`` of
    the estimator there is no I(k;Y|j), without `pairs` no I(k;j) either, and the degrees of freedom of a test are not
    known.
    """

    levels = None

    def __init__(self, estimator, table, members, y, *, pairs=True, verbose=0):
        self._estimator, self._y, self._verbose = estimator, y, verbose
        self._table, self._members = table, members
        self.n_samples = self.n_effective = table.shape[0]
        self._pairs, self.takes_given = pairs, has_fit_parameter(estimator, "given")
        self._relevance = {}

    def joint(self, context, candidates, n_jobs=None):
        """Return the RelativeJoint of each candidate; of more than one context column only its `information`."""
        candidates, nothing = np.asarray(candidates), np.zeros(len(candidates))
        unknown = np.full(len(candidates), np.nan)
        if not context:
            relevance = self._run([(self._columns((k,)), self._y, None) for k in candidates], n_jobs)
            self._relevance |= dict(zip(candidates.tolist(), relevance.tolist(), strict=True))
            return RelativeJoint(-relevance, nothing, 0.0, 0.0, unknown)
        if not self._pairs:
            return RelativeJoint(unknown, unknown, 0.0, 0.0, unknown)
        given, conditional = self._columns(context), unknown
        if self.takes_given:
            conditional = self._run([(self._columns((k,)), self._y, given) for k in candidates], n_jobs)
        if len(context) > 1:
            return RelativeJoint(-conditional, nothing, 0.0, 0.0, unknown)
        redundancy = self._run([(self._columns((k,)), given, None) for k in candidates], n_jobs)
        relevance = self._relevance[context[0]]
        return RelativeJoint(-redundancy - relevance - conditional, -redundancy, -relevance, 0.0, unknown)

    def _columns(self, variables):
        """Return the columns of some variables as a table."""
        numbers = [j for k in variables for j in self._members[k]]
        if hasattr(self._table, "column_names"):
            return self._table.select([self._table.column_names[j] for j in numbers])
        return safe_indexing(self._table, numbers, axis=1)

    def _run(self, tasks, n_jobs):
        tasks = [(self._estimator, *task) for task in tasks]
        return np.array(run_tasks(_estimate, tasks, n_jobs=n_jobs, verbose=self._verbose, description="columns"))


def _estimate(estimator, X, y, given):
    return float(fit_information(estimator, X, y, given).mutual_info_)
