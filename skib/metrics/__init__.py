"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._attention import AttentionEntropy, attention_entropy
from skib.metrics._concepts import ConceptLeakage, concept_existence, concept_leakage, concept_residual
from skib.metrics._denoiser import DenoiserInformation, denoiser_information
from skib.metrics._elbo import ELBODecomposition, elbo_decomposition
from skib.metrics._hsic import HSIC
from skib.metrics._infomec import InfoMEC, infomec
from skib.metrics._infonce import infonce_bound
from skib.metrics._measurement import Measurement
from skib.metrics._wasserstein import wasserstein_dependency

__all__ = [
    "HSIC",
    "AttentionEntropy",
    "ConceptLeakage",
    "DenoiserInformation",
    "ELBODecomposition",
    "InfoMEC",
    "Measurement",
    "attention_entropy",
    "concept_existence",
    "concept_leakage",
    "concept_residual",
    "denoiser_information",
    "elbo_decomposition",
    "infomec",
    "infonce_bound",
    "wasserstein_dependency",
]
