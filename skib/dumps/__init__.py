"""Lazy, read-only access to the activations that a network dumped per epoch and layer."""

from skib.dumps._catalogue import MissingIdsWarning, NoEpochsError
from skib.dumps._convert import convert
from skib.dumps._dump import Dump, load_array, open_dump
from skib.dumps._targets import AmbiguousTargetWarning
from skib.dumps.formats import IncompleteDumpWarning

__all__ = [
    "AmbiguousTargetWarning",
    "Dump",
    "IncompleteDumpWarning",
    "MissingIdsWarning",
    "NoEpochsError",
    "convert",
    "load_array",
    "open_dump",
]
