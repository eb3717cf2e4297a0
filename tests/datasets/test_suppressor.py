"""The suppressor: informations of Gaussians by their covariances, and a sample that has those covariances."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from skib.datasets import make_suppressor


def covariance(signal, correlation, n_features):
    """Covariance of the columns of X and y, in this order."""
    matrix = np.eye(n_features + 1)
    matrix[0, 0] += signal**2
    matrix[0, 1] = matrix[1, 0] = correlation
    matrix[0, -1] = matrix[-1, 0] = signal
    return matrix


def information(matrix, columns):
    """I(X_S; y) of Gaussians: (log det S_XX + log S_yy - log det S) / 2."""
    both = [*columns, len(matrix) - 1]
    parts = matrix[np.ix_(columns, columns)], matrix[-1:, -1:], matrix[np.ix_(both, both)]
    x, y, joint = (np.linalg.slogdet(part)[1] for part in parts)
    return (x + y - joint) / 2


@pytest.mark.parametrize("signal, correlation", [(1.0, 0.9), (0.5, -0.7), (3.0, 0.0), (0.0, 0.5)])
@pytest.mark.parametrize("n_features", [2, 4])
def test_truth_equals_that_of_the_covariances(signal, correlation, n_features):
    made = make_suppressor(2, n_features=n_features, signal=signal, correlation=correlation)
    matrix = covariance(signal, correlation, n_features)
    assert made.mutual_info == pytest.approx(information(matrix, list(range(n_features))), abs=1e-12)
    expected = [information(matrix, [j]) for j in range(n_features)]
    np.testing.assert_allclose(made.mutual_info_features, expected, atol=1e-12)
    given = information(matrix, [0, 1]) - information(matrix, [0])
    assert made.conditional_mutual_info == pytest.approx(given, abs=1e-12)


def test_truth_keeps_its_digits_at_strong_correlations():
    # 1 - c^2 = 2 d - d^2 for c = 1 - d.
    d = 2.0**-40
    made = make_suppressor(2, correlation=1 - d)
    assert made.mutual_info == pytest.approx(0.5 * np.log1p(1 / (d * (2 - d))), rel=1e-14)


@pytest.mark.parametrize("signal, correlation", [(1.0, 0.9), (0.5, -0.7)])
def test_sample_has_the_covariance_and_the_information_that_are_stated(signal, correlation):
    made = make_suppressor(20_000, n_features=3, signal=signal, correlation=correlation, random_state=0)
    rows, matrix = np.column_stack([made.X, made.y]), covariance(signal, correlation, 3)
    # Var(S_ij) = (S_ii S_jj + S_ij^2) / n.
    spread = np.sqrt((np.outer(np.diag(matrix), np.diag(matrix)) + matrix**2) / 20_000)
    assert (np.abs(rows.T @ rows / 20_000 - matrix) < 4 * spread).all()
    x = multivariate_normal(np.zeros(3), matrix[:3, :3]).logpdf(made.X)
    values = multivariate_normal(np.zeros(4), matrix).logpdf(rows) - x - multivariate_normal(0).logpdf(made.y)
    assert abs(values.mean() - made.mutual_info) < 4 * values.std() / np.sqrt(20_000)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"n_features": 1}, "n_features == 1"),
        ({"signal": -1.0}, "signal == -1.0"),
        ({"correlation": 1.0}, "correlation == 1.0"),
        ({"correlation": np.nan}, "correlation"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_suppressor(10, **arguments)
