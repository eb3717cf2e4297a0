"""Tests by betting: fair payoffs, level at any time, power, streams, arrays on disk, the conditional version."""

import numpy as np
import pandas as pd
import pytest

from skib import UnreliableEstimateWarning
from skib.dumps import open_dump
from skib.mutual_info import SequentialTest, sequential_test
from skib.mutual_info._betting import PairWitness, Variable, Wealth, drawn_witness


def null(kind, rng, n_samples=400):
    x = rng.normal(size=(n_samples, 1))
    if kind == "classes":
        return x, rng.integers(3, size=n_samples)
    if kind == "heavy tails":
        return rng.standard_cauchy(size=(n_samples, 1)), rng.standard_cauchy(size=n_samples)
    if kind == "ties":
        return rng.poisson(0.3, size=(n_samples, 1)), rng.poisson(0.3, size=n_samples)
    if kind == "many columns":
        return rng.normal(size=(n_samples, 20)), rng.normal(size=(n_samples, 2))
    return x, rng.normal(size=n_samples)


def parabola(rng, n_samples=600):
    x = rng.normal(size=(n_samples, 1))
    return x, x[:, 0] ** 2 + 0.5 * rng.normal(size=n_samples)


NULLS = ["numbers", "classes", "heavy tails", "ties", "many columns"]


@pytest.mark.parametrize("kind", NULLS)
def test_independent_variables_are_rarely_rejected(kind):
    rng = np.random.default_rng(0)
    # At a level of 0.05, 6 or more of 20 have a probability of 3e-4.
    assert sum(sequential_test(*null(kind, rng), random_state=i).rejected for i in range(20)) < 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", NULLS)
def test_level_over_500_nulls(kind):
    rng = np.random.default_rng(0)
    rejected = sum(sequential_test(*null(kind, rng, 600), random_state=i).rejected for i in range(500))
    assert rejected <= 25 + 3 * np.sqrt(500 * 0.05 * 0.95)


def test_finds_a_parabola_before_the_plain_sketch():
    rng = np.random.default_rng(0)
    results = [sequential_test(*parabola(rng), random_state=i) for i in range(20)]
    assert all(result.rejected for result in results)
    assert np.median([result.n_samples for result in results]) < 109  # of a bettor with one width and Newton steps


def test_swapping_the_rows_of_y_changes_the_sign_of_a_payoff():
    rng = np.random.default_rng(0)
    references, x, y = rng.normal(size=(3, 50, 2))
    witness = PairWitness(Variable.of(references), Variable.of(references[:, :1] ** 2))
    swapped = y[:, :1].reshape(25, 2)[:, ::-1].reshape(50, 1)
    assert np.allclose(witness.payoffs(x, y[:, :1]), -witness.payoffs(x, swapped), atol=1e-15)


def test_payoffs_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    x0, y0, x, y = rng.normal(size=(4, 12, 1))
    one, other = Variable.of(x0), Variable.of(y0)
    payoffs = PairWitness(one, other).payoffs(x, y)
    for w, width in enumerate([1.0, 0.4]):

        def kernel(values, reference, unit, width=width):
            return np.exp(-0.5 * ((values - reference[:, 0]) / (unit[0] * width)) ** 2)

        for pair in range(6):
            i, j = 2 * pair, 2 * pair + 1
            a = kernel(x[i, 0], x0, one.unit) - kernel(x[j, 0], x0, one.unit)
            b = kernel(y[i, 0], y0, other.unit) - kernel(y[j, 0], y0, other.unit)
            assert payoffs[w, pair] == pytest.approx(0.5 * np.cov(a, b, ddof=0)[0, 1], rel=1e-9)


def test_exchanging_drawn_and_own_values_changes_the_sign_of_a_payoff():
    rng = np.random.default_rng(0)
    x, y, drawn, z = rng.normal(size=(4, 30, 1))
    witness = drawn_witness(x, y, drawn, z, labels=False)
    assert np.allclose(witness.payoffs(x, y, drawn, z), -witness.payoffs(drawn, y, x, z), atol=1e-15)


def test_a_fair_payoff_leaves_the_expected_wealth():
    payoffs = np.random.default_rng(0).uniform(-1, 1, size=(2, 5))
    rich, poor = Wealth(), Wealth()
    for wealth in (rich, poor):
        wealth.bet(payoffs)
    before = np.exp(rich.bet(np.zeros((2, 1)))[0])
    last = np.array([[0.7], [-0.2]])
    after = np.mean([np.exp(wealth.bet(sign * last)[0]) for wealth, sign in ((rich, 1), (poor, -1))])
    assert after == pytest.approx(before, rel=1e-12)


def test_batches_make_no_difference():
    rng = np.random.default_rng(0)
    x, y = null("numbers", rng, 500)
    whole = SequentialTest().update(x, y)
    parted = SequentialTest()
    for rows in np.split(np.arange(500), np.sort(rng.choice(500, 40, replace=False))):
        if len(rows):
            parted.update(x[rows], y[rows])
    assert parted.n_samples == whole.n_samples == 500
    assert parted.wealth == pytest.approx(whole.wealth, rel=1e-9)
    assert parted.pvalue == pytest.approx(whole.pvalue, rel=1e-9)


def test_the_pvalue_never_rises_and_ends_at_the_first_crossing():
    x, y = parabola(np.random.default_rng(0))
    test, pvalues = SequentialTest(alpha=0.01), []
    for i in range(0, 600, 2):
        test.update(x[i : i + 2], y[i : i + 2])
        pvalues.append(test.pvalue)
        if test.n_samples == test.n_samples_to_reject:
            assert test.wealth >= 100
    assert np.all(np.diff(pvalues) <= 0)
    assert pvalues[0] == 1.0
    assert test.rejected
    assert test.n_samples_to_reject == 2 * (1 + np.argmax(np.array(pvalues) <= 0.01))
    assert "after 600 rows" in repr(test)


def test_units_and_names_of_classes_do_not_matter():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 2))
    y = rng.integers(3, size=300)
    wealth = sequential_test(x, y, random_state=0).wealth
    other = sequential_test(1e6 + 1e3 * x, np.array(["b", "c", "a"])[y], random_state=0).wealth
    assert np.allclose(wealth, other, rtol=1e-6)


def test_constant_columns_bet_nothing():
    x, y = np.zeros((200, 1)), np.random.default_rng(0).normal(size=200)
    for pair in ((x, y), (y[:, None], x[:, 0])):
        assert sequential_test(*pair, random_state=0).pvalue == 1.0


class Disk:
    """An array of which the rows are counted that are read."""

    def __init__(self, values):
        self._values, self.shape, self.n_read = values, values.shape, 0

    def __getitem__(self, rows):
        self.n_read += len(rows)
        assert np.all(np.diff(rows) > 0)  # as HDF5 demands
        return self._values[rows]

    def __len__(self):
        return len(self._values)


def test_reads_no_more_rows_than_it_needs():
    x, y = parabola(np.random.default_rng(0), 50_000)
    disk = Disk(x)
    result = sequential_test(disk, y, random_state=0)
    assert result.rejected
    assert disk.n_read <= 2000
    assert result.n_samples == sequential_test(x, y, random_state=0).n_samples


def test_layers_of_a_dump():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 1000)  # sorted, as dumps often are
    noise, signal = rng.normal(size=(2, 2000, 8))
    dump = open_dump({0: {"noise": noise, "signal": signal + labels[:, None]}, "ids": np.arange(2000)})
    noise, signal = (sequential_test(dump[0, layer], labels, random_state=0) for layer in ("noise", "signal"))
    assert signal.rejected
    assert signal.n_samples < 300
    assert not noise.rejected
    assert noise.n_samples == 2000


def test_frames_and_read_only_memory_maps(tmp_path):
    x, y = parabola(np.random.default_rng(0))
    np.save(tmp_path / "x.npy", x)
    expected = sequential_test(x, y, random_state=0)
    for X in (pd.DataFrame(x, columns=["a"]), np.load(tmp_path / "x.npy", mmap_mode="r"), x.tolist()):
        assert sequential_test(X, y, random_state=0).n_samples == expected.n_samples


def conditional_rows(rng, effect):
    z = rng.normal(size=(600, 1))
    x, drawn = z + rng.normal(size=(2, 600, 1))
    return x, (z + effect * x)[:, 0] + rng.normal(size=600), z, drawn


@pytest.mark.parametrize(("effect", "fewest", "most"), [(0.0, 0, 4), (1.0, 19, 20)])
def test_conditional_independence(effect, fewest, most):
    rng, rejected = np.random.default_rng(0), 0
    for _ in range(20):
        x, y, z, drawn = conditional_rows(rng, effect)
        rejected += SequentialTest().update(x, y, given=z, drawn=drawn).rejected
    assert fewest <= rejected <= most


def test_errors_state_the_remedy():
    x, y, z, drawn = conditional_rows(np.random.default_rng(0), 0.0)
    with pytest.raises(ValueError, match="given needs drawn, rows of X drawn from"):
        SequentialTest().update(x, y, given=z)
    with pytest.raises(ValueError, match="drawn has 2 columns and X 1; pass a drawn value for each"):
        SequentialTest().update(x, y, drawn=np.c_[drawn, drawn])
    with pytest.raises(ValueError, match="those before had others; pass the same"):
        SequentialTest().update(x, y).update(np.c_[x, x], y)
    with pytest.raises(ValueError, match="NaN"):
        SequentialTest().update(np.where(x > 1, np.nan, x), y)
    gap = np.where(np.arange(600) == 7, np.nan, x[:, 0])[:, None]
    for X in (gap, pd.DataFrame(gap)):
        with pytest.raises(ValueError, match="X holds NaN or infinite values, first in row 7 of those that were read"):
            sequential_test(X, y, random_state=0)
    with pytest.raises(ValueError, match="alpha == 1.0, must be < 1"):
        SequentialTest(alpha=1.0)
    with pytest.raises(ValueError, match="X has 600 rows but y has 599"):
        sequential_test(x, y[1:])


def test_a_series_is_warned_of():
    walk = np.cumsum(np.random.default_rng(0).normal(size=(500, 2)), axis=0)
    with pytest.warns(UnreliableEstimateWarning, match="successive rows are alike"):
        sequential_test(walk[:, :1], walk[:, 1])
