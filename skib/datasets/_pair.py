"""What the samplers return: a Bunch, whose attributes a type checker sees as well."""

from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    class Pair(dict[str, Any]):
        """Rows of X and y, and their mutual information in nats."""

        X: NDArray[Any]
        y: NDArray[Any]
        mutual_info: float

    class ImagePair(Pair):
        """Images, and the numbers that they are drawn from."""

        latent_x: NDArray[Any]
        latent_y: NDArray[Any]

    class ParityPair(Pair):
        """Bits and a parity, and the columns that it is the parity of."""

        relevant_features: NDArray[Any]

    class SuppressorPair(Pair):
        """A pair with the information of each column, and that of the suppressor given the first column."""

        mutual_info_features: NDArray[Any]
        conditional_mutual_info: float

    class BenchmarkTask(Pair):
        """A pair that has a name."""

        name: str

else:
    Pair = ImagePair = ParityPair = SuppressorPair = BenchmarkTask = Bunch

__all__ = ["BenchmarkTask", "ImagePair", "Pair", "ParityPair", "SuppressorPair"]
