"""The measures on distributions with known terms, and on the lattices of two and three sources."""

import numpy as np
import pytest

import skib
from skib.mutual_info import ChainRule
from skib.pid import BROJA, MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer
from tests.pid.gates import GATES, uniform

MEASURES = [BROJA, MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer]
TERMS = ["redundancy", "unique_1", "unique_2", "synergy"]

# Redundancy, unique 1, unique 2, synergy in bits: to four digits those of dit 2.3 and of the papers.
TABLE = {
    "redundant": dict.fromkeys(MEASURES, (1, 0, 0, 0)),
    "unique": {
        **dict.fromkeys(MEASURES, (0, 0, 1, 0)),
        Pointwise: (1, -1, 0, 1),
        SharedExclusions: (0.4150, -0.4150, 0.5850, 0.4150),
    },
    "xor": {**dict.fromkeys(MEASURES, (0, 0, 0, 1)), SharedExclusions: (-0.5850, 0.5850, 0.5850, 0.4150)},
    "and": {
        **dict.fromkeys(MEASURES, (0.3113, 0, 0, 0.5)),
        Pointwise: (0.5613, -0.25, -0.25, 0.75),
        SharedExclusions: (0.1226, 0.1887, 0.1887, 0.3113),
    },
    "sum": {**dict.fromkeys(MEASURES, (0.5, 0, 0, 1)), SharedExclusions: (-0.0850, 0.5850, 0.5850, 0.4150)},
    "copy": {
        **dict.fromkeys(MEASURES, (1, 0, 0, 1)),
        BROJA: (0, 1, 1, 0),
        SharedExclusions: (0.4150, 0.5850, 0.5850, 0.4150),
    },
    "redundant xor": {**dict.fromkeys(MEASURES, (1, 0, 0, 1)), SharedExclusions: (0.4150, 0.5850, 0.5850, 0.4150)},
    "diff": {
        WilliamsBeer: (0.2075, 0.1038, 0.1038, 0.0850),
        MinimumMutualInfo: (0.3113, 0, 0, 0.1887),
        BROJA: (0.1226, 0.1887, 0.1887, 0),
        Pointwise: (0.4150, -0.1038, -0.1038, 0.2925),
        SharedExclusions: (0.2075, 0.1038, 0.1038, 0.0850),
    },
    "reduced or": {
        **dict.fromkeys(MEASURES, (0.3113, 0, 0, 0.6887)),
        Pointwise: (-0.0850, 0.3962, 0.3962, 0.2925),
        SharedExclusions: (-0.2925, 0.6038, 0.6038, 0.0850),
    },
    "pointwise unique": {
        **dict.fromkeys(MEASURES, (0.5, 0, 0, 0.5)),
        Pointwise: (0, 0.5, 0.5, 0),
        SharedExclusions: (0, 0.5, 0.5, 0),
    },
}


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.__name__)
@pytest.mark.parametrize("gate", GATES)
def test_gates(gate, measure):
    pid = measure().fit_distribution(GATES[gate])
    assert skib.in_bits(pid.atoms_["value"]).tolist() == pytest.approx(TABLE[gate][measure], abs=5.1e-5)
    assert [getattr(pid, f"{term}_") for term in TERMS] == pid.atoms_["value"].tolist()
    assert 0.0 <= pid.gap_ <= 5e-6


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.__name__)
def test_terms_add_up_to_the_information(measure):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, size=(400, 2)), rng.integers(0, 2, size=400)
    y = np.where(rng.uniform(size=400) < 0.5, y, X.sum(axis=1) % 2)
    pid = measure(bias_correction=False).fit(X, y)
    first, second, both = (ChainRule().fit(X[:, columns], y).mutual_info_ for columns in ([0], [1], [0, 1]))
    assert pid.redundancy_ + pid.unique_1_ == pytest.approx(first, abs=1e-12)
    assert pid.redundancy_ + pid.unique_2_ == pytest.approx(second, abs=1e-12)
    assert pid.atoms_["value"].sum() == pytest.approx(both, abs=1e-12)


@pytest.mark.parametrize("measure", [Pointwise, SharedExclusions])
@pytest.mark.parametrize("corrected", [False, True])
def test_rows_average_to_the_atoms(measure, corrected):
    rng = np.random.default_rng(1)
    X, y = rng.integers(0, 2, size=(300, 3)), rng.integers(0, 2, size=300)
    pid = measure([0, 1, 2], bias_correction=corrected).fit(X, y)
    assert pid.pointwise_.shape == (300, 18)
    np.testing.assert_allclose(pid.pointwise_.mean(axis=0), pid.atoms_["value"], atol=1e-12)


LATTICE = [MinimumMutualInfo, Pointwise, SharedExclusions, WilliamsBeer]


@pytest.mark.parametrize("measure", LATTICE)
def test_three_copies_are_redundant(measure):
    table = np.zeros((2, 2, 2, 2))
    table[0, 0, 0, 0] = table[1, 1, 1, 1] = 0.5
    atoms = measure().fit_distribution(table).atoms_["value"]
    assert len(atoms) == 18
    assert atoms["{1}{2}{3}"] == pytest.approx(np.log(2))
    assert atoms.drop("{1}{2}{3}").abs().max() < 1e-12


@pytest.mark.parametrize("measure", [MinimumMutualInfo, Pointwise, WilliamsBeer])
def test_parity_of_three_bits_is_synergy(measure):
    table = np.zeros((2, 2, 2, 2))
    for state in np.ndindex(2, 2, 2):
        table[(*state, sum(state) % 2)] = 1 / 8
    atoms = measure().fit_distribution(table).atoms_["value"]
    assert atoms["{123}"] == pytest.approx(np.log(2))
    assert atoms.drop("{123}").abs().max() < 1e-12


@pytest.mark.parametrize("measure", LATTICE)
def test_lattice_of_three_contains_that_of_two(measure):
    # The third source is a constant: what was redundant is now shared by sources 1 and 2 alone.
    two = measure().fit_distribution(GATES["and"])
    three = measure().fit_distribution(GATES["and"][:, :, None])
    assert three.atoms_.at["{1}{2}", "redundancy"] == pytest.approx(two.redundancy_, abs=1e-12)
    assert three.atoms_["value"].sum() == pytest.approx(two.atoms_["value"].sum(), abs=1e-12)
    assert not hasattr(three, "synergy_")
    assert three.redundancy_ == three.atoms_.at["{1}{2}{3}", "value"]


def test_refit_to_three_sources_drops_the_terms_of_two():
    pid = WilliamsBeer().fit_distribution(GATES["and"])
    assert hasattr(pid, "unique_1_")
    pid.fit_distribution(GATES["and"][:, :, None])
    assert not hasattr(pid, "unique_1_")


def test_uniform_counts_repeated_states():
    assert uniform([(0, 0, 0), (0, 0, 0), (1, 0, 0), (1, 0, 1)])[0, 0, 0] == 0.5
