"""Concentric clouds: the truth against quadrature over the chi-square law of |X|^2."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import chi2, kstest, norm

from skib.datasets import make_concentric_pair


def log_densities(r2, dim, n_components):
    """log p(|x|^2 | k) for every component."""
    variances = np.arange(1, 1 + n_components) ** 2
    return chi2.logpdf(np.expand_dims(r2, -1) / variances, dim) - np.log(variances)


def truth_by_quadrature(dim, n_components):
    def integrand(root):
        given = log_densities(root**2, dim, n_components)
        marginal = logsumexp(given) - np.log(n_components)
        return 2 * root * np.mean(np.exp(given) * (given - marginal))

    edges = np.linspace(0, n_components * (np.sqrt(dim) + 10), 30)
    edges[0] = 1e-12
    pieces = zip(edges[:-1], edges[1:], strict=True)
    return sum(quad(integrand, low, high, epsabs=1e-13, epsrel=1e-12)[0] for low, high in pieces)


@pytest.mark.parametrize("dim, n_components", [(1, 3), (2, 2), (5, 5), (25, 5), (3, 20)])
def test_truth_equals_quadrature(dim, n_components):
    made = make_concentric_pair(2, dim=dim, n_components=n_components)
    assert made.mutual_info == pytest.approx(truth_by_quadrature(dim, n_components), abs=1e-9)


def test_limits():
    assert make_concentric_pair(2, n_components=1).mutual_info == pytest.approx(0, abs=1e-12)
    # Shells in a thousand dimensions do not overlap: X determines the component.
    assert make_concentric_pair(2, dim=2000, n_components=4).mutual_info == pytest.approx(np.log(4), abs=1e-9)


@pytest.mark.parametrize("dim, n_components", [(1, 3), (5, 5)])
def test_sample_has_the_information_it_states(dim, n_components):
    pair = make_concentric_pair(20_000, dim=dim, n_components=n_components, random_state=0)
    component = np.rint(pair.y).astype(int)
    assert kstest((pair.y - component) / 0.01, norm.cdf).pvalue > 1e-4
    given = log_densities((pair.X**2).sum(axis=1), dim, n_components)
    values = given[np.arange(20_000), component - 1] - logsumexp(given, axis=1) + np.log(n_components)
    assert abs(values.mean() - pair.mutual_info) < 4 * values.std() / np.sqrt(20_000)


def test_standardized_rows_are_normal():
    pair = make_concentric_pair(5000, dim=3, n_components=4, random_state=1)
    standard = pair.X / np.rint(pair.y)[:, None]
    assert kstest(standard.ravel(), norm.cdf).pvalue > 1e-4
    assert np.abs(np.corrcoef(standard.T) - np.eye(3)).max() < 4 / np.sqrt(5000)


@pytest.mark.parametrize("argument", ["dim", "n_components"])
def test_counts_out_of_range(argument):
    with pytest.raises(ValueError, match=f"{argument} == 0"):
        make_concentric_pair(10, **{argument: 0})
