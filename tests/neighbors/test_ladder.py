"""Several numbers of neighbors from one search, of all rows or of some of them."""

import numpy as np
import pytest

from skib._marginals import sort_column
from skib._neighbors import Ladder, digamma_table, ksg_terms


def ladder_of(x, y, n_neighbors=5):
    target = sort_column(y, "rank")
    source = sort_column(x, "rank", scores_of=target)
    return Ladder(source, target, digamma_table(len(x)), n_neighbors)


def correlated(n_samples):
    x, noise = np.random.default_rng(n_samples).normal(size=(2, n_samples))
    return x, 0.9 * x + 0.4 * noise


@pytest.mark.parametrize("n_samples", [30, 1000])
@pytest.mark.parametrize("n_neighbors", [1, 5, 20])
def test_terms_are_those_of_each_number_of_neighbors(n_samples, n_neighbors):
    """Strips may be made for any number of neighbors."""
    x, y = correlated(n_samples)
    ladder = ladder_of(x, y, n_neighbors)
    ladder.find([1, 2, 5])
    ladder.find([10, 20])
    for k in (1, 2, 5, 10, 20):
        expected = ksg_terms(x[:, None], y[:, None], k, marginals="rank")
        np.testing.assert_array_equal(ladder.in_rows(ladder.terms(k)), expected)
        np.testing.assert_array_equal(ladder.terms(k, np.arange(0, n_samples, 4)), expected[ladder.rows[::4]])


def test_rows_found_in_parts_have_the_terms_of_all():
    x, y = correlated(1000)
    ladder = ladder_of(x, y)
    quarter, half = ladder.every(4), ladder.every(2)
    assert not (quarter & ~half).any() and ladder.every(1).all()
    ladder.find([10, 20], quarter)
    ladder.find([10, 20], half & ~quarter)
    places = np.flatnonzero(half)
    for k in (10, 20):
        expected = ksg_terms(x[:, None], y[:, None], k, marginals="rank")
        np.testing.assert_array_equal(ladder.terms(k, places), expected[ladder.rows[places]])


def test_the_same_rows_are_drawn_whichever_column_comes_first_or_is_reversed():
    x, y = np.random.default_rng(0).normal(size=(2, 999))
    drawn = []
    for pair in ((x, y), (y, x), (-x, y), (x, -y), (-y, -x)):
        ladder = ladder_of(*pair)
        drawn.append([np.sort(ladder.rows[ladder.every(step)]) for step in (4, 2)])
    assert 200 < len(drawn[0][0]) < 300 and 440 < len(drawn[0][1]) < 560
    for quarter, half in drawn:
        np.testing.assert_array_equal(quarter, drawn[0][0])
        np.testing.assert_array_equal(half, drawn[0][1])


@pytest.mark.parametrize("width", [1e-4, 1e-3, 1.0])
def test_rows_are_drawn_whatever_the_difference_of_their_ranks(width):
    """Of rows near a line, where the ranks differ by little, those that differ by more are nearer to others or not."""
    rng = np.random.default_rng(0)
    x = rng.random(20_000)
    ladder = ladder_of(x, x + width * rng.random(20_000))
    ladder.find([5])
    terms, drawn = ladder.terms(5), ladder.every(4)
    assert abs(drawn.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 20_000)
    error = terms.std() / np.sqrt(drawn.sum())
    assert abs(terms[drawn].mean() - terms.mean()) < 4 * error
