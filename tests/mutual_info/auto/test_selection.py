"""The choice among the models, joint ones and products of two."""

import numpy as np
import pytest

from skib._marginals import transform_marginals
from skib.datasets import make_benchmark_task
from skib.mutual_info._auto import _selection
from skib.mutual_info._auto._selection import select_model


def select(x, y):
    rows = transform_marginals(np.column_stack([x, y]), "rank")
    d = x.shape[1]
    return select_model(rows, [np.arange(d), np.arange(d, rows.shape[1]), np.array([], int)], np.random.default_rng(0))


def student(n_samples, n_columns, rng):
    return rng.normal(size=(n_samples, n_columns)) / np.sqrt(rng.chisquare(2, (n_samples, 1)) / 2)


def cumulated(n_samples, n_columns, rng):
    return np.cumsum(rng.exponential(size=(n_samples, n_columns)), axis=1)


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("multinormal-dense-3-3-0.5", "gaussian"),
        ("student-identity-3-3-2", "student"),
        ("5v1-concentric_gaussians-5", "mixture"),
    ],
)
def test_model_of_the_right_family_is_chosen(task, name):
    pair = make_benchmark_task(task, 5000, random_state=0)
    selection = select(pair.X, pair.y.reshape(5000, -1))
    assert selection.model.name == name
    assert selection.mixture.name == "mixture"
    assert selection.gain > 3 * selection.gain_error


def test_dependence_within_the_variables_is_no_information():
    rng = np.random.default_rng(0)
    x, y = student(2000, 4, rng), cumulated(2000, 3, rng)
    selection = select(x, y)
    assert selection.model.name == "independent"
    assert selection.gain < -3 * selection.gain_error
    columns = np.arange(4), np.arange(4, 7), np.array([], int)
    drawn = selection.model.sample(2000, rng)
    assert selection.model.information(columns) == 0
    assert not selection.model.pointwise(drawn, columns).any()
    for part, original in [(columns[0], x), (columns[1], y)]:
        scores = transform_marginals(original, "rank")
        np.testing.assert_allclose(np.corrcoef(drawn[:, part].T), np.corrcoef(scores.T), atol=0.12)
        squares = [np.corrcoef(rows.T**2)[0, 1] for rows in (drawn[:, part], scores)]
        assert abs(squares[0] - squares[1]) < 0.12
    assert np.abs(np.corrcoef(drawn.T)[:4, 4:]).max() < 5 / np.sqrt(2000)


@pytest.mark.parametrize("z_columns", [0, 1])
def test_parts_of_a_joint_model_that_is_surely_best_tell_its_gain_as_models_of_the_sides_do(z_columns, monkeypatch):
    rng = np.random.default_rng(0)
    x, z = np.cumsum(rng.exponential(size=(3000, 3)), axis=1)[:, 1:], rng.normal(size=(3000, z_columns))
    y = np.sin(2 * np.log(x)) + 0.3 * rng.normal(size=x.shape) + z.sum(axis=1, keepdims=True)
    rows = transform_marginals(np.hstack([x, y, z]), "rank")
    columns = np.split(np.arange(4 + z_columns), [2, 4])
    quick = select_model(rows, columns, np.random.default_rng(0))
    monkeypatch.setattr(_selection, "_SURELY_JOINT", np.inf)
    full = select_model(rows, columns, np.random.default_rng(0))
    assert quick.gain > 10 * quick.gain_error
    assert quick.gain != full.gain
    assert abs(quick.gain - full.gain) < full.gain_error
    np.testing.assert_array_equal(quick.model.components.means, full.model.components.means)


def test_no_mixture_where_it_has_too_many_parameters():
    rng = np.random.default_rng(0)
    assert select(rng.normal(size=(60, 3)), rng.normal(size=(60, 3))).mixture is None
