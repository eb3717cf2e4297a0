"""Ordered codes: principal components in order where the network is linear, and the best first column where not."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from skib.preprocessing import Autoencoder


def linear_rows(seed, n_samples=500):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    return rng.normal(size=(n_samples, 8)) * [3, 2.4, 1.9, 1.5, 0.6, 0.5, 0.4, 0.3] @ turn + 7.0


@pytest.mark.parametrize("seed", range(3))
def test_linear_codes_span_the_principal_components_for_every_k(seed):
    x = linear_rows(seed)
    linear = Autoencoder(4, (), activation="identity", ordered=True, max_iter=600, random_state=seed).fit(x)
    pca = PCA(4).fit(x)
    encoder, decoder = (np.asarray(weights, float) for weights in linear.network_.coefs_)
    codes = linear.transform(x)
    for k in range(1, 5):
        best = pca.components_[:k].T
        for found in (encoder[:, :k], decoder[:k].T):
            assert np.sin(subspace_angles(found, best)).max() < 1e-3
        scores = (x - x.mean(axis=0)) @ best
        assert np.sin(subspace_angles(codes[:, :k] - codes[:, :k].mean(axis=0), scores)).max() < 1e-3
    lost = 1 - np.cumsum(pca.explained_variance_ratio_)
    np.testing.assert_allclose(linear.truncation_errors_, lost, atol=1e-4)


def test_without_order_every_column_holds_a_part_of_all():
    x = linear_rows(0)
    mixed = Autoencoder(4, (), activation="identity", tol=1e-5, random_state=0).fit(x)
    first = np.asarray(mixed.network_.coefs_[0][:, :1], float)
    assert np.sin(subspace_angles(first, PCA(1).fit(x).components_.T)).max() > 0.1
    assert not hasattr(mixed, "truncation_errors_")


def test_the_first_column_is_the_best_of_a_curve():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, 500)
    x = np.column_stack([np.cos(angle), np.sin(angle), 0.1 * rng.normal(size=500)])
    ordered = Autoencoder(2, (16,), ordered=True, random_state=0).fit(x)
    lost = ordered.truncation_errors_
    assert lost[0] < 0.5 * (1 - PCA(1).fit(x).explained_variance_ratio_[0])
    assert lost[1] < lost[0] and lost[1] == pytest.approx(ordered.reconstruction_error_, rel=1e-4)
    codes = ordered.transform(x)
    rebuilt = ordered.inverse_transform(codes[:, :1])
    assert np.mean((rebuilt - x) ** 2) / x.var(axis=0).mean() == pytest.approx(lost[0], rel=1e-3)
    with pytest.raises(ValueError, match="3 columns, but the codes of this Autoencoder have 2"):
        ordered.inverse_transform(np.ones((4, 3)))
    plain = ordered.set_params(ordered=False, tol=0.01).fit(x)
    assert not hasattr(plain, "truncation_errors_")
    with pytest.raises(ValueError, match="1 columns"):
        plain.inverse_transform(codes[:, :1])


def test_follows_its_seed():
    x = linear_rows(0, 60)
    ordered = Autoencoder(2, (4,), ordered=True, max_iter=5, random_state=0)
    codes = ordered.fit_transform(x)
    np.testing.assert_array_equal(ordered.fit_transform(x), codes)
    assert not np.array_equal(ordered.set_params(random_state=1).fit_transform(x), codes)
