"""Partial information decomposition: what sources share about a target, have alone, and have only together."""

from skib.pid._broja import BROJA
from skib.pid._fairness import FairnessDecomposition, fairness_decomposition
from skib.pid._fairness_frontier import FairnessFrontier, fairness_frontier
from skib.pid._gaussian_pid import GaussianPID
from skib.pid._matrix import PIDMatrix, pid_matrix
from skib.pid._matrix_display import PIDMatrixDisplay
from skib.pid._measures import MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer
from skib.pid._o_information import dual_total_correlation, greedy_o_information, o_information, total_correlation
from skib.pid._shares import information_shares
from skib.pid._surd import SURD

__all__ = [
    "BROJA",
    "SURD",
    "FairnessDecomposition",
    "FairnessFrontier",
    "GaussianPID",
    "MinimumMutualInfo",
    "PIDMatrix",
    "PIDMatrixDisplay",
    "Pointwise",
    "SharedExclusions",
    "WilliamsBeer",
    "dual_total_correlation",
    "fairness_decomposition",
    "fairness_frontier",
    "greedy_o_information",
    "information_shares",
    "o_information",
    "pid_matrix",
    "total_correlation",
]
