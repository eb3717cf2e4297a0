"""Scales of columns that new rows are put on: standard units, normal scores, and back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from skib._marginals import normal_score_rows
from skib._scales import SCALES, RankScale, StandardScale


@pytest.mark.parametrize("scale", SCALES.values())
@pytest.mark.parametrize("factor", [1.0, 1e-200, 1e200])
def test_fitted_rows_have_mean_0_and_deviation_1(scale, factor):
    x = np.random.default_rng(0).normal(3, 2, size=(50, 3)) * factor
    x[:, 1] = 7.0
    z = scale(x).scaled(x)
    assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    assert_allclose(z.std(axis=0), [1, 0, 1], atol=1e-12)


def test_ranks_are_the_normal_scores_of_fitted_rows():
    x = np.random.default_rng(0).integers(0, 9, size=(40, 2)).astype(float)
    scores = normal_score_rows(x.T).T
    expected = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    assert_allclose(RankScale(x).scaled(x), expected, rtol=1e-14)


def test_new_values_stand_between_the_fitted_ones():
    x = np.arange(1.0, 10)[:, None]
    scale = RankScale(x)
    new = scale.scaled(np.array([[-50.0], [3.0], [3.5], [50.0]]))[:, 0] * scale.sizes
    assert_allclose(new, norm.ppf(np.array([0.5, 3, 3.5, 9.5]) / 10), atol=1e-14)


@pytest.mark.parametrize("change", [np.exp, np.cbrt, lambda v: 5 * v - 3, lambda v: np.exp(np.exp(v))])
def test_ranks_do_not_change_under_increasing_maps(change):
    x, new = np.random.default_rng(0).normal(size=(2, 60, 2))
    assert_array_equal(RankScale(change(x)).scaled(change(new)), RankScale(x).scaled(new))


def test_means_are_expectations_of_the_quantiles():
    """Log-normal columns: E exp(m + s U) = exp(m + s^2 / 2); sample quantiles of 1e5 rows have errors below 1 %."""
    x = np.exp(np.random.default_rng(0).normal(size=(100_000, 1)))
    z = np.array([[-0.5], [0.0], [0.5]])
    assert_allclose(RankScale(x).means_of(z, np.array([0.5])), np.exp(z + 0.125), rtol=0.02)
    assert_allclose(StandardScale(x).means_of(z, np.array([0.5])), x.mean() + z * x.std())


def test_weights_refer_to_the_columns_of_the_data():
    x = np.random.default_rng(0).normal(5, [1, 20, 0], size=(30, 3))
    weights, scale = np.array([[1.0, -2.0, 3.0]]), StandardScale(x)
    assert_allclose((x - x.mean(axis=0)) @ scale.per_unit(weights).T, scale.scaled(x) @ weights.T, atol=1e-12)
