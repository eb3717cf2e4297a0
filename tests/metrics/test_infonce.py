"""The InfoNCE bound against its equation, its cap, and known truths that it must not exceed."""

import numpy as np
import pytest
from scipy.special import logsumexp

from skib import SaturatedEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.metrics import infonce_bound


def gaussian_embeddings(n_samples, rho, dim, seed):
    rng = np.random.default_rng(seed)
    x, noise = rng.normal(size=(2, n_samples, dim))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def naive(s):
    n_samples = len(s)
    rows = np.mean(np.diag(s) - logsumexp(s, axis=1))
    columns = np.mean(np.diag(s) - logsumexp(s, axis=0))
    return np.log(n_samples) + (rows + columns) / 2


def similarities(x, y, similarity):
    if similarity == "cosine":
        x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
    if similarity == "euclidean":
        return -np.array([[np.sum((a - b) ** 2) for b in y] for a in x])
    return x @ y.T


@pytest.mark.parametrize("similarity", ["cosine", "dot", "euclidean"])
def test_value_equals_the_equation(similarity, monkeypatch):
    x, y = gaussian_embeddings(40, 0.5, 3, 0)
    s = similarities(x, y, similarity) / 0.7
    monkeypatch.setattr("skib.metrics._infonce._BLOCK", 120)  # three rows at once
    bound = infonce_bound(x, y, similarity=similarity, temperature=0.7)
    assert bound.value == pytest.approx(naive(s), abs=1e-10)
    wrong = np.mean([naive(s[:, np.roll(np.arange(40), k)]) for k in range(1, 40)])
    assert bound.null == pytest.approx(wrong, abs=1e-10)
    assert bound.ceiling == pytest.approx(np.log(40))


@pytest.mark.parametrize(("rho", "dim"), [(0.3, 2), (0.7, 2), (0.5, 8)])
def test_never_above_the_truth_and_near_it(rho, dim):
    truth = -0.5 * dim * np.log(1 - rho**2)
    for seed in range(5):
        bound = infonce_bound(*gaussian_embeddings(2000, rho, dim, seed), similarity="euclidean")
        assert bound.value < truth + 4 * bound.std_error
        assert bound.value > 0.3 * truth


def test_standard_error_is_the_spread_over_samples():
    bounds = [infonce_bound(*gaussian_embeddings(200, 0.7, 3, s), similarity="dot", temperature=2) for s in range(100)]
    spread = np.std([bound.value for bound in bounds], ddof=1)
    assert np.mean([bound.std_error for bound in bounds]) == pytest.approx(spread, rel=4 / np.sqrt(200))


def test_shuffled_pairs_have_none():
    rng = np.random.default_rng(0)
    for seed in range(10):
        x, y = gaussian_embeddings(500, 0.9, 4, seed)
        bound = infonce_bound(x, rng.permutation(y))
        assert abs(bound.value) < 4 * max(bound.std_error, 1 / 500)


def test_cap():
    x = np.random.default_rng(0).normal(size=(100, 20))
    with pytest.warns(SaturatedEstimateWarning, match=r"near log\(100\) = 4.61"):
        bound = infonce_bound(x, x)
    assert 0.9 * bound.ceiling < bound.value <= bound.ceiling


def test_fitted_temperature_is_the_best():
    x, y = gaussian_embeddings(300, 0.8, 4, 0)
    best = infonce_bound(x, y).value
    assert all(infonce_bound(x, y, temperature=t).value <= best + 1e-6 for t in np.geomspace(0.01, 10, 25))


def test_units_change_nothing():
    x, y = gaussian_embeddings(100, 0.8, 4, 0)
    value = infonce_bound(x, y, temperature=0.1).value
    assert infonce_bound(1e-300 * x, 1e300 * y, temperature=0.1).value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("similarity", ["dot", "euclidean"])
@pytest.mark.parametrize("unit", [1e-170, 1e-150, 1e150])
def test_a_unit_of_both_is_fitted_by_the_temperature(similarity, unit):
    x, y = gaussian_embeddings(100, 0.8, 4, 0)
    value = infonce_bound(x, y, similarity=similarity).value
    assert infonce_bound(unit * x, unit * y, similarity=similarity).value == pytest.approx(value, abs=1e-9)


def test_an_offset_of_both_changes_no_distance():
    x, y = np.round([*gaussian_embeddings(100, 0.8, 4, 0)], 3)
    value = infonce_bound(x, y, similarity="euclidean").value
    assert infonce_bound(x + 1e9, y + 1e9, similarity="euclidean").value == pytest.approx(value, abs=1e-4)


def test_constant_embeddings_have_none():
    assert infonce_bound(np.ones((20, 3)), np.ones((20, 3))).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "options", "text"),
    [
        (np.ones((5, 2)), np.ones((5, 3)), {}, r"Y has shape \(5, 3\)"),
        (np.ones((5, 2)), np.zeros((5, 2)), {}, "row 0 of Y is 0, which has no direction"),
        (np.full((5, 2), np.nan), np.ones((5, 2)), {}, "X contains NaN"),
        (np.ones((2, 2)), np.ones((2, 2)), {}, "at least 3 rows"),
        (np.ones((5, 2)), np.ones((5, 2)), {"temperature": 0}, "temperature must be positive"),
        (np.ones((5, 2)), np.ones((5, 2)), {"similarity": "l1"}, "similarity must be one of"),
    ],
)
def test_bad_input_is_named(x, y, options, text):
    with pytest.raises(ValueError, match=text):
        infonce_bound(x, y, **options)


def test_a_pair_of_single_columns():
    pair = make_gaussian_pair(1000, rho=0.5, random_state=0)
    bound = infonce_bound(pair.X, pair.y, similarity="euclidean")
    assert 0.05 < bound.value < pair.mutual_info + 4 * bound.std_error
