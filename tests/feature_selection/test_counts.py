"""Counts equal their naive twin, whatever the levels, the weights and the number of jobs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib.feature_selection import _context, _counts, _routes
from skib.feature_selection._counts import DenseCounts, best_pair
from tests.naive.joint_counts import NaiveCounts


@st.composite
def coded_tables(draw):
    """Columns of codes with gaps, ties and constants, a target, perhaps of one class, and perhaps weights."""
    n_rows, n_columns = draw(st.integers(1, 120)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.lists(st.sampled_from([1, 2, 3, 5, 40, 250]), min_size=n_columns, max_size=n_columns))
    step = draw(st.sampled_from([1, 3]))  # of the codes: not all of them occur
    dtype = np.uint16 if draw(st.booleans()) or step > 1 else np.uint8
    columns = np.array([step * (k * rng.random(n_rows) ** 2).astype(int) for k in levels], dtype)
    target = rng.integers(0, draw(st.sampled_from([1, 2, 3, 30])), n_rows)
    weights = draw(st.sampled_from([None, "whole", "real"]))
    if weights == "whole":
        weights = rng.integers(0, 4, n_rows).astype(float)
    elif weights == "real":
        weights = rng.random(n_rows) * rng.integers(0, 2, n_rows)
    if weights is not None:
        weights[0] = 1.0
    return columns, target, weights


def assert_joint_equal(got, expected):
    for name in ("with_target", "without", "context_with_target", "context"):
        assert_allclose(getattr(got, name), getattr(expected, name), atol=1e-12, err_msg=name)
    assert_array_equal(got.dof, expected.dof)
    assert_array_equal(got.cells, expected.cells)


@given(table=coded_tables(), n_context=st.integers(0, 3))
@settings(max_examples=150)
def test_dense_counts_equal_the_naive_twin(table, n_context):
    columns, target, weights = table
    naive = NaiveCounts(columns.tolist(), target.tolist(), weights)
    counts = DenseCounts(columns, target, weights)
    assert (counts.n_samples, counts.n_classes) == (naive.n_samples, naive.n_classes)
    assert counts.n_effective == pytest.approx(naive.n_effective)
    assert_array_equal(counts.levels, naive.levels)
    context, candidates = tuple(range(len(columns)))[:n_context], np.arange(len(columns))[::-1]
    assert_joint_equal(counts.joint(context, candidates), naive.joint(context, candidates))


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    levels = np.array([2, 3, 5, 6, 7, 16, 16, 2, 1, 40])
    return rng.integers(0, levels[:, None], (10, 700)).astype(np.uint8), rng.integers(0, 3, 700)


def all_joints(table, weights=None, n_jobs=None):
    counts = DenseCounts(*table, weights)
    return [counts.joint(context, np.arange(10), n_jobs=n_jobs) for context in [(), (0,), (5,), (4, 9)]]


@pytest.mark.parametrize(
    ("module", "constant", "value"),
    [
        (_counts, "_PLANE_VALUES", 1),  # no planes of bits
        (_counts, "_PLANE_CELLS", 1000),  # as often as possible
        (_context, "_CELLS_PER_ROW", 0),  # groups of rows only
        (_context, "_CELLS_PER_ROW", 1000),  # tables only
        (_routes, "_CELLS_PER_CALL", 1),
        (_routes, "_GROUPED_PER_CALL", 1),
        (_counts, "_MOST_PER_TASK", 1),
        (_counts, "_KEPT_BYTES", 0),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_every_way_of_counting_and_every_block_gives_the_same_bits(table, monkeypatch, module, constant, value, whole):
    weights = np.arange(700) % 4 if whole else None
    expected = all_joints(table, weights)
    monkeypatch.setattr(module, constant, value)
    assert_same_bits(all_joints(table, weights), expected)


@pytest.mark.parametrize("weighted", [False, True])
def test_jobs_give_the_same_bits(table, monkeypatch, weighted):
    weights = np.random.default_rng(0).random(700) if weighted else None
    expected = all_joints(table, weights)
    monkeypatch.setattr(_counts, "_LEAST_PER_TASK", 1)
    assert_same_bits(all_joints(table, weights, n_jobs=2), expected)
    assert best_pair(DenseCounts(*table), np.arange(10), n_jobs=2) == best_pair(DenseCounts(*table), np.arange(10))


def assert_same_bits(joints, expected):
    for joint, other in zip(joints, expected, strict=True):
        for part, values in zip(joint, other, strict=True):
            assert_array_equal(part, values)


@pytest.mark.parametrize("weights", [[1, 2, 3, 0], [5, 5, 5, 5], [0.5, 0.5, 0.5, 0.5]])
def test_whole_and_equal_weights_are_repeated_rows(table, weights):
    columns, target = table
    weights = np.resize(weights, 700)
    repeated = np.repeat(np.arange(700), (weights / weights[weights > 0].min()).astype(int))
    for got, expected in zip(
        all_joints(table, weights), all_joints((columns[:, repeated], target[repeated])), strict=True
    ):
        for part, values in zip(got, expected, strict=True):
            assert_allclose(part, values, rtol=1e-15)


def test_columns_that_differ_by_the_names_of_their_values_tie(table):
    columns, target = table
    names = np.random.default_rng(1).permutation(16).astype(np.uint8)
    joint = DenseCounts(np.array([columns[5], names[columns[5]], columns[0]]), target).joint((2,), [0, 1])
    for part in (joint.with_target, joint.without, joint.information, joint.dof, joint.cells):
        assert part[0] == part[1]


def test_constant_columns_have_no_information_at_all(table):
    joint = DenseCounts(*table).joint((5,), [8])
    assert joint.information == 0
    assert joint.dof == 0


def test_identifiers_as_columns_context_and_target(table):
    columns = np.array([np.arange(700), np.arange(700) % 2, table[0][5]])
    counts, naive = DenseCounts(columns, np.arange(700)), NaiveCounts(columns.tolist(), list(range(700)))
    for context in [(), (0,), (1,), (0, 2)]:
        assert_joint_equal(counts.joint(context, np.arange(3)), naive.joint(context, np.arange(3)))


def test_the_best_pair_is_the_parity():
    rng = np.random.default_rng(0)
    columns = rng.integers(0, 2, (8, 400)).astype(np.uint8)
    i, j, information = best_pair(DenseCounts(columns, columns[2] ^ columns[5]), np.arange(8))
    assert (i, j) == (2, 5)
    assert information == pytest.approx(np.log(2), abs=0.01)
