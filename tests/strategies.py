"""Hypothesis strategies: rows of numbers with and without ties."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def tied_rows(draw, min_rows=8, max_rows=80, min_columns=2, max_columns=2):
    """Rows drawn from a grid of random fineness, so that anything from no tie to one heavy atom occurs."""
    n_rows = draw(st.integers(min_rows, max_rows))
    n_columns = draw(st.integers(min_columns, max_columns))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.lists(st.sampled_from([1.0, 3.0, 20.0, 1e9]), min_size=n_columns, max_size=n_columns))
    rows = np.round(rng.normal(size=(n_rows, n_columns)) * levels) / levels
    if draw(st.booleans()):  # some rows repeat
        rows = rows[rng.integers(0, n_rows, n_rows)]
    if draw(st.booleans()):  # an atom at zero, as a ReLU makes
        rows = np.maximum(rows, 0.0)
    return rows
