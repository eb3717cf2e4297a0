"""sequential_column_test: the order of columns, false discoveries, and ends as early as they may be."""

import numpy as np
import pandas as pd
import pytest

from skib import MisalignedIndexWarning
from skib.feature_selection import EmpiricalConditional, GaussianConditional, sequential_column_test
from skib.feature_selection._sequential_columns import _selected


def table(seed, n_samples=1000, effects=(1.5, 0.8, 0.0, 0.0, 0.0)):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, len(effects)))
    X[:, 2] += X[:, 0]
    return X, X @ np.array(effects) + 0.5 * rng.normal(size=n_samples)


def test_columns_are_ranked_by_the_rows_they_take():
    X, y = table(0)
    ranking = sequential_column_test(pd.DataFrame(X, columns=list("abcde")), y, random_state=0)
    assert ranking["feature"].tolist()[:2] == ["a", "b"]
    assert ranking["selected"].tolist() == [True, True, False, False, False]
    assert ranking["n_samples"][0] < ranking["n_samples"][1] < 1000
    assert not (ranking["n_samples"][2:] < ranking["n_samples"][1]).any()
    assert (ranking["pvalue"] <= 1).all()


def test_false_discoveries_are_few():
    false = []
    for seed in range(10):
        ranking = sequential_column_test(*table(seed, 400), random_state=seed)
        selected = set(ranking["feature"][ranking["selected"]])
        false.append(len(selected - {0, 1}) / max(len(selected), 1))
    assert np.mean(false) <= 0.1 + 3 * np.std(false) / np.sqrt(10)


@pytest.mark.parametrize("seed", range(5))
def test_selection_by_wealth_is_that_of_the_definition(seed):
    wealth = np.exp(np.random.default_rng(seed).normal(1, 2, size=12))
    ordered = np.sort(wealth)[::-1]
    sizes = [k for k in range(1, 13) if ordered[k - 1] >= 12 / (0.2 * k)]
    expected = wealth >= ordered[max(sizes) - 1] if sizes else np.zeros(12, bool)
    assert (_selected(wealth, 0.2) == expected).all()


def test_jobs_classes_one_column_and_empirical_conditionals():
    X, y = table(0, 300)
    one, two = (sequential_column_test(X, y > 0, n_jobs=n_jobs, random_state=0) for n_jobs in (1, 2))
    assert one.equals(two)
    single = sequential_column_test(X[:, :1], y, conditional=EmpiricalConditional(), random_state=0)
    assert single["selected"].tolist() == [True]


@pytest.mark.parametrize("kind", ["skewed", "binary", "heavy tails"])
def test_a_wrong_conditional_alone_selects_no_columns(kind):
    rng, n_selected = np.random.default_rng(0), 0
    for seed in range(3):
        X = {
            "skewed": rng.exponential(size=(300, 3)),
            "binary": rng.integers(2, size=(300, 3)).astype(float),
            "heavy tails": rng.standard_t(2, size=(300, 3)),
        }[kind]
        # Normal draws can be told from these columns whatever y is, which here depends on none of them.
        ranking = sequential_column_test(X, rng.normal(size=300), conditional=GaussianConditional(), random_state=seed)
        n_selected += ranking["selected"].sum()
    assert n_selected <= 1  # at the level of 0.1, of tables without any cause; uncentered kernels of y selected all


def test_misaligned_indexes_are_warned_of():
    X, y = table(0, 50)
    with pytest.warns(MisalignedIndexWarning, match="paired by position"):
        sequential_column_test(pd.DataFrame(X), pd.Series(y, index=np.arange(50)[::-1]), random_state=0)


@pytest.mark.parametrize("unit", [1e-250, 1e-30, 1e30, 1e250])
def test_units_do_not_matter(unit):
    X, y = table(0, 200)
    one = sequential_column_test(X, y, random_state=0)
    other = sequential_column_test(X * unit, y * unit, random_state=0)
    assert one["feature"].tolist() == other["feature"].tolist()
    assert np.allclose(one["wealth"], other["wealth"], rtol=1e-6)
