"""Backward dropping equals its slow twin: the same sets, ties included, and the same scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.influence import drop_backward
from tests.naive import influence as naive


@st.composite
def problems(draw):
    """Codes of few levels, some columns constant or repeated, whole outputs, and starts that may end in -1."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_features, n_samples = draw(st.integers(1, 6)), draw(st.integers(1, 25))
    levels = rng.integers(1, draw(st.integers(2, 5)), size=n_features, endpoint=True)
    codes = np.array([rng.integers(n, size=n_samples) for n in levels])
    if draw(st.booleans()):
        codes[-1], levels[-1] = codes[0], levels[0]
    outputs = rng.integers(draw(st.integers(1, 3)), size=(draw(st.integers(1, 3)), n_samples), endpoint=True)
    size = draw(st.integers(1, n_features))
    starts = np.array([np.sort(rng.permutation(n_features)[:size]) for _ in range(4)])
    starts[0, 1:] = -1
    return codes, levels, outputs, starts


def dropped(codes, levels, outputs, means, starts):
    kept, scores = np.empty(starts.shape, bool), np.empty(len(starts))
    most = int(np.max([np.prod(levels[start[start >= 0]]) for start in starts]))
    drop_backward(codes, levels, outputs, means, starts, most, kept, scores)
    return [start[mask].tolist() for start, mask in zip(starts, kept, strict=True)], scores


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
@given(problem=problems())
@settings(max_examples=100)
def test_equals_the_naive_twin(dtype, problem):
    codes, levels, outputs, starts = problem
    sets, scores = dropped(codes.astype(dtype), levels, outputs, outputs.mean(axis=1), starts)
    for start, columns, score in zip(starts, sets, scores, strict=True):
        expected, expected_score = naive.drop_backward(codes.tolist(), outputs.tolist(), start[start >= 0].tolist())
        assert columns == expected
        assert score == pytest.approx(float(expected_score), rel=1e-12, abs=1e-12)


@given(problem=problems())
@settings(max_examples=100)
def test_centered_floats_are_as_good_as_whole_outputs(problem):
    codes, levels, outputs, starts = problem
    centered = outputs - outputs.mean(axis=1, keepdims=True)
    whole = dropped(codes, levels, outputs, outputs.mean(axis=1), starts)
    floats = dropped(codes, levels, centered, np.zeros(len(outputs)), starts)
    np.testing.assert_allclose(floats[1], whole[1], rtol=1e-12, atol=1e-12)


def test_scores_do_not_depend_on_the_order_of_rows_to_the_last_bit():
    rng = np.random.default_rng(0)
    codes, outputs = rng.integers(3, size=(8, 500)), rng.integers(2, size=(3, 500))
    starts, order = np.arange(8).reshape(2, 4), rng.permutation(500)
    levels, means = np.full(8, 3), outputs.mean(axis=1)
    one = dropped(codes, levels, outputs, means, starts)
    other = dropped(codes[:, order].copy(), levels, outputs[:, order].copy(), means, starts)
    assert one[0] == other[0]
    assert one[1].tolist() == other[1].tolist()
