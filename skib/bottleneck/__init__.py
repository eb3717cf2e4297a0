"""The information bottleneck: clusters of rows p(y|x) that keep the information about Y."""

from skib.bottleneck._contingency import Contingency, contingency

__all__ = ["Contingency", "contingency"]
