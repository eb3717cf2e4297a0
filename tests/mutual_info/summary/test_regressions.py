"""The predictors of a number."""

import numpy as np
import pytest
from scipy.optimize import minimize

from skib.mutual_info._summary._folds import fold_members, whitened_fold
from skib.mutual_info._summary._numbers import number_summaries
from skib.mutual_info._summary._regressions import bent_features, linear_mean, log_squares, variance_model
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


@pytest.mark.parametrize(("kind", "predictor"), [("line", "linear"), ("product", "quadratic"), ("steps", "trees")])
def test_the_predictor_of_the_shape_is_found(kind, predictor):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 4))
    y = {"line": x[:, 0] + x[:, 1], "product": x[:, 0] * x[:, 1], "steps": np.floor(2 * x[:, 2]) % 2 * (x[:, 1] > 0)}[
        kind
    ]
    y = y + 0.3 * rng.normal(size=1500)
    (summary,) = number_summaries(prepared_rows(x), [(y - y.mean()) / y.std()])
    assert predictor in summary.predictor.split(" + ")
    assert np.mean(summary.log_gain) > 0.3
    assert np.corrcoef(summary.mean, y)[0, 1] > 0.7
