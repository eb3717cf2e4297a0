"""The dynamic programme equals the best of all partitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skib._kernels import partitions
from skib._kernels.partitions import best_partitions, information_terms, starts
from tests.naive.partitions import information, least_losses, runs, set_partitions


def by_ratio(masses):
    """Cells of two classes sorted by the share of the first."""
    return masses[np.argsort(masses[:, 0] / masses.sum(axis=1), kind="stable")]


def random_cells(seed, n_cells, n_classes=2):
    """Cells as counts or as weights, in turn; some without one class, some alike."""
    rng = np.random.default_rng(seed)
    masses = rng.integers(0, 6, (n_cells, n_classes))
    masses[masses.sum(axis=1) == 0] = 1
    return masses if seed % 2 else masses * rng.uniform(0.1, 1, (n_cells, 1))


@pytest.mark.parametrize("seed", range(200))
def test_no_groups_of_any_cells_are_better_for_two_classes(seed):
    cells = by_ratio(random_cells(seed, n_cells=1 + seed % 7))
    losses, last = best_partitions(cells, 4, by_ratio=True)
    assert_allclose(losses, least_losses(cells.tolist(), 4, set_partitions), atol=1e-12 * cells.sum())
    assert_reached(cells, losses, last)


@given(seed=st.integers(0, 2**32 - 1), n_cells=st.integers(1, 9), n_classes=st.integers(1, 4))
@settings(max_examples=60)
def test_no_runs_are_better_in_any_order(seed, n_cells, n_classes):
    cells = random_cells(seed, n_cells, n_classes)
    losses, last = best_partitions(cells, 5)
    assert_allclose(losses, least_losses(cells.tolist(), 5, runs), atol=1e-12 * cells.sum())
    assert_reached(cells, losses, last)


@pytest.mark.parametrize("n_cells", [255, 256, 257, 1000])
@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_divide_and_conquer_equals_the_plain_programme(n_cells, dtype):
    rng = np.random.default_rng(n_cells)
    cells = by_ratio(rng.integers(1, 10**5, (n_cells, 2)).astype(dtype))
    losses, last = best_partitions(cells, 9, by_ratio=True)
    plain, _ = best_partitions(cells, 9)
    assert_allclose(losses, plain, rtol=1e-9)
    assert (np.diff(losses) < 0).all()
    assert_reached(cells, losses, last)


def test_blocks_of_rows_change_nothing(monkeypatch):
    cells = random_cells(1, 60, 3)
    whole = best_partitions(cells, 4)
    monkeypatch.setattr(partitions, "_TERMS", 1)
    for got, expected in zip(best_partitions(cells, 4), whole, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_large_counts_need_no_table():
    cells = np.array([[2**40, 1], [3, 2**41], [2**40, 2**39]])
    losses, _ = best_partitions(cells, 2)
    assert_allclose(losses, least_losses(cells.tolist(), 2, runs), rtol=1e-9)


def test_alike_cells_are_one_group():
    cells = np.array([[1, 2]] * 5)
    losses, last = best_partitions(cells, 3)
    assert_allclose(losses, 0, atol=1e-12)
    assert starts(last, 1).tolist() == [0, 5]


def test_terms_of_information():
    table = np.array([[3.0, 1.0], [0.0, 2.0]])
    gain = information_terms(table).sum() - information_terms(table.sum(axis=0, keepdims=True))[0]
    assert gain == pytest.approx(information([[row] for row in table.tolist()]))


def assert_reached(cells, losses, last):
    """The groups that are found lose what is promised."""
    whole = information([[cell] for cell in cells.tolist()])
    for k, loss in enumerate(losses, 1):
        bounds = starts(last, k)
        assert len(bounds) <= k + 1 and bounds[0] == 0 and bounds[-1] == len(cells)
        groups = [cells[a:b].tolist() for a, b in zip(bounds, bounds[1:], strict=False)]
        assert loss == pytest.approx(whole - information(groups), abs=1e-9 * cells.sum())
