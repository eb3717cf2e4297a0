"""The residuals from neighboring points equal their naive twin."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skib._kernels.interpolation import residual_means
from tests.strategies import tied_rows


@given(tied_rows(min_rows=8), st.integers(1, 4))
def test_residual_means_equal_naive(rows, n_windows):
    x, y = rows[np.argsort(rows[:, 0], kind="stable")].T
    spacing = x[2:] - x[:-2]
    before = np.divide(x[2:] - x[1:-1], spacing, out=np.full(len(spacing), 0.5), where=spacing > 0)
    squares = (before * y[:-2] + (1 - before) * y[2:] - y[1:-1]) ** 2 / (before**2 + (1 - before) ** 2 + 1)
    edges = np.linspace(0, len(squares), n_windows + 1).astype(np.int64)
    expected = [squares[first:last].mean() for first, last in zip(edges[:-1], edges[1:], strict=True)]
    np.testing.assert_allclose(residual_means(x, y, edges), expected, rtol=1e-12, atol=1e-300)
