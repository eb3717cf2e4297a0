"""Mutual information, I(X;Y) and I(X;Y|Z), with its error, its null and its ceiling; in nats."""

from skib.mutual_info._auto import Auto
from skib.mutual_info._binned import Binned
from skib.mutual_info._cauchy_schwarz import CauchySchwarz
from skib.mutual_info._chain_rule import ChainRule
from skib.mutual_info._compressed import Compressed
from skib.mutual_info._contrastive_bound import ContrastiveBound
from skib.mutual_info._functions import feature_information, mutual_info
from skib.mutual_info._gaussian_copula import GaussianCopula
from skib.mutual_info._hsic import HSIC
from skib.mutual_info._interval import ConfidenceInterval, confidence_interval
from skib.mutual_info._ksg import KSG
from skib.mutual_info._local_nonuniformity import LocalNonuniformity
from skib.mutual_info._matrix import MutualInfoMatrix, MutualInfoMatrixDisplay, mutual_info_matrix
from skib.mutual_info._matrix_renyi import MatrixRenyi
from skib.mutual_info._mesner_shalizi import MesnerShalizi
from skib.mutual_info._permutation import PermutationTest, permutation_test
from skib.mutual_info._ross import Ross
from skib.mutual_info._sliced import Sliced
from skib.mutual_info._usable_information import UsableInformation

__all__ = [
    "HSIC",
    "KSG",
    "Auto",
    "Binned",
    "CauchySchwarz",
    "ChainRule",
    "Compressed",
    "ConfidenceInterval",
    "ContrastiveBound",
    "GaussianCopula",
    "LocalNonuniformity",
    "MatrixRenyi",
    "MesnerShalizi",
    "MutualInfoMatrix",
    "MutualInfoMatrixDisplay",
    "PermutationTest",
    "Ross",
    "Sliced",
    "UsableInformation",
    "confidence_interval",
    "feature_information",
    "mutual_info",
    "mutual_info_matrix",
    "permutation_test",
]
