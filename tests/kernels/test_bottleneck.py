"""Steps of the information bottleneck, against the equations."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from skib._kernels.bottleneck import (
    _share_of_remainder,
    cycles,
    dual_on_intervals,
    exponentials,
    extrapolate,
    log_conditionals,
    log_table,
    step,
)
from skib._kernels.cluster_moves import move_rows
from tests.naive import bottleneck as naive


def problem(seed, n=6, m=5, k=3, n_groups=1):
    """Weights, rows with zeros, an encoder and the z of each column."""
    rng = np.random.default_rng(seed)
    p_y = rng.dirichlet(np.ones(m), n) * (rng.random((n, m)) < 0.7)
    p_y[:, 0] += 0.01
    p_y /= p_y.sum(axis=1, keepdims=True)
    return rng.dirichlet(np.ones(n)), p_y, rng.dirichlet(np.ones(k), n), np.arange(m) % n_groups


@given(st.lists(st.floats(-708, 0), min_size=1, max_size=40))
def test_exponentials_are_exact_to_the_last_bits(values):
    x, scaled = np.array(values), np.empty(len(values))
    exponentials(x, len(x), scaled, scaled.view(np.int64))
    np.testing.assert_allclose(x, np.exp(values), rtol=5e-16)


def test_exponentials_of_what_is_smaller_are_next_to_nothing():
    x, scaled = np.array([-708.5, -1e6, -np.inf]), np.empty(3)
    exponentials(x, 3, scaled, scaled.view(np.int64))
    np.testing.assert_allclose(x, np.exp(-708), rtol=1e-15)


@pytest.mark.parametrize("alpha", [1.0, 0.3])
@pytest.mark.parametrize("n_groups", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_step_is_that_of_the_equations(seed, n_groups, alpha):
    p_x, p_y, encoder, groups = problem(seed, n_groups=n_groups)
    sparse = csr_array(p_y)
    joint = np.ascontiguousarray(p_y.T @ (p_x[:, None] * encoder))
    common = (p_x, groups, n_groups, joint, log_table(joint), 2.5, alpha)
    new, out = encoder.copy(), np.zeros_like(joint)
    total, change = 0.0, 0.0
    for block in ((0, 2), (2, 6)):
        one, moved = step(*block, None, (sparse.indptr, sparse.indices, sparse.data), *common, new, out)
        total, change = total + one, max(change, moved)
    expected = naive.step(p_x, p_y, encoder, 2.5, alpha, groups)
    np.testing.assert_allclose(new, expected, atol=1e-13)
    np.testing.assert_allclose(out, p_y.T @ (p_x[:, None] * expected), atol=1e-13)
    assert change == pytest.approx(np.abs(new - encoder).sum(axis=1).max() / 2)
    logs, log_prior = log_conditionals(joint, groups, n_groups)
    scores = (log_prior + 2.5 * p_y @ logs) / alpha
    assert total == pytest.approx(p_x @ np.log(np.exp(scores).sum(axis=1)))
    flipped, dense = np.ascontiguousarray(encoder.T), np.zeros_like(joint)
    parts = [step(*block, p_y, None, *common, flipped, dense) for block in ((0, 2), (2, 6))]
    np.testing.assert_allclose(flipped.T, expected, atol=1e-13)
    np.testing.assert_allclose(dense, out, atol=1e-13)
    assert parts[0][0] + parts[1][0] == pytest.approx(total) and max(parts[0][1], parts[1][1]) == pytest.approx(change)


def naive_cycle(p_x, p_y, encoder, beta, alpha, groups):
    """Encoders of two steps and of the one that is kept, and the rate of convergence."""

    def table(encoder):
        return p_y.T @ (p_x[:, None] * encoder)

    def energy(encoder):
        """Before a step: the Lagrangian of its encoder against the clusters of this one."""
        logs, prior = log_conditionals(table(encoder), groups, int(groups.max()) + 1)
        return -alpha * (p_x @ np.log(np.exp((prior + beta * p_y @ logs) / alpha).sum(axis=1)))

    once = naive.step(p_x, p_y, encoder, beta, alpha, groups)
    twice = naive.step(p_x, p_y, once, beta, alpha, groups)
    a, b, c = (np.log(table(one)) for one in (encoder, once, twice))
    sizes = [np.sum(table(twice) * part**2) for part in (b - a, c - 2 * b + a, c - b)]
    length = np.sqrt(sizes[0] / sizes[1])
    step = np.exp(a + 2 * length * (b - a) + length**2 * (c - 2 * b + a))
    return once, twice, step / step.sum(), length, np.sqrt(sizes[2] / sizes[0]), energy(once)


@pytest.mark.parametrize("alpha", [1.0, 0.6])
@pytest.mark.parametrize("n_groups", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_cycle_is_two_steps_and_one_from_where_they_lead_to(seed, n_groups, alpha):
    p_x, p_y, encoder, groups = problem(seed, n_groups=n_groups)
    once, twice, step, length, rate, energy = naive_cycle(p_x, p_y, encoder, 2.5, alpha, groups)
    joint, steps = np.ascontiguousarray(p_y.T @ (p_x[:, None] * encoder)), []
    logs = [np.log(p_y.T @ (p_x[:, None] * one)) for one in (encoder, once, twice)]
    found, gains = extrapolate(np.exp(logs[2]), *logs)
    assert found == pytest.approx(min(rate, 1 - 1e-6)) and gains == (length > 1)
    if gains and length < 64:
        np.testing.assert_allclose(np.exp(logs[0]), step, rtol=1e-9)
    sparse = csr_array(p_y)
    cells = sparse.indptr, sparse.indices, sparse.data
    for rows, tol in itertools.product(((p_y, None), (None, cells)), (np.inf, 0.0)):  # with inf it settles at once
        new = encoder.copy() if rows[0] is None else np.ascontiguousarray(encoder.T)
        table = *rows, p_x, groups, n_groups, joint, log_table(joint), np.empty_like(joint)
        out, logs, *_, lower, n_steps, settled = cycles(1, 0, 3, *table, new, 2.5, alpha, 0.0, tol)
        new = new if rows[0] is None else new.T
        assert settled == (tol > 0) and lower == pytest.approx(energy)
        steps.append(n_steps)
        if settled:
            np.testing.assert_allclose(new, twice, atol=1e-12)
        np.testing.assert_allclose(out, p_y.T @ (p_x[:, None] * new), atol=1e-14)
        np.testing.assert_array_equal(logs, log_table(out))
        logs, prior = log_conditionals(out, groups, n_groups)
        after = -alpha * (p_x @ np.log(np.exp((prior + 2.5 * p_y @ logs) / alpha).sum(axis=1)))
        assert after <= lower + 1e-12
    assert steps == [2, 2 + gains] * 2


def test_cluster_that_never_saw_a_condition_attracts_no_row_of_it():
    logs, _ = log_conditionals(np.array([[0.25, 0.5], [0.25, 0.0]]), np.array([0, 1]), 2)
    assert logs[1, 1] == -708
    assert (logs[[0, 0, 1], [0, 1, 0]] == 0).all()


@pytest.mark.parametrize("inverse_beta", [0.0, 0.3])
@pytest.mark.parametrize("n_groups", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_rows_move_where_the_objective_is_least(seed, n_groups, inverse_beta):
    p_x, p_y, _, groups = problem(seed, n=8, k=4, n_groups=n_groups)
    labels = np.random.default_rng(seed).integers(0, 3, 8)

    def value(labels):
        one_hot = np.eye(4)[labels]
        prior = p_x @ one_hot
        entropy = -sum(q * np.log(q) for q in prior if q > 0)
        return inverse_beta * entropy - naive.conditional_information((p_x[:, None] * one_hot).T @ p_y, groups)

    expected, n_moved = labels.copy(), 0
    for i in range(8):
        trials = [np.where(np.arange(8) == i, t, expected) for t in range(4)]
        values = np.array([value(trial) for trial in trials])
        best = int(np.argmin(values - 1e-9 * (np.arange(4) == expected[i])))
        n_moved += best != expected[i]
        expected = trials[best]
    sparse, one_hot = csr_array(p_y), np.eye(4)[labels]
    joint = np.ascontiguousarray(p_y.T @ (p_x[:, None] * one_hot))
    sums = np.stack([joint[groups == g].sum(axis=0) for g in range(n_groups)])
    state = labels, one_hot.sum(axis=0).astype(np.int64), joint, sums, p_x @ one_hot
    found = move_rows(0, 8, sparse.indptr, sparse.indices, sparse.data, p_x, groups, inverse_beta, 1e-9, *state)
    assert found == n_moved > 0
    assert (labels == expected).all()
    one_hot = np.eye(4)[labels]
    np.testing.assert_allclose(joint, p_y.T @ (p_x[:, None] * one_hot), atol=1e-15)
    np.testing.assert_allclose(state[4], p_x @ one_hot, atol=1e-15)
    np.testing.assert_allclose(sums.sum(axis=0), p_x @ one_hot, atol=1e-15)
    assert (state[1] == one_hot.sum(axis=0)).all()


@pytest.mark.parametrize("beta", [0.5, 3.0, 30.0, 1000.0])
@pytest.mark.parametrize("seed", range(3))
def test_dual_on_intervals_against_a_fine_grid(seed, beta):
    """On intervals of any width, the first of which contains the maximum of G and the others are random."""
    rng = np.random.default_rng(seed)
    p, logs = np.append(rng.beta(0.5, 0.5, 30), [0, 1]), rng.normal(size=32)

    def dual(s):
        return np.exp(logs - beta * (p * np.log1p(np.exp(-s[:, None])) + (1 - p) * np.log1p(np.exp(s[:, None])))).sum(1)

    grid = np.linspace(-12, 12, 50_001)
    best, most = grid[np.argmax(dual(grid))], dual(grid).max()
    middles = np.append(best + rng.normal(size=40) / np.sqrt(beta) / 50, rng.uniform(-9, 9, 40))
    halves = np.append(np.abs(middles[:40] - best), 10 ** rng.uniform(-3, 0, 40) / np.sqrt(beta)) * 1.1
    places, values, bounds = np.empty((3, 80))
    dual_on_intervals(p, logs, beta, middles - halves, middles + halves, places, values, bounds)
    shares = np.array([_share_of_remainder(*one, beta) for one in zip(middles, halves, strict=True)])
    assert (bounds[:40] >= most * (1 - 1e-12)).all()
    assert (np.abs(values - dual(places)) <= (shares + 1e-12) * most).all() and (shares[40:] < 1e-3).any()
    for middle, half, value, bound, share in zip(middles, halves, values, bounds, shares, strict=True):
        inside = dual(middle + half * np.linspace(-1, 1, 401)).max()
        assert share == 1 or inside <= bound * (1 - share) + share * most * (1 + 1e-12) + 1e-12 * most
        assert value <= bound
