"""Expectations over the orders of tied points equal an enumeration of all, or a closed form where they are many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import digamma

from skib._kernels.tied_orders import expected_at_rank
from tests.naive import neighbors as naive


def expected(n_before, n_tied, n_marked, wanted, table):
    out, known = np.empty(1), (np.zeros((4, 4), np.int64), np.empty(4))
    expected_at_rank(0, 1, *(np.array([n]) for n in (n_before, n_tied, n_marked, wanted)), table, *known, out)
    return out[0]


@given(st.data())
def test_equals_an_enumeration_of_all_orders(data):
    n_tied = data.draw(st.integers(1, 9))
    n_marked = data.draw(st.integers(1, n_tied))
    wanted, n_before = data.draw(st.integers(1, n_marked)), data.draw(st.integers(0, 50))
    table = digamma(np.arange(100.0))
    got = expected(n_before, n_tied, n_marked, wanted, table)
    assert got == pytest.approx(naive.expected_digamma(n_before, n_tied, n_marked, wanted), abs=1e-12)
    twin = naive.negative_hypergeometric_digamma(n_before, n_tied, n_marked, wanted)
    assert got == pytest.approx(twin, abs=1e-12)


@pytest.mark.parametrize(
    ("n_tied", "n_marked", "wanted"), [(30_000, 40, 5), (30_000, 1, 1), (100_000, 120, 100), (5000, 4900, 3)]
)
def test_many_tied_points(n_tied, n_marked, wanted):
    """The mean place is wanted (n + 1) / (marked + 1); without others before, the mean digamma has a closed form."""
    places = np.arange(n_tied + 2.0)
    assert expected(0, n_tied, n_marked, wanted, places) == pytest.approx(
        wanted * (n_tied + 1) / (n_marked + 1), rel=1e-12
    )
    got = expected(0, n_tied, n_marked, wanted, np.r_[np.nan, digamma(places[1:])])
    assert got == pytest.approx(digamma(wanted) + digamma(n_tied + 1) - digamma(n_marked + 1), abs=1e-11)
