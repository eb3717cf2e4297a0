"""Increments of many sources."""

import tracemalloc

import numpy as np
import pytest

import skib
from skib.entropy import PlugIn
from skib.mutual_info import ChainRule
from skib.pid import SURD, WilliamsBeer
from tests.pid.gates import GATES, rows_of


@pytest.mark.parametrize("gate", GATES)
def test_two_sources_are_those_of_williams_and_beer(gate):
    surd, pid = (measure().fit_distribution(GATES[gate]) for measure in (SURD, WilliamsBeer))
    atoms = surd.atoms_["value"]
    names = ["redundant {1,2}", "unique {1}", "unique {2}", "synergistic {1,2}"]
    assert atoms.index.tolist() == names
    assert atoms.tolist() == pytest.approx(pid.atoms_["value"].tolist(), abs=1e-12)


def test_atoms_sum_to_the_information_and_the_leak_is_the_rest():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(2000, 5))
    y = np.where(rng.uniform(size=2000) < 0.7, X[:, 0] & X[:, 1] | X[:, 2], rng.integers(0, 2, 2000))
    surd = SURD(bias_correction=False).fit(X, y)
    information = ChainRule().fit(X, y).mutual_info_
    assert len(surd.atoms_) == 2 * 31 - 5
    assert surd.atoms_["value"].min() >= -1e-12
    assert surd.atoms_["value"].sum() == pytest.approx(information, abs=1e-12)
    assert surd.mutual_info_ == pytest.approx(information, abs=1e-12)
    assert surd.leak_ == pytest.approx(1 - information / PlugIn().fit(y[:, None]).entropy_, abs=1e-12)


def test_four_sources_of_known_parts():
    # x1 = x2 is the first bit of y, x3 the second with an error of one in four; x4 has no part in it.
    table = np.zeros((2, 2, 2, 2, 4))
    for a, b, e, d in np.ndindex(2, 2, 4, 2):
        table[a, a, b ^ (e == 0), d, 2 * a + b] += 1 / 32
    atoms = skib.in_bits(SURD().fit_distribution(table).atoms_["value"])
    noisy = 1 + 0.25 * np.log2(0.25) + 0.75 * np.log2(0.75)
    # Each symbol of y is told of by 1 bit of x1 and of x2, and by less of x3.
    expected = {"redundant {1,2,3}": noisy, "redundant {1,2}": 1 - noisy, "synergistic {1,3}": noisy}
    assert atoms[atoms > 1e-9].to_dict() == pytest.approx(expected)


def test_columns_are_sources_unless_it_is_said():
    X, y = rows_of(GATES["sum"], 400, 0)
    wide = np.column_stack([X, X[::-1, 0]])
    assert len(SURD().fit(wide, y).atoms_) == 2 * 7 - 3
    assert SURD([0, [1, 2]]).fit(wide, y).atoms_["value"].tolist() == pytest.approx(
        WilliamsBeer().fit(wide, y).atoms_["value"].tolist(), abs=1e-9
    )


def test_one_column_is_refused():
    with pytest.raises(ValueError, match="n_features = 1, but two sources need at least 2 columns"):
        SURD().fit([[0], [1]], [0, 1])


def test_memory_is_a_few_tables_of_all_terms_and_more_than_fits_is_refused():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 5, (3000, 8)), rng.integers(0, 2, 3000)  # nearly every row has symbols of its own
    tracemalloc.start()
    with pytest.warns(skib.UnreliableEstimateWarning):
        found = SURD().fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * 3000 * len(found.atoms_) * 8
    rows = np.arange(100_000)
    columns = np.column_stack([rows % 7, rows % 11, rows % 13, rows % 17, *(rows % k == 0 for k in range(2, 8))])
    with (
        pytest.warns(skib.UnreliableEstimateWarning),
        pytest.raises(ValueError, match="with 2036 atoms each, more than the 1e.08 that SURD can hold"),
    ):
        SURD().fit(columns, rows % 2)


def test_too_many_sources_are_refused():
    with pytest.raises(ValueError, match="sources has 11 entries, but two to 10 are required"):
        SURD().fit(np.zeros((5, 11)), np.arange(5))


def test_errors_and_permutations():
    X, y = rows_of(GATES["xor"], 400, 0)
    X = np.column_stack([X, np.random.default_rng(1).integers(0, 2, size=400)])
    atoms = SURD(n_permutations=19, random_state=0).fit(X, y).atoms_
    assert atoms.at["synergistic {1,2}", "value"] == pytest.approx(np.log(2), abs=0.02)
    assert atoms.at["synergistic {1,2}", "pvalue"] == 0.05
    assert (atoms["std_error"] >= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_terms_of_rows_are_near_the_truth(seed):
    table = 0.9 * GATES["diff"] + 0.1 / 8
    truth = SURD().fit_distribution(table).atoms_["value"]
    atoms = SURD().fit(*rows_of(table, 2000, seed)).atoms_
    assert ((atoms["value"] - truth).abs() <= 4 * atoms["std_error"]).all()
