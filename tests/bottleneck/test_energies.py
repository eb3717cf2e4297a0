"""Kernels of single columns: their mean energy, and their own bandwidths."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.preprocessing import StandardScaler

from skib._columns import check_incomplete
from skib.bottleneck._energies import energy_of

RNG = np.random.default_rng(0)
SIZES = pd.CategoricalDtype(["small", "medium", "large"], ordered=True)
COLUMNS = {
    "gaussian": RNG.gamma(2.0, size=60),
    "gaussian of dates": np.datetime64("2020-01-01", "ns") + (1e14 * RNG.random(60)).astype("timedelta64[ns]"),
    "gaussian of durations": pd.to_timedelta(1e9 * RNG.random(60), unit="s"),
    "gaussian of wide integers": 2**61 + RNG.integers(0, 2**50, 60),
    "ordered": RNG.integers(0, 4, 60) ** 2,
    "ordered of categories": pd.Categorical.from_codes(RNG.integers(0, 3, 60), dtype=SIZES),
    "nominal": np.array(["a", "b", "c"])[RNG.integers(0, 3, 60)],
    "nominal of bools": RNG.random(60) < 0.3,
}


def read(**columns):
    return check_incomplete(StandardScaler(), pd.DataFrame(columns))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_mean_energy_of_all_pairs_is_one(name):
    """Whatever the column; also if rows weigh 0, 1 or 2."""
    (column,) = read(a=COLUMNS[name])
    for weights in (np.full(60, 1 / 60), (w := RNG.integers(0, 3, 60)) / w.sum()):
        energy = energy_of(column, weights)
        codes = energy.codes(column)
        assert energy.name == name.split()[0]
        assert weights @ energy.energies(codes, codes) @ weights == pytest.approx(1)


def test_bandwidths_are_those_of_the_kernels():
    weights, h = np.full(60, 1 / 60), 0.8
    for name in ("gaussian", "ordered of categories", "nominal"):
        (column,) = read(a=COLUMNS[name])
        energy = energy_of(column, weights)
        codes, width = energy.codes(column), energy.bandwidth(h)
        kernel = np.exp(-energy.energies(codes, codes) / h**2)
        distance = np.abs(codes[:, None] - codes)
        expected = {
            "gaussian": np.exp(-(distance**2) / (2 * width**2)),
            "ordered": width**distance,
            "nominal": np.where(distance == 0, 1 - width, width / 2) / (1 - width),
        }
        assert_allclose(kernel, expected[energy.name])
    assert energy_of(read(a=COLUMNS["gaussian"])[0], weights).sigma == pytest.approx(np.std(COLUMNS["gaussian"]))


def test_the_order_of_categories_is_that_of_their_type():
    (column,) = read(a=COLUMNS["ordered of categories"])
    energy = energy_of(column, np.full(60, 1 / 60))
    (new,) = read(a=["small", "large", "medium", "huge"])
    codes = energy.codes(new)
    assert codes[:3].tolist() == [0, 2, 1] and np.isnan(codes[3])
    assert energy.energies(codes, codes[:3])[3].tolist() == [0, 0, 0]


def test_enums_of_polars_are_ordered():
    pl = pytest.importorskip("polars")
    values = np.array(SIZES.categories)[RNG.integers(0, 3, 60)]
    frame = pl.DataFrame({"a": pl.Series(values, dtype=pl.Enum(list(SIZES.categories)))})
    (column,) = check_incomplete(StandardScaler(), frame)
    assert energy_of(column, np.full(60, 1 / 60)).name == "ordered"


def test_levels_between_those_of_the_fit():
    (column,) = read(a=COLUMNS["ordered"])
    energy = energy_of(column, np.full(60, 1 / 60))
    (new,) = read(a=[-5.0, 0.0, 0.5, 1.0, 4.0, 9.0, 20.0])
    assert energy.codes(new).tolist() == [0, 0, 0.5, 1, 2, 3, 3]


def test_a_constant_column_has_none():
    (column,) = read(a=np.ones(60))
    assert energy_of(column, np.full(60, 1 / 60)) is None


@pytest.mark.parametrize("factor", [2.0**-900, 2.0**900])
def test_extreme_units(factor):
    (plain,), (scaled,) = read(a=COLUMNS["gaussian"]), read(a=factor * COLUMNS["gaussian"])
    weights = np.full(60, 1 / 60)
    assert energy_of(scaled, weights).sigma == factor * energy_of(plain, weights).sigma
