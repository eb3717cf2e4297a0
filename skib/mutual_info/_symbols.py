"""Mutual information of discrete rows, each of which is one symbol, from counts."""

from math import prod
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import clone

from skib._entropies import alphabet_size
from skib._kernels.counts import joint_codes, joint_counts
from skib._sklearn import HasMethods, fit_context
from skib._statistics import is_saturated, mean_std_error
from skib._typing import Floats, Orders, TableLike
from skib._validation import warn_if_constant
from skib._warnings import ConstantInputWarning, SaturatedEstimateWarning, warn
from skib.entropy import PlugIn
from skib.mutual_info._base import MutualInfoMixin

ENTROPY_CONSTRAINTS = {"entropy": [HasMethods(["entropy_of_counts", "pointwise_of_counts"]), None]}


class DiscreteMutualInfoMixin(MutualInfoMixin):
    """Mixin of the estimators that sum the entropies of one symbol per row.

    A class has a parameter `entropy` and defines ``_column_codes(X, y)``, the codes of every column of X, and
    ``_target_codes(y, n_samples, name)``, one code per row.
    """

    entropy_estimator_: Any

    takes_classes = True
    _parameter_constraints = ENTROPY_CONSTRAINTS

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: TableLike, y: TableLike, *, given: TableLike | None = None) -> Self:
        """Estimate the mutual information of the rows of X and y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows; each is one symbol, whatever the number of columns.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target; each row is one symbol.
        given : array-like of shape (n_samples,) or (n_samples, n_conditions), default=None
            The variable to condition on; treated as y is.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        x = joint_codes(self._column_codes(X, y))
        y = self._target_codes(y, len(x), "y")
        z = None if given is None else self._target_codes(given, len(x), "given")
        warn_if_constant("X", x)
        warn_if_constant("y", y)
        self.entropy_estimator_ = self._resolve_entropy()
        result = symbol_information(self.entropy_estimator_, x, y, z)
        if result.pointwise is not None:
            return self._set_pointwise(result.pointwise, result.ceiling, saturated=result.saturated)
        vars(self).pop("pointwise_", None)  # of an earlier fit
        std_error = mean_std_error(symbol_information(PlugIn(), x, y, z).pointwise, np.ones(len(x)))
        return self._set_estimate(result.value, result.ceiling, len(x), std_error=std_error, saturated=result.saturated)

    def _score_columns(self, X, y):
        """Estimate the mutual information of each column of X with y."""
        columns, y, entropy = clone(self)._prepare(X, y)
        y, h_y = _marginal(entropy, y)
        if y.size == 1:
            warn_if_constant("y", y.codes)
        constant, saturated, values = [], [], np.zeros(len(columns))
        for j, column in enumerate(columns):
            x, h_x = _marginal(entropy, column)
            joint = joint_counts(x.codes, y.codes, len(x.counts), len(y.counts))
            if x.size == 1:
                constant.append(j)
            else:
                values[j] = h_x + h_y - entropy.entropy_of_counts(joint, x.size * y.size)
            if is_saturated(joint):
                saturated.append(j)
        _warn_about_columns(constant, saturated, len(columns), len(y.codes))
        return values

    def permuted_estimates(self, X: TableLike, y: TableLike, permutations: Orders) -> Floats:
        """Estimate the mutual information with y in the order of each permutation; single entropies are kept."""
        columns, y, entropy = clone(self)._prepare(X, y)
        (x, h_x), (y, h_y) = _marginal(entropy, joint_codes(columns)), _marginal(entropy, y)
        n_x, n_y, size = len(x.counts), len(y.counts), x.size * y.size
        tables = (joint_counts(x.codes, y.codes[order], n_x, n_y) for order in permutations)
        return np.array([h_x + h_y - entropy.entropy_of_counts(table, size) for table in tables])

    def _prepare(self, X, y):
        """Return the codes of the columns, the codes of y, and the entropy."""
        self._validate_params()
        columns = self._column_codes(X, y)
        return columns, self._target_codes(y, len(columns[0]), "y"), self._resolve_entropy()

    def _resolve_entropy(self):
        return PlugIn() if self.entropy is None else clone(self.entropy)


class SymbolInformation(NamedTuple):
    """The information of discrete rows."""

    value: float
    pointwise: np.ndarray | None  # None if the entropy has no pointwise values
    ceiling: float
    saturated: bool


def symbol_information(entropy, x, y, z=None):
    """Estimate I(X;Y|Z) of dense codes of the rows from entropies of one kind."""
    terms = _terms(entropy, x, y, z)
    value, ceiling = _values(entropy, terms)
    return SymbolInformation(value, _pointwise(entropy, terms), ceiling, is_saturated(terms[2].counts))


class _Variable(NamedTuple):
    """A discrete variable: codes of the rows, rows per code, and the size of the alphabet, observed or not."""

    codes: np.ndarray
    counts: np.ndarray
    size: int


def _variable(entropy, codes):
    counts = np.bincount(codes)
    # A constant has an alphabet of one value; otherwise its entropy would not be 0.
    declared = getattr(entropy, "n_categories", None) if len(counts) > 1 else None
    return _Variable(codes, counts, alphabet_size(declared, len(counts)))


def _marginal(entropy, codes):
    """Return a variable and its entropy."""
    variable = _variable(entropy, codes)
    return variable, entropy.entropy_of_counts(variable.counts, variable.size)


def _joint(*variables):
    codes = joint_codes([variable.codes for variable in variables])
    return _Variable(codes, np.bincount(codes), prod(variable.size for variable in variables))


def _terms(entropy, x, y, z):
    """Return the variables XZ, YZ, XYZ and Z, whose entropies sum to the information."""
    x, y = _variable(entropy, x), _variable(entropy, y)
    if z is None:
        nothing = np.zeros_like(x.codes)
        return x, y, _joint(x, y), _Variable(nothing, np.bincount(nothing), 1)
    z = _variable(entropy, z)
    yz = _joint(y, z)
    return _joint(x, z), yz, _joint(x, yz), z


def _values(entropy, terms):
    """Return the estimate and its ceiling."""
    h_xz, h_yz, h_xyz, h_z = (entropy.entropy_of_counts(term.counts, term.size) for term in terms)
    return _sum(h_xz, h_yz, h_xyz, h_z), min(h_xz, h_yz) - h_z


def _pointwise(entropy, terms):
    """Return the information of each row, or None if the entropy has no pointwise values."""
    values = [entropy.pointwise_of_counts(term.counts) for term in terms]
    if any(value is None for value in values):
        return None
    return _sum(*(value[term.codes] for value, term in zip(values, terms, strict=True)))


def _sum(h_xz, h_yz, h_xyz, h_z):
    # In this order the sum is exactly 0 if x or y is constant: each bracket is 0, or one cancels the other.
    return (h_xz - h_z) + (h_yz - h_xyz)


def _warn_about_columns(constant, saturated, n_features, n_samples):
    """Warn of all constant columns, and of all saturated ones, in one warning each."""
    if constant:
        warn(
            f"{len(constant)} of {n_features} columns of X (first: column {constant[0]}) are constant over all "
            f"{n_samples} rows: their mutual information with anything is 0",
            ConstantInputWarning,
        )
    if saturated:
        warn(
            f"{len(saturated)} of {n_features} columns of X (first: column {saturated[0]}) make nearly every one of "
            f"{n_samples} rows a pair of its own with y: their scores reflect the number of symbols, not the "
            "information; pass more rows or coarser values",
            SaturatedEstimateWarning,
        )
