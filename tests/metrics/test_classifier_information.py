"""CMI, NCMI and PVI of probabilities: the formulas by loops, closed forms, errors, nulls, and bad input."""

import itertools

import numpy as np
import pytest
from scipy.special import rel_entr, softmax

from skib import UnreliableEstimateWarning
from skib.metrics import classifier_information


def outputs(n_samples, n_classes, seed, strength=2.0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n_samples)
    return softmax(rng.normal(size=(n_samples, n_classes)) + strength * np.eye(n_classes)[y], axis=1), y


def jackknifed_cmi(P, y):
    """Mean over classes of the mean divergence from the centroid, with the entropy of the centroid jackknifed."""
    total = 0.0
    for label in np.unique(y):
        rows = P[y == label]
        n = len(rows)

        def entropy(p):
            return -np.sum(p * np.log(p))

        left_out = np.mean([entropy(np.delete(rows, i, axis=0).mean(axis=0)) for i in range(n)])
        centroid = n * entropy(rows.mean(axis=0)) - (n - 1) * left_out
        total += n / len(y) * (centroid - np.mean([entropy(p) for p in rows]))
    return total


def test_values_equal_the_formulas():
    P, y = outputs(40, 3, 0)
    found = classifier_information(P, y)
    assert found.cmi.value == pytest.approx(jackknifed_cmi(P, y), abs=1e-12)
    pairs = [-P[i] @ np.log(P[j]) * (y[i] != y[j]) for i, j in itertools.permutations(range(40), 2)]
    assert found.separation.value == pytest.approx(np.mean(pairs), abs=1e-12)
    assert found.ncmi.value == pytest.approx(jackknifed_cmi(P, y) / np.mean(pairs), abs=1e-12)
    shares = np.bincount(y) / 40
    np.testing.assert_allclose(found.pvi, [np.log(P[i, y[i]]) - np.log(shares[y[i]]) for i in range(40)])
    assert found.usable_information.value == pytest.approx(found.pvi.mean())
    assert found.usable_information.ceiling == pytest.approx(-shares @ np.log(shares))


def test_plug_in_is_approached():
    P, y = outputs(3000, 5, 0)
    centroids = np.array([P[y == k].mean(axis=0) for k in range(5)])
    plug_in = np.mean(rel_entr(P, centroids[y]).sum(axis=1))
    assert 0 < classifier_information(P, y).cmi.value - plug_in < 5e-4


@pytest.mark.parametrize("quantity", ["cmi", "separation", "ncmi", "usable_information"])
def test_mean_and_error_over_samples(quantity):
    truth = getattr(classifier_information(*outputs(100_000, 4, 999)), quantity)
    found = [getattr(classifier_information(*outputs(100, 4, seed)), quantity) for seed in range(200)]
    values = np.array([one.value for one in found])
    spread = values.std(ddof=1)
    bias = -3 / 200 if quantity == "usable_information" else 0  # of the shares of the classes
    assert abs(values.mean() - truth.value - bias) < 4 * np.hypot(spread / np.sqrt(200), truth.std_error)
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=4 / np.sqrt(400))


def test_nulls_are_means_over_permutations():
    P, y = outputs(100, 3, 0)
    found = classifier_information(P, y)
    rng = np.random.default_rng(0)
    permuted = [classifier_information(P, rng.permutation(y)) for _ in range(200)]
    for quantity, slack in (("separation", 0), ("usable_information", 0), ("cmi", 0.01)):
        values = np.array([getattr(one, quantity).value for one in permuted])
        error = values.std(ddof=1) / np.sqrt(200)
        assert abs(getattr(found, quantity).null - values.mean()) < 4 * error + slack * values.mean()


def test_outputs_of_noise_agree_with_their_null():
    rng = np.random.default_rng(0)
    P, y = rng.dirichlet(np.ones(4), size=2000), rng.integers(0, 4, 2000)
    found = classifier_information(P, y)
    for one in (found.cmi, found.separation, found.ncmi, found.usable_information):
        assert abs(one.value - one.null) < 4 * one.std_error
    assert found.usable_information.value < 0


def test_same_outputs_within_classes_have_no_cmi():
    y = np.repeat([0, 1, 2], 20)
    found = classifier_information((np.full((3, 3), 0.1) + 0.7 * np.eye(3))[y], y)
    assert found.cmi.value == pytest.approx(0, abs=1e-12)
    assert found.ncmi.value == pytest.approx(0, abs=1e-12)
    assert found.separation.value == pytest.approx(2 / 3 * (-0.9 * np.log(0.1) - 0.1 * np.log(0.8)) * 60 / 59)


def test_order_of_rows_and_classes_changes_nothing():
    P, y = outputs(60, 3, 0)
    names = np.array(["c", "a", "b"])
    found = classifier_information(P, y)
    order = np.random.default_rng(0).permutation(60)
    other = classifier_information(P[order][:, [1, 2, 0]], names[y[order]])
    assert other.ncmi.value == pytest.approx(found.ncmi.value)
    np.testing.assert_allclose(other.pvi, found.pvi[order])


def test_probabilities_below_the_clip_are_warned_of():
    y = np.repeat([0, 1], 10)
    P = np.eye(2)[np.r_[y[:-1], 0]]
    with pytest.warns(UnreliableEstimateWarning, match=r"50.0% .* below clip=1e-12, in 1 rows that of the label"):
        found = classifier_information(P, y)
    assert found.pvi[-1] == pytest.approx(np.log(1e-12) - np.log(0.5))
    assert np.isfinite(found.separation.value)


@pytest.mark.parametrize(
    ("y", "message"),
    [(np.zeros(6, int), "single class"), ([0, 0, 0, 1, 1, 2], "class 2 has a single row"), (np.arange(5), "6 rows")],
)
def test_labels_that_tell_nothing(y, message):
    with pytest.raises(ValueError, match=message):
        classifier_information(np.full((6, 3), 1 / 3), y)


def test_clip_is_a_probability():
    with pytest.raises(ValueError, match="clip must lie between 0 and 1, got 0"):
        classifier_information(*outputs(20, 2, 0), clip=0)
