"""The information bottleneck: clusters of rows p(y|x) that keep the information about Y."""

from skib.bottleneck._agglomerative import AgglomerativeIB
from skib.bottleneck._consistency import IBConsistency, ib_consistency
from skib.bottleneck._contingency import Contingency, contingency
from skib.bottleneck._curve import InformationCurve
from skib.bottleneck._curve_display import InformationCurveDisplay
from skib.bottleneck._gaussian import GaussianIB
from skib.bottleneck._geometric import GeometricIB
from skib.bottleneck._information_bottleneck import InformationBottleneck
from skib.bottleneck._interaction_basis import InteractionBasis
from skib.bottleneck._interaction_display import InteractionBasisDisplay
from skib.bottleneck._kinks import kink_angles
from skib.bottleneck._sequential import SequentialIB
from skib.bottleneck._sparse_gaussian import SparseGaussianIB
from skib.bottleneck._sparse_gaussian_display import SparseGaussianIBDisplay

__all__ = [
    "AgglomerativeIB",
    "Contingency",
    "GaussianIB",
    "GeometricIB",
    "IBConsistency",
    "InformationBottleneck",
    "InformationCurve",
    "InformationCurveDisplay",
    "InteractionBasis",
    "InteractionBasisDisplay",
    "SequentialIB",
    "SparseGaussianIB",
    "SparseGaussianIBDisplay",
    "contingency",
    "ib_consistency",
    "kink_angles",
]
