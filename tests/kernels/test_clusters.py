"""Sweeps, costs and mergers of clusters equal slow twins; counts and floats lead to the same clusters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skib._kernels import clusters
from tests.naive import clusters as naive

MARGIN = 1e-9


def xlog2(values):
    values = np.ascontiguousarray(values, np.float64)
    out = np.empty_like(values)
    clusters.fill_xlog2(values.reshape(-1), out.reshape(-1))
    return out


@st.composite
def tables(draw, most_rows=10):
    """Small counts, so that rows are repeated and costs tie; rows and columns of zeros among them."""
    shape = draw(st.integers(1, most_rows)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(draw(st.sampled_from([2, 4, 300])), size=shape)


@st.composite
def partitions(draw):
    """A table, labels of its rows, their number, and the weight of the masses."""
    table, n_clusters = draw(tables()), draw(st.integers(1, 6))
    labels = draw(st.lists(st.integers(0, n_clusters - 1), min_size=len(table), max_size=len(table)))
    return table, np.array(labels), n_clusters, draw(st.sampled_from([1.0, 0.5, 0.0, -0.5]))


def prepared(table, labels, n_clusters):
    """The arrays of the kernels: a CSR, weights of its rows, and the sums, logarithms and masses of clusters."""
    width = -(-n_clusters // clusters.LANES) * clusters.LANES
    rows = csr_array(table)
    sums, masses = np.zeros((table.shape[1], width), table.dtype), np.zeros((2, width))
    clusters.add_rows(np.arange(len(table)), rows.indptr, rows.indices, rows.data, labels, sums)
    weights = table.sum(axis=1).astype(float)
    masses[0] = np.bincount(labels, weights, width)
    masses[1] = xlog2(masses[0])
    return rows, weights, sums, xlog2(sums), masses


def swept(table, labels, n_clusters, factor, order):
    rows, weights, sums, logs, masses = prepared(table, labels, n_clusters)
    labels = labels.copy()
    common = order, rows.indptr, rows.indices, rows.data, weights, n_clusters, factor, MARGIN
    if table.dtype.kind == "f":
        moves = clusters.sweep(*common, labels, sums, logs, masses)
    else:
        values = xlog2(np.arange(table.sum(axis=0).max() + 1))
        steps = np.array([values - np.append(values, np.zeros(x))[x:] for x in (1, 2)])
        moves = clusters.sweep_counts(*common, labels, sums, masses, values, steps)
        logs = xlog2(sums)
    after = prepared(table, labels, n_clusters)[2:]
    for got, expected in zip((sums, logs, masses), after, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * table.sum())
    return labels, *moves


def test_logarithms_are_exact_to_the_last_digits():
    rng = np.random.default_rng(0)
    values = np.r_[10 ** rng.uniform(-300, 300, 20_000), rng.uniform(0.5, 2, 20_000), 2.0 ** np.arange(-9, 9)]
    np.testing.assert_allclose(xlog2(values), values * np.log2(values), rtol=1e-14, atol=0)
    assert np.abs(xlog2(values) / values - np.log2(values)).max() < 1e-9
    np.testing.assert_array_equal(xlog2([0.0, 1.0, 2.0, 0.25, 2.0**1023]), [0.0, 0.0, 2.0, -0.5, 1023 * 2.0**1023])
    assert abs(xlog2([1e-310])[0]) < 1e-306  # no smaller numbers are told apart


@given(partitions(), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_sweeps_equal_the_naive_twin(drawn, random):
    table, labels, n_clusters, factor = drawn
    order = np.array(random.sample(range(len(table)), len(table)))
    expected = naive.sweep(table, labels, n_clusters, order, factor, MARGIN)
    for given_table in (table.astype(np.int32), table.astype(float)):
        got = swept(given_table, labels, n_clusters, factor, order)
        assert got[0].tolist() == expected[0]
        assert got[1] == expected[1]
        assert got[2] == pytest.approx(expected[2], abs=1e-9 * max(table.sum(), 1))
    gain = naive.objective(table, got[0], n_clusters, factor) - naive.objective(table, labels, n_clusters, factor)
    assert got[2] == pytest.approx(gain, abs=1e-9 * max(table.sum(), 1))
    assert got[2] >= 0


@given(partitions())
@settings(max_examples=200)
def test_costs_of_rows_equal_the_naive_twin(drawn):
    table, labels, n_clusters, factor = drawn
    rows, weights, sums, logs, masses = prepared(table.astype(float), labels, n_clusters)
    out = np.empty((len(table), sums.shape[1]))
    chosen = np.arange(len(table))
    clusters.row_costs(chosen, rows.indptr, rows.indices, rows.data, weights, factor, sums, logs, masses, out)
    centers = naive.cluster_sums(table, labels, n_clusters)
    expected = [naive.row_costs(row, centers, factor) for row in table]
    np.testing.assert_allclose(out[:, :n_clusters], expected, atol=1e-9 * max(table.sum(), 1))


def merged(table, n_rows, n_listed=2, compacted=True):
    """The tree of the rows of a table, in calls of n_rows rows of losses, with the places of gone clusters left out."""
    sums = np.ascontiguousarray(table.T, np.float64)
    logs, masses = xlog2(sums), np.vstack([sums.sum(axis=0), xlog2(sums.sum(axis=0))])
    n = len(table)
    nodes, nearest = np.arange(n), np.full((n, n_listed), -1)
    least, bound = np.full((n, n_listed), np.inf), np.full(n, np.inf)
    children, lost = np.zeros((n - 1, 2), np.int64), np.zeros(n - 1)
    clusters.find_nearest(0, n, sums, logs, masses, nearest, least, bound)
    done = 0
    while done < n - 1:
        done = clusters.merge(n_rows, done, sums, logs, masses, nodes, nearest, least, bound, children, lost)
        kept = masses[1] > -np.inf
        if compacted:
            nearest = np.append(np.cumsum(kept) - 1, -1)[nearest[kept]]
            sums, logs, masses = (np.ascontiguousarray(part[:, kept]) for part in (sums, logs, masses))
            nodes, least, bound = nodes[kept], least[kept], bound[kept]
    return children, lost


@given(tables(most_rows=12), st.integers(1, 30), st.integers(1, 5))
@settings(max_examples=200)
def test_every_merger_loses_the_least(table, n_rows, n_listed):
    children, lost = merged(table, n_rows, n_listed)
    nodes = {i: row for i, row in enumerate(table.astype(float))}
    for step, (first, second) in enumerate(children.tolist()):
        names = sorted(nodes)
        losses = naive.merger_losses(np.array([nodes[name] for name in names]))
        assert lost[step] == pytest.approx(losses.min(), abs=1e-9 * max(table.sum(), 1))
        assert lost[step] == pytest.approx(losses[names.index(first), names.index(second)], abs=1e-9 * table.sum())
        nodes[len(table) + step] = nodes.pop(first) + nodes.pop(second)
    information = naive.objective(table, np.arange(len(table)), len(table), 1.0) if table.any() else 0.0
    assert lost.sum() == pytest.approx(information * np.log(2), abs=1e-9 * max(table.sum(), 1))


def test_places_of_gone_clusters_may_stay():
    table = np.random.default_rng(0).integers(999, size=(60, 4))  # no ties
    for n_rows in (1, 7, 1000):
        for got, expected in zip(merged(table, n_rows, n_rows % 5 + 1, n_rows > 1), merged(table, 5), strict=True):
            np.testing.assert_array_equal(got, expected)
