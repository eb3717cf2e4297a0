"""Tables of classes: as ChainRule where cells are full, and honest where they are thin."""

import numpy as np
import pytest

from skib._warnings import UnreliableEstimateWarning
from skib.entropy import Grassberger
from skib.mutual_info import Auto, ChainRule
from skib.mutual_info._auto._tables import leave_one_out_bound, table_estimate


@pytest.mark.parametrize("with_condition", [False, True])
def test_full_tables_keep_every_bit(with_condition):
    rng = np.random.default_rng(0)
    x, z = rng.integers(0, 4, 2000), rng.integers(0, 3, 2000)
    y = (x + z + rng.integers(0, 2, 2000)) % 3
    z = z if with_condition else None
    table, chain = table_estimate(x, y, z), ChainRule(Grassberger()).fit(x[:, None], y, given=z)
    assert (table.value, table.std_error, table.ceiling) == (chain.mutual_info_, chain.std_error_, chain.ceiling_)
    np.testing.assert_array_equal(table.pointwise, chain.pointwise_)
    assert not (table.is_corrected or table.is_thin or table.saturated)


def test_a_condition_of_thin_strata():
    """X and Y are independent within each of 20 classes of Z, and nowhere else."""
    rng = np.random.default_rng(0)
    z = rng.integers(0, 20, 6000)
    x, y = (z + rng.integers(0, 30, (2, 6000))) % 30
    table = table_estimate(x, y, z)
    assert table.uncorrected > 0.3
    assert table.is_thin
    assert abs(table.value) < min(4 * table.std_error, 0.05)
    assert table.lower_bound < 0.01
    np.testing.assert_allclose(np.mean(table.pointwise), table.value)


def naive_bound(x, y, weight):
    """Mean of log p(x, y) / p(x) p(y) of each row by the others, with `weight` rows per row for independence."""
    terms = []
    for i in range(len(x)):
        others = np.arange(len(x)) != i
        a, b = np.mean(x[others] == x[i]), np.mean(y[others] == y[i])
        c = np.mean((x[others] == x[i]) & (y[others] == y[i]))
        terms.append(np.log(((c / (a * b) if c else 0.0) + weight) / (1 + weight)))
    return np.mean(terms)


def test_the_bound_equals_the_naive_twin():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 12, 150)
    y = np.where(rng.random(150) < 0.6, x, rng.integers(0, 12, 150))
    expected = max(naive_bound(x, y, weight) for weight in np.exp(np.arange(-6.0, 10.0, 2.0)))
    assert expected > 0.1
    assert leave_one_out_bound(x, y, np.zeros_like(x)) == pytest.approx(expected, rel=1e-9)
    assert leave_one_out_bound(x, rng.permutation(y), np.zeros_like(x)) < 0.03


def test_auto_shows_the_parts():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 60, 3000)
    y = np.where(rng.random(3000) < 0.3, x, rng.integers(0, 60, 3000))
    truth = np.log(60) - (-(0.3 + 0.7 / 60) * np.log(0.3 + 0.7 / 60) - 59 * 0.7 / 60 * np.log(0.7 / 60))
    with pytest.warns(UnreliableEstimateWarning, match="permuted rows would show"):
        auto = Auto().fit(np.char.add("x", x.astype(str))[:, None], np.char.add("y", y.astype(str)))
    assert auto.method_ == "ChainRule"
    assert auto.estimates_["lower_bound"] < truth < auto.estimates_["grassberger"]
    assert abs(auto.mutual_info_ - truth) < 3 * auto.std_error_
    assert auto.estimates_["permuted"] > 0.05
