"""Mutual information of all pairs of columns of a table."""

from skib.mutual_info._matrix._conditional import conditional_mutual_info_matrix
from skib.mutual_info._matrix._display import MutualInfoMatrixDisplay
from skib.mutual_info._matrix._features import (
    feature_estimates,
    sparse_feature_estimates,
    sparse_feature_pvalues,
    weighted_feature_estimates,
)
from skib.mutual_info._matrix._matrix import MutualInfoMatrix, mutual_info_matrix
from skib.mutual_info._matrix._pairs import pvalues, restricted_shuffle

__all__ = [
    "MutualInfoMatrix",
    "MutualInfoMatrixDisplay",
    "conditional_mutual_info_matrix",
    "feature_estimates",
    "mutual_info_matrix",
    "pvalues",
    "restricted_shuffle",
    "sparse_feature_estimates",
    "sparse_feature_pvalues",
    "weighted_feature_estimates",
]
