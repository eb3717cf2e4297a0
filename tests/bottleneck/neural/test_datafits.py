import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal, norm

from skib.bottleneck.neural import ConditionalCauchySchwarz, CrossEntropy, SquaredError
from tests.bottleneck.neural.test_penalties import differences


def batch(n=20, m=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    y = np.tanh(x @ rng.normal(size=(3, m)))
    return x, y, y + 0.4 * rng.normal(size=(n, m))


@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize(
    "datafit",
    [SquaredError(), SquaredError(0.3), SquaredError(None)]
    + [ConditionalCauchySchwarz(), ConditionalCauchySchwarz(0.5, 0.3)],
    ids=repr,
)
def test_gradients_are_finite_differences(datafit, m):
    x, y, output = batch(m=m)
    found = datafit.value_and_gradient(y, output, x)[1]
    expected = differences(lambda point: datafit.value_and_gradient(y, point, x)[0], output)
    assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
    single = datafit.value_and_gradient(*(a.astype(np.float32) for a in (y, output, x)))[1]
    assert single.dtype == np.float32
    assert_allclose(single, expected, atol=1e-3 * np.abs(expected).max())


def test_squared_error_is_the_gaussian_cross_entropy():
    _, y, output = batch()
    expected = -norm(output, np.sqrt(0.3)).logpdf(y).sum(axis=1).mean()
    assert SquaredError(0.3).value_and_gradient(y, output)[0] == pytest.approx(expected)


def test_squared_error_without_a_variance_has_the_best_covariance():
    _, y, output = batch()
    residual = y - output
    covariance = residual.T @ residual / len(y)
    expected = -multivariate_normal(np.zeros(2), covariance).logpdf(residual).mean()
    # Variances are raised by 1e-6, which a relation without noise needs.
    raised = 0.5e-6 * np.trace(np.linalg.inv(covariance))
    assert SquaredError(None).value_and_gradient(y, output)[0] == pytest.approx(expected + raised, rel=1e-9)


def test_cross_entropy():
    rng = np.random.default_rng(0)
    y, output = rng.integers(3, size=20), rng.normal(size=(20, 3))
    value, found = CrossEntropy().value_and_gradient(y, output)
    p = np.exp(output) / np.exp(output).sum(axis=1, keepdims=True)
    assert value == pytest.approx(-np.mean(np.log(p[np.arange(20), y])))
    expected = differences(lambda point: CrossEntropy().value_and_gradient(y, point)[0], output)
    assert_allclose(found, expected, atol=1e-6 * np.abs(expected).max())
    assert CrossEntropy().value_and_gradient(y, output.astype(np.float32))[1].dtype == np.float32


@pytest.mark.parametrize("datafit", [SquaredError(), ConditionalCauchySchwarz(), CrossEntropy()], ids=repr)
def test_the_wrong_kind_of_target_is_refused(datafit):
    x, y, output = batch()
    takes, wrong = ("classes", y) if isinstance(datafit, CrossEntropy) else ("numbers", np.arange(len(y)) % 2)
    with pytest.raises(ValueError, match=f"takes {takes}, but y holds"):
        datafit.value_and_gradient(wrong, output, x)


def test_cross_entropy_of_huge_logits_is_finite():
    value, gradient = CrossEntropy().value_and_gradient(np.array([0, 1]), np.array([[1e4, 0.0], [1e4, 0.0]]))
    assert value == pytest.approx(5e3)
    assert_allclose(gradient, [[0, 0], [0.5, -0.5]], atol=1e-12)


def naive_conditional_divergence(x, y, output, wide, width):
    def kernel(p, q, h):
        return np.exp(-np.sum((p - q) ** 2) / (2 * h**2))

    n, sums = len(x), np.zeros(3)
    for j in range(n):
        weight = sum(kernel(x[j], x[i], wide) for i in range(n)) ** 2
        for i in range(n):
            k = kernel(x[j], x[i], wide) / weight
            sums += k * np.array(
                [kernel(y[j], y[i], width), kernel(output[j], output[i], width), kernel(output[j], y[i], width)]
            )
    return np.log(sums[0]) + np.log(sums[1]) - 2 * np.log(sums[2])


@pytest.mark.parametrize("m", [1, 2])
def test_conditional_cauchy_schwarz_equals_loops(m):
    x, y, output = batch(m=m)
    expected = naive_conditional_divergence(x, y, output, 0.8, 0.5)
    found = ConditionalCauchySchwarz(0.8, 0.5).value_and_gradient(y, output, x)[0]
    assert found == pytest.approx(expected, rel=1e-10)


def test_conditional_cauchy_schwarz_of_distinct_rows_is_a_robust_error():
    x, y, output = batch(m=1)
    found = ConditionalCauchySchwarz(1e-3, 0.5).value_and_gradient(y, output, x)[0]
    assert found == pytest.approx(-2 * np.log(np.mean(np.exp(-((y - output) ** 2) / 0.5))))
