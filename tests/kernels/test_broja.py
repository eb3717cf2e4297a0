"""The sweeps of alternating projections against a slow twin."""

import numpy as np
import pytest

from skib._kernels.broja import project
from tests.naive.broja import projected


def tables(seed, shape=(3, 4, 2)):
    """A start r, its scalings, and the pairs of a random table with empty cells, of which every symbol occurs."""
    p = np.random.default_rng(seed).dirichlet(np.full(np.prod(shape), 0.5)).reshape(shape)
    p[0, 0, 0] = p[-1, -1] = 0.0
    p /= p.sum()
    p1, p2 = p.sum(axis=1), p.sum(axis=0)
    return (p1 / p.sum(axis=(0, 1))) @ p2.T, np.ones_like(p1), np.ones_like(p2), p1, p2


@pytest.mark.parametrize("seed", range(10))
def test_sweeps_equal_the_twin(seed):
    r, a, b, p1, p2 = tables(seed)
    expected, scaled = r.copy(), b.copy()
    for _ in range(3):
        expected, rows, scaled = projected(expected, scaled, p1, p2)
    project(r, a, b, p1, p2, 3)
    np.testing.assert_allclose(r, expected, rtol=1e-12)
    np.testing.assert_allclose(a, rows, rtol=1e-12)
    np.testing.assert_allclose(b, scaled, rtol=1e-12)


def test_pairs_that_do_not_occur_have_no_scale():
    r, a, b, p1, p2 = tables(0)
    p1[0, 0] = 0.0
    project(r, a, b, p1, p2, 1)
    assert a[0, 0] == 0.0
    assert np.isfinite(b).all()


def test_vanishing_probabilities_become_zero():
    r, a, b, p1, p2 = tables(1)
    r[0, 0] = 1e-305
    project(r, a, b, p1, p2, 1)
    assert r[0, 0] == 0.0
