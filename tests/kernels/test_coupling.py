"""The kernels of couplings against the definitions, ties and blocks of steps included."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skib._kernels.coupling import N_DIGITS, N_VALUES, add_profiles, couple, sort_falling
from tests.naive.couplings import greedy_masses, profile_entropy


@st.composite
def marginals(draw):
    """Two to four marginals in whole numbers and falling order, with the same sum; ties are frequent."""
    total = draw(st.integers(1, 60))
    found = []
    for _ in range(draw(st.integers(2, 4))):
        cuts = sorted(draw(st.lists(st.integers(0, total), max_size=12)))
        found.append(np.sort(np.diff([0, *cuts, total]))[::-1].astype(np.int64))
    return found


def coupled(falling, n_at_once):
    """The atoms and amounts of all steps, taken in blocks."""
    sizes = np.array([len(marginal) + 1 for marginal in falling])
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    masses = np.concatenate([np.append(marginal, 0) for marginal in falling])
    states = np.concatenate([np.append(np.arange(len(marginal)), -1) for marginal in falling])
    heap = np.zeros((2, len(masses)), np.int64)
    n_steps = sizes.sum() - 2 * len(sizes) + 1
    atoms, amounts = np.full((n_steps, len(sizes)), -1), np.empty(n_steps, np.int64)
    arrays = masses, states, starts, starts.copy(), 0 * starts, *heap, atoms, amounts
    taken = 0
    for first in range(0, n_steps, n_at_once):
        stop = min(first + n_at_once, n_steps)
        taken = couple(first, stop, *arrays)
        if taken < stop:
            break
    return atoms[:taken], amounts[:taken]


@given(falling=marginals(), n_at_once=st.integers(1, 50))
def test_amounts_are_those_of_the_definition_and_add_up(falling, n_at_once):
    atoms, amounts = coupled(falling, n_at_once)
    assert amounts.tolist() == greedy_masses(falling)
    assert len({tuple(atom) for atom in atoms.tolist()}) == len(atoms)
    for k, marginal in enumerate(falling):
        assert_array_equal(np.bincount(atoms[:, k], amounts, len(marginal)), marginal)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 300), bits=st.sampled_from([1, 3, 12, 40, 53]))
def test_masses_are_sorted_and_ties_keep_their_order(seed, n, bits):
    masses = np.random.default_rng(seed).integers(0, 2**bits, n, endpoint=True)
    buffers = np.empty((2, n), np.int64)
    places = np.zeros((N_DIGITS, N_VALUES), np.int64)
    falling, states = sort_falling(masses.copy(), np.arange(n), *buffers, places)
    assert_array_equal(states, np.argsort(-masses, kind="stable"))
    assert_array_equal(falling, masses[states])


def test_a_large_coupling():
    """Heaps of several levels, in which masses are equal and different."""
    rng = np.random.default_rng(0)
    for n in (300, 301, 302, 303):
        parts = [rng.integers(1, high, n) for high in (5, 10_000)]
        totals = [part.sum() for part in parts]
        falling = [np.sort(part * other)[::-1] for part, other in zip(parts, totals[::-1], strict=True)]
        atoms, amounts = coupled(falling, 100)
        assert amounts.tolist() == greedy_masses(falling)
        for k in (0, 1):
            assert_array_equal(np.bincount(atoms[:, k], amounts), falling[k])


@given(falling=marginals())
def test_profiles_are_those_of_the_definition(falling):
    total, starts = falling[0].sum(), np.cumsum([0, *(len(marginal) + 1 for marginal in falling)])
    values, sums = np.empty((2, sum(map(len, falling))), np.int64)
    add_profiles(np.concatenate([np.append(total + 1, marginal) for marginal in falling]), starts, values, sums)
    assert (np.diff(values) >= 0).all()
    logs = np.log(values / total)
    expected = profile_entropy([marginal / total for marginal in falling])
    assert_allclose(sums / total @ np.diff(logs, append=0.0), expected, atol=1e-9)
