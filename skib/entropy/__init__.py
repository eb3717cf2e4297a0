"""Entropy H(X): estimators with ``entropy_`` in nats and ``pointwise_`` whose mean it is."""

from skib.entropy._base import EntropyMixin
from skib.entropy._miller_madow import MillerMadow
from skib.entropy._plug_in import PlugIn

__all__ = ["EntropyMixin", "MillerMadow", "PlugIn"]
