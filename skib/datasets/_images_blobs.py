"""Pairs of images of one Gaussian blob each."""

from math import sqrt
from numbers import Integral

import numpy as np
from scipy.fft import idct
from scipy.special import ndtr
from sklearn.utils import Bunch, check_random_state, check_scalar

from skib._typing import Seed
from skib.datasets._checks import check_images, check_real
from skib.datasets._gaussian import make_gaussian_pair
from skib.datasets._pair import ImagePair

# Standard deviation of a blob, as a share of the side.
BLOB_WIDTH = 0.2


def _correlate_coordinates(normals, correlation):
    """Make the two standard normal columns of one image dependent, by an invertible map."""
    column, row = normals.T
    return np.column_stack([column, correlation * column + sqrt((1 - correlation) * (1 + correlation)) * row])


def _centers(n_samples, mutual_info, size, correlation, rng):
    """Draw the centers (column, row), in pixels, of the blobs of X and of y."""
    pair = make_gaussian_pair(n_samples, mutual_info=mutual_info, dim=2, random_state=rng)
    return [size * ndtr(_correlate_coordinates(normals, correlation)) for normals in (pair.X, pair.y)]


def _blobs(centers, size):
    """Return the images (n_samples, size, size) of blobs of height 1, in the middles of the pixels."""
    middles = np.arange(size) + 0.5
    column, row = np.exp(-0.5 * ((middles - centers.T[:, :, None]) / (BLOB_WIDTH * size)) ** 2)
    return row[:, :, None] * column[:, None, :]


def _flat(images):
    return images.reshape(len(images), -1)


def make_blob_images(
    n_samples: int = 1000,
    *,
    mutual_info: float = 1.0,
    size: int = 16,
    correlation: float = 0.0,
    random_state: Seed = None,
) -> ImagePair:
    """Draw pairs of images of known mutual information, each of one Gaussian blob.

    The pixel in row i and column j (counted by their middles) of a blob with center (c, r) is

        exp(-((j - c)^2 + (i - r)^2) / (2 s^2)),    s = size / 5

    The centers of the two images have the Gaussian copula with

        I(X; y) = I(center of X; center of y) = mutual_info

    Parameters
    ----------
    n_samples : int, default=1000
        Number of pairs.
    mutual_info : float in [0, 30], default=1.0
        Information wanted, in nats.
    size : int, default=16
        Side of the images, in pixels, at least 8.
    correlation : float in (-1, 1), default=0.0
        Correlation of the normal scores of column and row of one center. With 0 the centers are uniform on the image;
        otherwise they concentrate along its diagonal, and the information of column and of row no longer add up.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` and ``y`` (n_samples, size * size), the images row after row; ``latent_x`` and ``latent_y``
        (n_samples, 2), the centers (column, row) in pixels; ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The truth is exact, because every step from a Gaussian pair of that information to the images is injective and acts
    on one side alone: an invertible linear map (``correlation``), the normal cdf of each coordinate, and the drawing.
    The logarithms of two neighboring pixels j and j + 1 differ by (c - j - 1/2) / s^2, which returns the column c, and
    likewise the row.

    References
    ----------
    I. Butakov, A. Tolmachev, S. Malanchuk, A. Neopryatnaya, A. Frolov and K. Andreev, "Information bottleneck analysis
    of deep neural networks via lossy compression", ICLR 2024.

    Examples
    --------
    >>> from skib.datasets import make_blob_images
    >>> pair = make_blob_images(500, mutual_info=3.0, size=32, random_state=0)
    >>> pair.X.shape, pair.y.shape, pair.latent_x.shape, pair.mutual_info
    ((500, 1024), (500, 1024), (500, 2), 3.0)
    """
    n_samples, truth, size = check_images(n_samples, mutual_info, size)
    correlation = check_real(correlation, "correlation", min_val=-1, max_val=1, include_boundaries="neither")
    x, y = _centers(n_samples, truth, size, correlation, check_random_state(random_state))
    return Bunch(X=_flat(_blobs(x, size)), y=_flat(_blobs(y, size)), latent_x=x, latent_y=y, mutual_info=truth)


def _interlace(blobs, n_noise, rng):
    """Overwrite every other row with ``n_noise`` independent waves of standard deviation ``size``."""
    n_samples, size, _ = blobs.shape
    waves = idct(np.eye(n_noise, size * (size // 2)), norm="ortho")
    noise = size * rng.standard_normal((n_samples, n_noise)) @ waves
    blobs[:, 1::2] = noise.reshape(n_samples, -1, size)
    return blobs


def make_noisy_blob_images(
    n_samples: int = 1000, *, mutual_info: float = 1.0, size: int = 16, n_noise: int = 16, random_state: Seed = None
) -> ImagePair:
    """Draw pairs of images of known mutual information whose leading principal components are noise alone.

    The first, third, ... row of an image show a blob, as `make_blob_images` draws it. The rows between them show
    ``n_noise`` orthonormal waves, each times an independent N(0, size^2) variable of this image:

        I(X; y) = I(center of X; center of y) = mutual_info,    I(PCA(n_noise)(X); y) = 0

    Parameters
    ----------
    n_samples : int, default=1000
        Number of pairs.
    mutual_info : float in [0, 30], default=1.0
        Information wanted, in nats.
    size : int, default=16
        Side of the images, in pixels, at least 8.
    n_noise : int, default=16
        Number of waves, at most the number of pixels in their rows.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` and ``y`` (n_samples, size * size), the images row after row; ``latent_x`` and ``latent_y``
        (n_samples, 2), the centers (column, row) in pixels; ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The truth is exact: an image is an injective function of its center and its noise, and the noise of the two images
    is independent of the centers and of each other. The logarithms of neighboring pixels of the rows left return the
    center, as in `make_blob_images`.

    The two kinds of rows are independent, so that every principal component lies within one of them. A wave has
    variance size^2, and the rows of the blob together less than pi s^2 / 2 = 0.063 size^2 (s = size / 5): the first
    ``n_noise`` components are the waves. This holds for the distribution; the components of a sample contain a share of
    the blob that is a small fraction of the noise and decreases with n_samples. Every compressor that preserves the
    directions of largest variance fails in the same way.

    References
    ----------
    I. Butakov, A. Tolmachev, S. Malanchuk, A. Neopryatnaya, A. Frolov and K. Andreev, "Information bottleneck analysis
    of deep neural networks via lossy compression", ICLR 2024.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from skib.datasets import make_noisy_blob_images
    >>> from skib.mutual_info import KSG
    >>> pair = make_noisy_blob_images(1000, mutual_info=3.0, n_noise=2, random_state=0)
    >>> x, y = (PCA(2).fit_transform(images) for images in (pair.X, pair.y))
    >>> bool(abs(KSG().fit(x, y).mutual_info_) < 0.1)  # nothing is left of the 3 nats
    True
    """
    n_samples, truth, size = check_images(n_samples, mutual_info, size)
    n_noise = check_scalar(n_noise, "n_noise", Integral, min_val=1, max_val=size * (size // 2))
    rng = check_random_state(random_state)
    x, y = _centers(n_samples, truth, size, 0.0, rng)
    images = (_flat(_interlace(_blobs(centers, size), n_noise, rng)) for centers in (x, y))
    return Bunch(**dict(zip("Xy", images, strict=True)), latent_x=x, latent_y=y, mutual_info=truth)
