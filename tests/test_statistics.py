"""Holm's correction against its definition, and shrinkage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skib._statistics import benjamini_hochberg_adjust, holm_adjust, shrinkage_weight


def rejected(pvalues, level):
    """Step down by definition: reject the smallest p while it is at most level / (tests that remain)."""
    found = set()
    for step, i in enumerate(sorted(range(len(pvalues)), key=pvalues.__getitem__)):
        if pvalues[i] * (len(pvalues) - step) > level:
            break
        found.add(i)
    return found


def test_worked_example():
    assert_allclose(holm_adjust([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_nan_is_no_test():
    assert_allclose(holm_adjust([0.02, np.nan, 0.01]), [0.02, np.nan, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(1e-6, 0.99))
def test_adjusted_values_decide_as_the_step_down_procedure(pvalues, level):
    assert set(np.flatnonzero(holm_adjust(pvalues) <= level)) == rejected(pvalues, level)


def test_benjamini_and_hochberg_by_a_worked_example():
    # p (4 / rank), then the least of these at or above: .02, .02 of .04 / 2; .03 4 / 3 = .04; .05.
    assert_allclose(benjamini_hochberg_adjust([0.03, 0.005, np.nan, 0.05, 0.01]), [0.04, 0.02, np.nan, 0.05, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(1e-6, 0.99))
def test_adjusted_values_decide_as_the_step_up_procedure(pvalues, level):
    ascending = np.sort(pvalues)
    last = max((i for i, p in enumerate(ascending) if p * (len(pvalues) / (i + 1)) <= level), default=-1)
    expected = set() if last < 0 else set(np.flatnonzero(np.array(pvalues) <= ascending[last]))
    assert set(np.flatnonzero(benjamini_hochberg_adjust(pvalues) <= level)) == expected


def test_shrinkage_keeps_what_is_certain_and_drops_what_is_noise():
    assert shrinkage_weight(1.0, 0.0) == 1
    assert shrinkage_weight(0.1, 0.2) == 0
    assert shrinkage_weight(-0.2, 0.1) == pytest.approx(0.75)
    assert shrinkage_weight(0.0, 0.0) == 0
