"""Information of normal classes from unbiased products of their means."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from skib.mutual_info._summary._gaussian_classes import (
    class_information,
    information,
    mean_products,
    noise_of_information,
    whitened,
)


def of_two_classes(separation, share):
    """I(X;Y) of two normal classes on a line, by quadrature."""

    def integrand(x):
        p = np.array([1 - share, share]) * norm.pdf(x, [0, separation])
        posterior = p / p.sum()
        return p.sum() * np.sum(posterior * np.log(posterior / [1 - share, share]))

    return quad(integrand, -12, 12 + separation)[0]


@pytest.mark.parametrize("share", [0.5, 0.2])
@pytest.mark.parametrize("separation", [0.3, 1.0, 2.0, 4.0])
def test_information_of_two_classes(separation, share):
    means = separation * np.array([-share, 1 - share])
    found = information(np.outer(means, means), np.array([1 - share, share]))
    assert found == pytest.approx(of_two_classes(separation, share), rel=0.05)  # 4000 draws


def test_products_below_zero_have_information_below_zero():
    shares = np.array([0.5, 0.5])
    assert information(np.array([[-0.1, 0.1], [0.1, -0.1]]), shares) == pytest.approx(-0.05)


def test_products_are_unbiased():
    n, d, means = 90, 30, np.zeros((3, 30))
    means[0, 0], means[1, 1], found = 1.0, 0.5, []
    centered = means - means.mean(axis=0)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        codes = np.arange(n) % 3
        x = (means[codes] + rng.normal(size=(n, d))) @ np.diag(rng.uniform(0.5, 2, d))
        found.append(mean_products(whitened(x), codes, 3))
    error = np.std(found, axis=0) / np.sqrt(len(found))
    assert (np.abs(np.mean(found, axis=0) - centered @ centered.T) < 4 * error).all()


def test_noise_at_independence():
    codes, values = np.arange(200) % 4, []
    for seed in range(300):
        z = whitened(np.random.default_rng(seed).normal(size=(200, 60)))
        values.append(class_information(z, codes, np.bincount(codes)))
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))
    assert np.std(values) == pytest.approx(noise_of_information(200, 60, 4), rel=0.2)
