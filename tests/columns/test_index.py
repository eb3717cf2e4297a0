"""Indexes of pandas that differ are warned of, once, by every function; what has no index, or the same, is not."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skib import MisalignedIndexWarning
from skib.mutual_info import (
    KSG,
    conditional_mutual_info_matrix,
    confidence_interval,
    mutual_info,
    mutual_info_features,
    mutual_info_screen,
    permutation_test,
)

N = 60
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(N, 2)), columns=["a", "b"], index=RNG.permutation(N))
Y = X["a"] + RNG.normal(size=N)

FUNCTIONS = {
    "mutual_info": mutual_info,
    "mutual_info_features": mutual_info_features,
    "mutual_info_screen": lambda X, y: mutual_info_screen(X, y, n_permutations=9),
    "permutation_test": lambda X, y: permutation_test(KSG(), X, y, n_permutations=9),
    "permutation_test given": lambda X, y: permutation_test(KSG(), X, y, given=np.arange(N) % 2, n_permutations=9),
    "confidence_interval": lambda X, y: confidence_interval(KSG(), X, y, n_subsamples=4),
    "conditional_mutual_info_matrix": conditional_mutual_info_matrix,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_rows_in_another_order_are_warned_of_once(name):
    with pytest.warns(MisalignedIndexWarning, match=r"pass y\.loc\[X\.index\] to pair them by label") as caught:
        FUNCTIONS[name](X, Y[::-1])
    assert sum(w.category is MisalignedIndexWarning for w in caught) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equal_indexes_and_arrays_are_not_warned_of(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", MisalignedIndexWarning)
        for x, y in [(X, Y), (X, Y.to_numpy()), (X.to_numpy(), Y), (X, Y.tolist()), (X, Y.to_frame())]:
            FUNCTIONS[name](x, y)


def test_the_remedy_pairs_by_label():
    with pytest.warns(MisalignedIndexWarning) as caught:
        apart = mutual_info(X, Y.sort_index())
    assert "index of y" in str(caught[0].message)
    assert mutual_info(X, Y.sort_index().loc[X.index]) == mutual_info(X, Y) > apart


@pytest.mark.parametrize("index", [np.arange(N) + 0.5, [f"row {i}" for i in range(N)], np.zeros(N, int)])
def test_other_labels_are_paired_by_position(index):
    """Other labels cannot be looked up: there remains the position, if it is right."""
    y = Y.set_axis(index)
    with pytest.warns(MisalignedIndexWarning, match=r"; pass y\.to_numpy\(\) if the order of the rows is right$"):
        value = mutual_info(X, y)
    assert value == mutual_info(X, Y)


def test_an_index_of_another_type_with_equal_labels_is_the_same():
    plain = X.reset_index(drop=True)
    for index in (np.arange(N, dtype=np.int32), np.arange(N, dtype=float), pd.Index(list(range(N)), dtype=object)):
        mutual_info(plain, Y.set_axis(index))


def test_groups_have_an_index_too():
    groups = pd.Series(np.arange(N) // 4, X.index[::-1])
    with pytest.warns(MisalignedIndexWarning, match="rows of X and groups"):
        mutual_info_screen(X, Y, groups=groups, n_permutations=9)
