"""Mutual information, I(X;Y) and I(X;Y|Z), with its error, its null distribution and its ceiling; in nats."""

from skib.mutual_info._auto import Auto
from skib.mutual_info._base import MutualInfoMixin
from skib.mutual_info._binned import Binned
from skib.mutual_info._cauchy_schwarz import CauchySchwarz
from skib.mutual_info._chain_rule import ChainRule
from skib.mutual_info._compressed import Compressed
from skib.mutual_info._contrastive_bound import ContrastiveBound
from skib.mutual_info._functions import mutual_info, mutual_info_features
from skib.mutual_info._gaussian_copula import GaussianCopula
from skib.mutual_info._interval import IntervalEstimate, confidence_interval
from skib.mutual_info._ksg import KSG
from skib.mutual_info._local_nonuniformity import LocalNonuniformityCorrection
from skib.mutual_info._matrix import (
    MutualInfoMatrix,
    MutualInfoMatrixDisplay,
    conditional_mutual_info_matrix,
    mutual_info_matrix,
)
from skib.mutual_info._matrix_renyi import MatrixRenyi
from skib.mutual_info._mesner_shalizi import MesnerShalizi
from skib.mutual_info._permutation import PermutationTestResult, permutation_test
from skib.mutual_info._ross import Ross
from skib.mutual_info._screen import mutual_info_screen
from skib.mutual_info._sequential_test import SequentialTest, SequentialTestResult, sequential_test
from skib.mutual_info._sliced import Sliced
from skib.mutual_info._summarized import Summarized
from skib.mutual_info._usable_information import UsableInformation

__all__ = [
    "KSG",
    "Auto",
    "Binned",
    "CauchySchwarz",
    "ChainRule",
    "Compressed",
    "ContrastiveBound",
    "GaussianCopula",
    "IntervalEstimate",
    "LocalNonuniformityCorrection",
    "MatrixRenyi",
    "MesnerShalizi",
    "MutualInfoMatrix",
    "MutualInfoMatrixDisplay",
    "MutualInfoMixin",
    "PermutationTestResult",
    "Ross",
    "SequentialTest",
    "SequentialTestResult",
    "Sliced",
    "Summarized",
    "UsableInformation",
    "conditional_mutual_info_matrix",
    "confidence_interval",
    "mutual_info",
    "mutual_info_features",
    "mutual_info_matrix",
    "mutual_info_screen",
    "permutation_test",
    "sequential_test",
]
