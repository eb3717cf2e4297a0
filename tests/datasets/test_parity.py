"""Parities: all the bits together determine y but for the flips, and any fewer have no information."""

from itertools import combinations

import numpy as np
import pytest

from skib.datasets import make_parity


def information(codes, y):
    """The plug-in estimate of I of two columns of codes."""
    table = np.zeros((codes.max() + 1, 2))
    np.add.at(table, (codes, y), 1 / len(y))
    product = np.outer(table.sum(axis=1), table.sum(axis=0))
    return np.sum(table * np.log(np.where(table > 0, table, 1) / np.where(table > 0, product, 1)))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("flip", [0.0, 0.1, 0.5])
def test_only_the_whole_set_is_informative(order, flip):
    n = 20_000
    made = make_parity(n, n_features=5, order=order, flip=flip, random_state=0)
    assert len(made.relevant_features) == order
    for size in (1, 2, 3):
        for columns in combinations(range(5), size):
            estimate = information(made.X[:, columns] @ 2 ** np.arange(size), made.y)
            truth = made.mutual_info if set(made.relevant_features) <= set(columns) else 0.0
            # 2 n I is chi-squared with dof = 2^size - 1 where I = 0. The pointwise terms have a spread below 1.
            dof = 2**size - 1
            assert abs(estimate - truth - dof / (2 * n)) < 4 * (truth > 0) / np.sqrt(n) + 4 * np.sqrt(2 * dof) / (2 * n)


@pytest.mark.parametrize(
    "flip, truth", [(0.0, 0.6931472), (0.1, 0.3680642), (0.5, 0.0), (0.9, 0.3680642), (1.0, 0.6931472)]
)
def test_truth(flip, truth):
    assert make_parity(2, flip=flip).mutual_info == pytest.approx(truth, abs=1e-7)


@pytest.mark.parametrize("flip", [0.0, 0.2, 1.0])
def test_share_of_flipped_labels(flip):
    made = make_parity(5000, order=3, flip=flip, random_state=1)
    flipped = made.X[:, made.relevant_features].sum(axis=1) % 2 != made.y
    assert abs(flipped.mean() - flip) <= 4 * np.sqrt(flip * (1 - flip) / 5000)
    assert abs(made.X.mean() - 0.5) <= 4 * 0.5 / np.sqrt(made.X.size)


def test_columns_are_chosen_by_the_seed_in_ascending_order():
    chosen = [make_parity(2, n_features=20, order=4, random_state=seed).relevant_features.tolist() for seed in range(9)]
    assert all(columns == sorted(set(columns)) for columns in chosen)
    assert len(set(map(tuple, chosen))) > 1
    assert make_parity(2, n_features=3, order=3).relevant_features.tolist() == [0, 1, 2]


def test_types():
    made = make_parity(10)
    assert made.X.dtype == made.y.dtype == np.int64
    assert set(np.unique(made.X)) | set(np.unique(made.y)) <= {0, 1}


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"order": 0}, "order == 0"),
        ({"order": 11}, "order == 11, must be at most n_features == 10"),
        ({"n_features": 0}, "n_features == 0"),
        ({"flip": 1.1}, "flip == 1.1"),
        ({"flip": np.nan}, "flip"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_parity(10, **arguments)
