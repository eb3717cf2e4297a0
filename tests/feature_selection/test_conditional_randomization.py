"""ConditionalRandomizationSelector: exact p-values, thresholds by their definition, false discoveries, any model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from skib import SkibWarning, UnreliableEstimateWarning
from skib.feature_selection import ConditionalRandomizationSelector, EmpiricalConditional, MarkovBlanketSelector
from skib.feature_selection._conditional_randomization import one_shot_adjust
from skib.feature_selection._held_out_loss import randomization_test


def design(seed, n_samples=400, d=30, n_relevant=10, rho=0.6, size=0.4):
    rng = np.random.default_rng(seed)
    covariance = rho ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    X = rng.normal(size=(n_samples, d)) @ np.linalg.cholesky(covariance).T
    relevant = rng.choice(d, n_relevant, replace=False)
    y = X[:, relevant] @ (size * rng.choice([-1, 1], n_relevant)) + rng.normal(size=n_samples)
    return X, y, set(relevant.tolist())


def rates(seeds, make, **options):
    """Mean share of false ones among the selected, its standard error, and the mean share of relevant ones found."""
    false, found = [], []
    for seed in seeds:
        X, y, relevant = design(seed, **options)
        selected = set(make(seed).fit(X, y).selected_features_.tolist())
        false.append(len(selected - relevant) / max(len(selected), 1))
        found.append(len(selected & relevant) / max(len(relevant), 1))
    return np.mean(false), np.std(false, ddof=1) / np.sqrt(len(false)), np.mean(found)


def one_shot(seed):
    return ConditionalRandomizationSelector(test="osft", alpha=0.2, random_state=seed)


def many_draws(seed):
    return ConditionalRandomizationSelector(LinearRegression(), n_draws=300, random_state=seed)


@pytest.mark.parametrize(("make", "alpha"), [(one_shot, 0.2), (many_draws, 0.1)])
def test_false_discoveries_are_few(make, alpha):
    false, error, found = rates(range(10), make)
    assert false <= alpha + 3 * error
    assert found > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"rho": 0.6}, {"rho": 0.8}, {"n_samples": 800, "d": 60}], ids=repr)
@pytest.mark.parametrize("test", ["irt", "osft"])
def test_false_discovery_rate_over_100_seeds(test, options):
    false, error, _ = rates(
        range(100), lambda s: ConditionalRandomizationSelector(test=test, random_state=s), **options
    )
    assert false <= 0.1 + 2 * error


def test_pvalues_of_superfluous_columns_are_uniform():
    pvalues = []
    for seed in range(20):
        X, y, relevant = design(seed)
        selector = many_draws(seed).set_params(n_draws=99).fit(X, y)
        pvalues += [p for j, p in enumerate(selector.pvalues_) if j not in relevant]
    n = len(pvalues)
    for level in (0.05, 0.2, 0.5):
        # Columns of one data set share rows: twice the error of independent ones.
        assert abs(np.mean(np.array(pvalues) <= level) - level) < 8 * np.sqrt(level * (1 - level) / n)


class Losses:
    """A model whose losses on redrawn rows are planned."""

    def __init__(self, observed, redrawn):
        self._observed, self._redrawn, self.n_drawn, self.x = observed, redrawn, 0, np.empty((1, 1))

    def losses(self, x):
        return np.array([self._observed])

    def redrawn(self, column, drawn):
        start, self.n_drawn = self.n_drawn, self.n_drawn + len(drawn)
        return self._redrawn[start : self.n_drawn]


def test_draws_end_when_twenty_are_as_good_as_the_data():
    losses = np.tile([2.0, 2.0, 2.0, 0.5], 100)  # every fourth draw is better than 1.0
    ended = Losses(1.0, losses)
    assert randomization_test(ended, 0, np.ones, 400).pvalue == 20 / 80
    assert ended.n_drawn == 100  # the block is finished
    assert randomization_test(Losses(1.0, losses), 0, np.ones, 60).pvalue == (1 + 15) / (1 + 60)
    assert randomization_test(Losses(0.1, losses), 0, np.ones, 60).pvalue == 1 / 61
    assert randomization_test(Losses(0.1, losses), 0, np.ones, 400).increase == pytest.approx(losses.mean() - 0.1)


@pytest.mark.parametrize("seed", range(5))
def test_one_shot_levels_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    t = np.round(rng.normal(0.7, 1, size=25), 1)  # with ties and zeros
    levels = one_shot_adjust(t)
    for alpha in (0.05, 0.1, 0.2, 0.35, 0.6):
        thresholds = [z for z in np.abs(t) if z > 0 and (1 + np.sum(t <= -z)) / max(np.sum(t >= z), 1) <= alpha]
        expected = t >= min(thresholds, default=np.inf)
        assert ((levels <= alpha) == expected).all()


def test_a_fitted_model_is_tested_on_all_rows():
    X, y, relevant = design(0, n_samples=600)
    model = LinearRegression().fit(X[:300], y[:300])
    selector = ConditionalRandomizationSelector(FrozenEstimator(model), random_state=0).fit(X[300:], y[300:])
    assert selector.loss_ == pytest.approx(np.mean((model.predict(X[300:]) - y[300:]) ** 2))
    assert len(relevant & set(selector.selected_features_.tolist())) >= 8


def test_a_model_that_was_fitted_to_a_frame():
    X, y, _ = design(0)
    frame = pd.DataFrame(X).add_prefix("x")
    model = FrozenEstimator(LinearRegression().fit(frame[:200], y[:200]))
    selector = ConditionalRandomizationSelector(model, random_state=0).fit(frame[200:], y[200:])
    plain = FrozenEstimator(LinearRegression().fit(X[:200], y[:200]))
    expected = ConditionalRandomizationSelector(plain, random_state=0).fit(X[200:], y[200:])
    assert (selector.pvalues_ == expected.pvalues_).all()
    assert selector.get_feature_names_out().tolist() == [f"x{j}" for j in np.sort(expected.selected_features_)]


def test_classes_of_text_and_the_loss_in_nats():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 3))
    y = np.array(["no", "yes"])[(2 * X[:, 0] + rng.logistic(size=2000) > 0).astype(int)]
    selector = ConditionalRandomizationSelector(alpha=0.01, random_state=0).fit(X, y)
    assert selector.selected_features_.tolist() == [0]
    assert 0.3 < selector.loss_ < np.log(2)
    assert selector.loss_increase_[0] > 0.2
    assert np.all(np.abs(selector.loss_increase_[1:]) < 0.02)


def test_a_forest_finds_an_interaction():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    y = np.sign(X[:, 1] * X[:, 3]) + 0.3 * rng.normal(size=600)
    forest = RandomForestRegressor(50, min_samples_leaf=3, random_state=0)
    selector = ConditionalRandomizationSelector(forest, n_draws=200, random_state=0).fit(X, y)
    assert sorted(selector.selected_features_.tolist()) == [1, 3]
    assert ConditionalRandomizationSelector(random_state=0).fit(X, y).selected_features_.tolist() == []


def test_empirical_conditionals_of_counts():
    pvalues = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        z = rng.poisson(2, size=800)
        X = np.c_[z, z + rng.poisson(1, size=800), rng.poisson(2, size=(800, 2))].astype(float)
        y = X[:, 0] + X[:, 3] + rng.normal(size=800)
        selector = ConditionalRandomizationSelector(
            LinearRegression(), conditional=EmpiricalConditional(), n_draws=100, random_state=seed
        )
        pvalues.append(selector.fit(X, y).pvalues_)
    pvalues = np.array(pvalues)
    assert (pvalues[:, [0, 3]] == 1 / 101).all()
    assert (pvalues[:, [1, 2]] <= 0.1).sum() < 8  # of 20: a probability of 4e-4


def test_copies_are_named():
    X, y, _ = design(0)
    frame = pd.DataFrame(np.c_[X, X[:, 3]]).add_prefix("x")
    with pytest.warns(UnreliableEstimateWarning, match=r"columns \['x3', 'x30'\] follow from the others"):
        selector = ConditionalRandomizationSelector(random_state=0).fit(frame, y)
    assert not {3, 30} & set(selector.selected_features_.tolist())


@pytest.mark.parametrize("test", ["irt", "osft"])
def test_jobs_make_no_difference(test):
    X, y, _ = design(0)
    one, two = (
        ConditionalRandomizationSelector(test=test, random_state=0, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2)
    )
    assert (one.loss_increase_ == two.loss_increase_).all()
    assert (one.adjusted_pvalues_ == two.adjusted_pvalues_).all()


@pytest.mark.parametrize(("test", "reason"), [("irt", "adjusted p-value"), ("osft", "share of false ones")])
def test_nothing_is_selected_of_noise(test, reason):
    X, y = np.random.default_rng(0).normal(size=(200, 6)), np.random.default_rng(1).normal(size=200)
    selector = ConditionalRandomizationSelector(test=test, alpha=0.01, random_state=0).fit(X, y)
    with pytest.warns(SkibWarning, match=f"No features were selected: no .* {reason}"):
        assert selector.transform(X).shape == (200, 0)


def test_errors_state_the_remedy():
    X, y, _ = design(0)
    with pytest.raises(TypeError, match=r"has no predict_proba; wrap it in sklearn.calibration"):
        ConditionalRandomizationSelector(LinearSVC()).fit(X, y > 0)
    with pytest.raises(ValueError, match="y holds classes, but LinearRegression.* pass a classifier"):
        ConditionalRandomizationSelector(LinearRegression()).fit(X, np.where(y > 0, "a", "b"))
    with pytest.raises(ValueError, match="y should be one target, got 2 columns"):
        ConditionalRandomizationSelector().fit(X, np.c_[y, y])
    with pytest.raises(ValueError, match="requires y to be passed"):
        ConditionalRandomizationSelector().fit(X)
    with pytest.raises(ValueError, match="NaN"):
        ConditionalRandomizationSelector().fit(np.where(X > 2, np.nan, X), y)
    with pytest.raises(ValueError, match="needs at least 4 rows, got n_samples = 3"):
        ConditionalRandomizationSelector().fit(X[:3], y[:3])


def test_a_class_of_one_row_counts_where_the_model_does_not_know_it():
    X, y, _ = design(0)
    labels = np.where(y > 0, "a", "b").astype(object)
    labels[7] = "rare"
    selector = ConditionalRandomizationSelector(LogisticRegression(), random_state=0).fit(X, labels)
    assert np.isfinite(selector.loss_)
    assert len(selector.selected_features_) > 3


@pytest.mark.parametrize("unit", [1e-140, 1e-19, 1e140])
def test_units_of_the_target_do_not_matter(unit):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = X[:, 0] + rng.normal(size=200)
    one = ConditionalRandomizationSelector(random_state=0).fit(X, y)
    other = ConditionalRandomizationSelector(random_state=0).fit(X * unit, y * unit)
    assert one.selected_features_.tolist() == other.selected_features_.tolist() == [0]
    assert np.array_equal(one.pvalues_, other.pvalues_)


@pytest.mark.parametrize("selector", [ConditionalRandomizationSelector(), MarkovBlanketSelector()])
def test_what_no_model_can_be_fitted_to(selector):
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match="y has one class in all 20 rows, .*; pass two or more"):
        selector.fit(X, np.full(20, "a"))
    with pytest.raises(ValueError, match="y varies by more than 1e150 .* pass it in another unit"):
        selector.fit(X, X[:, 0] * 1e200)
    with pytest.raises(ValueError, match="X varies by .*less than 1e-150; pass it in another unit"):
        selector.fit(X * 1e-200, X[:, 0])


def test_the_default_model_needs_four_rows_only():
    X = np.random.default_rng(0).normal(size=(4, 2))
    assert len(ConditionalRandomizationSelector(random_state=0).fit(X, X[:, 0]).pvalues_) == 2


def test_no_selected_column_is_transformed_back():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(2, 30, 3))
    selector = ConditionalRandomizationSelector(random_state=0).fit(X, y[:, 0])
    with pytest.warns(SkibWarning, match="No features were selected"):
        none = selector.transform(X)
    assert none.shape == (30, 0)
    assert np.array_equal(selector.inverse_transform(none), np.zeros((30, 3)))
