"""Gaussian pairs and their images under the normal cdf and the ReLU."""

import numpy as np
import pytest
from scipy.special import log_ndtr, ndtri
from scipy.stats import kstest, multivariate_normal, norm

from skib.datasets import make_gaussian_pair, make_relu_pair, make_uniform_pair


def gaussian_pmi(x, y, rho):
    """log p(x, y) / (p(x) p(y)) of standard normal variables."""
    joint = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).logpdf(np.stack([x, y], axis=-1))
    return np.reshape(joint, np.shape(x)) - norm.logpdf(x) - norm.logpdf(y)


def assert_mean(values, truth):
    """The mean of the pointwise information is the truth, within 4 standard errors."""
    assert abs(values.mean() - truth) <= 4 * values.std() / np.sqrt(len(values)) + 1e-12


@pytest.mark.parametrize("maker", [make_gaussian_pair, make_uniform_pair])
@pytest.mark.parametrize("rho, truth", [(0.0, 0.0), (0.9, 0.8303656), (-0.5, 0.1438410), (0.999, 3.1075541)])
@pytest.mark.parametrize("dim", [1, 3])
def test_truth_of_rho(maker, rho, truth, dim):
    assert maker(2, rho=rho, dim=dim, random_state=0).mutual_info == pytest.approx(dim * truth, abs=1e-6)


def test_truth_keeps_digits_at_both_ends():
    assert make_gaussian_pair(2, rho=1e-6).mutual_info == pytest.approx(5e-13, abs=1e-16)
    # log(1 - rho^2) = log(2 eps - eps^2), with eps the distance of rho from 1.
    rho = 1 - 2.0**-40
    assert make_gaussian_pair(2, rho=rho).mutual_info == pytest.approx(-0.5 * np.log(2.0**-39), rel=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9, 0.999])
@pytest.mark.parametrize("dim", [1, 3])
def test_gaussian_sample_has_the_information_it_states(rho, dim):
    pair = make_gaussian_pair(5000, rho=rho, dim=dim, random_state=1)
    values = gaussian_pmi(pair.X, pair.y.reshape(5000, dim), rho)
    assert_mean(values.sum(axis=1), pair.mutual_info)
    correlation = np.corrcoef(pair.X[:, 0], pair.y.reshape(5000, dim)[:, 0])[0, 1]
    assert abs(np.arctanh(correlation) - np.arctanh(rho)) < 4 / np.sqrt(4997)


@pytest.mark.parametrize("information", [0.0, 0.1, 2.0, 10.0])
@pytest.mark.parametrize("dim", [1, 4])
def test_requested_information_is_split_over_the_pairs(information, dim):
    pair = make_gaussian_pair(5000, mutual_info=information, dim=dim, random_state=2)
    assert pair.mutual_info == information
    rho = np.sqrt(1 - np.exp(-2 * information / dim))
    residual = pair.y.reshape(5000, dim) - rho * pair.X
    variance = np.exp(-2 * information / dim)
    np.testing.assert_allclose((residual**2).mean(axis=0), variance, rtol=4 * np.sqrt(2 / 5000))


def test_coordinates_of_different_pairs_are_independent():
    pair = make_gaussian_pair(5000, rho=0.9, dim=3, random_state=3)
    correlation = np.corrcoef(pair.X.T, pair.y.T)
    allowed = np.eye(6) + np.eye(6, k=3) + np.eye(6, k=-3)
    assert np.abs(correlation[allowed == 0]).max() < 4 / np.sqrt(5000)


def test_very_large_information_survives_the_sampling():
    # At 20 nats rho is 1 to 17 digits; y differs from x by the residual of 2e-9 only.
    pair = make_gaussian_pair(5000, mutual_info=20.0, random_state=4)
    residual = (pair.y - pair.X[:, 0]) / np.exp(-20.0)
    assert residual.std() == pytest.approx(1, abs=4 / np.sqrt(2 * 5000))


@pytest.mark.parametrize("rho", [0.0, -0.9])
def test_uniform_sample_is_the_gaussian_one_through_the_cdf(rho):
    pair = make_uniform_pair(5000, rho=rho, random_state=5)
    assert_mean(gaussian_pmi(ndtri(pair.X[:, 0]), ndtri(pair.y), rho), pair.mutual_info)
    assert kstest(pair.X[:, 0], "uniform").pvalue > 1e-4
    assert kstest(pair.y, "uniform").pvalue > 1e-4


def relu_truth_by_cubature(rho):
    """The joint atom, the two lines and the open quadrant, each integrated as it stands."""
    nodes, mass = np.polynomial.legendre.leggauss(200)
    nodes, mass = 5 * (nodes + 1), 5 * mass
    density = multivariate_normal([0, 0], [[1, rho], [rho, 1]])
    both_zero = density.cdf([0, 0])
    conditional = norm.cdf(-rho * nodes / np.sqrt(1 - rho**2))
    one_zero = mass @ (norm.pdf(nodes) * conditional * np.log(2 * np.maximum(conditional, 1e-300)))
    x, y = np.meshgrid(nodes, nodes)
    quadrant = mass @ (density.pdf(np.dstack([x, y])) * gaussian_pmi(x, y, rho)) @ mass
    return both_zero * np.log(4 * both_zero) + 2 * one_zero + quadrant


@pytest.mark.parametrize("rho", [0.5, 0.9, -0.7])
def test_relu_truth_equals_cubature(rho):
    assert make_relu_pair(2, rho=rho).mutual_info == pytest.approx(relu_truth_by_cubature(rho), abs=1e-9)


def test_relu_known_values():
    # 0.830 nats before the ReLU, 0.554 after it; nothing stays nothing.
    assert make_relu_pair(2, rho=0.9).mutual_info == pytest.approx(0.554, abs=5e-4)
    assert make_relu_pair(2, rho=0.0).mutual_info == pytest.approx(0, abs=1e-12)
    # Opposite signs: as rho -> -1 one side is zero exactly where the other is not, I -> log 2.
    assert make_relu_pair(2, rho=-1 + 1e-9).mutual_info == pytest.approx(np.log(2), abs=1e-3)


@pytest.mark.parametrize("rho", [0.5, 0.9, -0.7])
def test_relu_sample_has_the_information_it_states(rho):
    pair = make_relu_pair(20_000, rho=rho, random_state=6)
    x, y = pair.X[:, 0], pair.y
    spread = np.sqrt(1 - rho**2)
    values = np.where(
        (x > 0) & (y > 0),
        gaussian_pmi(x, y, rho),
        np.log(2) + log_ndtr(-rho * np.maximum(x, y) / spread),
    )
    values[(x == 0) & (y == 0)] = np.log(1 + 2 * np.arcsin(rho) / np.pi)
    assert_mean(values, pair.mutual_info)
    assert abs((x == 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(20_000)
    assert x.min() == y.min() == 0


@pytest.mark.parametrize("maker", [make_gaussian_pair, make_uniform_pair])
@pytest.mark.parametrize("arguments", [{}, {"rho": 0.5, "mutual_info": 0.1}])
def test_exactly_one_of_rho_and_mutual_info(maker, arguments):
    with pytest.raises(ValueError, match="exactly one of rho and mutual_info"):
        maker(10, **arguments)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"rho": 1.0}, "rho == 1.0"),
        ({"rho": -1}, "rho == -1"),
        ({"rho": np.nan}, "rho.*finite"),
        ({"mutual_info": -0.1}, "mutual_info == -0.1"),
        ({"mutual_info": np.inf}, "mutual_info"),
        ({"mutual_info": 100.0}, "mutual_info == 100.0"),
        ({"rho": 0.5, "dim": 0}, "dim == 0"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_gaussian_pair(10, **arguments)
