"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._cca import CCAResult, cca, pwcca, svcca
from skib.metrics._cka import cka
from skib.metrics._classifier_information import ClassifierInformation, classifier_information
from skib.metrics._contraction import (
    ContractionCoefficients,
    contraction_coefficients,
    dropconnect_contraction,
    dropout_contraction,
    gaussian_noise_contraction,
)
from skib.metrics._feature_complexity import FeatureComplexity, feature_complexity
from skib.metrics._gradient_snr import gradient_snr
from skib.metrics._hsic import HSIC
from skib.metrics._intrinsic_dimension import intrinsic_dimension
from skib.metrics._layer_divergence import LayerDivergence, layer_divergence
from skib.metrics._layer_rows import positions_as_rows
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import NeuralCollapse, neural_collapse
from skib.metrics._neural_collapse_deep import deep_neural_collapse
from skib.metrics._pvi_by_slice import pvi_by_slice
from skib.metrics._representation_geometry import RepresentationGeometry, representation_geometry
from skib.metrics._selective_risk import SelectiveRisk, selective_risk

__all__ = [
    "CCAResult",
    "ClassifierInformation",
    "ContractionCoefficients",
    "FeatureComplexity",
    "HSIC",
    "LayerDivergence",
    "Measurement",
    "NeuralCollapse",
    "RepresentationGeometry",
    "SelectiveRisk",
    "cca",
    "cka",
    "classifier_information",
    "contraction_coefficients",
    "deep_neural_collapse",
    "dropconnect_contraction",
    "dropout_contraction",
    "feature_complexity",
    "gaussian_noise_contraction",
    "gradient_snr",
    "intrinsic_dimension",
    "layer_divergence",
    "neural_collapse",
    "positions_as_rows",
    "pvi_by_slice",
    "pwcca",
    "representation_geometry",
    "selective_risk",
    "svcca",
]
