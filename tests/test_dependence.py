"""What any estimator of a dependence must have, and how estimates are read from it."""

from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import check_random_state

from skib._dependence import (
    DependenceMixin,
    feature_scores,
    fit_and_prepare,
    fit_information,
    fit_value,
    permuted_estimates,
    require_given,
    seed_estimator,
)
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, collect_warnings
from skib.datasets import make_gaussian_pair
from skib.mutual_info import (
    KSG,
    Compressed,
    ContrastiveBound,
    GaussianCopula,
    Ross,
    Sliced,
    UsableInformation,
    confidence_interval,
    permutation_test,
)


class Slope(BaseEstimator):
    """The covariance of two columns, plus the mean of `given`."""

    def fit(self, X, y, given=0.0):
        self.dependence_ = np.mean(np.ravel(X) * np.ravel(y)) + np.mean(given)
        return self


class Measure(DependenceMixin, Slope):
    """The same with the methods of the mixin."""


class Information(BaseEstimator):
    """An information of 1 nat."""

    def fit(self, X, y):
        self.mutual_info_ = np.ones(())
        return self


class Draw(BaseEstimator):
    """A random number."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.mutual_info_ = check_random_state(self.random_state).random_sample()
        return self


@pytest.fixture
def rows():
    x, y = np.random.default_rng(0).normal(size=(2, 50, 3))
    return x, y[:, 0]


def test_values(rows):
    x, y = rows
    assert fit_value(Slope(), x[:, :1], y) == np.mean(x[:, 0] * y)
    assert fit_value(Slope(), x[:, :1], y, np.full(50, 2.0)) == np.mean(x[:, 0] * y) + 2
    assert type(fit_value(Information(), x, y)) is float
    assert fit_information(Information(), x, y).mutual_info_ == 1
    estimator = Slope()
    fit_value(estimator, x[:, :1], y)
    assert not hasattr(estimator, "dependence_")


@pytest.mark.parametrize("estimator", [Slope(), Measure()])
@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_columns_and_permutations(estimator, kind, rows):
    x, y = rows
    expected = [np.mean(column * y) for column in x.T]
    assert_array_equal(feature_scores(estimator, kind(x), y), expected)
    orders = [np.random.default_rng(seed).permutation(50) for seed in range(3)]
    expected = [np.mean(x[:, 0] * y[order]) for order in orders]
    shifted = pd.Series(y, index=np.arange(50) + 7)
    for target in (y, shifted, list(y)):
        assert_array_equal(permuted_estimates(estimator, kind(x[:, :1]), target, orders), expected)


def test_methods_of_the_mixin(rows):
    x, y = rows
    fitted = Measure().fit(pd.DataFrame(x[:, :1]), y)
    fitted.n_features_in_ = 1
    assert fitted.score(x[:20, :1], y[:20]) == np.mean(x[:20, 0] * y[:20])
    assert fitted.dependence_ == np.mean(x[:, 0] * y)
    assert fitted.__sklearn_tags__().target_tags.required


def test_score_takes_the_table_of_fit():
    pa = pytest.importorskip("pyarrow")
    a, b = np.random.default_rng(0).normal(size=(2, 30))
    tables = {
        "repeated names": pd.DataFrame(np.column_stack([a, b]), columns=["a", "a"]),
        "batch": pa.RecordBatch.from_pydict({"a": a, "b": b}),
    }
    for X in tables.values():
        fitted = KSG().fit(X, a)
        assert fitted.score(X, a) == fitted.mutual_info_
    with pytest.raises(ValueError, match="feature names"):
        KSG().fit(tables["batch"], a).score(pa.RecordBatch.from_pydict({"a": a, "c": b}), a)
    with pytest.raises(TypeError, match="y is a dict, which has no rows"):
        UsableInformation(LinearRegression()).permuted_estimates(b[:, None], {"a": a}, [np.arange(30)])


def test_given_is_required_of_fit():
    require_given(Slope())
    with pytest.raises(TypeError, match=r"Information\(\) takes no `given` in fit"):
        require_given(Information())


# --- seeds


def test_seeds_are_drawn_unless_one_is_set():
    generator = np.random.default_rng(0)
    assert isinstance(seed_estimator(Sliced(), generator).random_state, int)
    bound = seed_estimator(ContrastiveBound(LogisticRegression(), random_state=3), generator)
    assert bound.random_state == 3 and bound.estimator.random_state is None  # seeded by the bound
    assert isinstance(seed_estimator(ContrastiveBound(LogisticRegression()), generator).estimator.random_state, int)
    assert seed_estimator(Slope(), generator).get_params() == {}


@pytest.mark.parametrize("function", [permutation_test, confidence_interval])
def test_an_int_gives_the_same_result_at_every_call(function):
    pair = make_gaussian_pair(100, rho=0.5, dim=2, random_state=0)
    count = {"n_permutations" if function is permutation_test else "n_subsamples": 12}
    for estimator in (Sliced(n_projections=4), Compressed(noise_ratio=0.5)):
        first, again = (repr(function(estimator, pair.X, pair.y, random_state=0, **count)) for _ in range(2))
        assert first == again


def test_noise_is_the_same_for_all_permutations():
    pair = make_gaussian_pair(100, rho=0.5, dim=2, random_state=0)
    result = permutation_test(Draw(), pair.X, pair.y, n_permutations=30, random_state=0)
    assert_array_equal(result.null_distribution, result.statistic)
    seeded = Compressed(noise_ratio=0.5, random_state=1)
    result = permutation_test(seeded, pair.X, pair.y, n_permutations=2, random_state=0)
    assert result.statistic == seeded.fit(pair.X, pair.y).mutual_info_


@pytest.mark.parametrize("estimator", [KSG(3), KSG(marginals=None), KSG(variant=2), GaussianCopula()], ids=repr)
@pytest.mark.parametrize("digits", [1, 15])
@pytest.mark.parametrize("n_columns", [1, 4])
def test_one_search_gives_the_bits_of_fit_and_of_permuted_estimates(estimator, digits, n_columns):
    rng = np.random.default_rng(n_columns)
    x = rng.normal(size=(500, n_columns))
    y = np.round(x.sum(axis=1) + rng.normal(size=500), digits)
    assert_one_search_changes_nothing(estimator, np.round(x, digits), y)


@pytest.mark.parametrize("estimator", [Ross(), Ross(2, marginals=None)], ids=repr)
@pytest.mark.parametrize("digits", [1, 15])
@pytest.mark.parametrize("n_columns", [1, 4])
@pytest.mark.parametrize("alone", [False, True])
def test_one_search_serves_labels_too(estimator, digits, n_columns, alone):
    rng = np.random.default_rng(n_columns)
    y = np.r_[np.arange(497) % 3, np.arange(3) + 3 * alone]  # the last rows may be alone in their class
    x = np.round(rng.normal(size=(500, n_columns)) + y[:, None] % 3, digits)
    with pytest.warns(UnreliableEstimateWarning) if alone else nullcontext():
        assert_one_search_changes_nothing(estimator, x, y)


def assert_one_search_changes_nothing(estimator, x, y):
    orders = [np.random.default_rng(i).permutation(len(x)) for i in range(3)]
    fitted, estimates_of = fit_and_prepare(estimator, x, y)
    with collect_warnings():
        estimates = estimates_of(orders)
    expected = clone(estimator).fit(x, y)
    assert vars(fitted).keys() == vars(expected).keys() and type(fitted) is type(expected)
    for name in ("mutual_info_", "pointwise_", "std_error_", "ceiling_", "saturated_"):
        assert_array_equal(getattr(fitted, name), getattr(expected, name))
    assert_array_equal(estimates, permuted_estimates(estimator, x, y, orders))
    assert not hasattr(estimator, "mutual_info_")


class OfRoundedRows(KSG):
    """KSG with a fit of its own."""

    def fit(self, X, y):
        return super().fit(np.round(X), y)


class Reversed(OfRoundedRows):
    """The same with permuted estimates of its own."""

    def permuted_estimates(self, X, y, permutations):
        return -super().permuted_estimates(X, y, permutations)


def test_methods_of_a_subclass_come_before_those_that_it_inherits():
    pair = make_gaussian_pair(50, rho=0.6, random_state=0)
    orders = [np.random.default_rng(i).permutation(50) for i in range(2)]
    for estimator in (OfRoundedRows(), Reversed()):
        fitted, estimates_of = fit_and_prepare(estimator, pair.X, pair.y)
        assert fitted.mutual_info_ == KSG().fit(np.round(pair.X), pair.y).mutual_info_
        assert_array_equal(estimates_of(orders), permuted_estimates(estimator, pair.X, pair.y, orders))
    expected = [fit_value(KSG(), np.round(pair.X), pair.y[order]) for order in orders]
    assert_array_equal(permuted_estimates(OfRoundedRows(), pair.X, pair.y, orders), expected)
    of_rows = KSG().permuted_estimates(pair.X, pair.y, orders)
    assert_array_equal(permuted_estimates(Reversed(), pair.X, pair.y, orders), -of_rows)


@pytest.mark.parametrize("estimator", [KSG(), Ross(), Information()], ids=repr)
def test_one_search_of_a_constant_issues_the_warnings_of_fit(estimator):
    x, y, orders = np.ones((40, 2)), np.arange(40) % 2, [np.arange(40)[::-1]]
    with nullcontext() if isinstance(estimator, Information) else pytest.warns(ConstantInputWarning):
        fitted, estimates_of = fit_and_prepare(estimator, x, y)
    with collect_warnings():
        estimates = estimates_of(orders)
    assert_array_equal(estimates, [fitted.mutual_info_])
