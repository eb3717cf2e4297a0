"""Copied rows are counted and warned about; rows that repeat by nature are not."""

import warnings

import numpy as np
import pytest
from hypothesis import given

from skib import DuplicateRowsWarning, _copies
from skib._copies import NO_COPIES, copied_share, count_copies, grid_share, warn_if_copied, warn_if_matched
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


@given(tied_rows(min_columns=1, max_columns=3))
def test_counts_equal_naive(rows):
    expected = (naive.max_norm(rows) == 0).sum(axis=1)
    copies = count_copies(rows)
    if copies is NO_COPIES:
        assert not expected.any()
    else:
        np.testing.assert_array_equal(copies, expected)


def test_distinct_rows_have_no_copies():
    assert count_copies(np.column_stack([np.zeros(9), np.arange(9)])) is NO_COPIES


def test_copied_share_counts_pairs_of_which_no_part_occurs_elsewhere():
    x = np.array([0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8])
    y = np.array([0, 0, 1, 1, 2, 2, 3, 3, 5, 6, 7, 8])
    pairs = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)[1].ravel()
    assert copied_share([x, y], pairs) == pytest.approx(2 / 12)  # three repeats, the largest of which may be an atom
    other = np.where(np.arange(12) == 11, 2, x)  # the third value occurs in another pair, too
    pairs = np.unique(np.column_stack([other, y]), axis=0, return_inverse=True)[1].ravel()
    assert copied_share([other, y], pairs) == pytest.approx(1 / 12)


def test_grid_share_is_large_for_rounded_values_only():
    x = np.random.default_rng(0).normal(size=(1000, 1))
    assert grid_share(x.round(1)) > 0.9
    assert grid_share(np.repeat(x[:500], 2, axis=0)) < 0.02


def copies_warned(x, y, **kwargs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_if_copied(np.asarray(x, dtype=float).reshape(len(x), -1), np.asarray(y), **kwargs)
    assert all(issubclass(w.category, DuplicateRowsWarning) for w in caught)
    return bool(caught)


def pair(seed, n=1000):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, 0.9 * x + 0.44 * rng.normal(size=n), rng


BOOTSTRAP = {
    "continuous": lambda x, y: (x, y),
    "class": lambda x, y: (x, (y > 0) * 1.0),
    "binary x": lambda x, y: (x > 0, y),
    "two columns": lambda x, y: (np.column_stack([x, y]), x - y),
    "two rounded columns": lambda x, y: (np.column_stack([x, y]).round(3), (x - y).round(3)),
    "float32": lambda x, y: (x.astype("f4"), (y > 0) * 1.0),
    "tiny scale": lambda x, y: (x * 1e-310, (y > 0) * 1.0),
    "huge scale": lambda x, y: (x * 1e307, (y > 0) * 1.0),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", BOOTSTRAP)
def test_copies_are_warned_about(name, seed):
    x, y, rng = pair(seed)
    x, y = BOOTSTRAP[name](x, y)
    assert not copies_warned(x, y)
    drawn = rng.integers(0, len(x), len(x))
    assert copies_warned(x[drawn], y[drawn])
    assert copies_warned(np.repeat(x, 2, axis=0), np.repeat(y, 2))
    upsampled = np.append(np.arange(len(x)), rng.integers(0, 50, 50))
    assert copies_warned(x[upsampled], y[upsampled])
    if set(np.unique(y)) == {0.0, 1.0}:
        assert copies_warned(x[drawn], y[drawn], classes=True)


def test_copies_are_counted():
    x, y, _ = pair(0)
    with pytest.warns(DuplicateRowsWarning, match=r"33.3% of the rows .* pass each row once"):
        warn_if_copied(np.append(x, x[:500])[:, None], np.append(y, y[:500])[:, None])


ATOMS = {
    "half the rows are one repeated row": lambda x, y, rng: np.where(rng.random(len(x)) < 0.5, 1.7, [x, y]),
    "binary, binary": lambda x, y, rng: (x > 0, y > 0),
    "binary, the same": lambda x, y, rng: (x > 0, x > 0),
    "integers of few levels": lambda x, y, rng: (np.rint(x), np.rint(y)),
    "integers, the same": lambda x, y, rng: (np.rint(3 * x), np.rint(3 * x)),
    "rounded": lambda x, y, rng: (x.round(1), y.round(1)),
    "ReLU": lambda x, y, rng: (np.maximum(x, 0), np.maximum(y, 0)),
    "saturated float32": lambda x, y, rng: (np.tanh(20 * x.astype("f4")), y),
    "float16": lambda x, y, rng: (x.astype("f2"), y > 0),
    "far offset": lambda x, y, rng: (x + 1e12, y > 0),
    **{
        f"{shape} to {digits} digits, class": lambda x, y, rng, d=digits, f=function: (f(x).round(d), y > 0)
        for digits in (0, 1, 2, 3)
        for shape, function in [("bell", np.asarray), ("skew", lambda x: np.exp(2 * x)), ("tails", lambda x: 1 / x)]
    },
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ATOMS)
def test_atoms_and_rounding_are_no_copies(name, seed):
    x, y = ATOMS[name](*pair(seed))
    assert not copies_warned(x, y)
    assert not copies_warned(x, np.asarray(y) > 0, classes=True)


def matched(x, classes):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_if_matched(np.asarray(x, float).reshape(len(x), -1), np.asarray(classes))
    return [str(w.message) for w in caught]


def test_matched_rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=50)
    (message,) = matched(np.tile(x, 2), np.repeat([0, 1], 50))
    assert message.startswith(
        "0 pairs of rows equal in X are of one class in y, where chance gives 25: rows are matched"
    )
    assert matched(np.column_stack([np.tile(x, 3), np.tile(x**2, 3)]), np.repeat([0, 1, 2], 50))
    assert not matched(np.tile(x, 2), rng.integers(0, 2, 100))  # pairs by chance
    assert not matched(np.tile(x, 2), np.tile(rng.integers(0, 2, 50), 2))  # copies
    assert not matched(rng.normal(size=100).round(1), rng.integers(0, 2, 100))
    assert not matched(np.tile(x[:5], 2), np.repeat([0, 1], 5))  # too few
    assert not matched(np.tile(x, 2), np.arange(100) // 2)  # of which few could be of one class


def test_rows_of_one_hash_are_compared(monkeypatch):
    rows = np.repeat(np.random.default_rng(0).normal(size=(40, 70)), 2, axis=0)
    rows[::8, 3] = -0.0
    rows[1::8, 3] = 0.0  # which equals -0
    expected = np.ones(80)
    np.testing.assert_array_equal(count_copies(rows), expected)
    np.testing.assert_array_equal(count_copies(rows.astype("f4")), expected)
    np.testing.assert_array_equal(count_copies(np.asfortranarray(rows)), expected)
    monkeypatch.setattr(_copies, "_hashes", lambda rows: np.zeros(len(rows)))
    np.testing.assert_array_equal(count_copies(rows), expected)


@pytest.mark.parametrize("n_levels", [2, 3, 1000])
def test_different_rows_of_few_digits_have_different_hashes(n_levels):
    """Small integers, whose last bits are all 0."""
    rows = np.random.default_rng(0).integers(n_levels, size=(20_000, 40)).astype(float)
    assert len(np.unique(rows, axis=0)) == 20_000
    assert count_copies(rows) is NO_COPIES
