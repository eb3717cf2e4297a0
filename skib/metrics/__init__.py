"""Measures on variables and representations: dependence, similarity, collapse, geometry, outputs and concepts."""

from skib.metrics._hsic import HSIC
from skib.metrics._measurement import Measurement

__all__ = ["HSIC", "Measurement"]
