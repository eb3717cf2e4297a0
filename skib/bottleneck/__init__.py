"""The information bottleneck: clusters of rows p(y|x) that keep the information about Y."""

from skib.bottleneck._contingency import Contingency, contingency
from skib.bottleneck._information_bottleneck import InformationBottleneck

__all__ = ["Contingency", "InformationBottleneck", "contingency"]
