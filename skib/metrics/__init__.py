"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

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
from skib.metrics._layer_divergence import LayerDivergence, layer_divergence
from skib.metrics._measurement import Measurement
from skib.metrics._pvi_by_slice import pvi_by_slice
from skib.metrics._selective_risk import SelectiveRisk, selective_risk

__all__ = [
    "HSIC",
    "ClassifierInformation",
    "ContractionCoefficients",
    "FeatureComplexity",
    "LayerDivergence",
    "Measurement",
    "SelectiveRisk",
    "classifier_information",
    "contraction_coefficients",
    "dropconnect_contraction",
    "dropout_contraction",
    "feature_complexity",
    "gaussian_noise_contraction",
    "gradient_snr",
    "layer_divergence",
    "pvi_by_slice",
    "selective_risk",
]
