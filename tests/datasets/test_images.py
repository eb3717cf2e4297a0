"""Pairs of images: the pixels return the latent variables, and these have the required information."""

from functools import partial

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest
from sklearn.decomposition import PCA

from skib.datasets import make_blob_images, make_noisy_blob_images, make_rectangle_images

SAMPLERS = {
    "blobs": make_blob_images,
    "correlated blobs": partial(make_blob_images, correlation=0.8),
    "noisy blobs": make_noisy_blob_images,
    "rectangles": make_rectangle_images,
}
samplers = pytest.mark.parametrize("sample", SAMPLERS.values(), ids=SAMPLERS.keys())
sizes = pytest.mark.parametrize("size", [8, 16, 32])


def peak(profiles, step):
    """Centre of Gaussian profiles sampled ``step`` apart: the peak of the parabola through three logarithms."""
    middle = np.clip(profiles.argmax(axis=1), 1, profiles.shape[1] - 2)
    low, center, high = (np.log(profiles[np.arange(len(profiles)), middle + k]) for k in (-1, 0, 1))
    return step * (middle + 0.5 * (low - high) / (low - 2 * center + high)) + 0.5


def centers(images, step):
    """(column, row) of the blob whose every ``step``-th row is shown."""
    shown = images[:, ::step]
    brightest = shown.sum(axis=2).argmax(axis=1)
    row = shown[np.arange(len(images)), brightest]
    column = shown[np.arange(len(images)), :, row.argmax(axis=1)]
    return np.column_stack([peak(row, 1), peak(column, step)])


def ends(shares):
    """Ends of the segment that covers these shares of unit cells, at least one of them wholly."""
    full = shares > 1 - 1e-12
    first = full.argmax(axis=1)
    last = shares.shape[1] - 1 - full[:, ::-1].argmax(axis=1)
    padded = np.pad(shares, ((0, 0), (1, 1)))
    at = np.arange(len(shares))
    return np.column_stack([first - padded[at, first], last + 1 + padded[at, last + 2]])


def edges(images):
    return np.hstack([ends(images.max(axis=1)), ends(images.max(axis=2))])


def squared(flat, size):
    return flat.reshape(len(flat), size, size)


def blob_scores(latents, size, correlation=0.0):
    """The independent standard normal variables behind the centers."""
    column, row = ndtri(latents / size).T
    return np.column_stack([column, (row - correlation * column) / np.sqrt(1 - correlation**2)])


def segment_scores(pairs, size):
    """The independent standard normal variables behind two ends: the distribution functions of left and of right."""
    left, right = pairs.T
    room = size - 2 - left
    return ndtri(np.column_stack([1 - (room / (size - 2)) ** 2, (right - left - 2) / room]))


def rectangle_scores(latents, size):
    return np.hstack([segment_scores(latents[:, :2], size), segment_scores(latents[:, 2:], size)])


SCORES = {
    "blobs": blob_scores,
    "correlated blobs": partial(blob_scores, correlation=0.8),
    "noisy blobs": blob_scores,
    "rectangles": rectangle_scores,
}


@samplers
def test_shapes_and_seeds(sample):
    made = sample(7, size=9, random_state=3)
    again = sample(7, size=9, random_state=np.random.RandomState(3))
    assert made.X.shape == made.y.shape == (7, 81)
    assert made.latent_x.shape == made.latent_y.shape
    assert all(array.dtype == np.float64 and array.flags.c_contiguous for array in (made.X, made.y))
    assert isinstance(made.mutual_info, float)
    assert np.array_equal(made.X, again.X)
    assert np.array_equal(made.y, again.y)
    assert not np.array_equal(made.X, sample(7, size=9, random_state=4).X)
    assert not np.array_equal(made.X, made.y)


@pytest.mark.parametrize("sample, step", [(make_blob_images, 1), (make_noisy_blob_images, 2)])
@sizes
def test_pixels_return_the_center(sample, step, size):
    made = sample(2000, mutual_info=10.0, size=size, random_state=0)
    for flat, latents in ((made.X, made.latent_x), (made.y, made.latent_y)):
        np.testing.assert_allclose(centers(squared(flat, size), step), latents, rtol=0, atol=1e-9 * size)


@sizes
def test_pixels_return_the_edges(size):
    made = make_rectangle_images(2000, mutual_info=10.0, size=size, random_state=0)
    for flat, latents in ((made.X, made.latent_x), (made.y, made.latent_y)):
        np.testing.assert_allclose(edges(squared(flat, size)), latents, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("information", [0.0, 1.0, 5.0, 10.0, 30.0])
def test_latents_have_the_information_asked_for(name, information):
    made = SAMPLERS[name](4000, mutual_info=information, size=16, random_state=1)
    x, y = (SCORES[name](latents, 16) for latents in (made.latent_x, made.latent_y))
    dim = x.shape[1]
    assert made.mutual_info == information
    # Both are standard normal, and the residual of y given x has variance exp(-2 I / dim): I = -(dim / 2) log of it.
    residual = y - np.sqrt(-np.expm1(-2 * information / dim)) * x
    np.testing.assert_allclose((residual**2).mean(axis=0), np.exp(-2 * information / dim), rtol=4 * np.sqrt(2 / 4000))
    whole = np.corrcoef(x.T, residual.T)
    assert np.abs(whole - np.eye(2 * dim)).max() < 4.5 / np.sqrt(4000)
    assert all(kstest(column, "norm").pvalue > 1e-4 for column in (*x.T, *y.T))


def test_correlation_gathers_the_centers_along_the_diagonal():
    made = make_blob_images(4000, correlation=0.8, random_state=2)
    # Uniform margins of a Gaussian copula: Pearson correlation (6 / pi) asin(rho / 2).
    expected = np.arctanh(6 / np.pi * np.arcsin(0.4))
    for latents in (made.latent_x, made.latent_y):
        assert abs(np.arctanh(np.corrcoef(latents.T)[0, 1]) - expected) < 4 / np.sqrt(4000)


def test_rectangles_are_uniform_over_all_that_are_allowed():
    left, right, top, bottom = make_rectangle_images(4000, size=16, random_state=3).latent_x.T
    assert left.min() >= 0 and right.max() <= 16 and (right - left).min() >= 2
    assert top.min() >= 0 and bottom.max() <= 16 and (bottom - top).min() >= 2
    # A triangle looks the same from each corner: the distance from the side opposite is distributed alike.
    for distance in (left, 16 - right, right - left - 2, top, 16 - bottom, bottom - top - 2):
        assert kstest(distance / 14, lambda u: 1 - (1 - u) ** 2).pvalue > 1e-4


@pytest.mark.parametrize("n_noise", [1, 16])
def test_leading_components_are_noise(n_noise):
    made = make_noisy_blob_images(4000, mutual_info=5.0, n_noise=n_noise, random_state=4)
    pca = PCA(n_noise + 2).fit(made.X)
    is_wave = np.tile(np.repeat([False, True], 16), 8)
    # Of each leading component, what lies in the rows of the blob is sampling error; of the following ones, all of it.
    share = (pca.components_[:, ~is_wave] ** 2).sum(axis=1)
    assert share[:n_noise].max() < 1e-3
    assert share[n_noise:].min() > 1 - 1e-3
    # The noise of an image is independent of its blob and of the other image.
    noise = made.X[:, is_wave] @ np.linalg.svd(made.X[:, is_wave], full_matrices=False)[2][:n_noise].T
    other = np.hstack([made.latent_x, made.latent_y])
    assert np.abs(np.corrcoef(noise.T, other.T)[:n_noise, n_noise:]).max() < 4.5 / np.sqrt(4000)


@samplers
@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"mutual_info": -0.1}, "mutual_info == -0.1"),
        ({"mutual_info": 31.0}, "mutual_info == 31.0"),
        ({"mutual_info": np.nan}, "mutual_info.*finite"),
        ({"size": 7}, "size == 7"),
        ({"n_samples": 0}, "n_samples == 0"),
    ],
)
def test_arguments_out_of_range(sample, arguments, message):
    with pytest.raises(ValueError, match=message):
        sample(**arguments)


def test_arguments_of_one_sampler():
    with pytest.raises(ValueError, match="correlation == 1"):
        make_blob_images(5, correlation=1.0)
    with pytest.raises(ValueError, match="n_noise == 129"):
        make_noisy_blob_images(5, size=16, n_noise=129)
    with pytest.raises(TypeError, match="n_noise"):
        make_noisy_blob_images(5, n_noise=1.5)
