"""Counts of batches equal those of the whole table, however it is cut."""

from functools import partial

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib.feature_selection import _batches
from skib.feature_selection._batches import BatchedCounts
from skib.feature_selection._counts import DenseCounts, best_pair
from tests.feature_selection.test_counts import assert_joint_equal, coded_tables
from tests.naive.joint_counts import NaiveCounts


def batches(columns, target, weights, cuts):
    """Batches of a table, cut at some places."""
    for rows in map(slice, [0, *cuts], [*cuts, len(target)]):
        yield (columns[:, rows], target[rows]) if weights is None else (columns[:, rows], target[rows], weights[rows])


def sources(columns, target, weights, rng, n_sources):
    """Several sources of batches; some batches are empty."""
    cuts = np.sort(rng.integers(0, len(target) + 1, n_sources - 1))
    for rows in map(slice, [0, *cuts], [*cuts, len(target)]):
        inner = np.sort(rng.integers(0, len(target[rows]) + 1, 2))
        part = None if weights is None else weights[rows]
        yield partial(batches, columns[:, rows], target[rows], part, inner)


@given(
    table=coded_tables(), n_context=st.integers(0, 4), n_sources=st.integers(1, 20), cells=st.sampled_from([1, 2**23])
)
@settings(max_examples=100)
def test_batches_equal_the_whole_and_the_naive_twin(table, n_context, n_sources, cells):
    columns, target, weights = table
    counts = BatchedCounts(sources(columns, target, weights, np.random.default_rng(n_sources), n_sources))
    dense, naive = DenseCounts(columns, target, weights), NaiveCounts(columns.tolist(), target.tolist(), weights)
    assert_array_equal(counts.levels, naive.levels)
    assert (counts.n_samples, counts.n_classes) == (naive.n_samples, naive.n_classes)
    assert counts.n_effective == pytest.approx(naive.n_effective)
    context, candidates = tuple(range(len(columns)))[:n_context], np.arange(len(columns))[::-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_batches, "_CELLS_PER_PASS", cells)
        got = counts.joint(context, candidates)
    assert_joint_equal(got, naive.joint(context, candidates))
    if weights is None or (weights == np.rint(weights)).all():  # exact sums
        for part, expected in zip(got, dense.joint(context, candidates), strict=True):
            assert_array_equal(part, expected)


def table_of(n_rows):
    rng = np.random.default_rng(0)
    columns = rng.integers(0, [[2], [5], [16], [16], [200]], (5, n_rows)).astype(np.uint8)
    return columns, rng.integers(0, 3, n_rows), rng.random(n_rows)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_jobs_and_backends_give_the_same_bits(weighted, backend):
    columns, target, weights = table_of(5000)
    parts = list(sources(columns, target, weights if weighted else None, np.random.default_rng(0), 5))
    expected = BatchedCounts(parts).joint((1, 2), np.arange(5))
    with joblib.parallel_config(backend, n_jobs=2):
        got = BatchedCounts(parts).joint((1, 2), np.arange(5))
    for part, other in zip(got, expected, strict=True):
        assert_array_equal(part, other)


def test_counts_without_a_table_of_terms_have_the_same_bits(monkeypatch):
    """Of more rows than are looked up, terms are computed."""
    columns, target, _ = table_of(3000)
    parts = list(sources(columns, target, None, np.random.default_rng(0), 3))
    expected = BatchedCounts(parts).joint((2,), np.arange(5))
    monkeypatch.setattr(_batches, "_MOST_LOOKED_UP", 10)
    for part, other in zip(BatchedCounts(parts).joint((2,), np.arange(5)), expected, strict=True):
        assert_array_equal(part, other)


def test_pairs_are_those_of_dense_counts():
    columns, target, _ = table_of(300)
    parts = list(sources(columns, target, None, np.random.default_rng(0), 3))
    assert best_pair(BatchedCounts(parts), np.arange(4)) == best_pair(DenseCounts(columns, target), np.arange(4))


def test_tables_that_are_too_large_are_refused(monkeypatch):
    columns, target, _ = table_of(300)
    monkeypatch.setattr(_batches, "_MOST_CELLS", 1000)
    counts = BatchedCounts(sources(columns, target, None, np.random.default_rng(0), 3))
    with pytest.raises(ValueError, match="a table of 12288 cells is too large to be counted in batches"):
        counts.joint((2,), [4])


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="no row of positive weight"):
        BatchedCounts([list])
