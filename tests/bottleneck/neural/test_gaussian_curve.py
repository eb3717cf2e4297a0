"""A linear network lies on the curve of the Gaussian bottleneck, and an ordered one on principal components."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from skib.bottleneck import GaussianIB
from skib.bottleneck.neural import LBFGS, Adam, NeuralBottleneckRegressor, SquaredError, VIBRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2000, 5)) @ RNG.normal(size=(5, 5))
Y = X @ RNG.normal(size=(5, 3)) / 3 + RNG.normal(size=(2000, 3)) * [1, 2, 0.5]


def rate_and_relevance(fitted):
    """I(X;T) and I(T;Y) of a linear channel T = A x + noise, for Gaussian rows of the covariance of X and Y."""
    mu = fitted.transform(X)
    noise = np.diag(np.exp(fitted.network_.encoded(fitted._scaled(X)).log_variance).mean(axis=0))
    residual = (
        mu
        - np.column_stack([Y, np.ones(len(Y))])
        @ np.linalg.lstsq(np.column_stack([Y, np.ones(len(Y))]), mu, rcond=None)[0]
    )
    of_t = np.linalg.slogdet(np.cov(mu.T, bias=True) + noise)[1]
    of_t_given_y = np.linalg.slogdet(np.cov(residual.T, bias=True) + noise)[1]
    return 0.5 * (of_t - np.linalg.slogdet(noise)[1]), 0.5 * (of_t - of_t_given_y)


@pytest.mark.parametrize(
    ("solver", "tolerance"), [(LBFGS(), 1e-6), (Adam(0.01, 300, batch_size=200), 1e-2)], ids=["L-BFGS", "Adam"]
)
@pytest.mark.parametrize("beta", [1.2, 2.0, 4.0, 20.0])
def test_linear_network_is_on_the_exact_curve(beta, solver, tolerance):
    exact = GaussianIB(beta, shrinkage=None).fit(X, Y)
    fitted = VIBRegressor(beta, 4, (), solver=solver, random_state=0).fit(X, Y)
    rate, relevance = rate_and_relevance(fitted)
    gap = (rate - beta * relevance) - (exact.rate_ - beta * exact.relevance_)
    assert -1e-9 < gap < tolerance
    assert fitted.rate_lower_ < rate < fitted.rate_upper_ + 2e-3  # learned variances differ a little by row
    # The mean over 8 draws of 2000 rows of a squared residual and of y, of variance 2 / 4 per target each.
    assert abs(fitted.relevance_ - relevance) < 4 * np.sqrt(3 / (2 * 8 * 2000)) + 3 * tolerance


@pytest.mark.parametrize("noise", ["shared", 1.0])
def test_noise_of_other_kinds_is_on_the_curve(noise):
    exact = GaussianIB(4.0, shrinkage=None).fit(X, Y)
    fitted = VIBRegressor(4.0, 4, (), noise, solver=LBFGS(), random_state=0).fit(X, Y)
    rate, relevance = rate_and_relevance(fitted)
    gap = (rate - 4 * relevance) - (exact.rate_ - 4 * exact.relevance_)
    if noise == "shared":
        assert abs(gap) < 1e-6
        assert fitted.rate_upper_ == pytest.approx(exact.rate_, abs=1e-4)
    else:  # codes of another variance than the prior cost more than their rate
        assert gap > 1e-3


def test_ordered_linear_codes_span_the_principal_components():
    fitted = NeuralBottleneckRegressor(
        None, SquaredError(), 20.0, 3, (), "shared", True, solver=LBFGS(), random_state=0
    ).fit(X, X)
    centered = (X - X.mean(axis=0)) / X.std(axis=0)
    directions = np.linalg.svd(centered, full_matrices=False)[2].T
    for k in (1, 2, 3):
        found = np.linalg.lstsq(centered, fitted.transform(X)[:, :k], rcond=None)[0]
        assert subspace_angles(found, directions[:, :k]).max() < 1e-4
