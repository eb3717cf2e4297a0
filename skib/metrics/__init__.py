"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._attention import AttentionEntropy, attention_entropy
from skib.metrics._cca import CCAResult, cca, pwcca, svcca
from skib.metrics._cka import cka
from skib.metrics._denoiser import DenoiserInformation, denoiser_information
from skib.metrics._dump_metrics import dump_metrics
from skib.metrics._dump_metrics_display import DumpMetricsDisplay
from skib.metrics._elbo import ELBODecomposition, elbo_decomposition
from skib.metrics._hsic import HSIC
from skib.metrics._infomec import InfoMEC, infomec
from skib.metrics._infonce import infonce_bound
from skib.metrics._intrinsic_dimension import intrinsic_dimension
from skib.metrics._layer_rows import positions_as_rows
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import NeuralCollapse, neural_collapse
from skib.metrics._neural_collapse_deep import deep_neural_collapse
from skib.metrics._representation_geometry import RepresentationGeometry, representation_geometry
from skib.metrics._wasserstein import wasserstein_dependency

__all__ = [
    "AttentionEntropy",
    "CCAResult",
    "DenoiserInformation",
    "DumpMetricsDisplay",
    "ELBODecomposition",
    "HSIC",
    "InfoMEC",
    "Measurement",
    "NeuralCollapse",
    "RepresentationGeometry",
    "attention_entropy",
    "cca",
    "cka",
    "deep_neural_collapse",
    "denoiser_information",
    "dump_metrics",
    "elbo_decomposition",
    "infomec",
    "infonce_bound",
    "intrinsic_dimension",
    "neural_collapse",
    "positions_as_rows",
    "pwcca",
    "representation_geometry",
    "svcca",
    "wasserstein_dependency",
]
