"""Rows of probabilities and the labels of their columns: what is refused, and which column a label names."""

import numpy as np
import pandas as pd
import pytest

from skib.metrics._distributions import check_distributions, label_columns


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.5, 0.6]], "1 of 1 rows of P are no probabilities, first row 0 .* sum 1.1; apply the softmax"),
        ([[0.5, 0.5], [1.2, -0.2]], "first row 1 with smallest entry -0.2"),
        ([[0.5, np.nan]], "P contains NaN"),
        ([[1.0], [1.0]], "one column of probabilities per class"),
        ([[0.0, 0.0]], "sum 0"),
    ],
)
def test_what_is_no_distribution(rows, message):
    with pytest.raises(ValueError, match=message):
        check_distributions("P", rows)


def test_rounded_rows_are_normalized():
    p = np.random.default_rng(0).dirichlet(np.ones(100), size=50)
    rounded = check_distributions("P", p.astype(np.float16))
    np.testing.assert_allclose(rounded.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(rounded, p, atol=1e-3)
    np.testing.assert_array_equal(check_distributions("P", pd.DataFrame(p)), p / p.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [
        ([0, 2, 2], None, [0, 2, 2]),  # numbers of columns, of which one has no row
        ([1, 2, 3], None, [0, 1, 2]),
        (["c", "a", "b"], None, [2, 0, 1]),
        (["c", "a", "a"], ["c", "b", "a"], [0, 2, 2]),
        ([7, 5, 5], [5, 6, 7], [2, 0, 0]),
        (pd.Series([2, 0, 1]), None, [2, 0, 1]),
    ],
)
def test_columns_of_labels(y, classes, expected):
    assert label_columns(y, classes, (3, 3)).tolist() == expected


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        (["a", "b", "b"], None, "P has 3 columns, but there are 2 labels; pass classes"),
        ([0, 1, 9], [0, 1, 2], "y has the label .*9.*, which is not in classes"),
        ([0, 1], None, "P has 3 rows but y has 2"),
        ([0, 1, 2], [0, 1, 1], "P has 3 columns, but there are 2 labels"),
    ],
)
def test_labels_that_do_not_match(y, classes, message):
    with pytest.raises(ValueError, match=message):
        label_columns(y, classes, (3, 3))
