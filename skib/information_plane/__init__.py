"""The information plane of a network: I(X;T) and I(T;Y) of every dumped layer and epoch."""

from skib.information_plane._correlates import generalization_correlates
from skib.information_plane._display import InformationPlaneDisplay
from skib.information_plane._phases import training_phases
from skib.information_plane._plane import InformationPlane
from skib.information_plane._runs import aggregate_runs

__all__ = [
    "InformationPlane",
    "InformationPlaneDisplay",
    "aggregate_runs",
    "generalization_correlates",
    "training_phases",
]
