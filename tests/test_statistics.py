"""Holm's correction against its definition, and shrinkage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from skib._statistics import holm_adjust, shrinkage_weight


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


def test_shrinkage_keeps_what_is_certain_and_drops_what_is_noise():
    assert shrinkage_weight(1.0, 0.0) == 1
    assert shrinkage_weight(0.1, 0.2) == 0
    assert shrinkage_weight(-0.2, 0.1) == pytest.approx(0.75)
    assert shrinkage_weight(0.0, 0.0) == 0
