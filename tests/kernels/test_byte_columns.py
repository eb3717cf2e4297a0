"""Bytes of a table by columns are those of its rows."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skib._kernels.byte_columns import transpose_bytes


@pytest.mark.parametrize("n_rows", [0, 8, 64, 72, 304])
@pytest.mark.parametrize("n_columns", [0, 8, 40])
@pytest.mark.parametrize("shift", [0, 3])
def test_every_byte_is_in_its_place(n_rows, n_columns, shift):
    rows = np.random.default_rng(n_rows).integers(256, size=(n_rows, n_columns)).astype(np.uint8)
    columns = np.full((n_columns, n_rows + 8), 7, np.uint8)
    transpose_bytes(rows.view(np.uint64), columns[:, shift : n_rows + shift].view(np.uint64))
    assert_array_equal(columns[:, shift : n_rows + shift], rows.T)
    assert (columns[:, :shift] == 7).all()
    assert (columns[:, n_rows + shift :] == 7).all()
