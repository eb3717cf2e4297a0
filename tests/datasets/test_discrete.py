"""Discrete pairs from a table of joint probabilities."""

import numpy as np
import pytest

from skib.datasets import make_discrete_pair


def binary_entropy(p):
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


@pytest.mark.parametrize(
    "joint, truth",
    [
        (np.outer([0.2, 0.8], [0.1, 0.4, 0.5]), 0.0),
        (np.diag([0.2, 0.2, 0.2, 0.2, 0.2]), np.log(5)),
        # Binary symmetric channel with error 0.1: log 2 - h(0.1).
        ([[0.45, 0.05], [0.05, 0.45]], np.log(2) - binary_entropy(0.1)),
        # Erasure channel, a third erased: (2/3) log 2.
        ([[1 / 3, 1 / 6, 0], [0, 1 / 6, 1 / 3]], 2 / 3 * np.log(2)),
    ],
)
def test_truth(joint, truth):
    assert make_discrete_pair(2, joint=joint).mutual_info == pytest.approx(truth, abs=1e-14)


def test_sample_follows_the_table():
    joint = np.array([[0.30, 0.00, 0.10], [0.05, 0.35, 0.20]])
    made = make_discrete_pair(20_000, joint=joint, random_state=0)
    shares = np.zeros((2, 3))
    np.add.at(shares, (made.X[:, 0], made.y), 1 / 20_000)
    assert (np.abs(shares - joint) <= 4 * np.sqrt(joint * (1 - joint) / 20_000) + 1e-12).all()
    assert made.X.shape == (20_000, 1)
    assert made.X.dtype == made.y.dtype == np.int64


@pytest.mark.parametrize(
    "joint, message",
    [
        ([0.5, 0.5], "2D"),
        ([[0.5, 0.6], [0.0, 0.0]], "joint sums to 1.1"),
        ([[1.5, -0.5]], "joint.*negative"),
        ([[np.nan, 1.0]], "joint.*NaN"),
        ([[30, 20], [20, 30]], "joint sums to 100"),
    ],
)
def test_bad_tables(joint, message):
    with pytest.raises(ValueError, match=message):
        make_discrete_pair(10, joint=joint)
