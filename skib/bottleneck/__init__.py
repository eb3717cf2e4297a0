"""The information bottleneck: clusters of rows p(y|x) that keep the information about Y."""

from skib.bottleneck._consistency import IBConsistency, ib_consistency
from skib.bottleneck._contingency import Contingency, contingency
from skib.bottleneck._curve import InformationCurve
from skib.bottleneck._curve_display import InformationCurveDisplay
from skib.bottleneck._information_bottleneck import InformationBottleneck

__all__ = [
    "Contingency",
    "IBConsistency",
    "InformationBottleneck",
    "InformationCurve",
    "InformationCurveDisplay",
    "contingency",
    "ib_consistency",
]
