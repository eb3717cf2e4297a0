import numpy as np
import pytest
from scipy import stats

from skib.entropy import GaussianEntropy


@pytest.mark.parametrize("d", [1, 3, 6])
def test_equals_the_equation(d):
    X = np.random.default_rng(0).normal(size=(50, d)) @ np.tri(d)
    fitted = GaussianEntropy(bias_correction=False).fit(X)
    covariance = np.atleast_2d(np.cov(X, rowvar=False))
    expected = np.linalg.slogdet(covariance)[1] / 2 + d / 2 * np.log(2 * np.pi * np.e)
    assert fitted.entropy_ == pytest.approx(expected, abs=1e-12)
    surprise = -stats.multivariate_normal(X.mean(axis=0), covariance * 49 / 50).logpdf(X)
    np.testing.assert_allclose(np.diff(fitted.pointwise_), np.diff(surprise), atol=1e-10)


@pytest.mark.parametrize(("n_samples", "d"), [(5, 3), (20, 5), (40, 30)])
def test_the_correction_removes_all_of_the_bias(n_samples, d):
    rng = np.random.default_rng(0)
    samples = [rng.normal(size=(n_samples, d)) @ np.tri(d) for _ in range(400)]  # |det| = 1
    corrected, plain = (
        np.array([GaussianEntropy(bias_correction=c).fit(X).entropy_ for X in samples])
        - d / 2 * np.log(2 * np.pi * np.e)
        for c in (True, False)
    )
    assert abs(corrected.mean()) < 4 * corrected.std() / np.sqrt(400)
    assert plain.mean() < -4 * plain.std() / np.sqrt(400)


def test_standard_error():
    fitted = GaussianEntropy().fit(np.random.default_rng(0).normal(size=(20_000, 7)))
    assert fitted.std_error_ == pytest.approx(np.sqrt(7 / 40_000), rel=0.05)


def test_bounds_the_entropy_of_other_laws_from_above():
    fitted = GaussianEntropy().fit(stats.uniform().rvs((5000, 3), random_state=0))
    assert fitted.entropy_ == pytest.approx(1.5 * np.log(2 * np.pi * np.e / 12), abs=0.05)  # truth: 0
