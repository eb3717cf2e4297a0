"""Injective maps of X and of y, which do not change the information, and products of pairs, which add it up."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from scipy.special import ndtr
from sklearn.utils import Bunch, check_random_state

from skib._typing import Seed
from skib.datasets._checks import check_count
from skib.datasets._gaussian import as_target
from skib.datasets._pair import Pair


def _half_cube(x):
    """Return sign(x) |x|^(3/2)."""
    return x * np.sqrt(np.abs(x))


def _wiggly_x(x):
    return x + 0.4 * np.sin(x) + 0.2 * np.sin(1.7 * x + 1) + 0.03 * np.sin(3.3 * x - 2.5)


def _wiggly_y(y):
    return y - 0.4 * np.sin(0.4 * y) + 0.17 * np.sin(1.3 * y + 3.5) + 0.02 * np.sin(4.3 * y - 2.5)


def _mixture_quantile(z, weights, centers):
    """Send standard normal ``z`` to the mixture of unit normals: the quantile of the mixture at Phi(z).

    It lies between the quantiles of the lowest and of the highest component, and is found by bisection.
    """
    low, high, level = z + min(centers), z + max(centers), ndtr(z)
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(w * ndtr(middle - c) for w, c in zip(weights, centers, strict=True)) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _swiss_roll(x):
    """Roll the unit interval up in the plane."""
    if x.shape[1] != 1 or x.min() < 0 or x.max() > 1:
        raise ValueError(
            "swissroll_x requires one column of X within [0, 1]: apply 'normal_cdf' to a single column first."
        )
    angle = 1.5 * np.pi * (1 + 2 * x)
    return np.hstack([angle * np.cos(angle), angle * np.sin(angle)]) / 21


def _spiral(x, i, j, name):
    """Rotate columns i and j by the angle |x|^2 / dim: rows on a sphere turn alike, so that it can be undone."""
    if x.shape[1] <= j:
        raise ValueError(f"spiral requires at least {j + 1} columns of {name}; got {x.shape[1]}.")
    angle = (x * x).sum(axis=1) / x.shape[1]
    turned = x.copy()
    turned[:, i] = np.cos(angle) * x[:, i] - np.sin(angle) * x[:, j]
    turned[:, j] = np.sin(angle) * x[:, i] + np.cos(angle) * x[:, j]
    return turned


# The maps of X and of y.
TRANSFORMS = {
    "asinh": (np.arcsinh, np.arcsinh),
    "bimodal": (
        lambda x: _mixture_quantile(x, (0.3, 0.7), (0, 5)),
        lambda y: _mixture_quantile(y, (0.5, 0.5), (-1, 3)),
    ),
    "half_cube": (_half_cube, _half_cube),
    "normal_cdf": (ndtr, ndtr),
    "spiral": (lambda x: _spiral(x, 0, 1, "X"), lambda y: _spiral(y, 1, 2, "y")),
    "swissroll_x": (_swiss_roll, lambda y: y),
    "wiggly": (_wiggly_x, _wiggly_y),
}


def transformed_pair(
    pair: Pair, transform: Literal["asinh", "bimodal", "half_cube", "normal_cdf", "spiral", "swissroll_x", "wiggly"]
) -> Pair:
    """Return a pair with X and y each sent through an injective map.

        I(f(X); g(y)) = I(X; y)

    Parameters
    ----------
    pair : Bunch
        ``X``, ``y`` and ``mutual_info``, as the samplers return them.
    transform : {"asinh", "bimodal", "half_cube", "normal_cdf", "spiral", "swissroll_x", "wiggly"}
        The maps. Of every column: "asinh" shortens tails; "half_cube", ``sign(x) |x|^(3/2)``, stretches them;
        "normal_cdf" is Phi, and makes normal columns uniform; "wiggly" adds sine waves to the identity; "bimodal" sends
        a standard normal column of X to 0.3 N(0, 1) + 0.7 N(5, 1) and of y to (N(-1, 1) + N(3, 1)) / 2. Of whole rows:
        "spiral" rotates the plane of two columns (the first two of X, the second and third of y) by the angle
        ``|row|^2 / n_columns``; "swissroll_x" rolls one column of X in [0, 1] up in the plane and does not change y.

    Returns
    -------
    Bunch
        ``X`` (n_samples, n_columns), ``y`` (n_samples,) or (n_samples, n_columns), ``mutual_info``, that of ``pair``.

    Raises
    ------
    ValueError
        If ``transform`` is unknown, or the pair has too few columns for it or values outside its domain.

    Notes
    -----
    The maps are injective as functions; in floating point "normal_cdf" sends all values beyond 8.3 to 1.

    References
    ----------
    P. Czyz, F. Grabowski, J. E. Vogt, N. Beerenwinkel and A. Marx, "Beyond normal: on the evaluation of mutual
    information estimators", NeurIPS 2023.

    Examples
    --------
    >>> from skib.datasets import make_student_pair, transformed_pair
    >>> pair = transformed_pair(make_student_pair(500, dof=1.0, random_state=0), "asinh")
    >>> round(pair.mutual_info, 4)  # as before the map
    0.2242
    """
    if transform not in TRANSFORMS:
        raise ValueError(f"transform == {transform!r}, must be one of {', '.join(TRANSFORMS)}.")
    of_x, of_y = TRANSFORMS[transform]
    x, y = np.asarray(pair.X, dtype=float), np.asarray(pair.y, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    return Bunch(X=np.ascontiguousarray(of_x(x)), y=as_target(of_y(y)), mutual_info=pair.mutual_info)


def make_product_pair(
    n_samples: int = 1000, *, samplers: Sequence[Callable[..., Pair]], random_state: Seed = None
) -> Pair:
    """Draw independent pairs and put their columns side by side.

        I(X_1, X_2, ...; y_1, y_2, ...) = I(X_1; y_1) + I(X_2; y_2) + ...

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows.
    samplers : sequence of callable
        Each is called as ``sampler(n_samples, random_state=...)`` and returns a Bunch; give a sampler arguments of its
        own with ``functools.partial``.
    random_state : int, RandomState instance or None, default=None
        Seeds the draw. Pass an int for the same result at every call. The samplers draw from it in turn, so that
        the pairs are independent.

    Returns
    -------
    Bunch
        ``X`` (n_samples, n_columns); ``y`` (n_samples,) if there is one column, else (n_samples, n_columns);
        ``mutual_info``, the true value in nats.

    Raises
    ------
    ValueError
        If ``samplers`` is empty.

    Examples
    --------
    >>> from functools import partial
    >>> from skib.datasets import make_gaussian_pair, make_product_pair, make_student_pair
    >>> samplers = [partial(make_gaussian_pair, rho=0.9), make_student_pair]
    >>> pair = make_product_pair(500, samplers=samplers, random_state=0)
    >>> round(pair.mutual_info, 4)  # 0.8304 + 0.2242
    1.0545
    """
    n_samples, rng = check_count(n_samples, "n_samples"), check_random_state(random_state)
    pairs = [sampler(n_samples, random_state=rng) for sampler in samplers]
    if not pairs:
        raise ValueError("samplers is empty, must have at least one sampler.")
    x, y = np.hstack([pair.X for pair in pairs]), np.column_stack([pair.y for pair in pairs])
    return Bunch(X=x, y=as_target(y), mutual_info=sum(pair.mutual_info for pair in pairs))
