"""Gaussian and empirical conditional distributions: closed forms, exchangeable draws, values such as occur."""

import numpy as np
import pytest
from sklearn.covariance import OAS, LedoitWolf
from sklearn.ensemble import RandomForestRegressor

from skib.feature_selection import EmpiricalConditional, GaussianConditional

COVARIANCE = 0.6 ** np.abs(np.subtract.outer(np.arange(4), np.arange(4)))


def rows(n_samples=4000, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, 4)) @ np.linalg.cholesky(COVARIANCE).T


def test_regressions_are_those_of_the_covariance():
    conditional = GaussianConditional().fit(rows())
    for j in range(4):
        others = [k for k in range(4) if k != j]
        truth = np.linalg.solve(COVARIANCE[np.ix_(others, others)], COVARIANCE[others, j])
        residual = 1 - truth @ COVARIANCE[others, j]
        errors = np.sqrt(residual * np.diag(np.linalg.inv(COVARIANCE[np.ix_(others, others)])) / 4000)
        assert np.all(np.abs(conditional.coef_[j, others] - truth) < 4 * errors)
        assert conditional.coef_[j, j] == 0
        assert abs(conditional.residual_variance_[j] - residual) < 4 * residual * np.sqrt(2 / 4000)


@pytest.mark.parametrize("conditional", [GaussianConditional(), EmpiricalConditional(random_state=0)], ids=repr)
def test_a_drawn_column_stands_to_the_others_as_the_column_itself(conditional):
    x = 3 + 10 * rows()
    drawn = conditional.fit(x).draw(np.arange(4000), 1, 1, np.random.default_rng(0))[0]
    assert not np.allclose(drawn, x[:, 1])
    moments = [np.cov(np.c_[column, x[:, [0, 2, 3]]].T) / 100 for column in (x[:, 1], drawn)]
    assert np.all(np.abs(moments[0] - moments[1]) < 4 * np.sqrt(2 / 4000))  # each has an error of at most sqrt(2 / n)
    assert abs(drawn.mean() - x[:, 1].mean()) < 4 * 10 / np.sqrt(4000)


def test_residuals_follow_the_prediction():
    rng = np.random.default_rng(0)
    z = rng.uniform(0, 1, 4000)
    x = np.c_[z, 5 * z + z * rng.normal(size=4000)]
    drawn = EmpiricalConditional(random_state=0).fit(x).draw(np.arange(4000), 1, 5, rng)
    low, high = (np.std((drawn - 5 * z)[:, part]) for part in (z < 0.2, z > 0.8))
    truth = np.sqrt([0.04 / 3, (1 - 0.8**3) / 0.6])  # of the mean of z^2
    assert low == pytest.approx(truth[0], rel=0.1)
    assert high == pytest.approx(truth[1], rel=0.1)


def test_few_levels_keep_their_values():
    rng = np.random.default_rng(0)
    z = rng.normal(size=2000)
    x = np.c_[z, rng.random(2000) < 1 / (1 + np.exp(-2 * z))]
    drawn = EmpiricalConditional(random_state=0).fit(x).draw(np.arange(2000), 1, 20, rng)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    for low, high in [(-3, -1), (-0.3, 0.3), (1, 3)]:
        part = (z > low) & (z < high)
        probability = np.mean(1 / (1 + np.exp(-2 * z[part])))
        assert abs(drawn[:, part].mean() - probability) < 4 * np.sqrt(0.25 / part.sum()) + 0.02  # of 30 neighbors


def test_a_forest_follows_what_is_not_linear():
    rng = np.random.default_rng(0)
    z = rng.uniform(-2, 2, 1000)
    x = np.c_[z, z**2 + 0.1 * rng.normal(size=1000)]
    forest = EmpiricalConditional(RandomForestRegressor(20, min_samples_leaf=5, random_state=0), random_state=0)
    linear = EmpiricalConditional(random_state=0)
    errors = [np.std(c.fit(x).draw(np.arange(1000), 1, 1, rng)[0] - z**2) for c in (forest, linear)]
    assert errors[0] < 0.3 < 1.0 < errors[1]


def test_columns_that_follow_from_others_have_no_residual():
    x = rows(200)
    x = np.c_[x, x[:, 0], np.ones(200)]
    for conditional in (GaussianConditional(), EmpiricalConditional(random_state=0)):
        assert np.flatnonzero(conditional.fit(x).residual_variance_ == 0).tolist() == [0, 4, 5]
        drawn = conditional.draw(np.arange(200), 4, 2, np.random.default_rng(0))
        assert np.allclose(drawn, x[:, 4], rtol=1e-12)


def test_few_rows_and_estimators_of_the_covariance():
    x = rows(6)
    for conditional in (GaussianConditional(), GaussianConditional(OAS())):
        variances = conditional.fit(x).residual_variance_
        assert np.all((variances > 0) & (variances <= 1))
    assert GaussianConditional().fit(x[:, :1]).residual_variance_.tolist() == [1.0]
    single = EmpiricalConditional(random_state=0).fit(rows(50)[:, :1])
    assert np.isin(single.draw(np.arange(50), 0, 1, np.random.default_rng(0)), rows(50)[:, 0]).mean() > 0.9


def test_the_parameters_of_the_covariance_are_validated():
    with pytest.raises(ValueError, match="The 'block_size' parameter of LedoitWolf"):
        GaussianConditional(LedoitWolf(block_size=0)).fit(rows(50))
