"""Mutual information of all pairs of columns of a table."""

from skib.mutual_info._matrix._checks import (
    complete_counts,
    require_rows,
    warn_of_copied_features,
    warn_of_missing,
    warn_of_rare_symbols,
    warn_of_saturated_features,
)
from skib.mutual_info._matrix._display import MutualInfoMatrixDisplay
from skib.mutual_info._matrix._matrix import MutualInfoMatrix, mutual_info_matrix
from skib.mutual_info._matrix._pairs import pair_estimates, pvalues, restricted_shuffle

__all__ = [
    "MutualInfoMatrix",
    "MutualInfoMatrixDisplay",
    "complete_counts",
    "mutual_info_matrix",
    "pair_estimates",
    "pvalues",
    "require_rows",
    "restricted_shuffle",
    "warn_of_copied_features",
    "warn_of_missing",
    "warn_of_rare_symbols",
    "warn_of_saturated_features",
]
