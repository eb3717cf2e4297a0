import numpy as np
import pytest
from scipy import stats

from skib import UnreliableEstimateWarning
from skib._linear_algebra import whitened
from skib.entropy import LeaveOneOutKDE
from tests.naive import density as naive

quiet = pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")


@quiet
@pytest.mark.parametrize("bandwidth", [1e-4, 0.02, 0.4, 30.0])
@pytest.mark.parametrize("d", [1, 3])
def test_terms_equal_the_equation_however_far_apart(d, bandwidth):
    X = np.random.default_rng(0).normal(size=(80, d)) @ np.tri(d)
    z, log_volume = whitened(X)
    logs, participation = naive.log_densities(z, bandwidth)
    fitted = LeaveOneOutKDE(bandwidth).fit(X)
    np.testing.assert_allclose(fitted.pointwise_, log_volume - logs, rtol=1e-10, atol=1e-10)
    assert fitted.effective_neighbors_ == pytest.approx(np.median(participation), rel=1e-8)


@quiet
@pytest.mark.parametrize("d", [1, 2])
def test_the_default_has_the_largest_likelihood(d):
    X = np.random.default_rng(0).laplace(size=(400, d))
    fitted = LeaveOneOutKDE().fit(X)
    grid = fitted.bandwidth_ * np.exp(np.linspace(-1, 1, 41))
    best = min(LeaveOneOutKDE(h).fit(X).entropy_ for h in grid)
    assert fitted.entropy_ == pytest.approx(best, abs=1e-3)


def test_rules():
    X = np.random.default_rng(0).normal(size=(500, 2))
    assert LeaveOneOutKDE("silverman").fit(X).bandwidth_ == pytest.approx(500 ** (-1 / 6))  # (4 / (d + 2)) ** ... = 1
    assert LeaveOneOutKDE("scott").fit(X[:, :1]).bandwidth_ == pytest.approx(500 ** (-1 / 5))


@pytest.mark.parametrize("bandwidth", [None, "silverman"])
@pytest.mark.parametrize("law", [stats.norm(), stats.expon(), stats.logistic()], ids=lambda law: law.dist.name)
def test_truth_on_the_line(law, bandwidth):
    for seed in range(2):
        fitted = LeaveOneOutKDE(bandwidth).fit(law.rvs((2000, 1), random_state=seed))
        # An edge costs a term of the order of the bandwidth.
        edge = 0.06 if law.dist.name == "expon" else 0.0
        assert abs(fitted.entropy_ - law.entropy()) < 4 * fitted.std_error_ + edge


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_truth_in_the_plane(rho):
    law = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    fitted = LeaveOneOutKDE().fit(law.rvs(2000, random_state=0))
    assert abs(fitted.entropy_ - law.entropy()) < 4 * fitted.std_error_


@pytest.mark.parametrize(
    ("d", "bandwidth", "error"), [(10, None, 0.5), (20, None, 1.7), (50, None, 7.1), (8, 0.3, 2.0)]
)
def test_below_its_regime_it_warns_with_the_effective_neighbors(d, bandwidth, error):
    X = np.random.default_rng(0).normal(size=(1000, d))
    with pytest.warns(UnreliableEstimateWarning, match=r"made up by \d\.\d of 1000 rows"):
        fitted = LeaveOneOutKDE(bandwidth).fit(X)
    assert fitted.effective_neighbors_ < 10
    assert fitted.entropy_ - d / 2 * np.log(2 * np.pi * np.e) > 0.7 * error


def test_wide_kernels_warn_too():
    X = stats.t(3).rvs((1000, 10), random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match="with a bandwidth of"):
        fitted = LeaveOneOutKDE().fit(X)
    assert fitted.effective_neighbors_ > 10
    assert fitted.entropy_ - 10 * stats.t(3).entropy() > 0.7
