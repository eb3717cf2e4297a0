"""The number of columns that a least-volume code keeps, its scale, and its warnings."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from skib import UnreliableEstimateWarning
from skib.datasets import make_blob_images, make_rectangle_images
from skib.preprocessing import LeastVolumeAutoencoder


def flat_rows(n_samples=300, seed=0):
    """Points of a bent surface of two coordinates in six columns."""
    rng = np.random.default_rng(seed)
    u, v = rng.uniform(-1, 1, (2, n_samples))
    surface = np.column_stack([2 * u, 2 * v, u**2, u * v])
    return 30 * surface @ np.linalg.qr(rng.normal(size=(6, 4)))[0].T + 5


@pytest.fixture(scope="module")
def fitted():
    rows = flat_rows()
    return rows, LeastVolumeAutoencoder(5, (32,), max_iter=150, random_state=0).fit(rows)


def test_keeps_the_coordinates_of_a_surface(fitted):
    x, autoencoder = fitted
    assert autoencoder.n_components_ == 2
    assert autoencoder.reconstruction_error_ < 0.1 < autoencoder.truncation_errors_[0]
    assert autoencoder.transform(x).shape == (300, 2)
    assert autoencoder.get_feature_names_out().tolist() == ["leastvolumeautoencoder0", "leastvolumeautoencoder1"]


def test_the_code_is_centered_and_in_order(fitted):
    x, autoencoder = fitted
    codes = autoencoder.transform(x)
    np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-3 * autoencoder.spread_[0])
    np.testing.assert_allclose(codes.std(axis=0), autoencoder.spread_, rtol=1e-4)
    assert (np.diff(autoencoder.spread_) <= 0).all()


def test_decoding_enlarges_no_distance(fitted):
    x, autoencoder = fitted
    codes = autoencoder.transform(x)
    far = np.concatenate([codes, 10 * codes[::5], np.random.default_rng(0).normal(size=(50, 2))])
    assert (pdist(autoencoder.inverse_transform(far)) <= pdist(far) * (1 + 1e-9)).all()


def test_truncated_codes_lose_what_they_say(fitted):
    x, autoencoder = fitted
    codes, variance = autoencoder.transform(x), np.sum((x - x.mean(axis=0)) ** 2)
    for k, lost in enumerate(autoencoder.truncation_errors_, start=1):
        rebuilt = autoencoder.inverse_transform(codes[:, :k])
        assert np.sum((rebuilt - x) ** 2) / variance == pytest.approx(lost, rel=1e-3)
    assert autoencoder.truncation_errors_[-1] == pytest.approx(autoencoder.reconstruction_error_, rel=1e-4)


def test_units_change_nothing():
    x = flat_rows(100)
    plain, scaled = (
        LeastVolumeAutoencoder(3, (8,), tolerance=0.3, max_iter=60, random_state=0).fit(rows) for rows in (x, 1024 * x)
    )
    np.testing.assert_allclose(scaled.transform(1024 * x), 1024 * plain.transform(x), rtol=1e-9)


@pytest.mark.parametrize("factor", [2.0**-900, 2.0**900])
def test_extreme_units_change_nothing(factor):
    """The squares of these rows underflow, or overflow."""
    x = flat_rows(100)
    plain, scaled = (
        LeastVolumeAutoencoder(3, (8,), tolerance=0.3, max_iter=60, random_state=0).fit(rows)
        for rows in (x, factor * x)
    )
    np.testing.assert_allclose(scaled.spread_, factor * plain.spread_, rtol=1e-9)
    np.testing.assert_allclose(scaled.transform(factor * x), factor * plain.transform(x), rtol=1e-9)
    codes = plain.transform(x)
    np.testing.assert_allclose(
        scaled.inverse_transform(factor * codes), factor * plain.inverse_transform(codes), rtol=1e-9
    )


def test_linear_data_keep_as_many_columns_as_principal_components():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)) * [3, 2, 2, 0.2, 0.2, 0.2] @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    found = LeastVolumeAutoencoder(6, (32,), max_iter=150, random_state=0).fit(x).n_components_
    assert found == PCA(0.9).fit(x).n_components_ == 3


def test_a_constant_input_has_one_column():
    codes = LeastVolumeAutoencoder(3, (8,), max_iter=60, random_state=0).fit_transform(np.full((50, 3), 7.0))
    assert codes.shape[1] >= 1 and (codes == codes[0]).all()


def test_warnings():
    noise = np.random.default_rng(0).normal(size=(500, 9))
    with pytest.warns(UnreliableEstimateWarning, match=r"the code of 2 columns loses 0\.\d+ of the variance"):
        LeastVolumeAutoencoder(2, (8,), max_iter=20, random_state=0).fit(noise)
    with pytest.warns(ConvergenceWarning, match="max_iter=30 ended the search at . columns"):
        LeastVolumeAutoencoder(6, (16,), tolerance=0.5, max_iter=30, random_state=0).fit(flat_rows())


@pytest.mark.slow
@pytest.mark.parametrize(("make", "n_pixels", "n_latent"), [(make_rectangle_images, 64, 4), (make_blob_images, 16, 2)])
def test_images_keep_their_latent_coordinates(make, n_pixels, n_latent):
    found = []
    for seed in range(10):
        images = make(2000, mutual_info=0.5, random_state=seed).X
        codes = PCA(n_pixels, random_state=0).fit_transform(images)
        found.append(LeastVolumeAutoencoder(random_state=seed).fit(codes).n_components_)
    assert np.sum(np.array(found) == n_latent) >= 8
