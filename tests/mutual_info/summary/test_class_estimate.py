"""The estimate from a summary of classes: what is shared among labelings, and when neighbors are searched."""

import numpy as np
import pytest

from skib.mutual_info._summary import permuted_summarized_classes, summarized_classes
from skib.mutual_info._summary._class_estimate import neighbor_terms


def sample(shift, n_samples=300, n_classes=4):
    rng = np.random.default_rng(0)
    codes = rng.integers(n_classes, size=n_samples)
    x = rng.normal(size=(n_samples, 5))
    x[:, 0] += shift * codes
    return x, codes


def test_labelings_do_not_depend_on_each_other():
    x, codes = sample(2.0)
    orders = [np.random.default_rng(seed).permutation(len(x)) for seed in range(3)]
    together = permuted_summarized_classes(x, codes, orders)
    for order, estimate in zip(orders, together, strict=True):
        alone = summarized_classes(x, codes[order])
        np.testing.assert_array_equal(estimate.pointwise, alone.pointwise)
        np.testing.assert_array_equal(estimate.statistic, alone.statistic)


@pytest.mark.parametrize(("shift", "floor", "method"), [(0.0, 0.1, "summary"), (0.0, -0.1, "summary + Ross")])
def test_neighbors_are_searched_where_the_certificate_tells(shift, floor, method):
    x, codes = sample(shift)
    (estimate,) = permuted_summarized_classes(x, codes, [np.arange(len(x))], floors=[floor])
    assert estimate.method == method
    assert (estimate.value == estimate.certificate) == (method == "summary")


def test_floor_below_a_telling_certificate_changes_nothing():
    x, codes = sample(2.0)
    (estimate,) = permuted_summarized_classes(x, codes, [np.arange(len(x))], floors=[5.0])
    assert estimate.value == summarized_classes(x, codes).value


def test_value_is_not_above_the_entropy_of_the_labels():
    x, codes = sample(50.0)
    estimate = summarized_classes(x, codes, marginals=None)  # ranks would close the gaps
    assert estimate.value <= estimate.ceiling + 1e-9
    assert estimate.value == pytest.approx(np.log(4), abs=0.05)


def test_rows_alone_in_their_class_are_left_out():
    codes = np.array([0, 0, 0, 1, 2, 2, 2])
    terms = neighbor_terms(np.arange(7.0)[:, None], codes)
    assert np.isnan(terms).tolist() == [code == 1 for code in codes]
    assert np.isnan(neighbor_terms(np.arange(3.0)[:, None], np.arange(3))).all()


def test_closed_forms_alone():
    x, codes = sample(2.0)
    estimate = summarized_classes(x, codes, predictors=("linear", "quadratic"))
    assert set(estimate.predictor.split(" + ")) <= {"linear", "quadratic"}


def test_many_classes():
    rng = np.random.default_rng(0)
    codes = rng.integers(80, size=2000)
    x = rng.normal(size=(2000, 3)) + 3 * rng.normal(size=(80, 3))[codes]
    estimate = summarized_classes(x, codes)
    assert estimate.statistic.shape == (2000, 16)
    assert 0.5 < estimate.certificate < np.log(80)


@pytest.mark.parametrize(("n_samples", "n_classes"), [(150, 100), (150, 50), (100, 3)])
def test_no_certificate_at_independence_however_few_rows_a_class_has(n_samples, n_classes):
    certificates = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        codes = rng.permutation(np.arange(n_samples) % n_classes)
        certificates.append(summarized_classes(rng.normal(size=(n_samples, 8)), codes).certificate)
    assert np.mean(certificates) < 3 * np.std(certificates, ddof=1) / np.sqrt(10)  # 1.2 by shares of the other folds
