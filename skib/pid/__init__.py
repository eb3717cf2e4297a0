"""Partial information decomposition: what sources share about a target, have alone, and have only together."""

from skib.pid._measures import MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer

__all__ = ["MinimumMutualInfo", "Pointwise", "SharedExclusions", "WilliamsBeer"]
