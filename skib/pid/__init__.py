"""Partial information decomposition: what sources share about a target, have alone, and have only together."""

from skib.pid._matrix import PIDMatrix, pid_matrix
from skib.pid._matrix_display import PIDMatrixDisplay
from skib.pid._measures import MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer

__all__ = [
    "MinimumMutualInfo",
    "PIDMatrix",
    "PIDMatrixDisplay",
    "Pointwise",
    "SharedExclusions",
    "WilliamsBeer",
    "pid_matrix",
]
