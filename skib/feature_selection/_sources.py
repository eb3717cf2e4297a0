"""Where a selector takes its information from: counts of codes, Gaussian copulas, or any estimator."""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skib._columns import check_incomplete, feature_table
from skib._dependence import require_estimator, seed_estimator
from skib._kernels.counts import joint_codes
from skib._validation import check_numeric, check_target, require_samples
from skib.feature_selection._coding import default_n_bins
from skib.feature_selection._counts import DenseCounts
from skib.feature_selection._criteria import formula_of
from skib.feature_selection._estimates import EstimatedCounts
from skib.feature_selection._gaussian import GaussianCounts
from skib.feature_selection._groups import Variables, column_numbers, variables_of
from skib.feature_selection._sparse_counts import SparseCounts
from skib.feature_selection._tables import (
    check_rows,
    code_table,
    identifiers_of,
    n_rows_of,
    read_sparse,
    read_table,
    read_target,
    require_complete,
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

    def require(self, selector, formula):
        """Refuse a criterion that is made of what the estimator cannot estimate."""
        if formula.needs_entropies and self.counts.levels is None:
            raise ValueError(
                f"criterion={selector.criterion!r} divides by an entropy, which {selector.estimator!r} does not "
                "estimate; pass estimator=None, or criterion='jmi'"
            )
        if self.takes_given or not (formula.needs_given or selector.init == "pair"):
            return
        what = f"criterion={selector.criterion!r}" if formula.needs_given else "init='pair'"
        raise ValueError(
            f"{what} needs I(X;Y|Z), but {selector.estimator!r} takes no `given` in fit; pass an estimator that "
            "conditions, such as skib.mutual_info.KSG(), or criterion='mrmr' without init"
        )


def source_of(selector, X, y, sample_weight, generator):
    """Read the arguments of ``fit`` by the parameters of a selector."""
    if selector.estimator is None:
        return _sparse(selector, X, y, sample_weight) if issparse(X) else _counted(selector, X, y, sample_weight)
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
    table = read_table(selector, X)
    n_samples, names = n_rows_of(table), getattr(selector, "feature_names_in_", None)
    rows = check_rows(selector, sample_weight, n_samples)
    target = read_target(y, n_samples, rows)
    variables = _variables(selector, identifiers_of(table))
    n_bins = default_n_bins(rows.n_effective, int(target.max()) + 1)
    discretizer = n_bins if selector.discretizer is None else selector.discretizer
    numbers = [j for members in variables.members for j in members]
    coded = code_table(table, numbers, rows, target, discretizer, selector.n_jobs)
    if selector.missing == "error":
        require_complete(names, numbers, coded.n_missing)
    codes = coded.codes if selector.groups is None else _joint_codes(coded.codes, variables.members)
    return _source(variables, DenseCounts(codes, target, rows.weights), rows, n_bins)


def _sparse(selector, X, y, sample_weight):
    X = read_sparse(selector, X, missing=selector.missing)
    rows = check_rows(selector, sample_weight, X.shape[0])
    target = read_target(y, X.shape[0], rows)
    variables = _variables(selector)
    columns = X[rows.kept][:, [j for members in variables.members for j in members]]
    if selector.groups is None:
        return _source(variables, SparseCounts(columns, target, rows.weights), rows)
    return _source(variables, DenseCounts(_joint_codes(columns.T, variables.members), target, rows.weights), rows)


def _source(variables, counts, rows, n_bins=None):
    counts.n_effective = rows.n_effective
    return Source(variables, counts, counts, n_bins)


def _joint_codes(codes, members):
    """Return one row of codes per group of successive rows: of the combinations of their values that occur."""
    ends = np.cumsum([len(group) for group in members])
    groups = [codes[end - len(group) : end] for end, group in zip(ends, members, strict=True)]
    joint = [joint_codes(list((part.toarray() if issparse(part) else part).astype(np.int64))) for part in groups]
    n_levels = max(int(column.max()) + 1 for column in joint)
    if n_levels > np.iinfo(np.uint16).max + 1:
        raise ValueError(
            f"a group of columns takes {n_levels} combinations of values, and at most 65536 can be counted; pass "
            "smaller groups"
        )
    return np.array(joint, np.uint8 if n_levels <= 256 else np.uint16)


def _gaussian(selector, X, y):
    x = check_numeric(selector, X, y)
    require_samples(selector, len(x), 4)
    variables = _variables(selector)
    columns = [members[0] for members in variables.members]
    counts = GaussianCounts(x[:, columns], check_target(y, len(x)), bias_correction=selector.estimator.bias_correction)
    return Source(variables, counts, counts.uncorrected())


def _estimated(selector, X, y, generator):
    check_incomplete(selector, X)
    table = feature_table(X)
    estimator = seed_estimator(selector.estimator, generator)
    variables = _variables(selector)
    options = {"pairs": formula_of(selector.criterion).needs_pairs, "verbose": selector.verbose}
    counts = EstimatedCounts(estimator, table, variables.members, y, **options)
    return Source(variables, counts, takes_given=counts.takes_given)
