"""The columns whose sets are measured: all of numbers, with a Gaussian copula, or all of classes, counted."""

from copy import copy

import numpy as np

from skib._columns import columns_of, is_discrete
from skib._marginals import are_atoms, normal_score_rows, transform_marginals
from skib._validation import check_target, target_codes, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, listed, warn
from skib.pid._o_information_discrete import discrete_gradients, discrete_values
from skib.pid._o_information_gaussian import (
    gaussian_gradients,
    gaussian_values,
    gaussian_values_and_errors,
    resolved_correlations,
)

# Rows per cell below which the bias of counts is no longer small, even if it is corrected.
_ROWS_PER_CELL = 5


def read_sets(X, y, discrete, bias_correction):
    """Read a table, and a target or None; `discrete` tells whether it holds classes, None what it looks like."""
    columns = columns_of(X, "X", discrete=None if discrete is None else lambda n: [discrete] * n)
    kinds = {column.kind for column in columns if column.kind == "continuous" or not column.constant}
    if len(kinds) > 1:
        classes = listed([repr(column.name) for column in columns if column.kind == "discrete" and not column.constant])
        raise ValueError(
            f"X has columns of classes ({classes}) beside columns of numbers; pass discrete=False to take all as "
            "numbers, which have an order, or bin the numbers (KBinsDiscretizer) and pass discrete=True"
        )
    make = GaussianSets if kinds == {"continuous"} else DiscreteSets
    return make(columns, y, bias_correction)


class GaussianSets:
    """Sets of columns of numbers, by the correlations of their normal scores."""

    def __init__(self, columns, y, bias_correction):
        self.names = [column.name for column in columns]
        self.n_columns, self.n_samples = len(columns), columns[0].n_samples
        # What is constant looks like a class, and has the code 0 in every row.
        numbers = [column.values if column.kind == "continuous" else column.codes for column in columns]
        scores = normal_score_rows(numbers)
        self.n_corrected = self.n_samples if bias_correction else None
        targets = np.empty((self.n_samples, 0))
        if y is not None:
            targets = check_target(y, self.n_samples)
            warn_if_constant("y", targets)
            targets = transform_marginals(targets, "rank")
        self.n_targets = targets.shape[1]
        self.scores = np.vstack([scores, targets.T])
        self.correlations = resolved_correlations(self.scores.T)
        _warn_of_atoms([*self.names, *["y"] * self.n_targets], self.scores)

    def require_rows(self, size):
        """Refuse sets of more columns than the rows determine."""
        needed = size + self.n_targets + 2
        if self.n_samples < needed:
            raise ValueError(
                f"X has n_samples = {self.n_samples}, but sets of {size} columns need at least {needed} rows; pass "
                "more rows or a lower order"
            )

    def estimates(self, multiplets):
        """Return O-information, total and dual total correlation of sets of one size, their errors, and gradients."""
        gradients = self.statistics(multiplets)[0] if self.n_targets else None
        corrected = self.n_corrected is not None
        args = self.correlations, multiplets, self.n_samples
        return *gaussian_values_and_errors(*args, bias_correction=corrected), gradients

    def statistics(self, multiplets):
        """Return the gradients alone if there is a target, else the three quantities: (1 or 3, n_sets)."""
        if not self.n_targets:
            return gaussian_values(self.correlations, multiplets, self.n_corrected)
        targets = np.arange(self.n_columns, self.n_columns + self.n_targets)
        return gaussian_gradients(self.correlations, multiplets, targets, self.n_corrected)[None]

    def permuted(self, rng):
        """Return the same with the rows of y, or of every column if there is no y, in another order."""
        twin, scores = copy(self), self.scores.copy()
        if self.n_targets:
            scores[self.n_columns :] = scores[self.n_columns :, rng.permutation(self.n_samples)]
        else:
            scores = rng.permuted(scores, axis=1)
        twin.scores, twin.correlations = scores, resolved_correlations(scores.T)
        return twin


class DiscreteSets:
    """Sets of columns of classes, by the counts of their cells."""

    def __init__(self, columns, y, bias_correction):
        self.names = [column.name for column in columns]
        self.n_columns, self.n_samples = len(columns), columns[0].n_samples
        self.codes = np.array([column.codes for column in columns])
        self.bias_correction, self.target = bias_correction, None
        if y is not None:
            if not is_discrete(y):
                raise ValueError("y holds numbers, but X classes; bin y first (KBinsDiscretizer)")
            self.target = target_codes(y, self.n_samples)
            warn_if_constant("y", self.target)

    def require_rows(self, size):
        """Accept any number of rows: a warning is issued of thin cells."""

    def estimates(self, multiplets):
        """Return O-information, total and dual total correlation of sets of one size, their errors, and gradients."""
        values, errors, n_cells = discrete_values(self.codes, multiplets, bias_correction=self.bias_correction)
        gradients = None
        if self.target is not None:
            gradients, n_cells = self._gradients(multiplets)
        _warn_of_cells(n_cells, self.n_samples)
        return values, errors, gradients

    def statistics(self, multiplets):
        """Return the gradients alone if there is a target, else the three quantities: (1 or 3, n_sets)."""
        if self.target is not None:
            return self._gradients(multiplets)[0][None]
        return discrete_values(self.codes, multiplets, bias_correction=self.bias_correction)[0]

    def _gradients(self, multiplets):
        return discrete_gradients(self.codes, self.target, multiplets, bias_correction=self.bias_correction)

    def permuted(self, rng):
        """Return the same with the rows of y, or of every column if there is no y, in another order."""
        twin = copy(self)
        if self.target is None:
            twin.codes = rng.permuted(self.codes, axis=1)
        else:
            twin.target = rng.permutation(self.target)
        return twin


def _warn_of_cells(n_cells, n_samples):
    thin = _ROWS_PER_CELL * n_cells > n_samples
    if thin.any():
        warn(
            f"{thin.sum()} of {len(thin)} sets of columns have up to {n_cells.max()} occupied cells in {n_samples} "
            f"rows: with fewer than {_ROWS_PER_CELL} rows per cell the O-information is estimated too low; pass more "
            "rows, coarser classes or a lower order",
            UnreliableEstimateWarning,
        )


def _warn_of_atoms(names, scores):
    atoms = are_atoms(scores.var(axis=1), scores.shape[1])
    if atoms.any():
        tied = listed([repr(name) for name, is_atom in zip(names, atoms, strict=True) if is_atom])
        warn(
            f"columns [{tied}] have many equal values, which a Gaussian copula does not describe: estimates may be "
            "too high or too low; bin all columns and pass discrete=True",
            UnreliableEstimateWarning,
        )
