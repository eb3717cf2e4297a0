"""Balls from lists that end too soon are marked; the others are those that a comparison with all rows finds."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.listed_neighbors import listed_balls, row_balls
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def empty_balls(n):
    return np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)


@settings(max_examples=150)
@given(tied_rows(min_columns=2, max_columns=4), st.integers(1, 5), st.integers(1, 80))
def test_lists_of_any_length(rows, k, length):
    x, y = rows[:, :1], rows[:, 1:].T.copy()
    in_x = naive.max_norm(x)
    length = min(length, len(rows) - 1)
    places = np.argsort(in_x, axis=1, kind="stable")[:, :length]
    lists = np.take_along_axis(in_x, places, axis=1)
    listed, compared = empty_balls(len(rows)), empty_balls(len(rows))
    for first in range(0, len(rows), 7):
        listed_balls(first, min(first + 7, len(rows)), lists, places, y, *listed, k)
    row_balls(np.arange(len(rows)), x.T.copy(), y, *compared, k)

    radius, n_within = naive.balls(rows, k)
    np.testing.assert_array_equal(compared[0], n_within - (radius == 0))
    np.testing.assert_array_equal(compared[1], naive.counts(x, radius))
    np.testing.assert_array_equal(compared[2], radius)

    whole = length == len(rows) - 1
    ends_too_soon = (lists[:, -1] <= radius) & (not whole)
    np.testing.assert_array_equal(listed[0] < 0, ends_too_soon)
    for by_list, by_comparison in zip(listed, compared, strict=True):
        np.testing.assert_array_equal(by_list[~ends_too_soon], by_comparison[~ends_too_soon])
