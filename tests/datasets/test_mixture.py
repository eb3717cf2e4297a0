"""Gaussian mixtures: class labels, and the uncorrelated bimodal pair."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import norm

from skib.datasets import make_bimodal_pair, make_gaussian_classes


def log_marginal(x, weights, separation):
    centers = separation * np.arange(len(weights))
    return logsumexp(norm.logpdf(np.subtract.outer(x, centers)), b=weights, axis=-1)


def classes_by_quadrature(weights, separation):
    """h(X) - h(X | Y), with h(X) by adaptive quadrature over the line."""

    def integrand(x):
        value = log_marginal(x, weights, separation)
        return -np.exp(value) * value

    edges = np.linspace(-13, separation * (len(weights) - 1) + 13, 40)
    pieces = [quad(integrand, a, b, epsabs=1e-13)[0] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return sum(pieces) - norm.entropy()


@pytest.mark.parametrize("separation", [0.3, 2.0, 7.0])
@pytest.mark.parametrize("weights", [[0.5, 0.5], [0.9, 0.1], [0.2, 0.3, 0.5]])
def test_class_truth_equals_quadrature(separation, weights):
    made = make_gaussian_classes(2, n_classes=len(weights), separation=separation, weights=weights)
    assert made.mutual_info == pytest.approx(classes_by_quadrature(weights, separation), abs=1e-9)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_class_truth_limits(n_classes):
    assert make_gaussian_classes(2, n_classes=n_classes, separation=0.0).mutual_info == pytest.approx(0, abs=1e-12)
    # Classes far apart do not overlap: I = H(Y).
    assert make_gaussian_classes(2, n_classes=n_classes, separation=60.0).mutual_info == pytest.approx(
        np.log(n_classes), abs=1e-12
    )


@pytest.mark.parametrize("weights", [None, [0.7, 0.2, 0.1], [0.5, 0.5, 0.0]])
def test_class_sample_has_the_information_it_states(weights):
    made = make_gaussian_classes(20_000, n_classes=3, separation=1.5, weights=weights, random_state=0)
    weights = np.full(3, 1 / 3) if weights is None else np.array(weights)
    values = norm.logpdf(made.X[:, 0] - 1.5 * made.y) - log_marginal(made.X[:, 0], weights, 1.5)
    assert abs(values.mean() - made.mutual_info) < 4 * values.std() / np.sqrt(20_000)
    shares = np.bincount(made.y, minlength=3) / 20_000
    assert (np.abs(shares - weights) <= 4 * np.sqrt(weights * (1 - weights) / 20_000)).all()


def log_bimodal(x, y, rho, separation):
    """log p(x, y), log p(x), log p(y) of the bimodal pair, from its definition."""
    spread, half = np.sqrt(1 - rho**2), separation / 2
    left = norm.logpdf(x, -half) + norm.logpdf(y, -rho * (x + half), spread)
    right = norm.logpdf(x, half) + norm.logpdf(y, rho * (x - half), spread)
    marginal = np.logaddexp(norm.logpdf(x, -half), norm.logpdf(x, half)) - np.log(2)
    return np.logaddexp(left, right) - np.log(2), marginal, norm.logpdf(y)


@pytest.mark.parametrize("rho, separation", [(0.5, 1.0), (0.9, 0.0), (0.9, 4.0), (-0.97, 2.0)])
def test_bimodal_truth_equals_a_sum_over_the_plane(rho, separation):
    step = 0.01
    grid = np.arange(-9 - separation / 2, 9 + separation / 2, step)
    total = 0.0
    for x in np.array_split(grid, 20):
        joint, marginal_x, marginal_y = log_bimodal(x[:, None], np.arange(-9, 9, step), rho, separation)
        total += (np.exp(joint) * (joint - marginal_x - marginal_y)).sum() * step**2
    assert make_bimodal_pair(2, rho=rho, separation=separation).mutual_info == pytest.approx(total, abs=1e-8)


def test_bimodal_truth_limits():
    assert make_bimodal_pair(2, rho=0.0, separation=3.0).mutual_info == pytest.approx(0, abs=1e-12)
    # Far apart, x determines the component, of which y alone is independent: the Gaussian information is left.
    assert make_bimodal_pair(2, rho=0.9, separation=60.0).mutual_info == pytest.approx(-0.5 * np.log(0.19), abs=1e-12)
    mirrored = make_bimodal_pair(2, rho=-0.6).mutual_info
    assert mirrored == pytest.approx(make_bimodal_pair(2, rho=0.6).mutual_info, abs=1e-12)


@pytest.mark.parametrize("rho, separation", [(0.9, 0.0), (0.8, 3.0)])
def test_bimodal_sample_is_uncorrelated_and_has_the_information_it_states(rho, separation):
    pair = make_bimodal_pair(20_000, rho=rho, separation=separation, random_state=1)
    x, y = pair.X[:, 0], pair.y
    joint, marginal_x, marginal_y = log_bimodal(x, y, rho, separation)
    values = joint - marginal_x - marginal_y
    assert abs(values.mean() - pair.mutual_info) < 4 * values.std() / np.sqrt(20_000)
    assert abs((x * y).mean()) < 4 * (x * y).std() / np.sqrt(20_000)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_classes": 1}, "n_classes == 1"),
        ({"separation": -1.0}, "separation == -1.0"),
        ({"weights": [0.5, 0.3, 0.2]}, "weights has shape"),
        ({"weights": [0.5, 0.4]}, "weights sums to 0.9"),
        ({"weights": [1.5, -0.5]}, "weights.*negative"),
        ({"weights": [np.nan, 0.5]}, "weights"),
    ],
)
def test_class_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_gaussian_classes(10, **arguments)


@pytest.mark.parametrize("arguments", [{"rho": 0.999}, {"separation": np.inf}])
def test_bimodal_arguments_out_of_range(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        make_bimodal_pair(10, **arguments)
