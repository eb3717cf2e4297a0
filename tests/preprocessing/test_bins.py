"""The bins of sorted values: optimal, also behind the shortcuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._kernels.partitions import information_terms
from skib.preprocessing import _bins
from skib.preprocessing._bins import best_bins
from tests.naive.partitions import least_losses, runs


def kept(masses, bounds):
    return information_terms(np.add.reduceat(masses, bounds[:-1])).sum()


@given(seed=st.integers(0, 2**32 - 1), n_values=st.integers(1, 9), n_classes=st.integers(1, 4))
@settings(max_examples=60)
def test_no_bins_are_better(seed, n_values, n_classes):
    masses = np.random.default_rng(seed).integers(0, 3, (n_values, n_classes))
    masses[masses.sum(axis=1) == 0, 0] = 1
    for n_bins in (2, 3, 4):
        bounds = best_bins(masses, n_bins)
        assert len(bounds) <= n_bins + 1 and bounds[0] == 0 and bounds[-1] == n_values
        loss = information_terms(masses).sum() - kept(masses, bounds)
        assert loss == pytest.approx(least_losses(masses.tolist(), n_bins, runs)[-1], abs=1e-9)


def test_edges_part_no_neighbors_of_the_same_classes():
    masses = np.repeat([[2, 0], [1, 1], [0, 3]], [40, 30, 20], axis=0)
    assert best_bins(masses, 8).tolist() == [0, 40, 70, 90]


@pytest.mark.parametrize("n_bins", [2, 5])
def test_bins_of_more_values_than_the_exact_programme_takes(n_bins, monkeypatch):
    """Two bins are optimal nevertheless; more lose little, although each coarse cell holds forty values."""
    rng = np.random.default_rng(0)
    x = np.linspace(-3, 3, 4000)
    masses = np.eye(2, dtype=np.int64)[(rng.random(4000) < 0.5 + 0.4 * np.sin(3 * x)).astype(int)]
    exact = kept(masses, best_bins(masses, n_bins))
    monkeypatch.setattr(_bins, "_MOST_TERMS", 0)
    monkeypatch.setattr(_bins, "_N_COARSE", 100)
    coarse = _bins._equal_masses(masses)
    start = kept(masses, coarse[_bins._optimal(np.add.reduceat(masses, coarse[:-1]), n_bins)])
    optimal, sizes = _bins._optimal, []
    monkeypatch.setattr(_bins, "_optimal", lambda cells, n: sizes.append(len(cells)) or optimal(cells, n))
    found = kept(masses, best_bins(masses, n_bins))
    assert len(sizes) == 1 and sizes[0] <= 100
    whole = kept(masses, np.array([0, 4000]))
    assert start < found <= exact + 1e-9
    assert found - whole > (1.0 if n_bins == 2 else 0.99) * (exact - whole) - 1e-9
