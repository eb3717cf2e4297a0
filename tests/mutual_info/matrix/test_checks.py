"""Warnings about estimates of pairs of columns, which are those of a single pair."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skib import UnreliableEstimateWarning
from skib.mutual_info import mutual_info, mutual_info_features, mutual_info_matrix, mutual_info_screen

TIME = np.arange(2400) + 0.5
GRID = pd.DataFrame({"time": TIME, "later": TIME + 1, "hour": pd.Categorical(TIME.astype(int) % 24)})


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_a_grid_contradicts_in_every_function():
    """Hours of a year against the hour of the day: rows of a class never stand as near as independent rows would."""
    with pytest.warns(UnreliableEstimateWarning, match=r"gives -0\.2\d+ nats .*, and information is never negative"):
        expected = mutual_info(GRID["time"], GRID["hour"])
    assert expected < -0.2
    pairs = r"2 pairs \('time' and 'hour', 'later' and 'hour'\) are -0\.2\d+ nats and more, and information is ne"
    with pytest.warns(UnreliableEstimateWarning, match=pairs):
        assert mutual_info_matrix(GRID).mutual_info.loc["time", "hour"] == pytest.approx(expected)
    one = r"estimates of 1 column \('time' and y\) are -0\.2\d+ nats, and information is never negative"
    with pytest.warns(UnreliableEstimateWarning, match=one):
        assert mutual_info_features(GRID[["time"]], GRID["hour"])[0] == pytest.approx(expected)
    with pytest.warns(UnreliableEstimateWarning, match=one):
        mutual_info_screen(GRID[["time"]], GRID["hour"], n_permutations=19, shuffle="circular", random_state=0)


@pytest.mark.parametrize("n_complete", [60, 1000])
def test_chance_does_not_warn(n_complete):
    """Of 1000 independent rows, most of which may miss a number: the noise is that of the rows that are left."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(rng.normal(size=(1000, 3))).add_prefix("column ").assign(label=rng.integers(0, 4, 1000))
        table.iloc[n_complete:, :2] = np.nan
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "numbers are missing")
            mutual_info_matrix(table)
            mutual_info_features(table, table["label"].astype(str) + "th")
