"""Contrastive bounds against their equations and known truths, which they must not exceed."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from skib import ConstantInputWarning, SaturatedEstimateWarning
from skib.datasets import make_gaussian_pair
from skib.mutual_info import ContrastiveBound
from skib.mutual_info._contrastive_bound import shuffled_partners

QUADRATIC = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=1000))
BOUNDS = ["nwj", "dv", "infonce", "alpha"]


class GaussianOracle(ClassifierMixin, BaseEstimator):
    """Knows the true density ratio of a standard Gaussian pair, times `factor`."""

    def __init__(self, rho=0.8, n_negatives=5, factor=1.0):
        self.rho = rho
        self.n_negatives = n_negatives
        self.factor = factor

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def log_ratio(self, X):
        x, y, rest = X[:, 0], X[:, 1], 1 - self.rho**2
        return -0.5 * np.log(rest) - (self.rho**2 * (x**2 + y**2) - 2 * self.rho * x * y) / (2 * rest)

    def predict_proba(self, X):
        p = expit(self.log_ratio(X) - np.log(self.n_negatives / self.factor))
        return np.column_stack([1 - p, p])


def hidden_sign(n_samples, seed):
    """The product of the signs of two columns, seen through noise, which no quadratic form finds; and its truth."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_samples, 2))
    grid = np.linspace(-9, 9, 20001)
    density = (np.exp(-((grid - 1.5) ** 2) / 2) + np.exp(-((grid + 1.5) ** 2) / 2)) / np.sqrt(8 * np.pi)
    truth = -np.sum(density * np.log(density)) * (grid[1] - grid[0]) - 0.5 * np.log(2 * np.pi * np.e)
    return x, 1.5 * np.sign(x[:, 0] * x[:, 1]) + rng.normal(size=n_samples), truth


@given(st.integers(2, 40), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_partners_are_others_and_everybody_serves_as_often(n_rows, n_partners, seed):
    partners = shuffled_partners(n_rows, n_partners, np.random.default_rng(seed))
    assert partners.shape == (min(n_partners, n_rows - 1), n_rows)
    assert not (partners == np.arange(n_rows)).any()
    for row in partners:
        assert sorted(row) == list(range(n_rows))
    for column in partners.T:
        assert len(set(column)) == len(column)


def interpolated(estimate, oracle, pair, alpha=0.1, n_others=14):
    """Equation of the bound for folds in which all but one of the other rows are partners of the own batch.

    Which one that is, is random: the mean over all of them.
    """
    first, second = [], []
    for _, test in KFold(2).split(pair.X):
        pairs = np.column_stack([np.repeat(pair.X[test], 15), np.tile(pair.y[test], 15)])
        r = np.exp(np.clip(oracle.log_ratio(pairs).reshape(15, 15), -np.log(30), np.log(30)))
        for i in range(15):
            others = np.delete(r[i], i)
            m = others.mean()
            second.append(m / (alpha * m + 1 - alpha))
            own = [(r[i, i] + np.delete(others, j).sum()) / n_others for j in range(n_others)]
            first.append(np.log(r[i, i]) - np.mean(np.log(alpha * np.array(own) + 1 - alpha)))
    return 1 + np.mean(first) - np.mean(second)


@pytest.mark.parametrize("bound", BOUNDS)
def test_bounds_equal_their_equations(bound):
    # Every other row of the fold is a partner, so that chance has no part.
    pair = make_gaussian_pair(30, rho=0.5, random_state=0)
    oracle = GaussianOracle(rho=0.5)
    estimate = ContrastiveBound(oracle, bound=bound, cv=KFold(2), batch_size=15, marginals=None).fit(pair.X, pair.y)
    log_r = oracle.log_ratio(np.column_stack([np.repeat(pair.X, 30), np.tile(pair.y, 30)])).reshape(30, 30)
    log_r = np.clip(log_r, -np.log(30), np.log(30))
    joint, others = [], []
    for _, test in KFold(2).split(pair.X):
        block = log_r[np.ix_(test, test)]
        joint += np.diag(block).tolist()
        others += [row[np.arange(15) != i] for i, row in enumerate(block)]
    joint, others = np.array(joint), np.array(others)
    expected = {
        "nwj": 1 + joint.mean() - np.exp(others).mean(),
        "dv": joint.mean() - np.log(np.exp(others).mean()),
        "infonce": np.log(15) + np.mean(joint - np.log(np.exp(joint) + np.exp(others).sum(axis=1))),
    }
    if bound == "alpha":
        expected[bound] = interpolated(estimate, oracle, pair)
    # The own batch of "alpha" leaves out one of 14 others, at random.
    assert estimate.mutual_info_ == pytest.approx(expected[bound], abs=0.003 if bound == "alpha" else 1e-9)
    assert estimate.pointwise_.mean() == pytest.approx(estimate.mutual_info_)


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize(("rho", "dim"), [(0, 1), (0.6, 1), (0.9, 1), (0.6, 3)])
def test_gaussian_truth_from_below(bound, rho, dim):
    for seed in range(2):
        pair = make_gaussian_pair(2000, rho=rho, dim=dim, random_state=seed)
        estimate = ContrastiveBound(QUADRATIC, bound=bound, random_state=seed).fit(pair.X, pair.y)
        error = estimate.mutual_info_ - pair.mutual_info
        # The bounds are tight here, but for the finite batch of InfoNCE and what the classifier overfits.
        assert -max(4 * estimate.std_error_, 0.01) - 0.05 * (bound == "infonce") < error < 4 * estimate.std_error_


def test_standard_error_is_the_spread_over_samples():
    oracle, values, errors = GaussianOracle(rho=0.8), {b: [] for b in BOUNDS}, {b: [] for b in BOUNDS}
    for seed in range(60):
        pair = make_gaussian_pair(300, rho=0.8, random_state=seed)
        for bound in BOUNDS:
            one = ContrastiveBound(oracle, bound=bound, marginals=None, random_state=seed).fit(pair.X, pair.y)
            values[bound].append(one.mutual_info_)
            errors[bound].append(one.std_error_)
    for bound in BOUNDS:  # the sd of 60 values is known to 9 %
        assert 0.7 < np.mean(errors[bound]) / np.std(values[bound]) < 1.4
    truth = -0.5 * np.log(1 - 0.8**2)
    assert abs(np.mean(values["nwj"]) - truth) < 4 * np.std(values["nwj"]) / np.sqrt(60)


def test_default_sees_interactions():
    x, y, truth = hidden_sign(2000, 0)
    blind = ContrastiveBound(QUADRATIC, cv=2, random_state=0).fit(x, y)
    assert abs(blind.mutual_info_) < 0.01
    estimate = ContrastiveBound(cv=2, random_state=0).fit(x, y)
    assert 0.6 * truth < estimate.mutual_info_ < truth + 4 * estimate.std_error_


def test_default_is_tight_for_gaussian_pairs_and_honest_at_independence():
    for rho in (0.0, 0.9):
        pair = make_gaussian_pair(1000, rho=rho, random_state=0)
        estimate = ContrastiveBound(cv=3, random_state=0).fit(pair.X, pair.y)
        error = estimate.mutual_info_ - pair.mutual_info
        assert -max(4 * estimate.std_error_, 0.02) < error < max(4 * estimate.std_error_, 0.01)


def test_wrong_normalisation_costs_nwj_and_not_dv():
    pair = make_gaussian_pair(2000, rho=0.8, random_state=0)
    wrong, right = GaussianOracle(rho=0.8, factor=3.0), GaussianOracle(rho=0.8)
    values = {
        (bound, oracle.factor): ContrastiveBound(oracle, bound=bound, marginals=None, random_state=0)
        .fit(pair.X, pair.y)
        .mutual_info_
        for bound in BOUNDS
        for oracle in (wrong, right)
    }
    assert values["nwj", 1.0] - values["nwj", 3.0] == pytest.approx(2 - np.log(3), abs=0.1)
    for bound in ("dv", "infonce"):
        assert values[bound, 3.0] == pytest.approx(values[bound, 1.0], abs=0.01)


def test_a_poor_classifier_gives_a_low_bound():
    pair = make_gaussian_pair(1000, rho=0.8, random_state=0)  # naive Bayes sees no dependence of x and y
    for bound in BOUNDS:
        estimate = ContrastiveBound(GaussianNB(), bound=bound, random_state=0).fit(pair.X, pair.y)
        assert estimate.mutual_info_ < pair.mutual_info / 2


def test_infonce_saturates_at_the_logarithm_of_its_batch():
    pair = make_gaussian_pair(500, rho=0.999, random_state=0)
    oracle = GaussianOracle(rho=0.999)
    with pytest.warns(SaturatedEstimateWarning, match="at most 1.39 on 500 rows"):
        estimate = ContrastiveBound(oracle, bound="infonce", batch_size=4, marginals=None, random_state=0).fit(
            pair.X, pair.y
        )
    assert estimate.saturated_
    assert estimate.ceiling_ == pytest.approx(np.log(4))
    assert estimate.mutual_info_ <= estimate.ceiling_
    wide = ContrastiveBound(QUADRATIC, bound="infonce", batch_size=1000, random_state=0).fit(pair.X, pair.y)
    assert wide.ceiling_ == pytest.approx(np.log(100))  # the rows of a fold


def test_alpha_interpolates():
    pair = make_gaussian_pair(600, rho=0.9, random_state=0)
    oracle = GaussianOracle(rho=0.9)

    def fitted(**params):
        params |= {"cv": KFold(2), "batch_size": 1000, "marginals": None, "random_state": 0}
        return ContrastiveBound(oracle, **params).fit(pair.X, pair.y)

    nwj, infonce = fitted(bound="nwj"), fitted(bound="infonce")
    ends = [fitted(bound="alpha", alpha=alpha) for alpha in (0.0, 1.0)]
    assert ends[0].mutual_info_ == pytest.approx(nwj.mutual_info_, abs=1e-12)
    assert ends[0].std_error_ == pytest.approx(nwj.std_error_, rel=0.01)
    assert ends[1].mutual_info_ == pytest.approx(infonce.mutual_info_, abs=0.01)  # a row less in the batch
    assert ends[1].ceiling_ == pytest.approx(np.log(299))


def test_alpha_trades_bias_for_variance():
    # Two nats, of which a batch of 8 rows shows 1.5.
    rho, values = np.sqrt(1 - np.exp(-4)), {alpha: [] for alpha in (0.0, 0.1, 1.0)}
    for seed in range(40):
        pair = make_gaussian_pair(400, rho=rho, random_state=seed)
        for alpha, found in values.items():
            bound = ContrastiveBound(GaussianOracle(rho), bound="alpha", alpha=alpha, batch_size=8, marginals=None)
            found.append(bound.set_params(random_state=seed).fit(pair.X, pair.y).mutual_info_)
    means, spreads = (np.array([f(found) for found in values.values()]) for f in (np.mean, np.std))
    assert (np.diff(means) < 0).all()
    assert (np.diff(spreads) < 0).all()
    assert (means < 2 + 4 * spreads / np.sqrt(40)).all()


@pytest.mark.parametrize("bound", BOUNDS)
def test_identical_sides_give_a_finite_bound(bound):
    x = np.random.default_rng(0).normal(size=(500, 1))
    estimate = ContrastiveBound(QUADRATIC, bound=bound, random_state=0).fit(x, x[:, 0])
    assert 1 < estimate.mutual_info_ < estimate.ceiling_


def test_rows_never_tested_are_left_out():
    pair = make_gaussian_pair(200, rho=0.8, random_state=0)
    estimate = ContrastiveBound(QUADRATIC, cv=[(np.arange(100), np.arange(100, 150))]).fit(pair.X, pair.y)
    assert np.isnan(estimate.pointwise_).sum() == 150
    assert estimate.mutual_info_ == pytest.approx(np.nanmean(estimate.pointwise_))


@pytest.mark.parametrize(
    "change", [lambda v: np.exp(6 * v), lambda v: v * 1e200 + 1e10, lambda v: v.astype(np.float32)]
)
def test_monotone_maps_and_outliers_change_nothing(change):
    pair = make_gaussian_pair(500, rho=0.8, random_state=0)
    bound = ContrastiveBound(QUADRATIC, random_state=0)
    expected = clone(bound).fit(pair.X, pair.y).mutual_info_
    assert bound.fit(change(pair.X), pair.y).mutual_info_ == pytest.approx(expected, abs=1e-6)
    pair.X[0] = 1e12
    assert abs(bound.fit(pair.X, pair.y).mutual_info_ - expected) < 0.05


def test_same_bits_for_any_n_jobs_clone_pickle_and_search():
    pair = make_gaussian_pair(300, rho=0.8, random_state=0)
    bound = ContrastiveBound(QUADRATIC, random_state=0)
    one, two, other = (
        clone(bound).set_params(n_jobs=n_jobs, random_state=seed).fit(pair.X, pair.y)
        for n_jobs, seed in ((None, 0), (2, 0), (None, 1))
    )
    np.testing.assert_array_equal(one.pointwise_, two.pointwise_)
    assert not np.array_equal(one.pointwise_, other.pointwise_)
    assert pickle.loads(pickle.dumps(one)).mutual_info_ == one.mutual_info_
    search = GridSearchCV(bound, {"estimator__polynomialfeatures__degree": [1, 2]}, cv=2).fit(pair.X, pair.y)
    assert search.best_params_ == {"estimator__polynomialfeatures__degree": 2}


def test_default_is_the_same_for_any_n_jobs():
    pair = make_gaussian_pair(100, rho=0.8, random_state=0)
    one, two = (ContrastiveBound(cv=2, random_state=0, n_jobs=j).fit(pair.X, pair.y).pointwise_ for j in (None, 2))
    np.testing.assert_array_equal(one, two)


def test_constant_sides_warn_and_give_zero():
    pair = make_gaussian_pair(50, rho=0.8, random_state=0)
    for bound in BOUNDS:
        with pytest.warns(ConstantInputWarning, match="X is constant over all 50 rows"):
            estimate = ContrastiveBound(bound=bound).fit(np.ones((50, 1)), pair.y)
        assert estimate.mutual_info_ == 0
        assert not estimate.saturated_


@pytest.mark.parametrize(
    ("params", "rows", "text"),
    [
        ({}, {"y": ["a", "b"] * 10}, "y holds text"),
        ({}, {"y": [np.nan] + [1.5] * 19}, "y contains NaN in 1 of 20 rows"),
        ({"cv": LeaveOneOut()}, {}, "cv tests 1 rows in a fold, which needs 2 for shuffled pairs"),
        ({"cv": 11}, {}, "needs at least 22 rows, got n_samples = 20"),
        ({"bound": "mine"}, {}, "The 'bound' parameter"),
        ({"alpha": 1.5}, {}, "The 'alpha' parameter"),
        ({"batch_size": 1}, {}, "The 'batch_size' parameter"),
        ({"n_negatives": 0}, {}, "The 'n_negatives' parameter"),
        ({"estimator": "forest"}, {}, "The 'estimator' parameter"),
    ],
)
def test_bad_input_is_named(params, rows, text):
    rows = {"X": np.arange(20.0)[:, None], "y": np.arange(20) / 3, **rows}
    with pytest.raises(ValueError, match=text):
        ContrastiveBound(**{"estimator": QUADRATIC, **params}).fit(**rows)
