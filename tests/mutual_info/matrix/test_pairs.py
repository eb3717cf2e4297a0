"""Pairs of columns of any kind: which formula estimates them, and nulls that are shared and drawn once."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skib._columns._column import ContinuousColumn, DiscreteColumn
from skib._marginals import transform_marginals
from skib._neighbors import ksg_terms, ross_terms
from skib._parallel import spawn_generators
from skib._statistics import permutation_pvalue
from skib.mutual_info._auto import N_NEIGHBORS, two_column_estimate
from skib.mutual_info._matrix._pairs import pair_estimates, pair_key, pvalues, tables
from skib.mutual_info._matrix._tables import one_with_each

N = 240


@pytest.fixture
def columns():
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    codes = rng.integers(0, 3, N)
    return {
        "x": ContinuousColumn(x),
        "y": ContinuousColumn(x + rng.normal(size=N)),
        "tied": ContinuousColumn(np.maximum(x, 0)),
        "name": DiscreteColumn(codes, True),
        "other name": DiscreteColumn(rng.permutation(codes), True),
        "level": DiscreteColumn(np.digitize(x, [-1, 1]), False),
        "many levels": DiscreteColumn(np.unique(np.rint(8 * x).clip(-7, 7), return_inverse=True)[1], False),
        "constant": DiscreteColumn(np.zeros(N, np.int64), False),
    }


def estimate(columns, *names):
    estimates = pair_estimates([tuple(columns[name] for name in names)])
    return estimates.mutual_info[0], estimates.std_error[0], bool(estimates.saturated[0])


def mean_and_error(terms):
    return [terms.mean(), terms.std(ddof=1) / np.sqrt(len(terms))]


def scores(column):
    return transform_marginals(np.asarray(column.values, dtype=float)[:, None], "rank")


def test_untied_numbers_have_the_estimate_of_two_columns(columns):
    expected = two_column_estimate(columns["x"].values, columns["y"].values)
    got = estimate(columns, "x", "y")
    assert_allclose(got[:2], [expected.value, expected.std_error], atol=1e-12)
    assert got[2] == expected.saturated


@pytest.mark.parametrize("pair", [("x", "tied"), ("tied", "x"), ("tied", "tied")])
def test_tied_numbers_have_the_terms_of_neighbors(columns, pair):
    terms = ksg_terms(*(scores(columns[name]) for name in pair), N_NEIGHBORS)
    assert_allclose(estimate(columns, *pair)[:2], mean_and_error(terms), atol=1e-12)


@pytest.mark.parametrize("classes", ["name", "level"])
def test_numbers_and_classes_have_the_terms_of_ross(columns, classes):
    terms = ross_terms(scores(columns["x"]), columns[classes].codes, N_NEIGHBORS)
    for pair in [("x", classes), (classes, "x")]:
        assert_allclose(estimate(columns, *pair)[:2], mean_and_error(terms), atol=1e-12)


def test_levels_of_few_rows_are_classes(columns):
    codes = columns["many levels"].codes
    assert np.bincount(codes).min() <= N_NEIGHBORS
    terms = ross_terms(scores(columns["x"]), codes, N_NEIGHBORS)
    assert_allclose(estimate(columns, "x", "many levels")[:2], mean_and_error(terms), atol=1e-12)


def test_rows_alone_in_their_class_are_left_out(columns):
    codes = columns["name"].codes.copy()
    codes[:2] = [3, 4]
    got = pair_estimates([(columns["x"], DiscreteColumn(codes, True))])
    terms = ross_terms(scores(ContinuousColumn(columns["x"].values[2:])), codes[2:], N_NEIGHBORS)
    assert_allclose([got.mutual_info[0], got.std_error[0]], mean_and_error(terms), atol=1e-12)
    alone = pair_estimates([(columns["x"], DiscreteColumn(np.arange(N), True))])
    assert alone.mutual_info[0] == 0 and np.isnan(alone.std_error[0]) and not alone.saturated[0]


def test_tables_are_of_categories_and_of_filled_cells(columns):
    names = ["x", "name", "level", "many levels"]
    expected = [
        [False, False, False, False],
        [False, True, True, True],
        [False, True, True, True],  # 3 x 15 cells for 240 rows
        [False, True, True, False],
    ]
    assert_array_equal(tables([columns[name] for name in names]), expected)
    exact = one_with_each(columns["name"], columns["level"], np.arange(N)[None])
    assert estimate(columns, "name", "level")[0] == exact.mutual_info[0]


def test_numbers_on_few_levels_are_tables_where_few_cells_are_occupied():
    codes = np.arange(240) % 12
    x, same, other = (
        DiscreteColumn(c, False) for c in (codes, codes.copy(), np.random.default_rng(0).permutation(codes))
    )
    assert_array_equal(tables([x, same, other])[0, 1:], [True, False])
    got = pair_estimates([(x, same), (x, other)]).mutual_info
    assert got[0] == one_with_each(x, same, np.arange(240)[None]).mutual_info[0]
    assert got[0] == pytest.approx(np.log(12), abs=0.05)
    assert pvalues([(x, same)], got[:1], n_permutations=19, random_state=0)[0] == 0.05


def test_constants_give_zero_and_are_never_significant(columns):
    pair = columns["x"], columns["constant"]
    assert pair_estimates([pair]).mutual_info[0] == 0
    assert pvalues([pair], [0.0], n_permutations=9) == 1


def test_blocks_of_pairs_and_jobs_change_nothing(columns):
    pairs = [(columns[a], columns[b]) for a in columns for b in columns]
    together, one_by_one = pair_estimates(pairs, n_jobs=2), [pair_estimates([pair]) for pair in pairs]
    for k, part in enumerate(together):
        assert_array_equal(part, np.concatenate([np.asarray(single[k], dtype=float) for single in one_by_one]))
    assert len(pair_estimates([]).mutual_info) == 0


def test_pvalues_do_not_depend_on_the_other_pairs_or_on_jobs(columns):
    pairs = [(columns[a], columns[b]) for a, b in [("x", "y"), ("x", "name"), ("tied", "level"), ("name", "level")]]
    values = pair_estimates(pairs).mutual_info
    options = {"n_permutations": 19, "random_state": 3}
    together = pvalues(pairs, values, n_jobs=2, **options)
    alone = [pvalues([pair], [value], **options)[0] for pair, value in zip(pairs, values, strict=True)]
    assert_array_equal(together, alone)


def test_pairs_of_equal_keys_share_one_null(columns, monkeypatch):
    from skib.mutual_info._matrix import _pairs

    calls, null = [], _pairs._null
    monkeypatch.setattr(_pairs, "_null", lambda x, y, orders: calls.append(1) or null(x, y, orders))
    x, y, name, other = (columns[c] for c in ("x", "y", "name", "other name"))
    pairs = [(x, y), (y, x), (x, name), (other, y), (name, other)]
    p = pvalues(pairs, np.full(5, 0.02), n_permutations=9, random_state=0)
    assert len(calls) == 3
    assert p[0] == p[1] and p[2] == p[3]


def test_pvalue_is_that_of_permuted_representatives(columns):
    x, name = columns["x"], columns["name"]
    [p] = pvalues([(x, name)], [0.015], n_permutations=39, random_state=0)
    ranks, codes = scores(x.null_representative()), name.null_representative().codes
    seeds = [int(generator.integers(2**63)) for generator in spawn_generators(0, 39)]
    orders = [np.random.default_rng(seed).permutation(N) for seed in seeds]
    null = [ross_terms(ranks, codes[order], N_NEIGHBORS).mean() for order in orders]
    assert 0.05 < p < 0.95
    assert p == permutation_pvalue(0.015, np.array(null))


def test_rounded_columns_without_atoms_share_the_null_of_untied_ones(columns):
    x, y, tied, name = (columns[name] for name in ("x", "y", "tied", "name"))
    rounded = ContinuousColumn(x.values.round(1))
    assert pair_key(rounded, y) == pair_key(x, y) == pair_key(x, rounded)
    assert pair_key(tied, y) != pair_key(x, y)  # half of it is one value
    assert pair_key(rounded, name) != pair_key(x, name)  # between classes ties are kept
