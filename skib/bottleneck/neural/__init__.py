"""Neural information bottlenecks: a network, a datafit, and a price of the code."""

from skib.bottleneck.neural._datafits import ConditionalCauchySchwarz, CrossEntropy, SquaredError
from skib.bottleneck.neural._lagrangian import ExponentialLagrangian, LinearLagrangian, SquaredLagrangian
from skib.bottleneck.neural._penalties import PairwiseRate, VariationalRate, Volume
from skib.bottleneck.neural._penalties_kernels import HSIC, CauchySchwarzQMI, MatrixRenyi

__all__ = [
    "HSIC",
    "CauchySchwarzQMI",
    "ConditionalCauchySchwarz",
    "CrossEntropy",
    "ExponentialLagrangian",
    "LinearLagrangian",
    "MatrixRenyi",
    "PairwiseRate",
    "SquaredError",
    "SquaredLagrangian",
    "VariationalRate",
    "Volume",
]
