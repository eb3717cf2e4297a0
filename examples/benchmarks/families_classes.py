"""Families of classes in many columns, and of wide layers whose labels shift or spread all units."""

from functools import partial

import numpy as np
from family_truths import (
    Family,
    binary_entropy,
    binary_shift_information,
    draw_labels,
    flipped,
    label_information,
    orthogonal,
    posterior_of,
    sampled_information,
)
from scipy.special import expit, log_ndtr

_LOG_2 = np.log(2)
WIDTHS, SHIFTS = (32, 256, 1024), (0, 0.5, 1, 2)


def binary(p):
    """(p(y = 0|x), p(y = 1|x))."""
    return np.column_stack([1 - p, p])


def among(posterior, n_columns, n_core, *, mix=None):
    """Draw normal columns, the first `n_core` of which decide p(y|x), perhaps mixed by a fixed invertible matrix."""

    def draw(rng, n):
        x = rng.normal(size=(n, n_columns))
        y = draw_labels(rng, posterior(x[:, :n_core]))
        return (x if mix is None else x @ mix), y

    return draw


def shifted(means, n_columns, seed=0):
    """Normal classes of equal spread: means (n_classes, n_core) within rotated columns."""

    def draw(rng, n):
        y = rng.integers(len(means), size=n)
        x = rng.normal(size=(n, n_columns))
        x[:, : means.shape[1]] += means[y]
        return x @ orthogonal(n_columns, seed), y

    return draw


def shift_posterior(means):
    """p(y|x) in the columns of the means alone: the others are equally distributed in all classes."""

    def draw(rng, n):
        x = means[rng.integers(len(means), size=n)] + rng.normal(size=(n, means.shape[1]))
        return posterior_of(x @ means.T - 0.5 * (means**2).sum(1))

    return draw


def simplex(n_classes, distance):
    """Means at equal distances."""
    return (np.eye(n_classes) - 1 / n_classes) * distance / np.sqrt(2)


def line(shift):
    """Two means at a distance."""
    return np.array([[-shift / 2], [shift / 2]])


def spread_posterior(rows, scales):
    """p(y|x) of normal classes whose columns have the scales (n_classes, n_columns)."""
    return posterior_of(-0.5 * (rows[:, None] ** 2 / scales**2).sum(2) - np.log(scales).sum(1))


def spread_rows(rng, n, scales):
    y = rng.integers(len(scales), size=n)
    return scales[y] * rng.normal(size=(n, scales.shape[1])), y


def radius_posterior(scales, n_columns):
    """Draws of p(y|x) of classes of scalar scales, by the squared radius, which is sufficient."""

    def draw(rng, n):
        squares = scales[rng.integers(len(scales), size=n)] ** 2 * rng.chisquare(n_columns, n)
        return posterior_of(-0.5 * squares[:, None] / scales**2 - n_columns * np.log(scales))

    return draw


def radial_rows(rng, n, scales, n_columns):
    y = rng.integers(len(scales), size=n)
    return scales[y, None] * rng.normal(size=(n, n_columns)), y


def correlation_rows(rng, n, rho=0.5):
    """Three pairs of columns, correlated by +rho or -rho."""
    y = rng.integers(2, size=n)
    a, b = rng.normal(size=(2, n, 3))
    sign = (2 * y - 1)[:, None]
    return np.hstack([a, sign * rho * a + np.sqrt(1 - rho**2) * b]), y


def correlation_posterior(x, rho=0.5):
    return binary(expit(2 * rho / (1 - rho**2) * (x[:, :3] * x[:, 3:]).sum(1)))


def sparse_means(n_units, n_classes, seed):
    """Pre-activations of a layer of which 70 % are zero after the ReLU."""
    return -0.524 + 0.6 * np.random.default_rng([7, seed]).normal(size=(n_classes, n_units)) / np.sqrt(n_units / 20)


def sparse_rows(rng, n, means):
    y = rng.integers(len(means), size=n)
    return np.maximum(means[y] + rng.normal(size=(n, means.shape[1])), 0), y


def sparse_posterior(x, means):
    """Units are independent within a class: an atom at zero, and normal above."""
    on = x > 0
    scores = [np.where(on, -0.5 * (x - m) ** 2, log_ndtr(-m)).sum(1) for m in means]
    return posterior_of(np.column_stack(scores))


def blob_centers(n_classes, n_blobs, n_columns):
    return np.random.default_rng([7, n_columns]).normal(size=(n_classes, n_blobs, n_columns)) * 1.3


def blob_rows(rng, n, centers):
    y, blob = rng.integers(len(centers), size=n), rng.integers(centers.shape[1], size=n)
    return centers[y, blob] + rng.normal(size=(n, centers.shape[2])), y


def blob_posterior(x, centers):
    scores = x @ np.moveaxis(centers, 2, 1) - 0.5 * (centers**2).sum(2)[:, None]  # (n_classes, n, n_blobs)
    return posterior_of(np.logaddexp.reduce(scores, 2).T)


def sign_product(x, flips):
    """Parity of the signs, of which a share is flipped."""
    return binary(np.where(np.prod(x, 1) > 0, 1 - flips, flips))


def stripes(x, flips, width=0.7):
    """Bands across one direction."""
    return binary(np.where(np.floor(x.sum(1) / np.sqrt(x.shape[1]) / width) % 2 == 0, 1 - flips, flips))


def logistic(x, slope, bias=0.0):
    return binary(expit(slope * x.sum(1) / np.sqrt(x.shape[1]) + bias))


def ball(x, slope=1.5):
    return binary(expit(slope * ((x**2).sum(1) - x.shape[1])))


def noisy_labels(draw, noise, n_classes):
    """A share of the labels drawn anew."""

    def drawn(rng, n):
        x, y = draw(rng, n)
        return x, np.where(rng.random(n) < noise, rng.integers(n_classes, size=n), y)

    return drawn


def full_posterior(means, n_columns, seed, noise=0.0):
    """p(y|x) in all rotated columns."""

    def posterior(x):
        rotated = np.pad(means, ((0, 0), (0, n_columns - means.shape[1]))) @ orthogonal(n_columns, seed)
        return flipped(posterior_of(x @ rotated.T - 0.5 * (rotated**2).sum(1)), noise)

    return posterior


def _decided(name, posterior, n_columns, n_core, compute=None, mix=None):
    """Classes that some of many normal columns decide; the columns may be mixed."""

    def drawn():
        return label_information(lambda rng, n: posterior(rng.normal(size=(n, n_core))))

    def of_core(x):
        return posterior((x if mix is None else x @ np.linalg.inv(mix))[:, :n_core])

    draw = among(posterior, n_columns, n_core, mix=mix)
    return Family(name, "classes", draw, compute or drawn, partial(sampled_information, draw, of_core))


def _conditional(name, draw, posterior, compute=None):
    """Draws of given classes, and p(y|x)."""

    def drawn():
        return label_information(lambda rng, n: posterior(draw(rng, n)[0]))

    return Family(name, "classes", draw, compute or drawn, partial(sampled_information, draw, posterior))


def _shifted(kind, name, means, n_columns, seed, noise=0.0, compute=None):
    """Normal classes about means, of whose labels a share is drawn anew."""
    draw, posterior = shifted(means, n_columns, seed), shift_posterior(means)
    if noise:
        name, draw = f"{name}, {noise:.0%} noise", noisy_labels(draw, noise, len(means))

    def drawn():
        return label_information(lambda rng, n: flipped(posterior(rng, n), noise))

    check = partial(
        sampled_information,
        draw,
        full_posterior(means, n_columns, seed, noise),
        max(20_000, 20_000_000 // n_columns**2),
    )
    return Family(name, kind, draw, compute or drawn, check)


def _gaussian_classes(n_columns, n_classes, size, noise=0.0):
    means = np.random.default_rng([7, n_columns, n_classes]).normal(size=(n_classes, min(n_columns, n_classes)))
    means *= size / np.sqrt(means.shape[1])
    return _shifted("classes", f"{n_classes} linear classes in {n_columns}", means, n_columns, 0, noise)


def _wide(width, shift, n_classes, noise=0.0):
    means = line(shift) if n_classes == 2 else simplex(n_classes, shift)
    closed = None
    if not shift:
        closed = float
    elif n_classes == 2 and not noise:
        closed = partial(binary_shift_information, shift)
    return _shifted("wide", f"{n_classes} classes, {width} units, shift {shift:g}", means, width, width, noise, closed)


def _wide_radial(width):
    scales = np.exp(np.array([-0.5, 0.5]) * 2 / np.sqrt(width))
    draw = partial(radial_rows, scales=scales, n_columns=width)
    posterior = partial(spread_posterior, scales=np.repeat(scales[:, None], width, 1))
    return Family(
        f"radial classes, {width} units",
        "wide",
        draw,
        lambda: label_information(radius_posterior(scales, width)),
        partial(sampled_information, draw, posterior, 10_000),
    )


_SPREADS = np.exp(np.random.default_rng([7, 5]).normal(size=(2, 20)) * 0.2)
_SPARSE_20, _SPARSE_64 = sparse_means(20, 2, 20), sparse_means(64, 10, 64)
_BLOBS = blob_centers(3, 4, 10)
_SHELLS = np.array([0.7, 1.0, 1.4])


def _binary_noise(flips):
    return lambda: _LOG_2 - binary_entropy(flips)


CLASSES = [
    _gaussian_classes(2, 3, 1.5),
    _gaussian_classes(10, 5, 1.5),
    _gaussian_classes(30, 5, 1.5),
    _gaussian_classes(100, 5, 1.5),
    _gaussian_classes(50, 10, 3.0, 0.3),
    _decided("logistic in 30", partial(logistic, slope=2.0), 30, 5, mix=orthogonal(30, 30)),
    _decided("rare class in 10", partial(logistic, slope=2.0, bias=-5.0), 10, 3),
    _decided("two of 30 decide", partial(logistic, slope=1e6), 30, 2, lambda: _LOG_2),
    _decided("two of 100 decide", partial(logistic, slope=1e6), 100, 2, lambda: _LOG_2),
    _decided("ball in 8", ball, 8, 8),
    _decided("xor in 20", partial(sign_product, flips=0.1), 20, 2, _binary_noise(0.1)),
    _decided("parity of 3 in 6", partial(sign_product, flips=0.05), 6, 3, _binary_noise(0.05)),
    _decided("parity of 3 in 10", partial(sign_product, flips=0.05), 10, 3, _binary_noise(0.05)),
    _decided("stripes in 5", partial(stripes, flips=0.1), 5, 5, _binary_noise(0.1)),
    _conditional("spreads in 20", partial(spread_rows, scales=_SPREADS), partial(spread_posterior, scales=_SPREADS)),
    _conditional(
        "shells in 10",
        partial(radial_rows, scales=_SHELLS, n_columns=10),
        partial(spread_posterior, scales=np.repeat(_SHELLS[:, None], 10, 1)),
        lambda: label_information(radius_posterior(_SHELLS, 10)),
    ),
    _conditional("correlations in 6", correlation_rows, correlation_posterior),
    _conditional(
        "sparse layer 20", partial(sparse_rows, means=_SPARSE_20), partial(sparse_posterior, means=_SPARSE_20)
    ),
    _conditional(
        "sparse layer 64", partial(sparse_rows, means=_SPARSE_64), partial(sparse_posterior, means=_SPARSE_64)
    ),
    _conditional("blobs in 10", partial(blob_rows, centers=_BLOBS), partial(blob_posterior, centers=_BLOBS)),
]

WIDE = [
    *(_wide(width, shift, k) for width in WIDTHS for k in (2, 10) for shift in SHIFTS),
    *(_wide(width, 2, k, 0.3) for width in WIDTHS for k in (2, 10)),
    *(_wide_radial(width) for width in WIDTHS),
]
