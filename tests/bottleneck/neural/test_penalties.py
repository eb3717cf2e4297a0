import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from skib.bottleneck.neural import HSIC, CauchySchwarzQMI, MatrixRenyi, PairwiseRate, VariationalRate, Volume
from skib.metrics import HSIC as EstimatedHSIC
from skib.mutual_info import CauchySchwarz
from skib.mutual_info import MatrixRenyi as EstimatedRenyi

KERNELS = [HSIC(), HSIC(0.7, 1.3), CauchySchwarzQMI(), CauchySchwarzQMI(0.7, 1.3)]
KERNELS += [MatrixRenyi(2.0), MatrixRenyi()]
PENALTIES = [VariationalRate(), PairwiseRate(), Volume(), *KERNELS]
# Eigenvalues of the size of rounding errors count in small orders: they are for float64 alone.
SMALL_ORDER = MatrixRenyi(0.5, 1.0, 1.0)


def batch(n=20, d=3, k=2, seed=0):
    """Draw inputs, means, log variances and noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    mu = np.tanh(x @ rng.normal(size=(d, k))) + 0.3 * rng.normal(size=(n, k))
    return x, mu, 0.5 * rng.normal(size=(n, k)) - 1, rng.normal(size=(n, k))


def value_at(penalty, x, mu, log_variance, noise):
    return penalty.value_and_gradients(x, mu, log_variance, mu + np.exp(log_variance / 2) * noise)[0]


def differences(function, point, step=1e-5):
    """Central differences, with Richardson's extrapolation."""
    slopes = np.empty_like(point)
    for i in np.ndindex(point.shape):
        shift = np.zeros_like(point)
        shift[i] = step
        near = (function(point + shift) - function(point - shift)) / (2 * step)
        far = (function(point + 2 * shift) - function(point - 2 * shift)) / (4 * step)
        slopes[i] = (4 * near - far) / 3
    return slopes


@pytest.mark.parametrize("penalty", [*PENALTIES, SMALL_ORDER], ids=repr)
@pytest.mark.parametrize("seed", [0, 1])
def test_gradients_are_finite_differences(penalty, seed):
    x, mu, log_variance, noise = batch(seed=seed)
    code = mu + np.exp(log_variance / 2) * noise
    _, by_mu, by_log = penalty.value_and_gradients(x, mu, log_variance, code)
    expected = differences(lambda point: value_at(penalty, x, point, log_variance, noise), mu)
    assert_allclose(by_mu, expected, atol=1e-6 * np.abs(expected).max())
    expected = differences(lambda point: value_at(penalty, x, mu, point, noise), log_variance)
    assert_allclose(by_log, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("penalty", PENALTIES, ids=repr)
def test_float32_is_kept_and_near_float64(penalty):
    x, mu, log_variance, noise = batch(100)
    code = mu + np.exp(log_variance / 2) * noise
    exact = penalty.value_and_gradients(x, mu, log_variance, code)
    single = penalty.value_and_gradients(*(a.astype(np.float32) for a in (x, mu, log_variance, code)))
    assert single[0] == pytest.approx(exact[0], rel=2e-3)
    for found, expected in zip(single[1:], exact[1:], strict=True):
        assert found.dtype == np.float32
        assert np.abs(found - expected).max() < 0.01 * np.abs(expected).max()


# --- rates


def test_variational_rate_is_the_mean_divergence_from_the_prior():
    _, mu, log_variance, _ = batch(5)
    rng = np.random.default_rng(0)
    prior = multivariate_normal(np.zeros(2))
    gaps = []
    for mean, logs in zip(mu, log_variance, strict=True):
        row = multivariate_normal(mean, np.diag(np.exp(logs)))
        draws = row.rvs(20_000, random_state=rng)
        gaps.append(row.logpdf(draws) - prior.logpdf(draws))
    found = VariationalRate().value_and_gradients(None, mu, log_variance, None)[0]
    error = np.sqrt(np.mean([np.var(gap) / len(gap) for gap in gaps]) / len(gaps))
    assert abs(found - np.mean(gaps)) < 4 * error


def naive_pairwise_rate(mu, log_variance):
    n, total = len(mu), 0.0
    for i in range(n):
        overlap = 0.0
        for j in range(n):
            ratio = np.exp(log_variance[i] - log_variance[j])
            square = (mu[i] - mu[j]) ** 2 / np.exp(log_variance[j])
            overlap += np.exp(-0.5 * np.sum(ratio + square - 1 - np.log(ratio)))
        total -= np.log(overlap / n)
    return total / n


def test_pairwise_rate_equals_loops():
    _, mu, log_variance, _ = batch(30)
    found = PairwiseRate().value_and_gradients(None, mu + 5, log_variance, None)[0]
    assert found == pytest.approx(naive_pairwise_rate(mu, log_variance), rel=1e-12)


def test_rates_are_above_the_information_of_a_gaussian_code():
    rng = np.random.default_rng(0)
    mu = rng.normal(size=(2000, 2))
    logs = np.full_like(mu, np.log(0.3))
    truth = np.log(1 + 1 / 0.3)  # two components of 1/2 log(1 + 1 / v) nats
    noise_of_truth = np.sqrt(2 / len(mu))  # of half the log variance of two columns
    for penalty in (VariationalRate(), PairwiseRate()):
        assert penalty.value_and_gradients(None, mu, logs, None)[0] > truth - 4 * noise_of_truth
    # With the variance of its prior, the code is one for which the variational bound is exact.
    scale = 1 / np.sqrt(1.3)
    exact = VariationalRate().value_and_gradients(None, scale * mu, logs + 2 * np.log(scale), None)[0]
    assert abs(exact - truth) < 4 * noise_of_truth


def test_pairwise_rate_of_distant_codes_is_the_log_of_their_number():
    mu = 100.0 * np.arange(16)[:, None]
    assert PairwiseRate().value_and_gradients(None, mu, np.zeros_like(mu), None)[0] == pytest.approx(np.log(16))


# --- kernels


def naive_kernel(a, width):
    return np.array([[np.exp(-np.sum((p - q) ** 2) / (2 * width**2)) for q in a] for p in a])


def test_hsic_equals_loops():
    x, code, _, _ = batch(25)
    k, q, n = naive_kernel(x, 0.7), naive_kernel(code, 1.3), 25
    pairs = sum(k[i, j] * q[i, j] for i in range(n) for j in range(n)) / n**2
    apart = sum(k[i, j] for i in range(n) for j in range(n)) * sum(q[i, j] for i in range(n) for j in range(n)) / n**4
    both = sum(k[i, j] * q[i, m] for i in range(n) for j in range(n) for m in range(n)) / n**3
    expected = (pairs + apart - 2 * both) * (n / (n - 1)) ** 2
    assert HSIC(0.7, 1.3).value_and_gradients(x, code, code, code)[0] == pytest.approx(expected, rel=1e-12)


def test_cauchy_schwarz_equals_loops():
    x, code, _, _ = batch(25)
    k, q, n = naive_kernel(x, 0.7), naive_kernel(code, 1.3), 25
    joint = sum(k[i, j] * q[i, j] for i in range(n) for j in range(n)) / n**2
    of_k, of_q = (sum(a[i, j] for i in range(n) for j in range(n)) / n**2 for a in (k, q))
    both = sum(k[i, j] * q[i, m] for i in range(n) for j in range(n) for m in range(n)) / n**3
    expected = np.log(joint * of_k * of_q / both**2)
    found = CauchySchwarzQMI(0.7, 1.3).value_and_gradients(x, code, code, code)[0]
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("penalty", "estimator", "attribute"),
    [
        (HSIC(0.9, 0.9), EstimatedHSIC(0.9, unbiased=False, marginals=None), "dependence_"),
        (CauchySchwarzQMI(0.9, 0.9), CauchySchwarz(0.9, marginals=None), "mutual_info_"),
        (MatrixRenyi(2.0, 0.9, 0.9), EstimatedRenyi(2.0, 0.9, marginals=None), "mutual_info_"),
        (MatrixRenyi(1.5, 0.9, 0.9), EstimatedRenyi(1.5, 0.9, marginals=None), "mutual_info_"),
    ],
    ids=repr,
)
def test_penalties_agree_with_the_estimators_of_the_same_quantity(penalty, estimator, attribute):
    x, code, _, _ = batch(60)
    value = penalty.value_and_gradients(x, code, code, code)[0]
    assert value == pytest.approx(getattr(estimator.fit(x, code), attribute), rel=1e-9)


@pytest.mark.parametrize("penalty", KERNELS, ids=repr)
def test_an_independent_code_lies_within_the_permutation_null(penalty):
    ranks = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, code = rng.normal(size=(60, 3)), rng.normal(size=(60, 2))
        value = penalty.value_and_gradients(x, code, code, code)[0]
        null = [penalty.value_and_gradients(x, c, c, c)[0] for c in (rng.permutation(code) for _ in range(39))]
        ranks.append(np.mean(np.array(null) >= value))
    # The rank among 40 is uniform: at an end in one of 20 seeds, in more than 4 of them with probability .003.
    assert np.sum((np.array(ranks) == 0) | (np.array(ranks) == 1)) <= 4


@pytest.mark.parametrize("penalty", KERNELS, ids=repr)
def test_a_dependent_code_lies_above_the_permutation_null(penalty):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    code = x[:, :2] + 0.2 * rng.normal(size=(60, 2))
    value = penalty.value_and_gradients(x, code, code, code)[0]
    null = [penalty.value_and_gradients(x, c, c, c)[0] for c in (rng.permutation(code) for _ in range(39))]
    assert value > max(null)


@pytest.mark.parametrize("penalty", KERNELS, ids=repr)
def test_a_constant_code_has_neither_value_nor_slope(penalty):
    x = batch()[0]
    code = np.ones((len(x), 2))
    value, by_mu, _ = penalty.value_and_gradients(x, code, code, code)
    assert value == pytest.approx(0, abs=1e-9)
    assert_allclose(by_mu, 0, atol=1e-9)


# --- volume


def test_volume_is_the_geometric_mean_of_standard_deviations():
    code = batch(50)[1]
    expected = np.prod(code.std(axis=0) + 0.1) ** (1 / code.shape[1])
    assert Volume(0.1).value_and_gradients(None, code, code, code)[0] == pytest.approx(expected)


def test_volume_of_a_constant_component_has_a_gradient():
    code = np.column_stack([batch(50)[1], np.ones(50)])
    by_mu = Volume().value_and_gradients(None, code, code, code)[1]
    assert np.isfinite(by_mu).all()
    assert_allclose(by_mu[:, -1], 0)
