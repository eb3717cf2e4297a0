"""Existence, leakage and residual of concepts that are built to have them or not."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skib.metrics import concept_existence, concept_leakage, concept_residual
from skib.mutual_info import UsableInformation

# y is the first concept and a hidden bit, either flipped with a probability of .1: I(hidden; y | concepts).
TRUTH = np.log(2) + 0.1 * np.log(0.1) + 0.9 * np.log(0.9)
LINEAR = UsableInformation(make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), random_state=0)


def annotated(seed, n_samples=1500, n_concepts=2):
    rng = np.random.default_rng(seed)
    concepts, hidden = rng.integers(0, 2, size=(n_samples, n_concepts)), rng.integers(0, 2, size=n_samples)
    flips = rng.random((2, n_samples)) < 0.1
    return concepts, hidden, (concepts[:, 0] ^ flips[0]) + 2 * (hidden ^ flips[1]), rng


def leaking(kind, concepts, hidden, rng):
    """Predicted concepts; only "soft" and "decimals" depend on the hidden bit."""
    logits = 4 * concepts - 2 + rng.normal(size=concepts.shape)
    return {
        "hard": lambda: concepts,
        "flipped": lambda: concepts ^ (rng.random(concepts.shape) < 0.1),
        "noise": lambda: expit(logits),
        "soft": lambda: expit(logits + 12 * (hidden[:, None] - 0.5) * (np.arange(concepts.shape[1]) == 1)),
        "decimals": lambda: 0.8 * concepts + 0.1 + 0.02 * hidden[:, None],
    }[kind]()


@pytest.mark.parametrize("kind", ["hard", "flipped", "noise"])
def test_concepts_without_leakage(kind):
    for seed in range(5):
        concepts, hidden, y, rng = annotated(seed)
        found = concept_leakage(leaking(kind, concepts, hidden, rng), concepts, y, random_state=0).leakage
        assert abs(found.value) <= 4 * found.std_error
        assert abs(found.value - found.null) <= 4 * found.std_error


@pytest.mark.parametrize("kind", ["decimals", "soft"])
def test_soft_concepts_that_leak(kind):
    for seed in range(3):
        concepts, hidden, y, rng = annotated(seed)
        found = concept_leakage(leaking(kind, concepts, hidden, rng), concepts, y, random_state=0).leakage
        # "soft" shows the hidden bit with overlap, and "decimals" all of it.
        assert 0.6 * TRUTH < found.value < TRUTH + 4 * found.std_error
        assert found.value - found.null > 10 * found.std_error
        if kind == "decimals":
            assert found.value > TRUTH - 4 * found.std_error - 0.02


def test_another_estimator():
    concepts, hidden, y, rng = annotated(0)
    options = {"estimator": LINEAR, "n_permutations": 2, "random_state": 0}
    found = concept_leakage(leaking("soft", concepts, hidden, rng), concepts, y, **options).leakage
    assert 0.6 * TRUTH < found.value < TRUTH + 4 * found.std_error
    assert abs(found.null) < 0.02


def test_the_column_that_leaks_is_named():
    concepts, hidden, y, rng = annotated(0)
    predicted = pd.DataFrame(leaking("soft", concepts, hidden, rng), columns=["clean", "leaking"])
    table = concept_leakage(predicted, concepts, y, random_state=0).columns.set_index("column")
    assert table.loc["leaking", "value"] > 0.6 * TRUTH
    assert abs(table.loc["clean", "value"]) < 4 * table.loc["clean", "std_error"]


def test_repeated_columns_change_nothing():
    concepts, hidden, y, rng = annotated(0)
    predicted = leaking("soft", concepts, hidden, rng)
    one = concept_leakage(predicted, concepts, y, random_state=0).leakage.value
    assert concept_leakage(predicted, np.hstack([concepts, 1 - concepts]), y, random_state=0).leakage.value == one
    hard = concept_leakage(np.hstack([concepts, concepts]), concepts, y, random_state=0).leakage
    assert hard.value == pytest.approx(0, abs=1e-9)


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_too_many_concepts_show_in_the_null():
    concepts, hidden, y, rng = annotated(0, n_samples=300, n_concepts=20)
    found = concept_leakage(leaking("soft", concepts, hidden[:], rng)[:, :1], concepts, y, random_state=0).leakage
    assert found.null == pytest.approx(found.value, abs=0.01)


def test_leakage_about_a_number():
    concepts, hidden, _, rng = annotated(0)
    y = concepts[:, 0] + hidden + 0.3 * rng.normal(size=len(hidden))
    found = concept_leakage(leaking("decimals", concepts, hidden, rng), concepts, y, random_state=0).leakage
    assert found.value > 0.4
    clean = concept_leakage(leaking("noise", concepts, hidden, rng), concepts, y, random_state=0).leakage
    assert abs(clean.value) < 4 * clean.std_error


def test_residual_of_a_layer():
    for seed in range(2):
        concepts, hidden, y, rng = annotated(seed)
        layer = np.column_stack([concepts, hidden]) @ rng.normal(size=(3, 20)) + 0.01 * rng.normal(size=(1500, 20))
        found = concept_residual(layer, concepts, y, n_permutations=2, random_state=0)
        assert abs(found.value - TRUTH) < 4 * found.std_error + 0.03  # held out: a little low
        assert abs(found.null) < 0.05
        blind = concepts @ rng.normal(size=(2, 20)) + 0.01 * rng.normal(size=(1500, 20))
        nothing = concept_residual(blind, concepts, y, n_permutations=2, random_state=0)
        assert nothing.value < 4 * nothing.std_error


def test_residual_given_soft_concepts_about_a_number():
    concepts, hidden, _, rng = annotated(0)
    y = hidden + 0.1 * rng.normal(size=len(hidden))
    layer = np.column_stack([concepts, hidden]) + 0.1 * rng.normal(size=(1500, 3))
    found = concept_residual(layer, leaking("noise", concepts, hidden, rng), y, random_state=0)
    assert found.value > 0.2
    assert abs(found.null) < 0.02


def test_existence():
    concepts, hidden, _, rng = annotated(0)
    layer = 5 * concepts[:, :1] + rng.normal(size=(1500, 8))
    table = concept_existence(layer, pd.DataFrame(concepts, columns=["there", "not"]), random_state=0)
    assert table["concept"].tolist() == ["there", "not"]
    there, absent = table.itertuples(index=False)
    assert there.value > 0.97
    assert abs(absent.value - absent.null) < 4 * absent.std_error + 0.005


def test_more_units_than_rows():
    rng = np.random.default_rng(0)
    table = concept_existence(rng.normal(size=(60, 200)), rng.integers(0, 2, size=60), random_state=0)
    assert table["value"][0] < 0.1
    assert table["null"][0] < 0


def test_existence_of_a_share():
    # One unit, in which the concept is two standard deviations apart: .337 nats of .693.
    rng = np.random.default_rng(0)
    concept = rng.integers(0, 2, 4000)
    table = concept_existence(2 * concept[:, None] + rng.normal(size=(4000, 1)), concept, random_state=0)
    assert abs(table["value"][0] - 0.337 / np.log(2)) < 4 * table["std_error"][0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: concept_existence(np.ones((9, 1)), np.arange(9.0) / 3), "column 0 of concepts is continuous"),
        (lambda: concept_existence(np.ones((9, 1)), np.ones(9)), "have one class each"),
        (lambda: concept_existence(np.full((9, 1), np.nan), np.arange(9) % 2), "X contains NaN"),
        (lambda: concept_leakage(np.ones((9, 1)), np.arange(8) % 2, np.ones(9)), "concepts has 8;"),
        (lambda: concept_residual(np.ones((9, 1)), np.ones((8, 1)), np.ones(9)), "predicted has 8;"),
        (lambda: concept_leakage(np.ones((9, 1)), np.arange(9) % 2, np.ones(9), n_permutations=0), "n_permutations"),
    ],
)
def test_bad_input_is_named(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_leakage_among_cells_of_few_rows():
    """Eight soft columns share a hidden bit, and the concepts have 256 cells: information of two normal classes."""
    rng = np.random.default_rng(0)
    concepts, hidden = rng.integers(0, 2, size=(2000, 8)), rng.integers(0, 2, size=2000)
    distance = 2.0  # of the classes, over all columns, in standard deviations
    logits = 3 * concepts + distance / np.sqrt(8) * hidden[:, None] + rng.normal(size=(2000, 8))
    leakage = concept_leakage(1 / (1 + np.exp(-logits)), concepts, hidden, n_permutations=1, random_state=0).leakage
    truth = 0.3369  # the entropy of the mixture of the classes less that of one
    assert 0.8 * truth < leakage.value < truth + 4 * leakage.std_error


def test_leakage_that_is_not_linear_is_found_by_neighbors():
    rng = np.random.default_rng(0)
    concept, hidden = rng.integers(0, 2, size=(2, 1000))
    soft = concept + 0.2 * hidden + 0.05 * rng.normal(size=1000)
    found = concept_leakage(soft[:, None], concept, concept ^ hidden, n_permutations=1, random_state=0).leakage
    assert found.value > 0.55  # less than log 2
