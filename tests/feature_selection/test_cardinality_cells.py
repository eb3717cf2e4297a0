"""Cells of tables and their adjusted information, against counting by hand and all permutations within strata."""

from collections import Counter
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy

from skib.feature_selection._cardinality_cells import count_cells, merged, permutation_adjusted


def unpacked(cells):
    """The cells as a mapping from triples to rows."""
    triples = zip(cells.first.tolist(), cells.second.tolist(), cells.target.tolist(), strict=True)
    return dict(zip(triples, cells.counts.tolist(), strict=True))


@pytest.mark.parametrize("largest", [3, 2**20])
@pytest.mark.parametrize("n_samples", [1, 50])
def test_cells_are_counted_and_added(largest, n_samples):
    rng = np.random.default_rng(0)
    values = rng.integers(largest, size=3)[:, None] * rng.integers(2, size=(3, n_samples)) + 1
    cells = count_cells(*values)
    assert unpacked(cells) == Counter(map(tuple, values.T.tolist()))
    assert (np.diff(cells.keys) > 0).all()
    parts = [count_cells(*values[:, rows]) for rows in (slice(0, 1), slice(0, None))]
    assert unpacked(merged(*parts)) == Counter(map(tuple, np.c_[values[:, :1], values].T.tolist()))


def entropy(codes):
    counts = np.bincount(codes)
    return np.log(len(codes)) - xlogy(counts, counts).sum() / len(codes)


def given_information(x, y, z):
    """H(X,Z) + H(Y,Z) - H(X,Y,Z) - H(Z), of three values at most."""
    return entropy(3 * z + x) + entropy(3 * z + y) - entropy(9 * z + 3 * x + y) - entropy(z)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)), min_size=2, max_size=6))
def test_the_mean_is_that_over_all_permutations_within_strata(rows):
    x, y, z = np.array(rows).T
    cells = count_cells(x, z, y)
    estimate = permutation_adjusted(cells.counts, cells.first, cells.target, cells.second)
    assert estimate.information == pytest.approx(given_information(x, y, z), abs=1e-12)
    strata = [np.flatnonzero(z == value) for value in np.unique(z)]
    orders = list(product(*(permutations(places) for places in strata)))
    values = []
    for order in orders:
        permuted = np.empty_like(y)
        permuted[np.concatenate(strata)] = y[np.concatenate(order).astype(int)]
        values.append(given_information(x, permuted, z))
    assert estimate.expected == pytest.approx(np.mean(values), abs=1e-12)
    levels = [(len(np.unique(x[places])) - 1) * (len(np.unique(y[places])) - 1) for places in strata]
    assert estimate.dof == sum(levels)
    assert estimate.n_samples == len(rows)
