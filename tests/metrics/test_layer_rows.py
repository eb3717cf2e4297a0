"""Positions of convolutions as rows."""

import numpy as np
import pytest

from skib.metrics import cka, positions_as_rows


@pytest.mark.parametrize(("axis", "order"), [(1, (0, 1, 2, 3)), (-1, (0, 2, 3, 1)), (2, (0, 2, 1, 3))])
def test_channels_are_columns(axis, order):
    x = np.random.default_rng(0).normal(size=(5, 3, 2, 4))
    rows = positions_as_rows(x.transpose(order), channels_axis=axis)
    assert rows.shape == (40, 3)
    assert (rows == np.array([x[i, :, j, k] for i in range(5) for j in range(2) for k in range(4)])).all()


def test_a_convolution_and_its_rotated_channels_are_alike():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 4, 3, 3))
    rotated = np.einsum("nchw,cd->ndhw", x, np.linalg.qr(rng.normal(size=(4, 4)))[0])
    assert cka(positions_as_rows(x), positions_as_rows(rotated)).value == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "axis", "message"),
    [(np.ones((4, 2)), 1, "rows already"), (np.ones((4, 2, 3)), 0, "other than 0"), (np.ones((4, 2, 3)), 3, "for 3")],
)
def test_bad_input(x, axis, message):
    with pytest.raises(ValueError, match=message):
        positions_as_rows(x, channels_axis=axis)
