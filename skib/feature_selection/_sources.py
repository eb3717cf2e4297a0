"""Where a selector takes its information from: counts of codes, Gaussian copulas, or any estimator."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skib._columns import check_incomplete, feature_table
from skib._dependence import require_estimator, seed_estimator
from skib._kernels.counts import joint_codes
from skib._validation import check_numeric, check_target, require_samples
from skib.feature_selection._counts import DenseCounts
from skib.feature_selection._estimates import EstimatedCounts
from skib.feature_selection._gaussian import GaussianCounts
from skib.feature_selection._groups import Variables, column_numbers, variables_of
from skib.feature_selection._tables import (
    check_rows,
    column_codes,
    default_bins,
    identifiers_of,
    read_columns_of,
    read_sparse,
    read_target,
    warn_of_identifiers,
)
from skib.mutual_info import GaussianCopula


class Source(NamedTuple):
    """The variables that may be selected, and what estimates their information."""

    variables: Variables
    counts: Any  # as Counts
    tested: Any = None  # likewise, of estimates that a test of independence takes; None: there are none
    n_bins: int | None = None
    takes_given: bool = True

    @property
    def is_testable(self):
        """Whether the degrees of freedom of the estimates are known."""
        return self.tested is not None

    def required_test(self, test, estimator):
        """Return the test that "auto" takes; refuse an estimator whose estimates have no known distribution."""
        if not self.is_testable:
            raise ValueError(
                f"n_features_to_select='auto' takes a test, which there is none of for {estimator!r}; pass a number of "
                "columns, or stop=ScoreStop() or GainStop()"
            )
        return test

    def require(self, formula, criterion, estimator):
        """Refuse a criterion that is made of what the estimator cannot estimate."""
        if formula.needs_entropies and self.counts.levels is None:
            raise ValueError(
                f"criterion={criterion!r} divides by an entropy, which {estimator!r} does not estimate; pass "
                "estimator=None, or criterion='jmi'"
            )
        if formula.needs_given and not self.takes_given:
            raise ValueError(
                f"criterion={criterion!r} needs I(X;Y|Z), but {estimator!r} takes no `given` in fit; pass an estimator "
                "that conditions, such as skib.mutual_info.KSG(), or criterion='mrmr'"
            )


def source_of(selector, X, y, sample_weight, generator):
    """Read the arguments of ``fit`` by the parameters of a selector."""
    if selector.estimator is None:
        return _sparse_source(selector, X, y, sample_weight) if issparse(X) else _counted(selector, X, y, sample_weight)
    require_estimator(selector.estimator)
    if sample_weight is not None:
        raise ValueError(
            f"sample_weight was passed, but estimator={selector.estimator!r} takes no weights; pass estimator=None, "
            "which counts them"
        )
    if type(selector.estimator) is GaussianCopula and selector.groups is None:
        return _gaussian(selector, X, y)
    return _estimated(selector, X, y, generator)


def _variables(selector, identifiers=()):
    """Resolve the parameters; identifiers are excluded, unless they are included by name."""
    names, n_features = getattr(selector, "feature_names_in_", None), selector.n_features_in_
    include = column_numbers("include", selector.include, names, n_features)
    exclude = column_numbers("exclude", selector.exclude, names, n_features)
    found = warn_of_identifiers(names, [j for j in identifiers if j not in (*include, *exclude)])
    return variables_of(names, n_features, groups=selector.groups, include=include, exclude=[*exclude, *found])


def _counted(selector, X, y, sample_weight):
    columns = read_columns_of(selector, X, missing=selector.missing)
    n_samples = len(columns[0].complete)
    require_samples(selector, n_samples, 2)
    rows = check_rows(sample_weight, n_samples)
    target = read_target(y, n_samples, rows)
    variables = _variables(selector, identifiers_of(columns))
    n_bins = default_bins(rows.n_effective, int(target.max()) + 1)
    discretizer = n_bins if selector.discretizer is None else selector.discretizer
    codes = [
        joint_codes([column_codes(columns[j], rows, target, discretizer) for j in members])
        for members in variables.members
    ]
    counts = DenseCounts(np.array(codes), target, rows.weights)
    counts.n_effective = rows.n_effective
    return Source(variables, counts, counts, n_bins)


def _sparse_source(selector, X, y, sample_weight):
    X = read_sparse(selector, X)
    require_samples(selector, X.shape[0], 2)
    rows = check_rows(sample_weight, X.shape[0])
    target = read_target(y, X.shape[0], rows)
    variables = _variables(selector)
    X = X[rows.kept]
    codes = [joint_codes([X[:, [j]].toarray().ravel().astype(np.int64) for j in m]) for m in variables.members]
    counts = DenseCounts(np.array(codes), target, rows.weights)
    counts.n_effective = rows.n_effective
    return Source(variables, counts, counts)


def _gaussian(selector, X, y):
    x = check_numeric(selector, X, y)
    require_samples(selector, len(x), 4)
    variables = _variables(selector)
    columns = [members[0] for members in variables.members]
    counts = GaussianCounts(
        x[:, columns], check_target(y, len(x)), bias_correction=selector.estimator.bias_correction
    )
    return Source(variables, counts, counts.uncorrected())


def _estimated(selector, X, y, generator):
    check_incomplete(selector, X)
    table = feature_table(X)
    estimator = seed_estimator(selector.estimator, generator)
    variables = _variables(selector)
    counts = EstimatedCounts(estimator, table, variables.members, y, verbose=selector.verbose)
    return Source(variables, counts, takes_given=counts.takes_given)
