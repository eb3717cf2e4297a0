"""Multivariate normal pairs: determinants for the truth, moments for the samples."""

import numpy as np
import pytest

from skib.datasets import make_multinormal_pair


def gaussian_information(covariance, dim_x):
    """log(det S_xx det S_yy / det S) / 2."""
    blocks = covariance[:dim_x, :dim_x], covariance[dim_x:, dim_x:], covariance
    x, y, joint = (np.linalg.slogdet(block)[1] for block in blocks)
    return (x + y - joint) / 2


def correlation_of(kind, dim_x, dim_y, rho, n_pairs):
    if kind == "dense":
        return (1 - rho) * np.eye(dim_x + dim_y) + rho
    matrix = np.eye(dim_x + dim_y)
    for j in range(n_pairs):
        matrix[j, dim_x + j] = matrix[dim_x + j, j] = rho
    return matrix


@pytest.mark.parametrize(
    "kind, dim_x, dim_y, rho, n_pairs",
    [
        ("dense", 1, 1, 0.5, 1),
        ("dense", 5, 3, 0.5, 1),
        ("dense", 2, 4, -0.15, 1),
        ("dense", 25, 25, 0.9, 1),
        ("sparse", 3, 3, 0.8, 2),
        ("sparse", 2, 6, -0.4, 2),
        ("sparse", 5, 1, 0.3, 1),
    ],
)
def test_truth_and_moments(kind, dim_x, dim_y, rho, n_pairs):
    arguments = {"kind": kind, "dim_x": dim_x, "dim_y": dim_y, "rho": rho, "n_pairs": n_pairs}
    pair = make_multinormal_pair(20_000, **arguments, random_state=0)
    expected = correlation_of(kind, dim_x, dim_y, rho, n_pairs)
    assert pair.mutual_info == pytest.approx(gaussian_information(expected, dim_x), abs=1e-12)
    assert pair.X.shape == (20_000, dim_x)
    xy = np.column_stack([pair.X, pair.y])
    # The product of two standard normals of correlation r has variance 1 + r^2; 5 standard errors, for 2500 entries.
    error = np.sqrt((1 + expected**2) / 20_000)
    assert (np.abs(xy.T @ xy / 20_000 - expected) < 5 * error).all()


def test_defaults_are_those_of_the_benchmark():
    assert make_multinormal_pair(2).mutual_info == pytest.approx(np.log(1.5**2 / (0.5 * 2.5)) / 2, abs=1e-12)
    assert make_multinormal_pair(2, kind="sparse").mutual_info == pytest.approx(-np.log(1 - 0.8**2), abs=1e-12)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"kind": "banded"}, "kind == 'banded'"),
        ({"rho": -0.5}, "rho == -0.5, must be > -0.333333"),
        ({"rho": 1.0}, "rho == 1.0"),
        ({"kind": "sparse", "n_pairs": 3}, "n_pairs == 3, must be <= 2"),
        ({"dim_x": 0}, "dim_x == 0"),
        ({"dim_y": 0}, "dim_y == 0"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_multinormal_pair(10, **arguments)
