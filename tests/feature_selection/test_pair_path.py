"""A search by tables of two columns gives the bits of the search by tables of two columns and the target."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib.feature_selection import InformationSelector, _counts, _pair_path
from skib.feature_selection._counts import DenseCounts

CRITERIA = ["mim", "mifs", "mrmr", "mrmr_quotient"]


def tables(n_samples=600):
    """Columns of few, 16, many and various numbers of values, some of which depend on the target or on each other."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n_samples)
    latent = rng.normal(size=(n_samples, 9)) + y[:, None] * np.linspace(0, 1, 9)
    latent[:, 6:] += latent[:, :3]
    ranks = np.argsort(np.argsort(latent, axis=0), axis=0)
    levels = {"bins": np.full(9, 16), "few": np.full(9, 2), "many": np.full(9, 150), "various": np.arange(9) ** 2 + 1}
    return {name: (ranks * n_levels // n_samples, y) for name, n_levels in levels.items()}


def path_of(codes, y, weights=None, **parameters):
    selector = InformationSelector(discretizer=200, random_state=0, **parameters).fit(codes, y, weights)
    return np.array(selector._path.picks), selector.stop_reason_


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("kind", ["bins", "few", "many", "various"])
@pytest.mark.parametrize(
    "options", [{}, {"include": [7, 2]}, {"exclude": [0, 8]}, {"groups": [0, 0, 1, 2, 3, 4, 5, 5, 6]}]
)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_path_is_that_of_tables_with_the_target(monkeypatch, criterion, kind, options, weighted):
    codes, y = tables()[kind]
    weights = np.random.default_rng(1).integers(0, 4, len(y)) if weighted else None
    for n_most in (2, 1.0):
        path = path_of(codes, y, weights, criterion=criterion, n_features_to_select=n_most, **options)
        with monkeypatch.context() as patch:
            patch.setattr(DenseCounts, "are_exact", False)
            expected = path_of(codes, y, weights, criterion=criterion, n_features_to_select=n_most, **options)
        assert_array_equal(path[0], expected[0])
        assert path[1] == expected[1]


@pytest.mark.parametrize("cells", [1, 5000])
def test_blocks_of_picks_change_nothing(monkeypatch, cells):
    codes, y = tables()["bins"]
    expected = path_of(codes, y, criterion="mrmr", n_features_to_select=7)[0]
    monkeypatch.setattr(_pair_path, "_CELLS_PER_BLOCK", cells)
    assert_array_equal(path_of(codes, y, criterion="mrmr", n_features_to_select=7)[0], expected)


@given(
    levels=st.sampled_from([2, 9, 16, 17, 250, 400]),
    n_rows=st.integers(1, 400),
    whole=st.sampled_from([None, 1, 4]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_entropies_of_pairs_are_those_of_joints(levels, n_rows, whole, seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(levels, size=(6, n_rows)).astype(np.uint16)
    codes[:, 0] = levels - 1  # all columns have codes of as many bits
    weights = None if whole is None else rng.integers(1, whole + 1, n_rows)
    counts = DenseCounts(codes, rng.integers(3, size=n_rows), weights)
    candidates = np.array([5, 1, 2, 4])
    assert_array_equal(counts.pair_entropies(3, candidates), counts.joint((3,), candidates).without)


def test_entropies_of_pairs_on_several_threads(monkeypatch):
    codes, y = tables()["bins"]
    counts = DenseCounts(codes.T, y)
    expected = counts.joint((0,), np.arange(1, 9)).without
    monkeypatch.setattr(_counts, "_LEAST_PER_TASK", 100)
    assert_array_equal(counts.pair_entropies(0, np.arange(1, 9), n_jobs=2), expected)
