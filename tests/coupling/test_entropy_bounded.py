"""Maps of bounded entropy: the theorems, the best function by brute force, nearby maps, bad input."""

import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib._kernels.entropy_bounded import best_neighbors
from skib.coupling import entropy_bounded_map, greedy_coupling
from skib.coupling._functions import candidates, closest_bracket, distinct_states, first_two, greedy_bracket
from tests.naive.couplings import best_function_entropy, entropy

BITS = np.log(2)


@cache
def case(seed, largest=7):
    """A distribution, a bound below its entropy, and the largest entropy of its functions up to it."""
    rng = np.random.default_rng(seed)
    n = rng.integers(2, largest + 1)
    p = rng.dirichlet(np.full(n, 10 ** rng.uniform(-0.5, 0.7)))
    bound = rng.uniform(0, entropy(p))
    return p, bound, best_function_entropy(p, bound)


def information(p, encoder):
    """H(T) and I(X;T) of p(t|x)."""
    joint = p[:, None] * encoder
    return entropy(joint.sum(axis=0)), entropy(p) + entropy(joint.sum(axis=0)) - entropy(joint.ravel())


def binary_entropy(p):
    return entropy([p, 1 - p])


def test_theorem_2_in_five_hundred_cases():
    """The greedy function misses the bound by the entropy of the second largest mass at most."""
    for seed in range(500):
        rng = np.random.default_rng(seed)
        p = rng.dirichlet(np.full(rng.integers(2, 40), 10 ** rng.uniform(-1, 1)))
        bound = rng.uniform(0, entropy(p))
        second = binary_entropy(np.sort(p)[-2])
        found = entropy(np.bincount(greedy_bracket(p, bound).below, p))
        assert bound - second - 1e-9 <= found <= bound
        result = entropy_bounded_map(p, bound, deterministic=True)
        assert result.gap <= second + 1e-9
        assert bound - result.mutual_info <= bound - found + 1e-9


def test_functions_are_close_to_the_best_one():
    """The greedy one is not: the mean distance in bits is above 0.05, and below 0.01 after moves and exchanges."""
    greedy, found = [], []
    for p, bound, best in map(case, range(240)):
        greedy.append(best - entropy(np.bincount(greedy_bracket(p, bound).below, p)))
        result = entropy_bounded_map(p, bound, deterministic=True)
        found.append(best - result.mutual_info)
        assert result.mutual_info <= best + 1e-9 and result.entropy == pytest.approx(result.mutual_info)
    assert np.mean(greedy) / BITS > 0.05
    assert np.mean(found) / BITS <= 0.01
    assert np.mean(np.array(found) < 1e-6) > 0.7


def test_splits_keep_more_than_functions():
    gains = []
    for p, bound, _ in map(case, range(240)):
        function, split = (entropy_bounded_map(p, bound, deterministic=flag) for flag in (True, False))
        gains.append(split.mutual_info - function.mutual_info)
    assert min(gains) >= 0
    assert np.mean(gains) / BITS > 0.05


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_entropy_information_and_groups_are_those_of_the_encoder(seed, deterministic):
    p, bound, _ = case(seed)
    result = entropy_bounded_map(p, bound, deterministic=deterministic)
    encoder = result.encoder.toarray()
    assert_allclose(encoder.sum(axis=1), 1, rtol=1e-15)
    assert encoder.min() >= 0 and result.encoder.nnz <= len(p) + (not deterministic)
    assert_allclose([result.entropy, result.mutual_info], information(p, encoder), atol=1e-9)
    assert result.entropy <= bound + 2e-12
    assert result.gap == pytest.approx(bound - result.mutual_info)
    assert_allclose(result.probabilities, p @ encoder, rtol=1e-12)
    assert (np.diff(result.probabilities) <= 0).all()
    assert_array_equal(result.groups, encoder.argmax(axis=1))


# --- ties


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12))
def test_equal_masses_are_tried_once_and_no_change_is_missed(seed, n):
    """The changes of distinct states are those of all states: the same ones are found, to the bit."""
    rng = np.random.default_rng(seed)
    p = rng.integers(1, 4, n) / 40.0
    groups = np.unique(rng.integers(0, n, n), return_inverse=True)[1]
    sums = np.bincount(groups, p)
    found = []
    distinct = distinct_states(p, groups, sums), np.append(first_two(sums), len(sums))
    for states, targets in (distinct, (np.arange(n), np.arange(len(sums) + 1))):
        values, places = np.array([-1.0, 9.0]), np.full((2, 3), -1)
        padded = np.append(sums, 0.0)
        changes = candidates(states, targets, p, groups, padded)
        best_neighbors(0, len(states), states, changes, p, groups, padded, entropy(padded), 0.9, values, places)
        found.append((values.tolist(), places.tolist()))
    assert found[0] == found[1]


def test_states_of_one_mass_in_groups_of_one_mass_are_two():
    p, groups = np.full(50_000, 1 / 50_000), np.arange(50_000)
    assert distinct_states(p, groups, p).tolist() == first_two(p).tolist() == [0, 1]


def test_equal_masses():
    """All states look alike, and so do their changes: 100 000 are few."""
    result = entropy_bounded_map(np.full(100_000, 1e-5), 2.0)
    assert result.gap < 1e-4 and result.entropy <= 2 + 1e-12


def test_many_masses():
    """All pairs of 20 000 states are two hundred million, a round of the search."""
    masses = 1 / np.arange(1.0, 20_001)
    result = entropy_bounded_map(masses / masses.sum(), 0.95 * entropy(masses / masses.sum()))
    assert 0 <= result.gap < 1e-6


def test_no_entropy_is_negative_zero():
    for result in (entropy_bounded_map([1.0], 1.0), greedy_coupling([1.0], [1.0])):
        assert str(result.entropy) == "0.0"


# --- the theorems on maps near functions


def attained(bits):
    result = entropy_bounded_map([0.7, 0.2, 0.1], bits * BITS)
    return result.entropy / BITS, result.mutual_info / BITS


def test_rates_of_functions_are_attained():
    """Theorem 1, for p = (0.7, 0.2, 0.1): the entropies of its five functions, and information below in between."""
    for masses in ([1.0], [0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.7, 0.2, 0.1]):
        rate = entropy(masses) / BITS
        assert attained(rate) == pytest.approx((rate, rate), abs=1e-9)
    for rate in (0.2, 0.6, 0.8, 1.0):
        found, info = attained(rate)
        assert found == pytest.approx(rate, abs=1e-9) and info < rate - 1e-3


@pytest.mark.parametrize(("sign", "target"), [(1, 2), (-1, 0)])
def test_no_map_near_a_function_keeps_more(sign, target):
    """Theorem 3: of 20 000 random maps near (0.7, 0.2 + 0.1), none has more information at H(T) <= R + or - eps.

    The state of mass 0.1 is split: a part of it goes to a new group, or to the heaviest.
    """
    p, function = np.array([0.7, 0.2, 0.1]), np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]])
    bound = entropy([0.7, 0.3]) + sign * 0.01
    best = entropy_bounded_map(p, bound)
    rng, tried = np.random.default_rng(0), []
    for _ in range(20_000):
        scale = 10 ** rng.uniform(-4, -0.7, (3, 1))
        other = (1 - scale) * function + scale * rng.dirichlet(np.full(3, 0.1), 3)
        rate, info = information(p, other)
        if rate <= bound:
            tried.append(info)
    assert len(tried) > 400
    assert best.mutual_info - 0.03 < max(tried) <= best.mutual_info + 1e-9
    assert_array_equal(best.encoder.toarray()[2] > 0, np.isin(range(best.encoder.shape[1]), [1, target]))
    assert_array_equal(best.encoder.toarray()[:2, :2], np.eye(2))


def test_two_equal_states_are_split():
    """Below one bit, the only function is constant: a part of one state joins the other."""
    result = entropy_bounded_map([0.5, 0.5], 0.9 * BITS)
    share = result.encoder.data.min()
    expected = binary_entropy(0.5 + share / 2) - 0.5 * binary_entropy(share)
    assert result.mutual_info == pytest.approx(expected) and expected > 0.3 * BITS
    assert result.entropy == pytest.approx(0.9 * BITS, abs=1e-9)
    assert entropy_bounded_map([0.5, 0.5], 0.9 * BITS, deterministic=True).mutual_info == 0


# --- many states, edges, bad input


@pytest.mark.parametrize("n", [50, 300, 3000])
def test_many_states_have_a_function_at_the_bound(n):
    p = np.random.default_rng(n).dirichlet(np.ones(n))
    bound = 0.6 * entropy(p)
    result = entropy_bounded_map(p, bound, deterministic=True)
    assert bound - result.mutual_info < (1e-3 if n == 50 else 1e-6)


def test_equal_masses_leave_few_functions():
    """Of 8 equal states, the functions of entropy up to one bit are those of groups of 8, 7 + 1, 6 + 2, ..., 4 + 4."""
    p = np.full(8, 1 / 8)
    assert entropy_bounded_map(p, BITS).probabilities.tolist() == [0.5, 0.5]
    for k in range(1, 5):
        bound = binary_entropy(k / 8)
        assert entropy_bounded_map(p, bound, deterministic=True).entropy == pytest.approx(bound)


def test_bounds_at_and_beyond_the_ends():
    p = np.array([0.5, 0.2, 0.0, 0.3])
    whole = entropy_bounded_map(p, entropy(p))
    assert whole.groups.tolist() == [0, 2, 0, 1] and whole.gap == pytest.approx(0, abs=1e-12)
    for bound in (5, np.inf, np.float32(2)):
        result = entropy_bounded_map(p, bound)
        assert_array_equal(result.groups, whole.groups)
        assert result.gap == 0 and result.mutual_info == pytest.approx(entropy(p))
    none = entropy_bounded_map(p, 0)
    assert none.groups.tolist() == [0, 0, 0, 0] and none.probabilities.tolist() == [1.0]
    assert none.mutual_info == none.entropy == none.gap == 0
    assert entropy_bounded_map([1.0], 0.3).groups.tolist() == [0]


def test_states_of_no_mass_are_in_the_first_group():
    p, bound, _ = case(3)
    padded = np.r_[0.0, p, 0.0]
    result, expected = entropy_bounded_map(padded, bound), entropy_bounded_map(p, bound)
    assert_array_equal(result.groups, np.r_[0, expected.groups, 0])
    assert_allclose(result.encoder.toarray()[1:-1], expected.encoder.toarray())
    assert result.encoder.toarray()[0, 0] == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_states_does_not_matter(seed):
    p, bound, _ = case(seed)
    order = np.random.default_rng(seed).permutation(len(p))
    result, other = entropy_bounded_map(p, bound), entropy_bounded_map(p[order], bound)
    assert other.mutual_info == pytest.approx(result.mutual_info, abs=1e-12)
    assert_allclose(other.probabilities, result.probabilities, atol=1e-12)


def test_the_search_does_not_lose_what_it_had():
    for p, bound, _ in map(case, range(60)):
        start = greedy_bracket(p, bound)
        found = closest_bracket(p, bound, start)
        below, above = ([entropy(np.bincount(one, p)) for one in pair] for pair in zip(start, found, strict=True))
        assert below[0] <= below[1] + 1e-12 <= bound + 2e-12
        assert bound < above[1] <= above[0] + 1e-12


def test_results_are_pickled():
    result = entropy_bounded_map([0.5, 0.3, 0.2], 0.8)
    assert_array_equal(pickle.loads(pickle.dumps(result)).encoder.toarray(), result.encoder.toarray())


@pytest.mark.parametrize("bound", [-0.1, np.nan, "1", None, True, [0.5], 1j])
def test_bounds_that_are_refused(bound):
    with pytest.raises(ValueError, match="max_entropy=.* must be a number of nats, 0 or more"):
        entropy_bounded_map([0.5, 0.5], bound)


@pytest.mark.parametrize("p", [[0.5, -0.5, 1.0], [0.5, np.nan], [2, 1], [], [[1.0]], [0.0]])
def test_distributions_that_are_refused(p):
    with pytest.raises(ValueError, match="^(Input )?p|sample"):
        entropy_bounded_map(p, 0.5)
