"""Cycles of soft bottlenecks with few cells, against differences of steps."""

import numpy as np
import pytest

from skib._kernels.bottleneck import cycles, log_table, step
from skib.bottleneck._newton import newton_cycles, newton_point


def problem(seed):
    """Weights of 300 rows, rows with zeros and an encoder."""
    rng = np.random.default_rng(seed)
    p_y = rng.dirichlet(np.ones(3), 300) * (rng.random((300, 3)) < 0.7)
    p_y[:, 0] += 0.01
    return rng.dirichlet(np.ones(300)), p_y / p_y.sum(axis=1, keepdims=True), rng.dirichlet(np.ones(2), 300)


@pytest.mark.parametrize("alpha", [1.0, 0.6])
@pytest.mark.parametrize("seed", range(4))
def test_newton_point_is_where_the_linearized_step_stays(seed, alpha):
    """Derivatives by differences; rows span several blocks. The move is also damped to a part of it."""
    p_x, p_y, encoder = problem(seed)
    joint, rows = np.ascontiguousarray(p_y.T @ (p_x[:, None] * encoder)), (p_y, None, p_x, np.zeros(3, np.int64), 1)

    def stepped(log_joint):
        own, out = np.zeros((2, 300)), np.zeros((3, 2))
        step(0, 300, *rows, np.exp(log_joint), log_joint, 2.5, alpha, own, out)
        return np.log(out), own

    start = np.log(joint)
    after, own = stepped(start)
    moves = 1e-5 * np.eye(6).reshape(6, 3, 2)
    slopes = np.stack([(stepped(start + move)[0] - stepped(start - move)[0]).ravel() / 2e-5 for move in moves], axis=1)
    for damping in (0.0, 3.0):
        found = newton_point(p_y, p_x, joint, start, after, 2.5, alpha, own, damping)
        move = np.linalg.solve((1 + damping) * np.eye(6) - slopes, (after - start).ravel()).reshape(3, 2)
        assert np.abs(move).max() < 5  # the longest one
        expected = start + move
        np.testing.assert_allclose(found, expected - np.log(np.exp(expected).sum()), atol=1e-7)


def test_newton_point_of_a_cell_that_stays_empty():
    p_x, p_y = np.full(4, 0.25), np.array([[1.0, 0.0], [1, 0], [0.4, 0.6], [0.3, 0.7]])
    own = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])
    joint = p_y.T @ (p_x[:, None] * own.T)
    logs = np.log(np.maximum(joint, 1e-300))
    found = newton_point(p_y, p_x, joint, logs, logs, 3.0, 1.0, own, 0.0)
    np.testing.assert_allclose(np.exp(found), joint, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_third_step_is_that_of_the_point_and_is_kept_if_the_free_energy_falls(seed):
    p_x, p_y, encoder = problem(seed)
    joint, rows = np.ascontiguousarray(p_y.T @ (p_x[:, None] * encoder)), (p_y, None, p_x, np.zeros(3, np.int64), 1)
    arguments, own, plain = (joint, log_table(joint)), *np.ascontiguousarray([encoder.T, encoder.T])
    found, _, energy, n_steps, settled = newton_cycles(1, rows, *arguments, own, 4.0, 1.0, np.inf, 1e-10)
    assert n_steps == 3 and not settled
    twice, logs, once, log_once, _, before, n_steps, _ = cycles(
        1, 0, 2, *rows, *arguments, np.empty_like(joint), plain, 4.0, 1.0, np.inf, 1e-10
    )
    assert n_steps == 2 and before == energy
    point, ahead, kept = (
        newton_point(p_y, p_x, once, log_once, logs, 4.0, 1.0, plain, 0.01),
        np.zeros((3, 2)),
        plain.copy(),
    )
    total, _ = step(0, 300, *rows, np.exp(point), point, 4.0, 1.0, kept, ahead)
    expected, encoder = (ahead, kept) if -total <= energy else (twice, plain)
    np.testing.assert_allclose(found, expected, atol=1e-14)
    np.testing.assert_allclose(own, encoder, atol=1e-13)


def test_point_where_the_matrix_is_not_finite_is_the_next_table():
    p_x, p_y, encoder = problem(0)
    joint = np.ascontiguousarray(p_y.T @ (p_x[:, None] * encoder))
    after = log_table(joint) + 0.1
    found = newton_point(p_y, p_x, joint, log_table(joint), after, 1e308, 0.01, np.ascontiguousarray(encoder.T), 0.0)
    np.testing.assert_array_equal(found, after)
