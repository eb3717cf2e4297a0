"""Rectangles in the plane equal their naive twins exactly, ties included."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.planar_neighbors import box_reaches, fill_strips, strip_starts
from tests.strategies import tied_rows


@settings(max_examples=150)
@given(tied_rows(), st.sampled_from([1, 3, 8, 90]), st.integers(0, 2**32 - 1))
def test_box_reaches_equal_naive_for_strips_of_any_size(rows, size, seed):
    x_order, y_order = (np.argsort(column, kind="stable") for column in rows.T)
    x_rank = np.empty(len(rows), np.int32)
    x_rank[x_order] = np.arange(len(rows))
    x_sorted = rows[x_order, 0]
    starts = strip_starts(x_sorted, size)
    xs, ys, _ = fill_strips(starts, x_sorted, rows[y_order, 1], x_rank, y_order)
    apart = np.abs(np.stack([xs[:, None] - xs, ys[:, None] - ys]))
    others = np.random.default_rng(seed).integers(0, len(xs), len(xs))
    radius = apart.max(axis=0)[np.arange(len(xs)), others]  # the distance of a point, which lies on the boundary
    reaches = np.full((2, len(xs)), np.nan)
    for strip in range(len(starts) - 1):  # one strip a call
        box_reaches(strip, strip + 1, starts, x_sorted, xs, ys, radius, *reaches)
    within = apart.max(axis=0) <= radius[:, None]
    np.testing.assert_array_equal(reaches, np.where(within, apart, 0.0).max(axis=2))
