"""Transforms can be undone; products add up."""

from functools import partial

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import kstest, norm
from sklearn.utils import Bunch

from skib.datasets import (
    make_gaussian_pair,
    make_multinormal_pair,
    make_product_pair,
    make_student_pair,
    transformed_pair,
)
from skib.datasets._transforms import TRANSFORMS

ELEMENTWISE = ["asinh", "bimodal", "half_cube", "normal_cdf", "wiggly"]


def grid(dim_y=1):
    """Increasing columns of X and y."""
    t = np.linspace(-5, 5, 20_001)
    return Bunch(X=t[:, None], y=t if dim_y == 1 else np.column_stack([t] * dim_y), mutual_info=1.5)


@pytest.mark.parametrize("transform", ELEMENTWISE)
def test_elementwise_maps_increase(transform):
    made = transformed_pair(grid(), transform)
    assert (np.diff(made.X[:, 0]) > 0).all()
    assert (np.diff(made.y) > 0).all()


@pytest.mark.parametrize("transform", ELEMENTWISE)
def test_columns_are_sent_one_by_one(transform):
    made, single = transformed_pair(grid(dim_y=3), transform), transformed_pair(grid(), transform)
    np.testing.assert_array_equal(made.y, np.column_stack([single.y] * 3))


def test_values():
    pair = Bunch(X=np.array([[-4.0], [0.0], [0.25]]), y=np.array([-1.0, 0.0, 1.0]), mutual_info=0.0)
    np.testing.assert_allclose(transformed_pair(pair, "half_cube").X[:, 0], [-8, 0, 0.125])
    np.testing.assert_allclose(transformed_pair(pair, "normal_cdf").y, ndtr([-1, 0, 1]))
    np.testing.assert_allclose(transformed_pair(pair, "asinh").y, np.log([2**0.5 - 1, 1, 2**0.5 + 1]), atol=1e-15)
    wiggly = transformed_pair(pair, "wiggly")
    assert wiggly.X[2, 0] == pytest.approx(0.25 + 0.4 * np.sin(0.25) + 0.2 * np.sin(1.425) - 0.03 * np.sin(1.675))
    assert wiggly.y[2] == pytest.approx(1 - 0.4 * np.sin(0.4) + 0.17 * np.sin(4.8) + 0.02 * np.sin(1.8))


def test_bimodal_columns_follow_their_mixtures():
    made = transformed_pair(grid(), "bimodal")
    t = grid().y
    np.testing.assert_allclose(0.3 * ndtr(made.X[:, 0]) + 0.7 * ndtr(made.X[:, 0] - 5), ndtr(t), rtol=1e-9)
    np.testing.assert_allclose(0.5 * ndtr(made.y + 1) + 0.5 * ndtr(made.y - 3), ndtr(t), rtol=1e-9)


def test_swiss_roll_can_be_unrolled():
    x = np.linspace(0, 1, 1001)
    made = transformed_pair(Bunch(X=x[:, None], y=x, mutual_info=1.0), "swissroll_x")
    angle = 21 * np.hypot(*made.X.T)
    np.testing.assert_allclose((angle / (1.5 * np.pi) - 1) / 2, x, atol=1e-12)
    np.testing.assert_allclose(
        made.X, angle[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) / 21, atol=1e-12
    )
    np.testing.assert_array_equal(made.y, x)


def test_spiral_is_a_rotation_that_the_radius_undoes():
    pair = make_multinormal_pair(500, dim_x=4, dim_y=3, random_state=0)
    made = transformed_pair(pair, "spiral")
    for before, after, plane in ((pair.X, made.X, [0, 1]), (pair.y, made.y, [1, 2])):
        others = np.setdiff1d(np.arange(before.shape[1]), plane)
        np.testing.assert_array_equal(after[:, others], before[:, others])
        angle = (after**2).sum(axis=1) / before.shape[1]
        # In the complex plane the rotation is a factor exp(i angle).
        flat = after[:, plane] @ [1, 1j] * np.exp(-1j * angle)
        np.testing.assert_allclose(flat, before[:, plane] @ [1, 1j], atol=1e-12)


@pytest.mark.parametrize("transform", sorted(set(TRANSFORMS) - {"swissroll_x"}))
def test_what_stays(transform):
    pair = make_multinormal_pair(50, dim_x=3, dim_y=3, random_state=0)
    before = pair.X.copy(), pair.y.copy()
    made = transformed_pair(pair, transform)
    assert made.mutual_info == pair.mutual_info
    assert made.X.shape == made.y.shape == (50, 3)
    assert made.X.flags.c_contiguous and made.y.flags.c_contiguous
    np.testing.assert_array_equal((pair.X, pair.y), before)


@pytest.mark.parametrize(
    "pair, transform, message",
    [
        (make_gaussian_pair(10, rho=0.5), "shear", "transform == 'shear', must be one of asinh"),
        (make_gaussian_pair(10, rho=0.5), "spiral", "at least 2 columns of X; got 1"),
        (make_gaussian_pair(10, rho=0.5, dim=2), "spiral", "at least 3 columns of y; got 2"),
        (make_gaussian_pair(10, rho=0.5, random_state=0), "swissroll_x", "within"),
        (make_gaussian_pair(10, rho=0.5, dim=2), "swissroll_x", "one column"),
    ],
)
def test_pairs_that_do_not_fit(pair, transform, message):
    with pytest.raises(ValueError, match=message):
        transformed_pair(pair, transform)


def test_product_adds_up_and_keeps_the_pairs_apart():
    samplers = [partial(make_gaussian_pair, rho=0.9), partial(make_gaussian_pair, rho=-0.5)]
    pair = make_product_pair(5000, samplers=samplers, random_state=0)
    assert pair.mutual_info == pytest.approx(-0.5 * np.log(0.19) - 0.5 * np.log(0.75), abs=1e-12)
    correlation = np.corrcoef(pair.X.T, pair.y.T)
    expected = np.eye(4)
    expected[[0, 2, 1, 3], [2, 0, 3, 1]] = 0.9, 0.9, -0.5, -0.5
    assert np.abs(correlation - expected).max() < 4 / np.sqrt(5000)


def test_product_of_pairs_of_several_columns():
    samplers = [partial(make_gaussian_pair, rho=0.5, dim=2), partial(make_student_pair, dof=3.0)]
    pair = make_product_pair(100, samplers=samplers, random_state=0)
    assert pair.X.shape == pair.y.shape == (100, 3)
    assert make_product_pair(100, samplers=samplers[1:]).y.shape == (100,)


def test_product_of_nothing():
    with pytest.raises(ValueError, match="samplers is empty"):
        make_product_pair(10, samplers=[])


def test_normal_cdf_makes_normal_columns_uniform():
    made = transformed_pair(make_gaussian_pair(5000, rho=0.5, random_state=0), "normal_cdf")
    assert kstest(made.X[:, 0], "uniform").pvalue > 1e-4
    assert kstest(ndtri(made.y), norm.cdf).pvalue > 1e-4
