"""The base of the decompositions of discrete columns: reading, correction, errors, null and table of atoms."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from skib._parallel import blocks
from skib._sklearn import BaseEstimator, Interval, fit_context, require_valid_parameters
from skib._statistics import permutation_pvalue
from skib._typing import Floats, Seed, TableLike
from skib._validation import check_code_columns, target_codes, warn_if_constant
from skib._warnings import UnreliableEstimateWarning, warn
from skib.pid._discrete_cells import Cells, cells_of_rows
from skib.pid._discrete_sources import source_codes

# Rows per cell below which the bias is no longer small beside the terms, even if it is corrected.
_ROWS_PER_CELL = 5
# Largest deviation of the sum of a distribution from 1, and the least probability whose products are no zeros.
_ROUNDING, _TINY = 1e-9, 1e-140
# Numbers of one temporary array: 8 MB.
_NUMBERS_PER_BLOCK = 1_000_000
CONSTRAINTS = {
    "sources": [list, tuple, None],
    "bias_correction": ["boolean"],
    "n_permutations": [Interval(Integral, 0, None, closed="left")],
    "random_state": ["random_state"],
}


# Attributes of two sources, and of fits to rows.
_OF_SOME_FITS = "unique_1_", "unique_2_", "synergy_", "pointwise_"


class Atoms(NamedTuple):
    """The atoms of a decomposition, with one row for each cell and one column for each atom."""

    names: list
    groups: list  # the groups of sources that each atom is about
    local: np.ndarray
    influences: np.ndarray  # what one more row in a cell changes in the atoms, up to a constant
    columns: dict  # further columns of the table of atoms
    found: dict  # fitted attributes


class DiscreteDecomposition(BaseEstimator):
    """Base of the decompositions; a class defines ``_atoms(cells)``, which returns the Atoms."""

    gap_: float
    atoms_: pd.DataFrame
    pointwise_: Floats

    # Most sources, whether each column is one by default, and whether the terms of rows are those of the measure.
    _most_sources, _one_per_column, _is_pointwise = 3, False, False
    _parameter_constraints = CONSTRAINTS

    def __init__(
        self,
        sources: Sequence[Any] | None = None,
        *,
        bias_correction: bool = True,
        n_permutations: int = 0,
        random_state: Seed = None,
    ) -> None:
        self.sources = sources
        self.bias_correction = bias_correction
        self.n_permutations = n_permutations
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.string = True
        return tags

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: TableLike, y: TableLike) -> Self:
        """Decompose the information of columns about y.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows; every column holds symbols, of any kind.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            The target; each row is one symbol.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        columns = check_code_columns(self, X)
        y = target_codes(y, len(columns[0]))
        names = getattr(self, "feature_names_in_", None)
        sources = source_codes(columns, self._groups(len(columns)), names, self._most_sources)
        warn_if_constant("y", y)
        cells, places = cells_of_rows(sources, y, corrected=self.bias_correction)
        _warn_of_cells(len(cells.weights), len(y))
        atoms = self._store(cells)
        if self._is_pointwise:
            self.pointwise_ = atoms.local[places]
        self.atoms_["std_error"] = _std_errors(cells, atoms)
        if self.n_permutations:
            self.atoms_["pvalue"] = self._pvalues(sources, y)
        return self

    def fit_distribution(self, distribution: ArrayLike) -> Self:
        """Decompose a known distribution, without rows: nothing is corrected, and no error is estimated.

        Parameters
        ----------
        distribution : array-like of shape (n_symbols_1, n_symbols_2, n_target_symbols)
            Probability of each symbol of the sources and, on the last axis, of the target. With more sources, where
            the measure takes them, it has more axes.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        require_valid_parameters(self)
        p = _check_distribution(distribution, self._most_sources)
        *sources, target = (np.unique(codes, return_inverse=True)[1] for codes in np.nonzero(p > _TINY))
        self._store(Cells(sources, target, p[p > _TINY]))
        return self

    def _groups(self, n_columns):
        is_each = self.sources is None and self._one_per_column and n_columns > 1
        return list(range(n_columns)) if is_each else self.sources

    def _store(self, cells):
        """Store the atoms of some cells, and return them."""
        atoms = self._atoms(cells)
        for name in _OF_SOME_FITS:
            vars(self).pop(name, None)  # of an earlier fit
        vars(self).update(atoms.found)
        columns = {"value": cells.shares @ atoms.local} | atoms.columns
        self.atoms_ = pd.DataFrame(columns, index=pd.Index(atoms.names, name="atom"))
        return atoms

    def _pvalues(self, sources, y):
        """Return the p-value of each atom under permutations of y."""
        rng, null = check_random_state(self.random_state), []
        for _ in range(self.n_permutations):
            cells, _ = cells_of_rows(sources, rng.permutation(y), corrected=self.bias_correction)
            null.append(cells.shares @ self._atoms(cells).local)
        return [permutation_pvalue(*pair) for pair in zip(self.atoms_["value"], np.array(null).T, strict=True)]


def _std_errors(cells, atoms):
    """Return the standard error of each atom: by the delta method, and what is left of it where its terms are equal.

    An information with d degrees of freedom has a variance of d / (2 n^2) where all its terms are equal, such as at
    independence.
    """
    n_samples, variances = cells.total, np.empty(atoms.influences.shape[1])
    for part in blocks(len(variances), max(_NUMBERS_PER_BLOCK // len(cells.weights), 1)):
        deviations = atoms.influences[:, part] - cells.shares @ atoms.influences[:, part]
        variances[part] = cells.shares @ deviations**2 / max(n_samples - 1, 1)
    freedom = [min(map(cells.degrees_of_freedom, groups)) for groups in atoms.groups]
    return np.sqrt(variances + np.array(freedom) / (2 * n_samples**2))


def _warn_of_cells(n_cells, n_samples):
    if _ROWS_PER_CELL * n_cells > n_samples:
        warn(
            f"{n_cells} combinations of symbols occur in {n_samples} rows: fewer than {_ROWS_PER_CELL} rows of each on "
            "average are too few for the terms, above all for the synergy; pass more rows or coarser symbols",
            UnreliableEstimateWarning,
        )


def _check_distribution(distribution, most_sources):
    p = np.asarray(distribution)
    rounding = _ROUNDING if p.dtype.kind != "f" else max(_ROUNDING, np.log2(p.size + 2) * np.finfo(p.dtype).eps)
    if p.dtype.kind == "c":
        raise TypeError("distribution holds complex numbers, which are no probabilities; pass real ones")
    p = p.astype(np.float64)
    if not 3 <= p.ndim <= most_sources + 1:
        axes = "3 axes" if most_sources == 2 else f"3 to {most_sources + 1} axes"
        raise ValueError(f"distribution has {p.ndim} axes, but {axes} are required: the sources, and last the target")
    if not np.isfinite(p).all() or (p < 0).any():
        raise ValueError(
            "distribution must have finite values of at least 0, got a minimum of "
            f"{p.min(initial=np.inf):g} and a maximum of {p.max(initial=-np.inf):g}"
        )
    if abs(p.sum() - 1) > rounding:
        remedy = "divide it by its sum" if p.any() else "pass the probabilities of some symbols"
        raise ValueError(f"distribution must sum to 1, but sums to {p.sum():.10g}; {remedy}")
    return p
