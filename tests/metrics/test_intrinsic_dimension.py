"""Intrinsic dimension: manifolds of known dimension, its error, its null, repeated and constant rows."""

from contextlib import nullcontext

import numpy as np
import pytest

from skib import ConstantInputWarning, DuplicateRowsWarning, UnreliableEstimateWarning
from skib.metrics import intrinsic_dimension
from skib.metrics._layer_rows import sampled_rows


def curved(n, d, seed):
    """Rows on a curved surface of d dimensions, uniform on a torus, in 2 d columns, rotated into 30."""
    rng = np.random.default_rng(seed)
    t = rng.uniform(0, 2 * np.pi, size=(n, d))
    x = np.column_stack([np.cos(t), np.sin(t)])
    return x @ np.linalg.qr(np.random.default_rng(0).normal(size=(30, 2 * d)))[0].T


@pytest.mark.parametrize("n_neighbors", [2, 5, 10])
@pytest.mark.parametrize("d", [1, 2])
def test_known_dimension_and_standard_error(d, n_neighbors):
    found = [intrinsic_dimension(curved(1000, d, s), n_neighbors=n_neighbors, random_state=0) for s in range(20)]
    values = np.array([one.value for one in found])
    error = np.mean([one.std_error for one in found])
    # Beside the error, a bias of the curvature within the distance of the neighbors.
    assert abs(values.mean() - d) < 4 * error / np.sqrt(20) + 0.01
    # The spread of 20 values is known to 1 part in sqrt(40).
    assert error == pytest.approx(values.std(ddof=1), rel=4 / np.sqrt(40))
    assert found[0].ceiling == 2 * d


def test_value_equals_the_formula():
    x = np.random.default_rng(0).normal(size=(40, 3))
    distances = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, 1:]
    for k in (2, 4):
        logs = np.log(distances[:, [k - 1]] / distances[:, : k - 1])
        expected = (40 * (k - 1) - 1) / logs.sum()
        assert intrinsic_dimension(x, n_neighbors=k, random_state=0).value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("spread", [1, 1e-6])
def test_neighbors_in_many_columns_are_those_of_all_distances(dtype, spread):
    # Pairs of rows far closer than products of matrices resolve, in single precision or in any.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 40)).repeat(2, axis=0)
    x = (x + spread * rng.normal(size=x.shape)).astype(dtype)
    exact = x.astype(np.float64)
    distances = np.sort(np.linalg.norm(exact[:, None] - exact, axis=2), axis=1)[:, 1:]
    for k in (2, 3):
        expected = (200 * (k - 1) - 1) / np.log(distances[:, [k - 1]] / distances[:, : k - 1]).sum()
        rounded = dtype == np.float32 and spread < 1
        with pytest.warns(UnreliableEstimateWarning, match="rounding") if rounded else nullcontext():
            found = intrinsic_dimension(x, n_neighbors=k, random_state=0).value
        assert found == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-10)


def test_gaussian_rows_equal_their_null_and_curved_ones_fall_below():
    x = np.random.default_rng(0).normal(size=(1000, 10)) @ np.random.default_rng(1).normal(size=(10, 50))
    gaussian = intrinsic_dimension(x, random_state=0)
    assert abs(gaussian.value - gaussian.null) < 4 * np.sqrt(2) * gaussian.std_error
    bent = intrinsic_dimension(curved(1000, 2, 0), random_state=0)
    assert bent.value < bent.null - 4 * np.sqrt(2) * bent.std_error


def test_rows_of_distance_near_rounding_keep_their_ratios():
    x = curved(500, 1, 0)
    assert intrinsic_dimension(1e6 + x, random_state=0).value == pytest.approx(
        intrinsic_dimension(x, random_state=0).value, rel=1e-3
    )


def test_some_rows_are_taken():
    x = curved(500, 1, 0)
    assert intrinsic_dimension(x, max_samples=250, random_state=0) == intrinsic_dimension(
        x[sampled_rows(500, 250)], random_state=0
    )
    with pytest.raises(ValueError, match="max_samples must be a whole number, 3 or more"):
        intrinsic_dimension(x, max_samples=2)


def test_same_seed_same_bits():
    x = np.random.default_rng(0).normal(size=(100, 4))
    assert intrinsic_dimension(x, random_state=3) == intrinsic_dimension(x, random_state=3)


def test_repeated_and_constant_rows():
    x = np.random.default_rng(0).normal(size=(300, 4))
    expected = intrinsic_dimension(x, random_state=0).value
    with pytest.warns(DuplicateRowsWarning, match="100 of the 400 rows"):
        assert intrinsic_dimension(np.vstack([x, x[:100]]), random_state=0).value == pytest.approx(expected, rel=1e-9)
    with pytest.warns(ConstantInputWarning):
        assert intrinsic_dimension(np.full((10, 3), 0.1)).value == 0


def test_bad_input():
    x = np.random.default_rng(0).normal(size=(10, 4))
    with pytest.raises(ValueError, match="n_neighbors must be a whole number, 2 or more, got 1"):
        intrinsic_dimension(x, n_neighbors=1)
    with pytest.raises(ValueError, match="at least 11 distinct rows"):
        intrinsic_dimension(x, n_neighbors=10)
    with pytest.raises(ValueError, match="NaN"):
        intrinsic_dimension(np.where(x > 1, np.nan, x))


def test_lattices_are_warned_of():
    rng = np.random.default_rng(0)
    counts = rng.poisson(1, size=(1000, 5))
    with pytest.warns(DuplicateRowsWarning), pytest.warns(UnreliableEstimateWarning, match="equally far"):
        assert intrinsic_dimension(counts, random_state=0).value > 10  # truth: 5
    noise = rng.uniform(size=counts.shape)  # the remedy
    assert intrinsic_dimension(counts + noise, random_state=0).value == pytest.approx(5, rel=0.1)
    with pytest.warns(UnreliableEstimateWarning, match="100%"):
        assert np.isnan(intrinsic_dimension(np.indices((30, 30)).reshape(2, -1).T, random_state=0).value)


@pytest.mark.parametrize(("n_units", "n_neighbors"), [(2, 2), (5, 10), (20, 2)])
def test_the_error_is_the_spread_over_samples(n_units, n_neighbors):
    found = [
        intrinsic_dimension(np.random.default_rng(seed).normal(size=(300, n_units)), n_neighbors=n_neighbors)
        for seed in range(200)
    ]
    ratio = np.std([one.value for one in found]) / np.sqrt(np.mean([one.std_error**2 for one in found]))
    assert ratio == pytest.approx(1, abs=4 / np.sqrt(2 * 200))


@pytest.mark.parametrize("n_units", [5, 15, 30])
@pytest.mark.parametrize("spread", [1e-9, 1e-12])
def test_clusters_far_apart_for_their_spread(n_units, spread):
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(n_units, n_units)))[0][:3]
    within, cluster = rng.normal(size=(600, 3)) @ axes, rng.integers(0, 2, size=(600, 1))
    near, far = (intrinsic_dimension(cluster * gap + size * within) for gap, size in ((20, 1), (1, spread)))
    assert far.value == pytest.approx(near.value, rel=0.01)
    assert abs(far.value - 3) < 4 * far.std_error


@pytest.mark.parametrize(("spread", "dtype"), [(1e-15, np.float64), (3e-7, np.float32)])
def test_neighbors_as_close_as_the_rounding_are_warned_of(spread, dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(1, 3, size=(300, 1)) + spread * rng.normal(size=(300, 30))
    with pytest.warns(UnreliableEstimateWarning, match="as close as the rounding of its values"):
        intrinsic_dimension(x.astype(dtype))
