"""Pairs of images of one rectangle each."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_images
from skib.datasets._gaussian import make_uniform_pair
from skib.datasets._pair import ImagePair

# Every rectangle covers at least one pixel wholly, whose value is 1.
MIN_SIDE = 2


def _segments(uniforms, size):
    """Send (n_samples, 2) uniforms to the ends of segments, uniform on 0 <= left, left + 2 <= right <= size.

    The left end by its quantile function, the right end by its quantile function given the left one.
    """
    room = (size - MIN_SIDE) * np.sqrt(1 - uniforms[:, 0])
    left = size - MIN_SIDE - room
    return np.column_stack([left, left + MIN_SIDE + room * uniforms[:, 1]])


def _edges(uniforms, size):
    """Send (n_samples, 4) uniforms to left, right, top and bottom."""
    return np.hstack([_segments(uniforms[:, :2], size), _segments(uniforms[:, 2:], size)])


def _covered(ends, size):
    """Return the share of each of ``size`` unit cells that lies between the ends: (n_samples, size)."""
    low = np.arange(size)
    return np.clip(np.minimum(ends[:, 1:], low + 1) - np.maximum(ends[:, :1], low), 0, 1)


def _rectangles(edges, size):
    """Return the images (n_samples, size * size): the share of each pixel that is covered."""
    rows, columns = _covered(edges[:, 2:], size), _covered(edges[:, :2], size)
    return (rows[:, :, None] * columns[:, None, :]).reshape(len(edges), -1)


def make_rectangle_images(
    n_samples: int = 1000, *, mutual_info: float = 1.0, size: int = 16, random_state: Seed = None
) -> ImagePair:
    """Draw pairs of images of known mutual information, each of one rectangle with antialiased edges.

    A pixel is the share of its area that the rectangle covers. The rectangles are uniform over all those in the image
    whose sides are at least 2 pixels long, and

        I(X; y) = I(edges of X; edges of y) = mutual_info

    Parameters
    ----------
    n_samples : int, default=1000
        Number of pairs.
    mutual_info : float in [0, 30], default=1.0
        Information wanted, in nats, shared equally by the four edges.
    size : int, default=16
        Side of the images, in pixels, at least 8.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call.

    Returns
    -------
    Bunch
        ``X`` and ``y`` (n_samples, size * size), the images row after row; ``latent_x`` and ``latent_y``
        (n_samples, 4), the edges left, right, top and bottom, in pixels from the upper left corner; ``mutual_info``,
        the true value in nats.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The truth is exact, because every step from a Gaussian pair of that information to the images is injective and acts
    on one side alone: the normal cdf of each coordinate; two quantile functions, that of the left edge, u -> (size - 2)
    (1 - sqrt(1 - u)), and that of the right edge given the left one (likewise top and bottom); and the drawing. A side
    of at least 2 pixels covers one pixel wholly, whose row and column are then the shares covered along each axis. The
    share of the pixel before the first full one returns the left edge, that of the pixel after the last full one the
    right edge.

    The images lie on a curved surface of dimension 4 that no few linear components describe.

    References
    ----------
    I. Butakov, A. Tolmachev, S. Malanchuk, A. Neopryatnaya, A. Frolov and K. Andreev, "Information bottleneck analysis
    of deep neural networks via lossy compression", ICLR 2024.

    Examples
    --------
    >>> from skib.datasets import make_rectangle_images
    >>> pair = make_rectangle_images(500, mutual_info=3.0, random_state=0)
    >>> pair.X.shape, pair.latent_x.shape, pair.mutual_info
    ((500, 256), (500, 4), 3.0)
    >>> left, right, top, bottom = pair.latent_x.T
    >>> bool(abs(pair.X.sum(axis=1) - (right - left) * (bottom - top)).max() < 1e-9)  # the area
    True
    """
    n_samples, truth, size = check_images(n_samples, mutual_info, size)
    uniforms = make_uniform_pair(n_samples, mutual_info=truth, dim=4, random_state=check_random_state(random_state))
    x, y = _edges(uniforms.X, size), _edges(uniforms.y, size)
    return Bunch(X=_rectangles(x, size), y=_rectangles(y, size), latent_x=x, latent_y=y, mutual_info=truth)
