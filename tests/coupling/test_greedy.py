"""Greedy couplings: their marginals, their bounds, the least entropy by brute force, bad input."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib.coupling import _greedy, greedy_coupling
from tests.naive.couplings import entropy, least_entropy, meet_entropy, profile_entropy

BITS = np.log(2)
UNIT = 2.0**-53


def distributions(seed, n_marginals=2, largest=32):
    """Dirichlet distributions, from almost uniform ones to some with few large masses."""
    rng = np.random.default_rng(seed)
    concentration = 10 ** rng.uniform(-1.5, 1)
    return [rng.dirichlet(np.full(rng.integers(2, largest + 1), concentration)) for _ in range(n_marginals)]


def marginals_of(coupling):
    """The marginals by sums of the dense array, in an order of numpy's own."""
    joint, axes = coupling.toarray(), range(len(coupling.marginals))
    return [joint.sum(axis=tuple(other for other in axes if other != axis)) for axis in axes]


@pytest.mark.parametrize("n_marginals", [2, 3, 4])
@pytest.mark.parametrize("seed", range(20))
def test_marginals_are_exact(seed, n_marginals):
    given_ones = distributions(seed, n_marginals, 12)
    coupling = greedy_coupling(*given_ones)
    for p, marginal, found in zip(given_ones, coupling.marginals, marginals_of(coupling), strict=True):
        assert_array_equal(found, marginal)
        assert marginal.sum() == 1.0 and marginal[::-1].cumsum()[-1] == 1.0
        assert abs(marginal - p).max() <= 4 * UNIT  # a unit, and the rounding of the sum of p
    assert len(coupling.masses) <= sum(map(len, given_ones)) - n_marginals + 1
    assert (coupling.masses > 0).all() and (np.diff(coupling.masses) <= 0).all()
    assert len(np.unique(coupling.states, axis=0)) == len(coupling.states)


def test_whole_shares_are_kept_to_the_last_bit():
    p, q = np.array([0.5, 0.25, 0.125, 0.125]), np.array([0.75, 0.0, 0.25])
    coupling = greedy_coupling(p, q)
    assert_array_equal(coupling.marginals[0], p)
    assert_array_equal(coupling.marginals[1], q)


@pytest.mark.parametrize("n", [3, 10, 1000, 5000])
def test_equal_masses_remain_within_a_unit(n):
    """The unit does not divide 1/n: n - k masses are rounded down, and k up."""
    coupling = greedy_coupling(np.full(n, 1 / n), np.full(n, 1 / n))
    assert abs(coupling.marginals[0] - 1 / n).max() <= UNIT
    assert coupling.entropy == pytest.approx(np.log(n)) and coupling.gap < 1e-9


def test_tiny_masses_remain_positive():
    p = np.r_[1 - 1e-17 * 3, [1e-17, 1e-30, 0.0, 5e-324]]
    marginal = greedy_coupling(p, [0.5, 0.5]).marginals[0]
    assert_array_equal(marginal > 0, p > 0)
    assert marginal.sum() == 1.0
    many = np.r_[0.6, 0.4, np.full(100_000, 1e-18)]
    marginal = greedy_coupling(many, [0.3, 0.7]).marginals[0]
    assert marginal.min() == UNIT and marginal.sum() == 1.0 and marginal[1] == pytest.approx(0.4)


@given(seed=st.integers(0, 2**32 - 1))
def test_entropy_and_bound_are_those_of_the_definitions(seed):
    coupling = greedy_coupling(*distributions(seed, 2 + seed % 2, 9))
    assert coupling.entropy == pytest.approx(entropy(coupling.toarray().ravel()), abs=1e-12)
    bounds = meet_entropy(coupling.marginals), profile_entropy(coupling.marginals)
    assert coupling.lower_bound == pytest.approx(max(bounds), abs=1e-12)
    assert coupling.gap == pytest.approx(max(coupling.entropy - max(bounds), 0), abs=1e-12)
    of_marginals = sum(entropy(marginal) for marginal in coupling.marginals)
    assert coupling.mutual_info == pytest.approx(of_marginals - coupling.entropy, abs=1e-12)


def test_either_bound_can_be_the_larger():
    """That of the meet rarely is."""
    profile = distributions(0, 2, 6)
    assert profile_entropy(profile) > meet_entropy(profile) + 0.01
    meet = np.array([8, 7]) / 15, np.array([8, 2, 1, 1, 1, 1]) / 14
    assert meet_entropy(meet) > profile_entropy(meet) + 0.002
    for pair in (profile, meet):
        expected = max(meet_entropy(pair), profile_entropy(pair))
        assert greedy_coupling(*pair).lower_bound == pytest.approx(expected, abs=1e-12)


def test_three_hundred_pairs_are_within_the_guarantee():
    """At most log2(e) / e bits above the bound (Compton et al. 2023)."""
    gaps = [greedy_coupling(*distributions(seed)).gap / BITS for seed in range(300)]
    assert max(gaps) <= np.log2(np.e) / np.e


def test_several_marginals_are_within_their_guarantee():
    gaps = [greedy_coupling(*distributions(seed, 3 + seed % 3, 9)).gap / BITS for seed in range(100)]
    assert max(gaps) <= (1 + np.log2(np.e)) / 2


@pytest.mark.parametrize("seed", range(60))
def test_the_least_entropy_lies_between_bound_and_greedy(seed):
    p, q = distributions(seed, 2, 4)
    coupling = greedy_coupling(p, q)
    least = least_entropy(p, q)
    assert coupling.lower_bound - 1e-9 <= least <= coupling.entropy + 1e-9
    assert coupling.entropy - least <= coupling.gap + 1e-9


def test_greedy_is_not_always_the_best():
    excess = [
        greedy_coupling(p, q).entropy - least_entropy(p, q) for p, q in (distributions(s, 2, 3) for s in range(60))
    ]
    assert max(excess) > 0.01 and np.mean(np.array(excess) < 1e-9) > 0.5


def test_a_variable_determines_itself():
    p = np.random.default_rng(0).dirichlet(np.ones(40))
    coupling = greedy_coupling(p, p[::-1])
    assert coupling.entropy == pytest.approx(entropy(p)) and coupling.gap == pytest.approx(0, abs=1e-12)
    assert coupling.mutual_info == pytest.approx(entropy(p))
    assert_array_equal(np.sort(coupling.states[:, 0]), np.arange(40))
    assert_array_equal(coupling.states.sum(axis=1), 39)


def test_one_state_has_no_choice():
    q = [0.2, 0.5, 0.3]
    coupling = greedy_coupling([1.0], q)
    assert_allclose(coupling.toarray(), [q], rtol=1e-15)
    assert coupling.gap + coupling.mutual_info == pytest.approx(0, abs=1e-12)


def test_blocks_of_steps_are_one_coupling(monkeypatch):
    p, q = distributions(3)
    whole = greedy_coupling(p, q)
    monkeypatch.setattr(_greedy, "_STEPS", 3)
    assert_array_equal(greedy_coupling(p, q).states, whole.states)
    short = greedy_coupling([1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0])  # ends before the last block
    assert short.states.tolist() == [[0, 2]] and short.masses.tolist() == [1.0]


def test_sparse_and_dense_are_equal():
    coupling = greedy_coupling(*distributions(5))
    assert_array_equal(coupling.tocsr().toarray(), coupling.toarray())
    assert coupling.tocsr().nnz == len(coupling.masses)
    with pytest.raises(ValueError, match="a coupling of 3 marginals is no matrix; use states and masses"):
        greedy_coupling([1.0], [1.0], [1.0]).tocsr()


def test_containers_and_pickles():
    p, q = distributions(1)
    expected = greedy_coupling(p, q)
    locked = p.copy()
    locked.flags.writeable = False
    for other in (list(p), pd.Series(p, index=range(5, 5 + len(p))), locked, np.repeat(p, 2)[::2]):
        assert_array_equal(greedy_coupling(other, q).states, expected.states)
    assert_array_equal(pickle.loads(pickle.dumps(expected)).masses, expected.masses)


def test_rounding_of_single_precision_is_divided_out():
    p = np.random.default_rng(0).dirichlet(np.ones(1000)).astype(np.float32)
    assert 0 < abs(p.sum(dtype=np.float64) - 1) < 1e-6
    assert greedy_coupling(p, p).marginals[0].sum() == 1.0


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ([0.5, -0.5, 1.0], r"q\[1\] is -0.5; pass probabilities, which are finite and not negative"),
        ([0.5, np.inf], r"q.*inf"),
        ([0.5, np.nan], "q contains NaN"),
        ([0.5, None], "q contains NaN or None"),
        ([3, 1], r"q has a sum of 4, not 1; pass shares of the sum, such as q / q.sum\(\)"),
        ([0.0, 0.0], "q has a sum of 0, not 1"),
        ([0.5, 0.499], "q has a sum of 0.999, not 1"),
        ([[0.5, 0.5]], r"q has shape \(1, 2\); pass one dimension"),
        ([], "q needs at least one row"),
        (["a", "b"], "q holds values of the kind 'text'; pass numbers"),
    ],
)
def test_what_is_no_distribution_is_refused(q, message):
    with pytest.raises(ValueError, match=message):
        greedy_coupling([0.5, 0.5], q)


def test_further_marginals_are_named():
    with pytest.raises(ValueError, match=r"others\[1\] has a sum of 2, not 1"):
        greedy_coupling([1.0], [1.0], [1.0], [2.0])
