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

    class BenchmarkTask(Pair):
        """A pair that has a name."""

        name: str

else:
    Pair = ImagePair = BenchmarkTask = Bunch

__all__ = ["BenchmarkTask", "ImagePair", "Pair"]
