import numpy as np
import pytest
from scipy import stats
from scipy.special import digamma

from skib import UnreliableEstimateWarning
from skib._linear_algebra import whitened
from skib._neighbors import weighted_terms
from skib.entropy import KozachenkoLeonenko, WeightedKozachenkoLeonenko
from tests.naive import neighbors as naive


@pytest.mark.parametrize(("d", "k"), [(1, 4), (2, 5), (4, 7), (5, 12)])
def test_terms_equal_the_equation(d, k):
    X = np.random.default_rng(0).normal(size=(120, d)) @ np.tri(d)
    z, log_volume = whitened(X)
    radii = np.sort(naive.max_norm(z), axis=1)[:, :k]
    fitted = WeightedKozachenkoLeonenko(k).fit(X)
    terms = d * np.log(2 * radii) + log_volume + digamma(120) - digamma(np.arange(1, k + 1))
    np.testing.assert_allclose(fitted.pointwise_, terms @ fitted.weights_, atol=1e-11)
    np.testing.assert_array_equal(weighted_terms(X, k), fitted.pointwise_)


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize(
    "law", [stats.norm(), stats.expon(), stats.laplace(), stats.t(3)], ids=lambda law: law.dist.name
)
def test_truth(law, d):
    for seed in range(3):
        fitted = WeightedKozachenkoLeonenko().fit(law.rvs((3000, d), random_state=seed))
        assert abs(fitted.entropy_ - d * law.entropy()) < 4 * fitted.std_error_


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_truth_of_ten_correlated_columns(rho):
    law = stats.multivariate_normal(np.zeros(10), np.full((10, 10), rho) + (1 - rho) * np.eye(10))
    fitted = WeightedKozachenkoLeonenko().fit(law.rvs(5000, random_state=0))
    assert abs(fitted.entropy_ - law.entropy()) < 4 * fitted.std_error_


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
@pytest.mark.parametrize("d", [4, 8, 16])
def test_edges_cost_less_than_half_of_what_they_cost_a_single_neighbor(d):
    X = np.random.default_rng(0).random((5000, d))  # truth: 0
    weighted, plain = (estimator.fit(X).entropy_ for estimator in (WeightedKozachenkoLeonenko(), KozachenkoLeonenko(1)))
    assert abs(weighted) < 0.6 * plain


def test_few_rows_take_fewer_neighbors():
    X = np.random.default_rng(0).normal(size=(5, 1))
    fitted = WeightedKozachenkoLeonenko().fit(X)
    assert fitted.n_neighbors_ == 4
    with pytest.raises(ValueError, match="at least 10 rows, got n_samples = 5; pass more rows or lower n_neighbors"):
        WeightedKozachenkoLeonenko(9).fit(X)


@pytest.mark.parametrize("d", [20, 50])
def test_many_dimensions_warn_and_do_not_explode(d):
    X = np.random.default_rng(0).normal(size=(2000, d))
    with pytest.warns(UnreliableEstimateWarning, match=f"in {d} dimensions"):
        fitted = WeightedKozachenkoLeonenko().fit(X)
    assert abs(fitted.entropy_ - d / 2 * np.log(2 * np.pi * np.e)) < 0.6 * d
