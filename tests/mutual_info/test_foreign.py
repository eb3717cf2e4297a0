"""Estimators from elsewhere: with ``fit`` and ``mutual_info_`` alone, on the mixin, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression

from skib import SaturatedEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.information_plane import InformationPlane
from skib.metrics import HSIC
from skib.mutual_info import (
    KSG,
    Binned,
    Compressed,
    MutualInfoMixin,
    Sliced,
    confidence_interval,
    mutual_info,
    mutual_info_matrix,
    permutation_test,
)


class Pearson(BaseEstimator):
    """Mutual information of two Gaussian variables, from their correlation."""

    def fit(self, X, y):
        r = np.corrcoef(np.ravel(X), np.ravel(y))[0, 1]
        self.mutual_info_ = -0.5 * np.log(1 - r**2)
        return self


class PearsonOnMixin(MutualInfoMixin, BaseEstimator):
    """The same with the attributes and methods of the mixin, from the log density ratio of each row."""

    def fit(self, X, y):
        x, y = ((np.ravel(v) - np.mean(v)) / np.std(v) for v in (X, y))
        r = np.mean(x * y)
        terms = -0.5 * np.log(1 - r**2) + (r * x * y - 0.5 * r**2 * (x**2 + y**2)) / (1 - r**2)
        return self._set_pointwise(terms, np.log(len(x)))


class WithoutReturn(Pearson):
    """A fit that returns nothing."""

    def fit(self, X, y):
        super().fit(X, y)


both = pytest.mark.parametrize("estimator", [Pearson(), PearsonOnMixin()], ids=["alone", "mixin"])


@pytest.fixture(scope="module")
def pair():
    return make_gaussian_pair(400, rho=0.6, random_state=0)


@both
def test_permutation_test(estimator, pair):
    result = permutation_test(estimator, pair.X, pair.y, n_permutations=99, random_state=0)
    assert result.statistic == pytest.approx(Pearson().fit(pair.X, pair.y).mutual_info_, rel=1e-12)
    assert result.pvalue == 0.01
    noise = np.random.default_rng(0).normal(size=400)
    assert permutation_test(estimator, pair.X, noise, n_permutations=99, random_state=0).pvalue > 0.05


@both
def test_null_is_that_of_permuted_rows(estimator, pair):
    result = permutation_test(estimator, pair.X, pair.y, n_permutations=25, random_state=3)
    assert result.null_distribution.shape == (25,)
    # 2n times the estimate is chi-square with one degree of freedom at independence.
    assert result.null_mean == pytest.approx(1 / 800, abs=4 * np.sqrt(2 / 25) / 800)


@both
def test_confidence_interval(estimator, pair):
    interval = confidence_interval(estimator, pair.X, pair.y, random_state=0)
    assert interval.low < pair.mutual_info < interval.high


@both
def test_functions(estimator, pair):
    assert mutual_info(pair.X, pair.y, estimator=estimator) == pytest.approx(
        Pearson().fit(pair.X, pair.y).mutual_info_, rel=1e-12
    )
    frame = pd.DataFrame({"x": pair.X[:, 0], "noise": np.random.default_rng(0).normal(size=400), "y": pair.y})
    matrix = mutual_info_matrix(frame, estimator=estimator, n_permutations=19, random_state=0)
    assert matrix.mutual_info.loc["x", "y"] == pytest.approx(mutual_info(frame["x"], frame["y"], estimator=Pearson()))
    assert matrix.pvalue.loc["x", "y"] == 0.05 < matrix.pvalue.loc["noise", "y"]
    assert np.isnan(matrix.std_error.loc["x", "y"]) == (not isinstance(estimator, MutualInfoMixin))


@both
@pytest.mark.parametrize("null", ["permutation", "noise"])
def test_information_plane(estimator, null, pair):
    noise = np.random.default_rng(0).normal(size=(400, 1))
    layers = {0: {"hidden": noise}, 1: {"hidden": pair.X}, "ids": range(400)}
    plane = InformationPlane(estimator, Binned(5), null=null, random_state=0).fit(layers, pair.y)
    rows = plane.results_.query("quantity == 'I(T;Y)'").set_index("epoch")
    assert (rows["status"] != "failed").all()
    assert rows.loc[1, "mutual_info"] == pytest.approx(Pearson().fit(pair.X, pair.y).mutual_info_, rel=1e-6)
    assert rows.loc[1, "pvalue"] < 1e-4 < rows.loc[0, "pvalue"]


@both
def test_combinators(estimator, pair):
    expected = Pearson().fit(pair.X, pair.y).mutual_info_
    compressed = Compressed(estimator=estimator, whiten=False)
    assert compressed.fit(pair.X, pair.y).mutual_info_ == pytest.approx(expected, rel=1e-12)
    assert compressed.score_features(pair.X, pair.y) == pytest.approx([expected], rel=1e-12)
    assert permutation_test(compressed, pair.X, pair.y, n_permutations=19, random_state=0).pvalue == 0.05
    assert Sliced(estimator).fit(pair.X, pair.y).mutual_info_ == pytest.approx(expected, rel=1e-12)


def test_what_the_mixin_adds(pair):
    fitted = PearsonOnMixin().fit(pair.X, pair.y)
    assert fitted.pointwise_.mean() == pytest.approx(fitted.mutual_info_)
    assert abs(fitted.mutual_info_ - pair.mutual_info) < 4 * fitted.std_error_
    assert fitted.ceiling_ == np.log(400) and not fitted.saturated_ and not fitted.takes_classes
    features = np.column_stack([np.random.default_rng(0).normal(size=400), pair.X])
    scores = fitted.score_features(features, pair.y)
    assert scores == pytest.approx([PearsonOnMixin().fit(f[:, None], pair.y).mutual_info_ for f in features.T])
    assert_array_equal(SelectKBest(fitted.score_features, k=1).fit(features, pair.y).get_support(), [False, True])
    orders = [np.random.default_rng(seed).permutation(400) for seed in range(3)]
    expected = [PearsonOnMixin().fit(pair.X, pair.y[order]).mutual_info_ for order in orders]
    assert_allclose(fitted.permuted_estimates(pair.X, pair.y, orders), expected)
    with pytest.warns(SaturatedEstimateWarning):
        assert PearsonOnMixin().fit(pair.X, pair.X[:, 0] + 1e-6 * pair.y).saturated_


def test_a_fit_that_returns_nothing_is_no_obstacle(pair):
    assert mutual_info(pair.X, pair.y, estimator=WithoutReturn()) == Pearson().fit(pair.X, pair.y).mutual_info_


class Levels(BaseEstimator):
    """The type and the number of levels of the y that it is given."""

    def fit(self, X, y):
        assert isinstance(y, pd.Series) and y.dtype == "category"
        self.mutual_info_ = float(y.nunique())
        return self


def test_the_type_of_y_is_kept(pair):
    y = pd.Series(pd.Categorical(np.arange(400) % 30), index=np.arange(400)[::-1])
    result = permutation_test(Levels(), pair.X, y, n_permutations=3, random_state=0)
    assert_array_equal(result.null_distribution, 30.0)


# --- what is refused

INFORMATION = {
    "mutual_info": lambda estimator, X, y: mutual_info(X, y, estimator=estimator),
    "mutual_info_matrix": lambda estimator, X, y: mutual_info_matrix(np.column_stack([X, y]), estimator=estimator),
    "Compressed": lambda estimator, X, y: Compressed(estimator=estimator).fit(X, y),
    "Sliced": lambda estimator, X, y: Sliced(estimator).fit(X, y),
    "InformationPlane": lambda estimator, X, y: InformationPlane(estimator, n_permutations=0).fit(
        {0: {"a": X}, "ids": range(len(X))}, y
    ),
}
DEPENDENCE = {
    "permutation_test": lambda estimator, X, y: permutation_test(estimator, X, y, n_permutations=3),
    "confidence_interval": lambda estimator, X, y: confidence_interval(estimator, X, y, n_subsamples=2),
}
of_information = pytest.mark.parametrize("consumer", INFORMATION.values(), ids=INFORMATION.keys())
of_any = pytest.mark.parametrize("consumer", {**INFORMATION, **DEPENDENCE}.values(), ids={**INFORMATION, **DEPENDENCE})


@of_information
def test_a_dependence_is_no_information(consumer, pair):
    with pytest.raises(TypeError, match=r"HSIC\(.*measures a dependence, which is no information in nats.*KSG\(\)"):
        consumer(HSIC(), pair.X, pair.y)


@of_any
def test_other_estimators_are_refused(consumer, pair):
    with pytest.raises(TypeError, match=r"LinearRegression\(.*mutual_info_.* after fit; pass an estimator of mutual"):
        consumer(LinearRegression(), pair.X, pair.y)


@of_any
@pytest.mark.parametrize("estimator", [KSG, "ksg", object()], ids=["class", "string", "object"])
def test_only_instances_of_estimators(consumer, estimator, pair):
    with pytest.raises(TypeError):
        consumer(estimator, pair.X, pair.y)


def test_given_needs_an_estimator_that_conditions(pair):
    with pytest.raises(TypeError, match=r"takes no `given` in fit; pass an estimator that conditions"):
        mutual_info(pair.X, pair.y, given=pair.y, estimator=Pearson())


@pytest.mark.parametrize(
    ("estimator", "text"),
    [(KSG, r"got the class KSG; pass KSG\(\)"), ("ksg", r"got 'ksg'; pass an instance such as skib\.mutual_info\.KSG")],
)
def test_the_error_names_the_remedy(estimator, text, pair):
    for consumer in (INFORMATION["mutual_info"], *DEPENDENCE.values()):
        with pytest.raises(TypeError, match=text):
            consumer(estimator, pair.X, pair.y)
