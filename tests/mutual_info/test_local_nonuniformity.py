"""The local nonuniformity correction against its formula, and against truths that neighbors alone cannot reach."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.mutual_info import KSG, LocalNonuniformityCorrection
from tests.strategies import tied_rows


def share_of_the_rectangle(rows, neighbors, i, n_x):
    """Volume of the box along the principal axes through row i, over that of the rectangle of KSG's second variant."""
    offsets = rows[neighbors] - rows[i]
    _, axes = np.linalg.eigh(offsets.T @ offsets / len(offsets))
    box = np.prod([np.abs(offsets @ axis).max() for axis in axes.T])
    extents = [np.abs(part).max() ** part.shape[1] for part in (offsets[:, :n_x], offsets[:, n_x:])]
    return box / np.prod(extents)


def naive_terms(x, y, k, alpha):
    rows = np.hstack([x, y])
    distances = np.abs(rows[:, None] - rows[None]).max(axis=2)
    terms = KSG(k, variant=2, marginals=None).fit(x, y).pointwise_.copy()
    for i in range(len(rows)):
        share = share_of_the_rectangle(rows, np.argsort(distances[i])[1 : k + 1], i, x.shape[1])
        if share < alpha:
            terms[i] -= np.log(share)
    return terms


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2), st.integers(1, 2), st.sampled_from([0.01, 0.25, 1.0]))
@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_pointwise_equals_the_formula(seed, n_x, n_y, alpha):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, n_x)), rng.normal(size=(60, n_y))
    y[:, 0] = x[:, 0] + 0.05 * y[:, 0]
    got = LocalNonuniformityCorrection(alpha=alpha, marginals=None).fit(x, y)
    np.testing.assert_allclose(got.pointwise_, naive_terms(x, y, 5, alpha), rtol=0, atol=1e-9)
    assert got.mutual_info_ == pytest.approx(got.pointwise_.mean())


@settings(max_examples=40)
@given(tied_rows())
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_tied_rows_are_left_as_they_are(rows):
    if (rows == rows[0]).all(axis=0).any():
        return
    x, y = rows[:, :1], rows[:, 1:]
    got = LocalNonuniformityCorrection(3, alpha=1.0, marginals=None).fit(x, y)
    base = KSG(3, variant=2, marginals=None).fit(x, y).pointwise_
    tied = np.zeros(len(rows), bool)
    for column in rows.T:
        tied |= (column[:, None] == column).sum(axis=1) > 1
    np.testing.assert_allclose(got.pointwise_[tied], base[tied], rtol=0, atol=1e-12)
    assert np.isfinite(got.pointwise_).all()


def test_an_atom_among_the_neighbors_is_no_thin_sheet():
    pair = make_gaussian_pair(2000, rho=0.9, random_state=0)
    atom = np.random.default_rng(0).random(2000) < 0.5
    pair.X[atom], pair.y[atom] = 3.0, 3.0
    estimate = LocalNonuniformityCorrection().fit(pair.X, pair.y)
    assert not estimate.saturated_
    assert abs(estimate.mutual_info_ - (np.log(2) + 0.5 * pair.mutual_info)) < 4 * estimate.std_error_


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
@pytest.mark.parametrize("noise", [1e-3, 1e-5, 1e-7])
def test_nearly_functional_relations(noise):
    # y = x + U(0, noise): I = noise / 2 - log(noise), whatever n; KSG cannot exceed 5.4 nats.
    truth = noise / 2 - np.log(noise)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x = rng.random(1000)
        y = x + noise * rng.random(1000)
        estimate = LocalNonuniformityCorrection().fit(x[:, None], y)
        assert abs(estimate.mutual_info_ - truth) < 0.6
        assert abs(estimate.mutual_info_ - truth) < 0.5 * (truth - KSG().fit(x[:, None], y).ceiling_)


def test_a_curve_is_followed():
    rng = np.random.default_rng(0)
    x = rng.random(2000)
    y = np.sin(6 * x) + 1e-4 * rng.normal(size=2000)
    # I = h(Y) - h(noise); sin(6 x) by a fine histogram of its values.
    density, edges = np.histogram(np.sin(6 * rng.random(2_000_000)), 400, density=True)
    entropy = -np.sum(density * np.log(density)) * (edges[1] - edges[0])
    truth = entropy - 0.5 * np.log(2 * np.pi * np.e * 1e-8)
    assert abs(LocalNonuniformityCorrection().fit(x[:, None], y).mutual_info_ - truth) < 0.5
    assert KSG().fit(x[:, None], y).mutual_info_ < truth - 2


def test_overestimates_plain_data_a_little():
    gaps = {alpha: [] for alpha in (None, 1.0)}
    for seed in range(10):
        pair = make_gaussian_pair(1000, rho=0.75, random_state=seed)
        base = KSG(variant=2, marginals="standard").fit(pair.X, pair.y).mutual_info_
        for alpha, gap in gaps.items():
            gap.append(LocalNonuniformityCorrection(alpha=alpha).fit(pair.X, pair.y).mutual_info_ - base)
    assert 0 <= np.mean(gaps[None]) < 0.02
    assert np.mean(gaps[1.0]) > 0.1


@pytest.mark.parametrize(("k", "n_x", "n_y"), [(5, 1, 1), (10, 2, 1)])
def test_calibrated_alpha_corrects_few_uniform_boxes(k, n_x, n_y):
    rng = np.random.default_rng(1)
    estimate = LocalNonuniformityCorrection(k).fit(rng.random((200, n_x)), rng.random((200, n_y)))
    assert 0 < estimate.alpha_ < 1
    uniform = rng.uniform(-1, 1, (4000, k + 1, n_x + n_y))
    uniform[:, 0] = 0.0  # the row itself
    shares = [share_of_the_rectangle(rows, np.arange(1, k + 1), 0, n_x) for rows in uniform]
    assert np.mean(np.array(shares) < estimate.alpha_) == pytest.approx(0.005, abs=4 * np.sqrt(0.005 / 4000))


def test_a_function_saturates():
    x = np.random.default_rng(0).random(300)
    with pytest.warns(SaturatedEstimateWarning, match="at most"):
        estimate = LocalNonuniformityCorrection().fit(x[:, None], 3 * x)
    assert estimate.saturated_
    assert 18 < estimate.mutual_info_ < estimate.ceiling_
    assert estimate.ceiling_ == pytest.approx(digamma(300) - digamma(5) - 0.2 + 8 * np.log(10))


def test_too_few_neighbors_correct_nothing():
    pair = make_gaussian_pair(200, rho=0.6, dim=2, random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match="raise n_neighbors to 4"):
        estimate = LocalNonuniformityCorrection(3).fit(pair.X, pair.y)
    assert estimate.alpha_ == 0
    assert estimate.mutual_info_ == KSG(3, variant=2, marginals="standard").fit(pair.X, pair.y).mutual_info_


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_affine_maps_and_orders_change_nothing(seed):
    pair = make_gaussian_pair(60, rho=0.9, dim=2, random_state=seed)
    order = np.random.default_rng(seed).permutation(60)
    value = LocalNonuniformityCorrection(6).fit(pair.X, pair.y).mutual_info_
    for x, y in [
        (1e3 * pair.X - 5, 1e-200 * pair.y),
        (pair.X[order], pair.y[order]),
        (pair.X[:, ::-1], pair.y),
        (pair.y, pair.X),
        (np.column_stack([pair.X, np.ones(60)]), pair.y),
    ]:
        assert LocalNonuniformityCorrection(6).fit(x, y).mutual_info_ == pytest.approx(value, abs=1e-8)


def test_constants_warn_and_give_zero():
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        assert LocalNonuniformityCorrection().fit(np.arange(9.0)[:, None], np.ones(9)).mutual_info_ == 0.0


def test_too_few_rows_are_refused():
    with pytest.raises(ValueError, match="at least 6 rows, got n_samples = 5"):
        LocalNonuniformityCorrection().fit(np.arange(5.0)[:, None], np.arange(5.0))


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "standard"]), st.sampled_from([None, 1.0]))
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_neighbors_that_are_equally_far_count_alike(seed, marginals, alpha):
    # Two permutations of 0 to 39: many neighbors of a row are equally far, and only the order of rows parts them.
    rng = np.random.default_rng(seed)
    x = rng.permutation(40).astype(float)
    y = np.argsort(np.argsort(x + 3 * rng.normal(size=40))).astype(float)
    order = rng.permutation(40)
    estimator = LocalNonuniformityCorrection(alpha=alpha, marginals=marginals)
    value = estimator.fit(x[:, None], y).mutual_info_
    assert estimator.fit(x[order, None], y[order]).mutual_info_ == pytest.approx(value, abs=1e-9)


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_a_regular_grid_is_corrected():
    # The neighbors on the two sides are equally far. The truth is that of x uniform in (0, 1000).
    rng = np.random.default_rng(0)
    x = np.arange(1000.0)
    y = x + 1e-3 * rng.random(1000)
    truth = np.log(1e6)
    estimate = LocalNonuniformityCorrection().fit(x[:, None], y)
    assert abs(estimate.mutual_info_ - truth) < 0.6
