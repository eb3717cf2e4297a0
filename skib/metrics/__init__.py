"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._cca import CCAResult, cca, pwcca, svcca
from skib.metrics._cka import cka
from skib.metrics._hsic import HSIC
from skib.metrics._intrinsic_dimension import intrinsic_dimension
from skib.metrics._layer_rows import positions_as_rows
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import NeuralCollapse, neural_collapse
from skib.metrics._neural_collapse_deep import deep_neural_collapse
from skib.metrics._representation_geometry import RepresentationGeometry, representation_geometry

__all__ = [
    "CCAResult",
    "HSIC",
    "Measurement",
    "NeuralCollapse",
    "RepresentationGeometry",
    "cca",
    "cka",
    "deep_neural_collapse",
    "intrinsic_dimension",
    "neural_collapse",
    "positions_as_rows",
    "pwcca",
    "representation_geometry",
    "svcca",
]
