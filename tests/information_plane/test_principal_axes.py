"""Principal axes are those of scikit-learn's full decomposition, in the units of the layer, or are left to it."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.decomposition import PCA, IncrementalPCA, KernelPCA

from skib.information_plane._compression import Compression
from skib.information_plane._principal_axes import principal_axes, replaces, spread_and_size


def layer(seed, *, n_samples=700, n_units=60, spreads=None, offset=0.0):
    rng = np.random.default_rng(seed)
    spreads = np.geomspace(1, 0.01, n_units) if spreads is None else spreads
    latent = rng.standard_t(6, size=(n_samples, len(spreads))) * spreads
    return latent @ stats.ortho_group.rvs(n_units, random_state=seed)[: len(spreads)] + offset


@pytest.mark.parametrize("offset", [0, 30])
@pytest.mark.parametrize("n_components", [1, 8, 60])
@pytest.mark.parametrize("seed", range(5))
def test_code_is_that_of_the_full_decomposition(seed, n_components, offset):
    x = layer(seed, offset=offset)
    code = principal_axes(x, n_components).transform(x)
    expected = PCA(n_components, svd_solver="full").fit_transform(x)
    assert_allclose(code, expected, rtol=0, atol=1e-9 * expected.std(axis=0).min())
    assert code.flags.c_contiguous


def test_new_rows_have_the_code_of_the_fitted_axes():
    x, new = layer(0), layer(1, n_samples=123)
    fitted = pickle.loads(pickle.dumps(principal_axes(x, 5)))
    expected = PCA(5, svd_solver="full").fit(x).transform(new)
    assert_allclose(fitted.transform(new), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_axes_of_nearly_equal_variance_span_the_right_subspace(seed):
    """No method tells them apart, and information does not depend on it; what is outside of their span has no part."""
    x = layer(seed, spreads=np.r_[1.0, 0.9 + 1e-9 * np.arange(4), np.full(10, 0.1)], n_units=40)
    ours, theirs = principal_axes(x, 5).axes, PCA(5, svd_solver="full").fit(x).components_.T
    assert_allclose(ours.T @ ours, np.eye(5), atol=1e-12)
    assert_allclose(theirs @ (theirs.T @ ours), ours, atol=1e-11)


@pytest.mark.parametrize("least", [1e-2, 1e-4, 1e-6])
def test_residuals_of_the_axes_that_are_returned(least):
    """C v = lambda v to 1e-14 of the largest lambda; axes shorter than 1e-3 of the longest are left to an SVD."""
    x = layer(0, spreads=np.r_[np.geomspace(1, least, 8), np.full(20, least / 10)], n_units=50)
    found = principal_axes(x, 8)
    assert (found is None) == (least < 1e-3)
    if found is not None:
        covariance = np.cov(x.T, bias=True)
        residuals = covariance @ found.axes - found.axes * np.var(found.transform(x), axis=0)
        assert np.abs(residuals).max() < 1e-14 * np.linalg.norm(covariance, 2)


@pytest.mark.parametrize("x", [np.ones((300, 40)), layer(0, spreads=np.ones(3)), 1e200 * layer(0)])
def test_what_squares_do_not_resolve_is_left_to_a_decomposition_of_the_rows(x):
    with np.errstate(over="ignore"):
        assert principal_axes(x, 8) is None


def test_a_layer_of_lower_rank_has_the_code_that_it_had():
    x = layer(0, spreads=np.ones(3))
    used, code = Compression(PCA(8, random_state=0)).code(x)
    assert isinstance(used.fitted, PCA) and code.shape[1] == 3
    assert_array_equal(code, PCA(8, random_state=0).fit(x).transform(x)[:, :3])


@pytest.mark.parametrize(
    ("compressor", "shape", "expected"),
    [
        (PCA(8), (2000, 512), True),
        (PCA(8), (2000, 1025), False),  # the covariance matrix would cost more than passes over the layer
        (PCA(8), (500, 256), False),
        (PCA(0.9), (2000, 512), False),
        (PCA(), (2000, 512), False),
        (PCA(8, whiten=True), (2000, 512), False),
        (PCA(8, svd_solver="randomized"), (2000, 512), False),
        (IncrementalPCA(8), (2000, 512), False),
        (KernelPCA(8), (2000, 512), False),
        (type("Own", (PCA,), {})(8), (2000, 512), False),
        (PCA(0), (700, 60), False),
    ],
)
def test_only_a_plain_pca_is_replaced(compressor, shape, expected):
    assert replaces(compressor, np.empty(shape)) == expected


@pytest.mark.parametrize("offset", [0, 30])
def test_spread_and_size(offset):
    x = layer(0, offset=offset)
    expected = [np.sqrt(np.var(x, axis=0).mean()), np.sqrt(np.mean(x**2))]
    assert_allclose(spread_and_size(x), expected, rtol=1e-12)
    assert_allclose(spread_and_size(x, principal_axes(x, 2)), expected, rtol=1e-12)
