"""Folds: every row is tested once, by a model that has not seen it, and always with the same bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.model_selection import KFold, RepeatedKFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skib._cross_fitting import cross_fit, least_rows, shuffled_folds
from skib._parallel import with_drawn_seeds


@given(st.integers(2, 9), st.lists(st.integers(0, 4), min_size=9, max_size=60), st.integers(0, 2**32 - 1))
def test_folds_part_the_rows_and_deal_every_stratum_evenly(n_folds, strata, seed):
    strata = np.array(strata)
    folds = shuffled_folds(len(strata), n_folds, np.random.default_rng(seed), strata)
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested) == list(range(len(strata)))
    for train, test in folds:
        assert sorted([*train, *test]) == list(range(len(strata)))
    counts = np.array([np.bincount(strata[test], minlength=5) for _, test in folds])
    assert np.all(np.ptp(counts, axis=0) <= 1)
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_a_class_of_two_rows_is_always_trained_on():
    strata = np.repeat([0, 1, 2], [50, 2, 31])
    for seed in range(20):
        for train, _ in shuffled_folds(len(strata), 5, np.random.default_rng(seed), strata):
            assert set(strata[train]) == {0, 1, 2}


@given(st.lists(st.integers(0, 4), min_size=9, max_size=60), st.permutations(range(5)), st.integers(0, 2**32 - 1))
def test_folds_do_not_depend_on_the_names_of_the_strata(strata, names, seed):
    strata = np.array(strata)
    folds, renamed = (
        shuffled_folds(len(strata), 3, np.random.default_rng(seed), codes)
        for codes in (strata, np.array(names)[strata])
    )
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(folds, renamed, strict=True))


def test_folds_follow_the_seed_alone():
    folds = [shuffled_folds(30, 3, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(folds[0], folds[1], strict=True))
    assert not all(np.array_equal(a[1], b[1]) for a, b in zip(folds[0], folds[2], strict=True))


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_results_are_the_same_for_any_n_jobs(n_jobs):
    def draw(train, test, generator):
        return generator.normal() + test.sum()

    expected = cross_fit(draw, 50, cv=5, random_state=0)
    got = cross_fit(draw, 50, cv=5, random_state=0, n_jobs=n_jobs)
    assert [value for _, value in got] == [value for _, value in expected]
    assert len({value for _, value in expected}) == 5


def test_splitters_and_lists_of_splits():
    def sizes(train, test, generator):
        return len(train), len(test)

    assert [v for _, v in cross_fit(sizes, 12, cv=KFold(3), X=np.zeros((12, 1)))] == [(8, 4)] * 3
    assert [v for _, v in cross_fit(sizes, 12, cv=TimeSeriesSplit(2), X=np.zeros((12, 1)))] == [(4, 4), (8, 4)]
    mask = np.arange(12) < 5
    assert [v for _, v in cross_fit(sizes, 12, cv=[(mask, ~mask)], X=np.zeros((12, 1)))] == [(5, 7)]
    assert len(cross_fit(sizes, 12, cv=None)) == 5


def test_splits_that_are_not_honest_are_refused():
    with pytest.raises(ValueError, match="cv puts row 0 into 2 test sets"):
        cross_fit(len, 12, cv=RepeatedKFold(n_splits=3, n_repeats=2), X=np.zeros((12, 1)))
    with pytest.raises(ValueError, match="cv trains on rows that it tests in split 1"):
        cross_fit(len, 4, cv=[([0, 1], [2]), ([2, 3], [3])], X=np.zeros((4, 1)))


def test_only_unset_seeds_are_set():
    nested = make_pipeline(BaggingClassifier(DecisionTreeClassifier(), random_state=7))
    first, again, other = (with_drawn_seeds(nested, np.random.default_rng(seed)).get_params() for seed in (0, 0, 1))
    inner = "baggingclassifier__estimator__random_state"
    assert first[inner] == again[inner] != other[inner]
    assert first["baggingclassifier__random_state"] == 7
    assert nested.get_params()[inner] is None
    assert with_drawn_seeds(DummyClassifier(), np.random.default_rng(0)).random_state is not None
    assert with_drawn_seeds(RandomForestClassifier(random_state=3), np.random.default_rng(0)).random_state == 3


def test_a_row_per_fold_and_four_at_least():
    assert [least_rows(cv) for cv in (2, 4, np.int64(7), None, KFold(9))] == [4, 4, 7, 4, 4]
