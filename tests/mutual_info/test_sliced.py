"""Sliced mutual information against its closed form for Gaussian data, and the same bits from any number of jobs."""

import warnings

import numpy as np
import pytest

from skib import SaturatedEstimateWarning
from skib.datasets import make_gaussian_classes, make_gaussian_pair
from skib.mutual_info import KSG, Binned, GaussianCopula, Ross, Sliced, permutation_test


def dense_gaussian(seed, n):
    """Rows of three and two columns with a dense covariance, and that covariance."""
    mixing = np.random.default_rng(7).normal(size=(5, 5))
    rows = np.random.default_rng(seed).normal(size=(n, 5)) @ mixing
    return rows[:, :3], rows[:, 3:], mixing.T @ mixing


def gaussian_truth(covariance, n_x, n_directions=100_000):
    """Mean of -1/2 log(1 - r^2) over directions, r being the correlation of the two projections."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(n_directions, n_x))
    phi = rng.normal(size=(n_directions, len(covariance) - n_x))

    def form(a, block, b):
        return np.sum(a @ block * b, axis=1)

    of_x, of_y = slice(n_x), slice(n_x, None)
    r_squared = form(theta, covariance[of_x, of_y], phi) ** 2 / (
        form(theta, covariance[of_x, of_x], theta) * form(phi, covariance[of_y, of_y], phi)
    )
    return -0.5 * np.mean(np.log1p(-r_squared))


@pytest.mark.parametrize("estimator", [None, GaussianCopula()])
def test_dense_gaussian_truth(estimator):
    truth = gaussian_truth(dense_gaussian(0, 1)[2], 3)
    errors = []
    for seed in range(8):
        x, y, _ = dense_gaussian(seed, 1000)
        estimate = Sliced(estimator, random_state=seed).fit(x, y)
        errors.append((estimate.mutual_info_ - truth) / estimate.std_error_)
    assert np.abs(errors).max() < 4
    assert 0.4 < np.sqrt(np.mean(np.square(errors))) < 1.7  # the standard error is neither too small nor too large


def test_few_projections_have_the_larger_error():
    x, y, _ = dense_gaussian(0, 1000)
    few, many = (Sliced(GaussianCopula(), m, random_state=0).fit(x, y).std_error_ for m in (8, 256))
    assert few > 2 * many
    values = [Sliced(GaussianCopula(), 8, random_state=s).fit(x, y).mutual_info_ for s in range(30)]
    errors = [Sliced(GaussianCopula(), 8, random_state=s).fit(x, y).std_error_ for s in range(30)]
    assert 0.6 * np.std(values) < np.mean(errors) < 1.6 * np.std(values)  # the directions dominate


def test_is_a_lower_bound_and_zero_at_independence():
    pair = make_gaussian_pair(1000, rho=0.9, dim=4, random_state=0)
    estimate = Sliced(random_state=0).fit(pair.X, pair.y)
    assert 4 * estimate.std_error_ < estimate.mutual_info_ < 0.1 * pair.mutual_info
    null = Sliced(random_state=0).fit(pair.X, np.random.default_rng(1).normal(size=(1000, 4)))
    assert abs(null.mutual_info_) < 4 * null.std_error_


def test_same_bits_for_any_number_of_jobs():
    x, y, _ = dense_gaussian(0, 200)
    serial, parallel = (Sliced(n_projections=12, random_state=3, n_jobs=jobs).fit(x, y) for jobs in (None, 3))
    assert parallel.mutual_info_ == serial.mutual_info_
    np.testing.assert_array_equal(parallel.pointwise_, serial.pointwise_)
    assert Sliced(n_projections=12, random_state=4).fit(x, y).mutual_info_ != serial.mutual_info_


def test_attributes_agree():
    x, y, _ = dense_gaussian(0, 300)
    estimate = Sliced(n_projections=10, random_state=0).fit(x, y)
    assert estimate.projected_mutual_info_.shape == (10,)
    assert estimate.mutual_info_ == pytest.approx(estimate.projected_mutual_info_.mean(), abs=1e-12)
    assert estimate.mutual_info_ == pytest.approx(estimate.pointwise_.mean(), abs=1e-12)
    assert estimate.ceiling_ == pytest.approx(KSG().fit(x[:, :1], y[:, 0]).ceiling_)


def test_single_columns_are_not_projected():
    pair = make_gaussian_pair(500, rho=0.7, random_state=0)
    estimate, plain = Sliced(random_state=0).fit(pair.X, pair.y), KSG().fit(pair.X, pair.y)
    assert estimate.mutual_info_ == plain.mutual_info_
    assert estimate.std_error_ == pytest.approx(plain.std_error_)
    assert estimate.projected_mutual_info_.shape == (1,)


def test_class_labels_stay_labels():
    classes = make_gaussian_classes(600, separation=3.0, random_state=0)
    x = np.column_stack([classes.X, np.random.default_rng(0).normal(size=600)])
    estimate = Sliced(Ross(), random_state=0).fit(x, classes.y)
    assert 0.1 < estimate.mutual_info_ < classes.mutual_info


def test_shift_scale_and_order_of_rows():
    x, y, _ = dense_gaussian(0, 200)
    value = Sliced(random_state=0).fit(x, y).mutual_info_
    order = np.random.default_rng(0).permutation(200)
    for other in [(4 * x, y / 1024), (x[order], y[order]), (x * 2.0**900, y)]:
        assert Sliced(random_state=0).fit(*other).mutual_info_ == pytest.approx(value, abs=1e-12)
    shifted = Sliced(random_state=0).fit(x + 1e4, y - 1e4).mutual_info_
    assert shifted == pytest.approx(value, abs=1e-3)  # the shift itself rounds the rows


def test_a_saturated_projection_is_told():
    x = np.random.default_rng(0).normal(size=(300, 1))
    with pytest.warns(SaturatedEstimateWarning):
        assert Sliced(random_state=0).fit(x, np.hstack([x, x])).saturated_


def test_saturated_projections_are_reported_once():
    x = np.random.default_rng(0).normal(size=(200, 2))
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        Sliced(Binned(60), 20, random_state=0).fit(x, x)
    assert [record.category for record in records] == [SaturatedEstimateWarning]


def test_permutations_and_estimators_without_pointwise_terms():
    class Plain(GaussianCopula):
        def fit(self, X, y, *, given=None):
            super().fit(X, y)
            del self.pointwise_
            return self

    x, y, _ = dense_gaussian(0, 200)
    estimate = Sliced(Plain(), 20, random_state=0).fit(x, y)
    assert not hasattr(estimate, "pointwise_")
    full = Sliced(GaussianCopula(), 20, random_state=0).fit(x, y)
    assert estimate.std_error_ >= full.std_error_ > 0
    assert permutation_test(Sliced(GaussianCopula(), 5), x, y, n_permutations=50, random_state=0).pvalue < 0.05
