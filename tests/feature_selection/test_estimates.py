"""Information by estimators in place of counts."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification

from skib.feature_selection import GainStop, InformationSelector, ScoreStop
from skib.feature_selection._estimates import EstimatedCounts
from skib.feature_selection._gaussian import GaussianCounts
from skib.metrics import HSIC
from skib.mutual_info import KSG, Auto, GaussianCopula, MutualInfoMixin, Ross

GIVEN = (), (2,), (0, 3)
WITHOUT_GIVEN = ["mim", "mifs", "mrmr", "mrmr_quotient"]


@pytest.fixture(scope="module")
def gaussian():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 6)) @ (np.eye(6) + 0.5 * rng.normal(size=(6, 6)))
    return X, X[:, 1] + X[:, 4] + rng.normal(size=500)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_targets=st.integers(1, 3), corrected=st.booleans())
def test_products_of_matrices_are_what_the_estimator_returns(seed, n_targets, corrected):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(40, 6)), rng.normal(size=(40, n_targets))
    X[:, 1] += X[:, 2] - y[:, 0]
    X[:, 4] = 3.0
    estimator = GaussianCopula(bias_correction=corrected)
    slow = EstimatedCounts(estimator, X, [[j] for j in range(6)], y)
    fast = GaussianCounts(X, y, bias_correction=corrected)
    columns = np.array([1, 5])  # constant columns warn
    for counts in (slow, fast):
        counts.joint((), np.arange(6)[np.arange(6) != 4])
    for context in GIVEN:
        one, other = slow.joint(context, columns), fast.joint(context, columns)
        np.testing.assert_allclose(one.information, other.information, atol=1e-9)
        if len(context) == 1:
            np.testing.assert_allclose(one.without, other.without, atol=1e-9)
            np.testing.assert_allclose(one.with_target, other.with_target, atol=1e-9)
    assert fast.joint((), np.array([4])).information[0] == 0
    assert fast.joint((4,), columns).information == pytest.approx(fast.joint((), columns).information)


@pytest.mark.parametrize("criterion", ["mim", "mrmr", "jmi", "cife", "cmim", "icap", "jmim", "cmi"])
def test_path_of_the_copula_is_that_of_its_estimates(gaussian, criterion):
    X, y = gaussian

    class Copula(GaussianCopula):
        """The same estimator, fitted to each pair."""

    fast, slow = (InformationSelector(criterion, 4, estimator=e).fit(X, y) for e in (GaussianCopula(), Copula()))
    assert fast.selected_features_.tolist() == slow.selected_features_.tolist()
    for name in ("score", "relevance", "redundancy", "synergy")[: 2 if criterion == "mim" else 4]:
        np.testing.assert_allclose(fast.path_[name], slow.path_[name], atol=1e-9)
    assert not fast.path_["pvalue"].isna().any()
    assert slow.path_["pvalue"].isna().all()


def test_copula_stops_by_its_test():
    level = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        selector = InformationSelector(estimator=GaussianCopula()).fit(rng.normal(size=(300, 10)), rng.normal(size=300))
        level.append(len(selector.selected_features_) > 0)
    assert np.mean(level) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100)


def test_copula_selects_informative_columns(gaussian):
    X, y = gaussian
    noise = np.random.default_rng(1).normal(size=(500, 30))
    selector = InformationSelector("cmi", estimator=GaussianCopula()).fit(np.hstack([noise, X]), y)
    assert {31, 34} <= set(selector.selected_features_)
    assert np.mean(selector.selected_features_ >= 30) > 0.6


@pytest.mark.parametrize(
    "container", [np.asarray, pl.DataFrame, lambda X: pa.table(dict(zip("abcdef", X.T, strict=True)))]
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_any_estimator_of_any_container(gaussian, container, n_jobs):
    X, y = gaussian
    selector = InformationSelector("jmi", 3, estimator=KSG(), n_jobs=n_jobs).fit(container(X[:200]), y[:200])
    twin = [KSG().fit(X[:200, [k]], y[:200]).mutual_info_ for k in range(6)]
    first, second, _ = selector.selected_features_
    assert selector.relevance_[0] == pytest.approx(max(twin))
    assert twin[first] == max(twin)
    given = X[:200, [first]]
    conditional = KSG().fit(X[:200, [second]], y[:200], given=given).mutual_info_
    assert selector.scores_[1] == pytest.approx(conditional)
    assert selector.redundancy_[1] == pytest.approx(KSG().fit(X[:200, [second]], given).mutual_info_)


class Pearson(MutualInfoMixin, BaseEstimator):
    """Information of a Gaussian pair, which does not condition."""

    def fit(self, X, y):
        r = np.corrcoef(np.ravel(X), np.ravel(y))[0, 1]
        return self._set_estimate(-0.5 * np.log(1 - r**2), np.inf, len(X))


@pytest.mark.parametrize("criterion", WITHOUT_GIVEN)
def test_estimator_that_does_not_condition(gaussian, criterion):
    X, y = gaussian
    selector = InformationSelector(criterion, 2, estimator=Pearson()).fit(X, y)
    assert selector.relevance_[0] == max(Pearson().fit(X[:, [k]], y).mutual_info_ for k in range(6))
    assert np.isnan(selector.synergy_[1])
    assert np.isnan(selector.redundancy_[1]) == (criterion == "mim")
    with pytest.raises(ValueError, match="criterion='jmi' needs .* takes no `given` in fit"):
        InformationSelector("jmi", 2, estimator=Pearson()).fit(X, y)
    with pytest.raises(ValueError, match="init='pair' needs"):
        InformationSelector(criterion, 2, estimator=Pearson(), init="pair").fit(X, y)


@pytest.mark.parametrize("estimator", [GaussianCopula(), KSG()])
def test_pair_start_of_estimates(estimator):
    rng = np.random.default_rng(0)
    noise, X = rng.normal(size=150), rng.normal(size=(150, 5))
    y = rng.normal(size=150)
    X[:, 1], X[:, 3] = noise, y + 3 * noise  # informative together
    selector = InformationSelector("jmi", 2, estimator=estimator, init="pair").fit(X, y)
    assert selector.selected_features_.tolist() == [1, 3]
    alone = estimator.fit(X[:, [1]], y).mutual_info_
    both = alone + estimator.fit(X[:, [3]], y, given=X[:, [1]]).mutual_info_
    assert selector.scores_ == pytest.approx([both, both])


def test_relevance_alone_needs_no_estimates_of_pairs():
    X, y = make_classification(200, 5, n_informative=2, n_redundant=1, random_state=0)
    selector = InformationSelector("mim", 3, estimator=Ross()).fit(X, y)  # which needs classes
    expected = np.argsort(-Ross().score_features(X, y))[:3]
    assert selector.selected_features_.tolist() == expected.tolist()


def test_groups_of_columns_are_one_variable_of_the_estimator(gaussian):
    X, y = gaussian
    groups = ["a", "b", "a", "c", "b", "c"]
    selector = InformationSelector("jmi", 2, estimator=GaussianCopula(), groups=groups).fit(X, y)
    values = {g: GaussianCopula().fit(X[:, np.array(groups) == g], y).mutual_info_ for g in "abc"}
    assert selector.path_["feature"][0] == max(values, key=values.get) == "b"
    assert selector.selected_features_.tolist()[:2] == [1, 4]
    assert selector.relevance_[0] == pytest.approx(values["b"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"criterion": "disr"}, "divides by an entropy"),
        ({"criterion": "njmim"}, "divides by an entropy"),
        ({"n_features_to_select": "auto"}, "takes a test.*pass a number of columns"),
        ({"criterion": lambda terms: terms.symmetrical_relevance}, "NaN"),
    ],
)
def test_what_an_estimator_cannot_do_is_refused(gaussian, parameters, message):
    X, y = gaussian
    with pytest.raises(ValueError, match=message):
        InformationSelector(**{"n_features_to_select": 2, "estimator": KSG()} | parameters).fit(X[:60], y[:60])


def test_weights_need_counts(gaussian):
    X, y = gaussian
    with pytest.raises(ValueError, match="takes no weights"):
        InformationSelector("jmi", 2, estimator=KSG()).fit(X, y, sample_weight=np.ones(500))


def test_measure_that_is_no_information_is_refused(gaussian):
    X, y = gaussian
    with pytest.raises(TypeError, match="no information in nats"):
        InformationSelector("mim", 2, estimator=HSIC()).fit(X[:50], y[:50])
    with pytest.raises(TypeError, match="instance"):
        InformationSelector("mim", 2, estimator=KSG).fit(X, y)


@pytest.mark.parametrize("stop", [ScoreStop(0.02), GainStop(0.02)])
def test_stops_that_need_no_test(gaussian, stop):
    X, y = gaussian
    noise = np.random.default_rng(1).normal(size=(200, 4))
    selector = InformationSelector("cmim", estimator=KSG(), stop=stop).fit(np.hstack([noise, X[:200]]), y[:200])
    assert 1 <= len(selector.selected_features_) <= 7
    assert (
        4 + np.argmax([KSG().fit(X[:200, [k]], y[:200]).mutual_info_ for k in range(6)]) in selector.selected_features_
    )


def test_classes_and_numbers_by_auto():
    X = np.random.default_rng(0).normal(size=(200, 4))
    y = np.where(X[:, 0] + X[:, 1] > 0, "above", "below")
    selector = InformationSelector("mrmr", 2, estimator=Auto()).fit(X, y)
    assert set(selector.selected_features_) == {0, 1}


def test_copulas_of_more_columns_than_rows_estimate_nothing_more():
    """A context that uses up the rows leaves no information, and no division by zero."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6, 9))
    selector = InformationSelector("cmi", 8, estimator=GaussianCopula()).fit(X, X[:, 0] + rng.normal(size=6))
    assert np.isfinite(selector.scores_).all()
    assert selector.scores_[4:].tolist() == [0, 0, 0, 0]  # 1 + 1 + 4 columns of 6 rows
