"""Several columns as one variable."""

import numpy as np
import pandas as pd

from skib._columns import Variable, target_columns

N = 100
RNG = np.random.default_rng(0)
X, CLASSES, LETTERS = RNG.normal(size=N), RNG.integers(3, size=N), RNG.choice(list("abc"), N)


def variable(*columns):
    return Variable(target_columns(pd.DataFrame(dict(enumerate(columns))), N))


def test_constant_columns_are_left_out():
    both = variable(X, np.full(N, 3.0))
    assert (both.n_columns, both.n_samples, both.values.shape) == (1, N, (N, 1))
    nothing = variable(np.full(N, 3.0))
    assert (nothing.n_columns, nothing.values.shape) == (0, (N, 0))
    np.testing.assert_array_equal(nothing.codes, 0)


def test_classes_numbers_or_both():
    assert variable(CLASSES, LETTERS).is_classes and not variable(CLASSES, LETTERS).is_continuous
    assert variable(X, X**2).is_continuous and not variable(X, X**2).is_classes
    for mixed in (variable(X, LETTERS), variable(X, CLASSES), variable(np.maximum(X, 0))):
        assert not (mixed.is_classes or mixed.is_continuous)
    assert variable(X, LETTERS).nominal.tolist() == [False, True]


def test_a_few_ties_leave_a_column_continuous():
    x = RNG.normal(size=1000)
    few, many = x.copy(), x.copy()
    few[:10], many[:20] = 0.5, 0.5
    assert Variable(target_columns(few, 1000)).is_continuous
    assert not Variable(target_columns(many, 1000)).is_continuous


def test_equal_rows_share_a_code():
    rows = pd.DataFrame({"letter": LETTERS, "class": CLASSES})
    codes = Variable(target_columns(rows, N)).codes
    expected = rows.groupby(["letter", "class"]).ngroup().to_numpy()
    np.testing.assert_array_equal(codes[:, None] == codes, expected[:, None] == expected)
