"""The autoencoder on curves of one coordinate, and its parts."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline

from skib.datasets import make_blob_images
from skib.mutual_info import Compressed
from skib.preprocessing import Autoencoder, LeastVolumeAutoencoder


def arc(n_samples=400, seed=0):
    """Points of three quarters of a circle, in the plane, and their angles."""
    angle = np.random.default_rng(seed).uniform(0, 1.5 * np.pi, n_samples)
    return np.column_stack([np.cos(angle), np.sin(angle)]), angle


def test_finds_the_coordinate_of_a_curve():
    x, angle = arc()
    autoencoder = Autoencoder(1, (16,), random_state=0).fit(x)
    assert abs(spearmanr(autoencoder.transform(x)[:, 0], angle)[0]) > 0.99
    lost_by_pca = 1 - PCA(1).fit(x).explained_variance_ratio_[0]
    assert autoencoder.reconstruction_error_ < 0.1 * lost_by_pca
    fresh, angle = arc(seed=1)
    assert abs(spearmanr(autoencoder.transform(fresh)[:, 0], angle)[0]) > 0.99


def test_transform_and_inverse_are_the_halves_of_the_network():
    x = arc()[0] * [3.0, 5.0] + [100.0, -7.0]
    autoencoder = Autoencoder(1, (8, 4), max_iter=300, random_state=0).fit(x)
    rebuilt = autoencoder.inverse_transform(autoencoder.transform(x))
    by_network = autoencoder.network_.predict((x - autoencoder.mean_) / autoencoder.scale_)
    np.testing.assert_allclose(rebuilt, autoencoder.mean_ + autoencoder.scale_ * by_network, rtol=1e-5)
    variance = np.sum((x - x.mean(axis=0)) ** 2)
    assert autoencoder.reconstruction_error_ == pytest.approx(np.sum((rebuilt - x) ** 2) / variance)


@pytest.mark.parametrize("hidden", [(), (6,), (6, 5, 4)])
def test_shapes(hidden):
    x = np.random.default_rng(0).normal(size=(60, 7))
    autoencoder = Autoencoder(3, hidden, tol=0.01, random_state=0).fit(x)
    assert [weights.shape[1] for weights in autoencoder.network_.coefs_] == [*hidden, 3, *hidden[::-1], 7]
    assert autoencoder.transform(x).shape == (60, 3)
    assert autoencoder.inverse_transform(autoencoder.transform(x)).shape == x.shape
    assert autoencoder.get_feature_names_out().tolist() == ["autoencoder0", "autoencoder1", "autoencoder2"]


def test_follows_its_seed_and_nothing_else():
    x, _ = arc(100)
    codes = Autoencoder(1, (8,), tol=0.01, random_state=0).fit_transform(x)
    np.random.default_rng(5).normal(size=3)
    np.testing.assert_array_equal(Autoencoder(1, (8,), tol=0.01, random_state=0).fit_transform(x), codes)
    assert not np.array_equal(Autoencoder(1, (8,), tol=0.01, random_state=1).fit_transform(x), codes)


@pytest.mark.parametrize("factor", [2.0**-900, 2.0**20, 2.0**900])
def test_units_change_nothing(factor):
    x, _ = arc(100)
    plain, scaled = (Autoencoder(1, (8,), tol=0.01, random_state=0).fit(rows) for rows in (x, factor * x))
    np.testing.assert_array_equal(scaled.transform(factor * x), plain.transform(x))
    assert scaled.reconstruction_error_ == plain.reconstruction_error_


@pytest.mark.parametrize("n_samples", [30, 100, 1000])
def test_converges_by_default(n_samples):
    images = make_blob_images(n_samples, mutual_info=1.0, random_state=0).X
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        autoencoder = Autoencoder(random_state=0).fit(images)
    assert autoencoder.n_iter_ < autoencoder.max_iter
    assert autoencoder.reconstruction_error_ < 0.1


def test_warns_if_max_iter_ends_the_training():
    with pytest.warns(ConvergenceWarning, match="max_iter=5 ended the training; raise max_iter"):
        assert Autoencoder(1, max_iter=5, random_state=0).fit(arc()[0]).n_iter_ == 5


def test_a_constant_input_has_a_constant_code():
    autoencoder = Autoencoder(2, (8,), random_state=0).fit(np.full((50, 3), 7.0))
    codes = autoencoder.transform(np.full((50, 3), 7.0))
    assert (codes == codes[0]).all()
    np.testing.assert_allclose(autoencoder.inverse_transform(codes), 7.0, atol=0.1)


def test_output_frames():
    x = pd.DataFrame(arc(100)[0], columns=["a", "b"])
    codes = Autoencoder(1, (8,), tol=0.01, random_state=0).set_output(transform="pandas").fit_transform(x)
    assert list(codes.columns) == ["autoencoder0"]


def test_compresses_images_for_information():
    pair = make_blob_images(1000, mutual_info=2.0, random_state=0)
    coder = make_pipeline(PCA(16), Autoencoder(2, (32,), random_state=0))
    estimate = Compressed(coder, clone(coder)).fit(pair.X, pair.y)
    assert abs(estimate.mutual_info_ - 2.0) < 0.3
    assert Compressed(PCA(1), PCA(1)).fit(pair.X, pair.y).mutual_info_ < 1.2  # a plane is not a line


def test_errors():
    x, _ = arc(50)
    with pytest.raises(ValueError, match="NaN"):
        Autoencoder().fit(np.full((10, 2), np.nan))
    with pytest.raises(ValueError, match="n_components"):
        Autoencoder(0).fit(x)
    with pytest.raises(NotFittedError):
        Autoencoder().inverse_transform(x)
    with pytest.raises(ValueError, match="features"):
        Autoencoder(1, (8,), tol=0.01, random_state=0).fit(x).transform(x[:, :1])


def test_tables_of_every_kind_are_read_or_refused():
    x = np.random.default_rng(0).integers(0, 9, size=(30, 2)).astype(float)
    small = Autoencoder(1, (4,), max_iter=30, tol=1.0, random_state=0)
    expected = small.fit(x).transform(x)
    frame = pd.DataFrame({"a": pd.Series(x[:, 0], dtype="Int64"), "b": [Decimal(int(value)) for value in x[:, 1]]})
    for table in (x.tolist(), x.astype(object), frame):
        np.testing.assert_array_equal(small.fit(table).transform(table), expected)
        np.testing.assert_allclose(small.transform(table[:3]), expected[:3], rtol=1e-12)
    for table, message in [
        (np.ma.masked_less(x, 1), "masked entries"),
        (frame.assign(b=pd.date_range("2024", periods=30)), "X holds dates, but Autoencoder needs numbers"),
        (frame.assign(b=list("abcde") * 6), "columns of text or categories: .'b'."),
        (x[:1], "at least 2 rows"),
    ]:
        with pytest.raises(ValueError, match=message):
            small.fit(table)


@pytest.mark.parametrize("sizes", [(0,), (5.5,), (4, -1)])
@pytest.mark.parametrize("autoencoder", [Autoencoder(), Autoencoder(ordered=True), LeastVolumeAutoencoder()])
def test_sizes_of_layers_are_whole_numbers(autoencoder, sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes=.* must hold whole numbers of units, 1 or more"):
        clone(autoencoder).set_params(hidden_layer_sizes=sizes).fit(arc(50)[0])
