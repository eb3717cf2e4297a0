"""Joint distributions with given marginals and little entropy, also through a variable of bounded entropy."""

from skib.coupling._entropy_bounded import EntropyBoundedMap, entropy_bounded_map
from skib.coupling._greedy import Coupling, greedy_coupling
from skib.coupling._with_bottleneck import BottleneckCoupling, coupling_with_bottleneck

__all__ = [
    "BottleneckCoupling",
    "Coupling",
    "EntropyBoundedMap",
    "coupling_with_bottleneck",
    "entropy_bounded_map",
    "greedy_coupling",
]
