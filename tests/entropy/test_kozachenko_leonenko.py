import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

from skib import UnreliableEstimateWarning
from skib._linear_algebra import whitened
from skib.entropy import KozachenkoLeonenko
from tests.naive import neighbors as naive

LAWS = [
    stats.norm(),
    stats.norm(100, 1e-3),
    stats.uniform(),
    stats.expon(),
    stats.laplace(),
    stats.t(3),
    stats.cauchy(),
    stats.lognorm(1),
]


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("k", [1, 3, 7])
def test_terms_equal_the_equation(d, k):
    X = np.random.default_rng(0).normal(size=(100, d)) @ np.tri(d)
    z, log_volume = whitened(X)
    radius = np.sort(naive.max_norm(z), axis=1)[:, k - 1]
    expected = digamma(100) - digamma(k) + d * np.log(2 * radius) + log_volume
    np.testing.assert_allclose(KozachenkoLeonenko(k).fit(X).pointwise_, expected, atol=1e-12)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law.dist.name}{law.args}")
def test_truth(law, d):
    for seed in range(3):
        fitted = KozachenkoLeonenko().fit(law.rvs((3000, d), random_state=seed))
        assert abs(fitted.entropy_ - d * law.entropy()) < 4 * fitted.std_error_


@pytest.mark.parametrize("rho", [0.0, 0.9, 0.999])
@pytest.mark.parametrize(("d", "bias"), [(3, 0.03), (5, 0.1)])  # as documented, of the tails
def test_truth_of_correlated_normal_rows(d, bias, rho):
    law = stats.multivariate_normal(np.zeros(d), np.full((d, d), rho) + (1 - rho) * np.eye(d))
    for seed in range(3):
        fitted = KozachenkoLeonenko().fit(law.rvs(2000, random_state=seed))
        assert abs(fitted.entropy_ + bias - law.entropy()) < 4 * fitted.std_error_


def test_the_standard_error_is_the_spread_over_samples():
    fits = [KozachenkoLeonenko().fit(np.random.default_rng(s).normal(size=(500, 2))) for s in range(200)]
    spread = np.std([fit.entropy_ for fit in fits])
    assert spread == pytest.approx(np.mean([fit.std_error_ for fit in fits]), rel=0.25)


def test_bias_at_edges_is_as_documented():
    values = [KozachenkoLeonenko().fit(np.random.default_rng(s).random((5000, 4))).entropy_ for s in range(5)]
    assert np.mean(values) == pytest.approx(0.2, abs=0.03)  # truth: 0


def test_many_dimensions_warn_of_the_error_to_expect():
    X = np.random.default_rng(0).normal(size=(1000, 16))
    with pytest.warns(UnreliableEstimateWarning, match=r"in 16 dimensions .* errors of the order of \d nats"):
        KozachenkoLeonenko().fit(X)


@pytest.mark.parametrize("rows", [5, 3])
def test_too_few_rows(rows):
    with pytest.raises(ValueError, match=f"at least 6 rows, got n_samples = {rows}; pass more rows or lower n_neighbo"):
        KozachenkoLeonenko(5).fit(np.random.default_rng(0).normal(size=(rows, 1)))
