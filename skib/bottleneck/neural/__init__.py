"""Neural information bottlenecks: a network, a datafit, and a price of the code."""

from skib.bottleneck.neural._cauchy_schwarz import CauchySchwarzIBRegressor
from skib.bottleneck.neural._classifier import NeuralBottleneckClassifier, VIBClassifier
from skib.bottleneck.neural._datafits import ConditionalCauchySchwarz, CrossEntropy, SquaredError
from skib.bottleneck.neural._distributed import DistributedIBClassifier, DistributedIBRegressor
from skib.bottleneck.neural._distributed_display import DistributedIBDisplay
from skib.bottleneck.neural._gate import BottleneckGate
from skib.bottleneck.neural._lagrangian import ExponentialLagrangian, LinearLagrangian, SquaredLagrangian
from skib.bottleneck.neural._penalties import PairwiseRate, VariationalRate, Volume
from skib.bottleneck.neural._penalties_kernels import HSIC, CauchySchwarzQMI, MatrixRenyi
from skib.bottleneck.neural._regressor import NeuralBottleneckRegressor, VIBRegressor
from skib.bottleneck.neural._solver import LBFGS, Adam

__all__ = [
    "HSIC",
    "LBFGS",
    "Adam",
    "BottleneckGate",
    "CauchySchwarzIBRegressor",
    "CauchySchwarzQMI",
    "ConditionalCauchySchwarz",
    "CrossEntropy",
    "DistributedIBClassifier",
    "DistributedIBDisplay",
    "DistributedIBRegressor",
    "ExponentialLagrangian",
    "LinearLagrangian",
    "MatrixRenyi",
    "NeuralBottleneckClassifier",
    "NeuralBottleneckRegressor",
    "PairwiseRate",
    "SquaredError",
    "SquaredLagrangian",
    "VIBClassifier",
    "VIBRegressor",
    "VariationalRate",
    "Volume",
]
