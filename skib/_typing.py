"""Types of the public signatures: tables, seeds, paths, and what an argument that is an estimator must have."""

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Frames, series and sparse matrices have no type in common, but all of them can be iterated over.
TableLike: TypeAlias = ArrayLike | Iterable[Any]
Floats: TypeAlias = NDArray[np.float64]
Seed: TypeAlias = int | np.integer[Any] | np.random.RandomState | None
AnyPath: TypeAlias = str | PathLike[str]
Marginals: TypeAlias = Literal["rank", "standard"] | None
# Of the rows of y.
Orders: TypeAlias = Sequence[ArrayLike]
PermutedEstimates: TypeAlias = Callable[[Orders], Floats]
Shuffle: TypeAlias = Literal["rows", "circular"]
Missing: TypeAlias = Literal["auto", "error"]
Units: TypeAlias = Literal["nats", "bits"]


class Estimator(Protocol):
    """An instance that scikit-learn can clone: a class has no parameters of its own, and a string no ``fit``."""

    @property
    def fit(self) -> Any:
        """Fit to rows of X, and of y if there is one."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""


class MutualInfoEstimator(Estimator, Protocol):
    """An estimator of I(X;Y)."""

    @property
    def mutual_info_(self) -> float:
        """The estimate, in nats."""


class DependenceEstimator(Estimator, Protocol):
    """A measure of dependence on a scale of its own."""

    @property
    def dependence_(self) -> float:
        """The estimate."""


class EntropyEstimator(Estimator, Protocol):
    """An estimator of H(X)."""

    @property
    def entropy_(self) -> float:
        """The estimate, in nats."""


class Transformer(Estimator, Protocol):
    """A transformer of X."""

    @property
    def transform(self) -> Any:
        """Transform rows of X."""


class Divisible(Protocol):
    """A number, an array, a series or a frame."""

    def __truediv__(self, other: float, /) -> Any: ...


Values = TypeVar("Values", bound=Divisible)
