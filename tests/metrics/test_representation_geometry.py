"""Geometry of layers: known spectra, the nulls of noise, errors, constant and dead units."""

from dataclasses import asdict

import numpy as np
import pytest

from skib import ConstantInputWarning
from skib.metrics import representation_geometry

NAMES = ["spectral_entropy", "effective_rank", "n_directions", "outside_share", "n_outside", "anisotropy"]


@pytest.mark.parametrize(("n", "p"), [(1000, 50), (300, 300), (100, 400)])
def test_nulls_are_the_values_of_noise(n, p):
    found = [representation_geometry(np.random.default_rng(seed).normal(size=(n, p))) for seed in range(10)]
    for name in ("spectral_entropy", "effective_rank", "n_directions"):
        values = [getattr(one, name).value for one in found]
        null = getattr(found[0], name).null
        # The law of Marchenko and Pastur is a limit: beside the error, a part in 500.
        assert abs(np.mean(values) - null) < 4 * np.std(values, ddof=1) / np.sqrt(10) + 0.002 * null
    assert np.mean([one.n_outside.value for one in found]) <= 0.2
    cosines = [one.anisotropy.value for one in found]
    assert abs(np.mean(cosines)) < 4 * found[0].anisotropy.std_error / np.sqrt(10)


def test_known_spectrum():
    # Two directions of equal variance, on whatever units: entropy log 2, effective rank 2.
    rng = np.random.default_rng(0)
    q = np.linalg.qr(np.column_stack([np.ones(100), rng.normal(size=(100, 2))]))[0][:, 1:]
    geometry = representation_geometry(q @ np.linalg.qr(rng.normal(size=(30, 2)))[0].T)
    assert geometry.spectral_entropy.value == pytest.approx(np.log(2))
    assert geometry.effective_rank.value == pytest.approx(2)
    assert geometry.n_directions.value == 2
    geometry = representation_geometry(q * [1, 0.1])
    share = 1 / 1.01
    assert geometry.spectral_entropy.value == pytest.approx(
        -share * np.log(share) - 0.01 * share * np.log(0.01 * share)
    )
    assert geometry.n_directions.value == 1


@pytest.mark.parametrize("p", [40, 400])
def test_signal_is_outside_of_noise(p):
    rng = np.random.default_rng(0)
    loadings = np.linalg.qr(rng.normal(size=(p, 3)))[0] * np.sqrt(p)
    geometry = representation_geometry(rng.normal(size=(300, 3)) @ loadings.T / 2 + rng.normal(size=(300, p)))
    assert geometry.n_outside.value == 3
    assert geometry.outside_share.value == pytest.approx(3 / 7, abs=0.06)  # 3 / 4 of variance beside 1


def test_units_of_any_variance_are_noise_if_they_are_independent():
    x = np.random.default_rng(0).normal(size=(500, 50)) * np.logspace(-2, 2, 50)
    geometry = representation_geometry(x)
    assert geometry.n_outside.value == 0
    assert geometry.effective_rank.value < 10


@pytest.mark.parametrize("name", ["spectral_entropy", "effective_rank", "outside_share", "anisotropy"])
def test_standard_error_is_the_spread_over_samples(name):
    loadings = np.random.default_rng(1).normal(size=(2, 20))
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(1000, 20)) * np.linspace(0.2, 2, 20) + rng.normal(size=(1000, 2)) @ loadings + 1
        found.append(getattr(representation_geometry(x), name))
    spread = np.std([one.value for one in found], ddof=1)
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=4 / np.sqrt(200))


def test_anisotropy_is_the_mean_cosine_of_pairs():
    x = np.maximum(np.random.default_rng(0).normal(size=(30, 20)), 0)
    x[3] = 0  # a row of dead units has no direction
    rest = np.delete(x, 3, axis=0)
    units = rest / np.linalg.norm(rest, axis=1, keepdims=True)
    expected = (units @ units.T)[~np.eye(29, dtype=bool)].mean()
    assert representation_geometry(x).anisotropy.value == pytest.approx(expected)
    assert representation_geometry(np.ones((10, 3)) + np.eye(10, 3) * 1e-9).anisotropy.value == pytest.approx(1)


def test_constant_units():
    x = np.random.default_rng(0).normal(size=(100, 5))
    padded = representation_geometry(np.column_stack([x, np.full((100, 2), 0.1)]))
    for name in NAMES[:-1]:
        assert asdict(getattr(padded, name)) == pytest.approx(
            asdict(getattr(representation_geometry(x), name)), nan_ok=True
        )
    with pytest.warns(ConstantInputWarning, match="no directions"):
        assert representation_geometry(np.full((10, 3), 0.1)).effective_rank.value == 0


def test_bad_input():
    with pytest.raises(ValueError, match="NaN"):
        representation_geometry([[1.0], [2], [3], [np.nan]])
    with pytest.raises(ValueError, match="3 rows, and at least 4"):
        representation_geometry(np.ones((3, 2)))


@pytest.mark.parametrize(("dtype", "tiny"), [(np.float32, 1e-30), (np.float64, 1e-200)])
def test_a_tiny_unit_counts_among_the_correlations_only(dtype, tiny):
    rng = np.random.default_rng(0)
    h = rng.normal(size=(500, 10)).astype(dtype)
    h[:, 3] = h[:, 4]
    truth = representation_geometry(h)
    h[:, 3] *= dtype(tiny)
    geometry, without = representation_geometry(h), representation_geometry(np.delete(h, 3, axis=1))
    assert geometry.outside_share.value == pytest.approx(truth.outside_share.value, rel=1e-5)
    assert geometry.n_outside.value == truth.n_outside.value == 1
    assert geometry.effective_rank.value == pytest.approx(without.effective_rank.value, rel=1e-5)


@pytest.mark.parametrize(("n_factors", "size"), [(6, 0.3), (3, 2.0)])
def test_error_of_the_share_where_directions_cross_the_edge(n_factors, size):
    loadings, found = size * np.random.default_rng(2).normal(size=(n_factors, 20)), []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        h = rng.normal(size=(200, 20)) + rng.normal(size=(200, n_factors)) @ loadings
        found.append(representation_geometry(h).outside_share)
    values, errors = np.array([(one.value, one.std_error) for one in found]).T
    slack = 4 / np.sqrt(300)
    # With the directions as they are: 4, of weak factors.
    assert 0.8 * (1 - slack) < values.std(ddof=1) / errors.mean() < 1.25 * (1 + slack)
    assert np.mean(np.abs(values - values.mean()) < 2 * errors) > 0.9 - 4 * np.sqrt(0.9 * 0.1 / 150)


def test_error_of_the_anisotropy_of_rows_in_all_directions():
    found = [representation_geometry(np.random.default_rng(s).normal(size=(200, 20))).anisotropy for s in range(150)]
    ratio = np.std([one.value for one in found], ddof=1) / np.mean([one.std_error for one in found])
    assert 0.8 < ratio < 1.25  # by the means of rows alone: 0.7
