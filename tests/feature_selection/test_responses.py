"""Targets of the influence score: their outputs, and the tests within strata."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal

from skib.feature_selection._responses import ClassResponse, NumberResponse, independence_pvalue, read_response
from skib.feature_selection._tables import check_rows

# Seven rows, the middle level of y tied; strata of four and three rows.
X = np.array([0, 0, 1, 1, 0, 1, 2])
STRATA = np.array([0, 0, 0, 0, 1, 1, 1])
CLASSES = np.array([0, 1, 2, 2, 1, 0, 0])
NUMBERS = np.array([0.3, 5.0, 2.0, 2.0, 1.0, 2.0, -7.0])


def drawn(seed=0, n=200):
    """Codes, strata and numbers that depend on each other."""
    rng = np.random.default_rng(seed)
    strata, x = rng.integers(5, size=n), rng.integers(4, size=n)
    return x, strata, np.round(rng.normal(size=n) + x * (strata - 2), 1)


def shuffles():
    """All 144 orders of the rows that keep each in its stratum."""
    return [[*first, *second] for first, second in product(permutations(range(4)), permutations(range(4, 7)))]


def likelihood_ratio(x, strata, y):
    """2 n I(x;y|stratum), from the frequencies."""
    frame = pd.DataFrame({"s": strata, "x": x, "y": y})
    n, sx, sy, s = (
        frame.groupby(keys)["y"].transform("size") for keys in (["s", "x", "y"], ["s", "x"], ["s", "y"], "s")
    )
    return 2 * np.log(n * s / (sx * sy)).sum()


def test_mean_over_all_permutations_within_strata_is_the_degrees_of_freedom_for_numbers():
    results = [NumberResponse(NUMBERS[order]).statistic(X, STRATA) for order in shuffles()]
    assert {dof for _, dof in results} == {3}
    assert np.mean([statistic for statistic, _ in results]) == pytest.approx(3, abs=1e-12)


@pytest.mark.parametrize("classes", [CLASSES, CLASSES % 2])
def test_mean_over_all_permutations_within_strata_is_at_most_the_degrees_of_freedom_for_classes(classes):
    results = [ClassResponse(classes[order]).statistic(X, STRATA) for order in shuffles()]
    uncorrected = np.mean([likelihood_ratio(X, STRATA, classes[order]) for order in shuffles()])
    assert np.mean([statistic for statistic, _ in results]) == pytest.approx(min(uncorrected, results[0][1]), abs=1e-9)


def test_the_statistic_of_classes_is_the_likelihood_ratio_but_for_its_correction():
    x, strata, y = drawn(n=5000)
    classes = np.digitize(y, [-1, 0, 1])
    statistic, dof = ClassResponse(classes).statistic(x, strata)
    expected = likelihood_ratio(x, strata, classes)
    assert expected * 0.97 < statistic <= expected
    assert dof == 5 * 3 * 3


def test_of_one_stratum_the_statistic_of_numbers_is_that_of_kruskal_and_wallis():
    x, _, y = drawn()
    expected = kruskal(*(y[x == level] for level in range(4)))
    assert NumberResponse(y).statistic(x, np.zeros(200, int)) == (pytest.approx(expected.statistic, rel=1e-9), 3)
    assert independence_pvalue(NumberResponse(y), x, np.zeros(200, int)) == pytest.approx(expected.pvalue, rel=1e-9)


def test_strata_add_up():
    x, strata, y = drawn()
    y = (y > 0).astype(np.int64)  # of which the ranks in a stratum are no others than among all rows
    parts = [
        NumberResponse(y[strata == s]).statistic(x[strata == s], np.zeros(np.sum(strata == s), int)) for s in range(5)
    ]
    statistic, dof = NumberResponse(y).statistic(x, strata)
    assert statistic == pytest.approx(sum(part[0] for part in parts), rel=1e-12)
    assert dof == sum(part[1] for part in parts)


@pytest.mark.parametrize("kind", [ClassResponse, NumberResponse])
def test_whole_weights_are_repeated_rows(kind):
    x, strata, y = drawn()
    y = np.digitize(y, [-1, 0, 1]) if kind is ClassResponse else y
    weights = np.random.default_rng(1).integers(1, 4, size=200)
    repeated = kind(y.repeat(weights))
    weighted = kind(y, weights.astype(float))
    one = weighted.statistic(x, strata)
    other = repeated.statistic(x.repeat(weights), strata.repeat(weights))
    assert one == (pytest.approx(other[0], rel=1e-9), other[1])
    assert weighted.variation == pytest.approx(repeated.variation, rel=1e-12)


def test_a_column_without_variation_in_any_stratum_has_a_pvalue_of_1():
    x = np.array([0, 0, 1, 1])
    for response in (ClassResponse(np.array([0, 1, 0, 1])), NumberResponse(np.array([1.0, 2, 3, 4]))):
        assert independence_pvalue(response, x, x) == 1.0
        assert independence_pvalue(response, x, np.arange(4)) == 1.0
    assert independence_pvalue(NumberResponse(np.array([1.0, 1, 2, 2])), np.array([0, 1, 0, 1]), x) == 1.0


@pytest.mark.parametrize("classes, n_outputs", [([0, 1, 1, 0, 1], 1), ([0, 1, 2, 0, 1], 3)])
def test_outputs_indicate_classes(classes, n_outputs):
    response = ClassResponse(np.array(classes))
    assert response.outputs.shape == (n_outputs, 5)
    assert response.outputs.dtype == np.int64
    centered = response.outputs - response.outputs.mean(axis=1, keepdims=True)
    assert response.variation == pytest.approx(np.sum(centered**2), rel=1e-12)


@pytest.mark.parametrize("factor, shift", [(1e-300, 0.0), (1e300, 0.0), (1.0, 1e15), (-2.0, 3.0)])
def test_units_of_numbers_do_not_matter(factor, shift):
    x, strata, y = drawn()
    plain, moved = NumberResponse(y), NumberResponse(factor * (10 * y).round() + shift)
    assert abs(moved.statistic(x, strata)[0] - plain.statistic(x, strata)[0]) < 1e-9 * 200
    ratio = moved.outputs[0] @ plain.outputs[0] / np.sqrt(moved.variation * plain.variation)
    assert abs(ratio) == pytest.approx(1, rel=1e-12)


def test_which_targets_are_classes():
    rows = check_rows(ClassResponse, None, 100)
    rng = np.random.default_rng(0)
    assert isinstance(read_response(rng.integers(4, size=100), rows), ClassResponse)
    assert isinstance(read_response(list("ab" * 50), rows), ClassResponse)
    assert isinstance(read_response(rng.normal(size=100), rows), NumberResponse)
    jointly = read_response(rng.integers(2, size=(100, 3)), rows)
    assert jointly.n_classes == 8
    with pytest.raises(ValueError, match="y has 2 columns, some of them of numbers"):
        read_response(rng.normal(size=(100, 2)), rows)
