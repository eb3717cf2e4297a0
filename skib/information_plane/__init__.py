"""The information plane of a network: I(X;T) and I(T;Y) of every dumped layer and epoch."""

from skib.information_plane._display import InformationPlaneDisplay
from skib.information_plane._plane import InformationPlane

__all__ = ["InformationPlane", "InformationPlaneDisplay"]
