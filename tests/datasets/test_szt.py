"""The 12-bit task: its symmetry group, its balance."""

from itertools import product
from math import comb

import numpy as np
import pytest

from skib.datasets import make_szt_task
from skib.datasets._szt import _icosahedron


@pytest.fixture(scope="module")
def task():
    return make_szt_task()


def rotations():
    """The rotations of the icosahedron as permutations of its vertices.

    A rotation is fixed by where it takes one edge, so there are 12 * 5 = 60.
    """
    vertices = _icosahedron()
    near = np.isclose(vertices @ vertices.T, 5**-0.5)

    def frame(i, j):
        return np.column_stack([vertices[i], vertices[j], np.cross(vertices[i], vertices[j])])

    first = (0, int(np.flatnonzero(near[0])[0]))
    for i, j in product(range(12), repeat=2):
        if near[i, j]:
            moved = vertices @ (frame(i, j) @ np.linalg.inv(frame(*first))).T
            distance = np.linalg.norm(moved[:, None] - vertices, axis=2)
            assert distance.min(axis=1).max() < 1e-12
            yield distance.argmin(axis=1)


def test_inputs_are_all_patterns_of_twelve_bits(task):
    assert task.X.shape == (4096, 12)
    assert task.X.dtype == np.uint8
    assert task.y.dtype == np.int64
    assert len(np.unique(task.X, axis=0)) == 4096
    assert set(np.unique(task.X)) == set(np.unique(task.y)) == {0, 1}


def test_vertices_are_an_icosahedron():
    cosines = np.sort(_icosahedron() @ _icosahedron().T, axis=1)
    np.testing.assert_allclose(cosines, [[-1, *[-(5**-0.5)] * 5, *[5**-0.5] * 5, 1]] * 12, atol=1e-12)


def test_rule_is_invariant_under_the_sixty_rotations(task):
    permutations = np.array(list(rotations()))
    assert len(np.unique(permutations, axis=0)) == 60
    row = {pattern.tobytes(): i for i, pattern in enumerate(task.X)}
    images = np.array([[row[moved.tobytes()] for moved in task.X[:, p]] for p in permutations])
    assert (task.y[images] == task.y).all()
    # Burnside: (2^12 + 24 * 2^4 + 20 * 2^4 + 15 * 2^6) / 60 = 96 orbits, so the group is the whole one.
    assert len(np.unique(images.min(axis=0))) == 96


def test_label_carries_almost_one_bit(task):
    p = task.y.mean()
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert task.mutual_info == pytest.approx(entropy, abs=1e-12)
    assert task.mutual_info / np.log(2) > 0.999


def test_label_is_not_a_function_of_the_number_of_points(task):
    # The counts of y = 1 by number of points that are reported for the original table.
    points = task.X.sum(axis=1)
    counts = [int(task.y[points == m].sum()) for m in range(13)]
    assert counts == [0, 0, 0, 0, 0, 60, 532, 732, *(comb(12, m) for m in range(8, 13))]
