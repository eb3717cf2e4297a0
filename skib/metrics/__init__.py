"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._attention import AttentionEntropy, attention_entropy
from skib.metrics._cca import CCAResult, cca, pwcca, svcca
from skib.metrics._cka import cka
from skib.metrics._classifier_information import ClassifierInformation, classifier_information
from skib.metrics._concepts import ConceptLeakage, concept_existence, concept_leakage, concept_residual
from skib.metrics._contraction import (
    ContractionCoefficients,
    contraction_coefficients,
    dropconnect_contraction,
    dropout_contraction,
    gaussian_noise_contraction,
)
from skib.metrics._denoiser import DenoiserInformation, denoiser_information
from skib.metrics._elbo import ELBODecomposition, elbo_decomposition
from skib.metrics._feature_complexity import FeatureComplexity, feature_complexity
from skib.metrics._gradient_snr import gradient_snr
from skib.metrics._hsic import HSIC
from skib.metrics._infomec import InfoMEC, infomec
from skib.metrics._infonce import infonce_bound
from skib.metrics._intrinsic_dimension import intrinsic_dimension
from skib.metrics._layer_divergence import LayerDivergence, layer_divergence
from skib.metrics._layer_rows import positions_as_rows
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import NeuralCollapse, neural_collapse
from skib.metrics._neural_collapse_deep import deep_neural_collapse
from skib.metrics._pvi_by_slice import pvi_by_slice
from skib.metrics._representation_geometry import RepresentationGeometry, representation_geometry
from skib.metrics._selective_risk import SelectiveRisk, selective_risk
from skib.metrics._wasserstein import wasserstein_dependency

__all__ = [
    "AttentionEntropy",
    "CCAResult",
    "ClassifierInformation",
    "ConceptLeakage",
    "ContractionCoefficients",
    "DenoiserInformation",
    "ELBODecomposition",
    "FeatureComplexity",
    "HSIC",
    "InfoMEC",
    "LayerDivergence",
    "Measurement",
    "NeuralCollapse",
    "RepresentationGeometry",
    "SelectiveRisk",
    "attention_entropy",
    "cca",
    "cka",
    "classifier_information",
    "concept_existence",
    "concept_leakage",
    "concept_residual",
    "contraction_coefficients",
    "deep_neural_collapse",
    "denoiser_information",
    "dropconnect_contraction",
    "dropout_contraction",
    "elbo_decomposition",
    "feature_complexity",
    "gaussian_noise_contraction",
    "gradient_snr",
    "infomec",
    "infonce_bound",
    "intrinsic_dimension",
    "layer_divergence",
    "neural_collapse",
    "positions_as_rows",
    "pvi_by_slice",
    "pwcca",
    "representation_geometry",
    "selective_risk",
    "svcca",
    "wasserstein_dependency",
]
