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


def test_rounded_columns_are_continuous_and_atoms_are_not():
    x = RNG.normal(size=1000)
    below, above = x.copy(), x.copy()
    below[:64], above[:65] = 0.5, 0.5  # 5 % and two standard errors
    assert Variable(target_columns(below, 1000)).is_continuous
    assert not Variable(target_columns(above, 1000)).is_continuous
    rounded = np.round(x, 1)
    assert 32 < len(np.unique(rounded)) < 80
    assert Variable(target_columns(rounded, 1000)).is_continuous
    assert variable(np.repeat(np.arange(25), 4), X).is_continuous  # 25 levels are classes only by themselves


def test_several_rounded_columns_are_continuous_together():
    """On few levels each, as labels of two columns are; a column of them alone holds classes."""
    rounded = np.round(RNG.normal(size=(10_000, 3)), 1)
    assert len(np.unique(rounded[:, 0])) <= 100
    for columns in (rounded, 10 * rounded[:, :3]):
        assert Variable(target_columns(columns, 10_000)).is_continuous
        assert Variable(target_columns(columns[:, 0], 10_000)).is_classes
    labels = RNG.integers(0, 25, (10_000, 2))
    assert Variable(target_columns(labels, 10_000)).is_classes
    atoms = np.round(RNG.normal(size=(10_000, 3)))
    assert Variable(target_columns(atoms, 10_000)).is_classes


def test_equal_rows_share_a_code():
    rows = pd.DataFrame({"letter": LETTERS, "class": CLASSES})
    codes = Variable(target_columns(rows, N)).codes
    expected = rows.groupby(["letter", "class"]).ngroup().to_numpy()
    np.testing.assert_array_equal(codes[:, None] == codes, expected[:, None] == expected)
