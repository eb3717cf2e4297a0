"""The predictors of a number."""

import numpy as np
import pytest
from scipy.optimize import minimize

from skib._marginals import transform_marginals
from skib.mutual_info._summary._folds import fold_members, whitened_fold
from skib.mutual_info._summary._numbers import number_summaries
from skib.mutual_info._summary._products import telling_products, with_products
from skib.mutual_info._summary._regressions import bent_features, linear_mean, log_squares, variance_model
from skib.mutual_info._summary._robust import robust_mean
from skib.mutual_info._summary._rows import prepared_rows


def test_linear_mean_is_least_squares_where_rows_are_many():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50_000, 3)) * [1, 2, 5]
    y = x @ [1, -1, 0.5] + rng.normal(size=50_000) + 3
    fold = whitened_fold(x, fold_members(x, 4, np.random.default_rng(0)), 1)
    design = np.column_stack([np.ones(50_000), x])
    slopes = np.linalg.lstsq(design[fold.train], y[fold.train])[0]
    np.testing.assert_allclose(linear_mean(fold, y), design[fold.test] @ slopes, atol=0.01)


def test_bent_features():
    x = np.random.default_rng(0).normal(size=(10, 3))
    features = bent_features(x)
    assert features.shape == (10, 3 * 3 + 3)
    np.testing.assert_array_equal(features[:, -1], x[:, 1] * x[:, 2])
    np.testing.assert_array_equal(features[:, 3:9], np.column_stack([x**2, np.abs(x)]))
    assert bent_features(np.ones((4, 40)) * np.arange(4)[:, None]).shape == (4, 3 * 40)
    signs = np.array([[-1.0], [1.0]])
    np.testing.assert_array_equal(bent_features(signs), signs)  # squares and sizes that do not vary are left out
    assert bent_features(np.zeros((4, 300))).shape == (4, 300)


def test_variance_model_maximizes_the_likelihood():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=(3000, 2))
    squares = np.exp(0.5 + predicted @ [0.8, 0.0]) * rng.chisquare(1, 3000)

    def loss(parameters):
        logs = parameters[0] + predicted @ parameters[1:]
        return np.mean(logs + squares * np.exp(-logs))

    best = minimize(loss, [0, 0.1, 0.1], bounds=[(None, None), (0, None), (0, None)], tol=1e-12).x
    intercept, slopes = variance_model(predicted, squares)
    np.testing.assert_allclose([intercept, *slopes], best, atol=2e-3)


def test_no_residuals():
    assert np.isfinite(log_squares(np.zeros(5))).all()
    intercept, slopes = variance_model(np.ones((5, 1)), np.zeros(5))
    assert np.isfinite([intercept, *slopes]).all()


SHAPES = {
    "line": (lambda x: x[:, 0] + x[:, 1], "linear"),
    "product": (lambda x: x[:, 0] * x[:, 1], "quadratic"),
    "steps": (lambda x: np.floor(2 * x[:, 2]) % 2 * (x[:, 1] > 0), "trees"),
    "parity": (lambda x: np.sign(x[:, 0] * x[:, 2] * x[:, 3]), "trees"),
}


@pytest.mark.parametrize("kind", ["line", "product", "steps", "parity"])
def test_the_predictor_of_the_shape_is_found(kind):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 4))
    function, predictor = SHAPES[kind]
    y = function(x) + 0.3 * rng.normal(size=1500)
    (summary,) = number_summaries(prepared_rows(x), [y], [(y - y.mean()) / y.std()])
    assert predictor in summary.predictor.split(" + ")
    assert np.mean(summary.log_gain) > 0.3
    assert np.corrcoef(summary.mean, y)[0, 1] > 0.7


@pytest.mark.parametrize("draw", [lambda rng, n: rng.standard_cauchy(n), lambda rng, n: rng.exponential(size=n) ** 2])
def test_a_sum_of_columns_with_tails_is_found_in_their_units(draw):
    rng = np.random.default_rng(0)
    x = draw(rng, (1500, 4))
    y = x @ [1.0, -2.0, 0.5, 1.0] + draw(rng, 1500)
    rows, scores = prepared_rows(x), transform_marginals(y[:, None], "rank")[:, 0]
    (summary,) = number_summaries(rows, [y], [scores])
    assert "robust" in summary.predictor.split(" + ")
    predicted = robust_mean(x, y, scores, rows.members, 0)
    true = np.interp(x @ [1.0, -2.0, 0.5, 1.0], np.sort(y), np.sort(scores))[rows.members == 0]
    assert np.corrcoef(predicted, true)[0, 1] > 0.99  # skewed noise moves the intercept


def test_robust_mean_maximizes_the_likelihood():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(4000, 2)), rng.standard_t(2, size=4000)
    y = 1 + x @ [1.0, -0.5] + noise
    members = np.arange(4000) % 2
    train = members == 1
    scale = np.median(np.abs(noise))

    def loss(parameters):
        residuals = (y - parameters[0] - x @ parameters[1:])[train] / scale
        return np.mean(np.log1p(residuals**2 / 2))

    best = minimize(loss, [1.0, 1.0, -0.5], tol=1e-12).x
    predicted = robust_mean(x, y, y, members, 0)  # with y for its scores, the prediction of y itself
    inside = (predicted > y[train].min()) & (predicted < y[train].max())
    np.testing.assert_allclose(predicted[inside], (best[0] + x[~train] @ best[1:])[inside], atol=0.02)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_robust_mean_of_columns_without_noise(scale):
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(200, 2)), np.ones(200)])
    x = np.column_stack([x, x[:, 0]]) * scale  # a constant column, and a copy
    y = x[:, 0] - 2 * x[:, 1]
    members = np.arange(200) % 4
    predicted = robust_mean(x, y, y / scale, members, 1)
    rank = np.argsort(np.argsort(predicted))
    np.testing.assert_array_equal(
        rank, np.argsort(np.argsort(np.interp(y, *2 * [np.sort(y[members != 1])])[members == 1]))
    )


def test_telling_products():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 6))
    x[:, 5] = 0  # products with it do not vary
    y = np.sign(x[:, 0] * x[:, 2] * x[:, 4]) + 0.3 * x[:, 1] * x[:, 3] + rng.normal(size=5000)
    assert telling_products(x, y) == [(0, 2, 4), (1, 3)]
    assert telling_products(x, np.ones(5000)) == []
    assert telling_products(np.ones((10, 1)), y[:10]) == []
    wide = rng.normal(size=(400, 17))
    assert telling_products(wide, wide[:, 3] * wide[:, 5]) == [(3, 5)]
    assert (0, 1, 2) not in telling_products(wide, wide[:, :3].prod(axis=1))  # products of three columns are too many
    np.testing.assert_array_equal(with_products(x, [(0, 2, 4)])[:, -1], x[:, 0] * x[:, 2] * x[:, 4])


def test_products_of_noise_hardly_ever_tell():
    found = [len(telling_products(*_noise(seed))) for seed in range(40)]
    assert np.mean(np.array(found) > 0) < 0.1


def _noise(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(500, 10)), rng.normal(size=500)
