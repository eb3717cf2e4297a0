"""Rules that end a selection: p-values from their formulas, level under independence, power, and errors."""

from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skib.feature_selection import ChiSquareStop, GainStop, InformationSelector, PermutationStop, ScoreStop
from skib.feature_selection._counts import DenseCounts
from skib.feature_selection._criteria import formula_of
from skib.feature_selection._greedy import Search, greedy_path
from skib.feature_selection._terms import Step
from skib.mutual_info import KSG, Binned, CauchySchwarz, GaussianCopula
from tests.naive.independence import pvalue as naive_pvalue

TESTS = [ChiSquareStop(), PermutationStop(random_state=0)]
STOPS = [*TESTS, ScoreStop(), GainStop()]


@cache
def informative_columns():
    """Three informative columns among 20."""
    return make_classification(400, 20, n_informative=3, n_redundant=0, shuffle=False, random_state=0)


@cache
def madelon(seed):
    """Twenty informative columns among 500, most of them only together with others."""
    return make_classification(
        2000,
        500,
        n_informative=5,
        n_redundant=15,
        n_clusters_per_class=16,
        class_sep=2,
        flip_y=0.01,
        shuffle=False,
        random_state=seed,
    )


def select(codes, target, stop, *, included=(), n_most=1):
    """Return the picks of a search in codes (n_features, n_samples) after the columns that are included."""
    counts = DenseCounts(codes.astype(np.uint8), target)
    n_most += len(included)
    search = Search(
        counts, formula_of("jmi"), np.arange(len(codes)), n_most, tested=counts, stop=stop, included=tuple(included)
    )
    return greedy_path(search)[0][len(included) :]


def rejections(stop, n_runs, draw, **options):
    """Return in how many of so many draws of (codes, target) a column is selected."""
    runs = [draw(np.random.default_rng(seed)) for seed in range(n_runs)]
    return sum(bool(select(codes, target, stop, **options)) for codes, target in runs)


def most_rejections(n_runs, alpha=0.05):
    """Return the number that a test of exact level exceeds once in ten thousand times."""
    return stats.binom.isf(1e-4, n_runs, alpha)


# P-values.


@pytest.mark.parametrize("n_samples", [40, 1000])
def test_pvalues_equal_the_naive_twin(n_samples):
    rng = np.random.default_rng(0)
    codes, target = rng.integers(4, size=(6, n_samples)), rng.integers(3, size=n_samples)
    codes[0] = np.where(rng.random(n_samples) < 0.5, target, codes[0])
    codes[1] = np.where(rng.random(n_samples) < 0.3, target, codes[1])
    columns, selected = codes.tolist(), []
    picks = select(codes, target, ChiSquareStop(alpha=0.999_999), n_most=4)
    assert len(picks) > 1
    for pick in picks:
        expected = (len(codes) - len(selected)) * naive_pvalue(columns, target.tolist(), pick.column, selected)
        # The mean of G has a relative error of up to 2e-3, where expected counts are above 10.
        assert_allclose(np.log(pick.pvalue), np.log(min(expected, 1.0)), rtol=1e-2, atol=1e-2)
        selected.append(pick.column)


def test_first_pvalue_is_that_of_the_likelihood_ratio_test():
    """With many rows per cell there is nothing to correct."""
    rng = np.random.default_rng(0)
    target = rng.integers(2, size=20_000)
    column = np.where(rng.random(20_000) < 0.03, target, rng.integers(3, size=20_000))
    expected = stats.chi2_contingency(stats.contingency.crosstab(column, target).count, lambda_="log-likelihood")
    (pick,) = select(column[None], target, ChiSquareStop())
    assert_allclose(pick.pvalue, expected.pvalue, rtol=0.01)


def test_pvalues_of_gaussian_copulas():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 4)), rng.normal(size=500)
    X[:, 2] += 0.2 * y
    selector = InformationSelector(n_features_to_select=1, estimator=GaussianCopula()).fit(X, y)
    scores = stats.norm.ppf(stats.rankdata(np.c_[X[:, 2], y], axis=0) / 501)
    statistic = -500 * np.log(1 - np.corrcoef(scores.T)[0, 1] ** 2)
    assert_allclose(selector.pvalues_, 4 * stats.chi2.sf(statistic, 1), rtol=0.2)


def test_weights_that_are_equal_change_nothing():
    X, y = informative_columns()
    plain, weighted = (InformationSelector().fit(X, y, sample_weight=w) for w in (None, np.full(len(y), 0.7)))
    assert_allclose(weighted.pvalues_, plain.pvalues_)


def test_whole_weights_are_repeated_rows():
    X, y = informative_columns()
    weight = np.random.default_rng(0).integers(1, 4, size=len(y))
    weighted = InformationSelector(n_features_to_select=4).fit(X, y, sample_weight=weight)
    repeated = InformationSelector(n_features_to_select=4).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_allclose(weighted.pvalues_, repeated.pvalues_)


def test_other_weights_count_as_their_effective_rows():
    """Half of the rows have hardly any weight."""
    rng = np.random.default_rng(0)
    codes, target = rng.integers(3, size=(2, 400)).astype(np.uint8), rng.integers(2, size=400)
    codes[0] = np.where(rng.random(400) < 0.3, target, codes[0])
    half = DenseCounts(codes[:, :200], target[:200])
    weighted = DenseCounts(codes, target, np.repeat([0.5, 1e-9], 200))
    step = Step(half, (1,), (0,), np.arange(2), 1, None, None, 0.0, ())
    assert_allclose(ChiSquareStop().pvalue(step._replace(counts=weighted)), ChiSquareStop().pvalue(step), rtol=1e-3)


def test_permutation_pvalue_counts_the_permutations():
    """Of 8 rows, which the column sorts by class, 2 of 70 orders of the classes have as much information."""
    target = np.repeat([0, 1], 4)
    (pick,) = select(target[None], target, PermutationStop(0.5, n_permutations=4000, random_state=0))
    assert abs(pick.pvalue - 2 / 70) < 4 * np.sqrt(2 / 70 / 4000)


# Level: probability of a selection, if no column has information about the target.


def noise(n_samples, n_features, n_levels, n_classes=2):
    """A function that draws columns and a target that are independent."""
    return lambda rng: (rng.integers(n_levels, size=(n_features, n_samples)), rng.integers(n_classes, size=n_samples))


def rare_noise(rng):
    """Columns of which 90 % are zeros, and classes of which one has 5 % of the rows."""
    codes, target = noise(300, 30, 5)(rng)
    return np.where(rng.random(codes.shape) < 0.9, 0, codes), (rng.random(300) < 0.05).astype(int)


def noise_after_a_true_column(rng):
    """Independent columns, but for the first, which has the class of half of the rows: few rows are left per cell."""
    codes, target = noise(200, 30, 5)(rng)
    codes[0] = np.where(rng.random(200) < 0.5, 2 * target, codes[0])
    return codes, target


@pytest.mark.parametrize("draw", [noise(300, 30, 3), noise(100, 30, 8, 4), rare_noise])
def test_level_of_the_chi_squared_test(draw):
    assert rejections(ChiSquareStop(), 200, draw) <= most_rejections(200)


def test_level_of_the_chi_squared_test_after_a_true_column():
    assert rejections(ChiSquareStop(), 200, noise_after_a_true_column, included=[0]) <= most_rejections(200)


def test_thin_cells_would_be_significant_without_the_correction(monkeypatch):
    monkeypatch.setattr("skib.feature_selection._independence.np.divide", lambda dof, mean, out, where: out)
    assert rejections(ChiSquareStop(), 100, noise(100, 30, 8, 4)) > most_rejections(100)


@pytest.mark.parametrize("draw", [noise(60, 10, 3), noise(40, 10, 8, 4)])
def test_level_of_permutations(draw):
    """Not above alpha, and not far below it: the smallest p-value of all candidates has its own distribution."""
    n_rejected = rejections(PermutationStop(0.2, n_permutations=19, random_state=0), 100, draw)
    assert stats.binom.ppf(1e-4, 100, 0.2) <= n_rejected <= most_rejections(100, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize("included", [(), (0,)])
@pytest.mark.parametrize("n_levels", [2, 3, 5, 10])
@pytest.mark.parametrize(("n_samples", "n_features"), [(200, 60), (1000, 60), (200, 500)])
def test_level_in_many_settings(n_samples, n_features, n_levels, included):
    def draw(rng):
        codes, target = noise(n_samples, n_features, n_levels)(rng)
        codes[0] = np.where(rng.random(n_samples) < 0.5, target * (n_levels - 1), codes[0]) if included else codes[0]
        return codes, target

    assert rejections(ChiSquareStop(), 200, draw, included=included) <= most_rejections(200)


# Power.


@pytest.mark.parametrize("seed", [3, pytest.param(range(10), marks=pytest.mark.slow)])
@pytest.mark.parametrize("criterion", ["jmi", "mrmr"])
def test_madelon(criterion, seed):
    """Also with mRMR, whose best candidate is noise before all of the informative columns are selected."""
    for one in np.atleast_1d(seed):
        selected = InformationSelector(criterion, discretizer=5).fit(*madelon(one)).selected_features_
        assert 18 <= len(selected) <= 22
        assert np.sum(selected >= 20) <= 1


@pytest.mark.parametrize("stop", TESTS)
def test_informative_columns_are_found(stop):
    X, y = informative_columns()
    selector = InformationSelector(stop=stop).fit(X, y)
    assert sorted(selector.selected_features_) == [0, 1, 2]
    assert "no candidate is significant" in selector.stop_reason_
    assert (selector.pvalues_ <= 0.05).all()


@pytest.mark.parametrize("stop", TESTS)
def test_pair_of_columns(stop):
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(300, 8))
    y = X[:, 2] ^ X[:, 5]
    selector = InformationSelector(init="pair", stop=stop).fit(X, y)
    assert selector.selected_features_.tolist() == [2, 5]
    y = rng.permutation(y)
    with pytest.warns(match="No features were selected"):
        assert InformationSelector(init="pair", stop=stop).fit(X, y).transform(X).shape == (300, 0)


def test_smaller_alpha_selects_no_more():
    X, y = make_classification(300, 30, n_informative=5, n_redundant=0, random_state=0)
    sizes = [
        len(InformationSelector(stop=ChiSquareStop(alpha)).fit(X, y).selected_features_) for alpha in (1e-12, 0.01, 0.5)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


# Behavior.


def test_permutations_are_those_of_the_seed():
    X, y = informative_columns()
    stop = PermutationStop(n_permutations=199, random_state=1)
    first, second, parallel = (InformationSelector(stop=stop, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 1, 2))
    assert first.pvalues_.tolist() == second.pvalues_.tolist() == parallel.pvalues_.tolist()
    assert first.stop_reason_ == parallel.stop_reason_


def test_selection_ends_before_all_permutations_are_drawn(monkeypatch):
    drawn = []
    permuted = DenseCounts.permuted
    monkeypatch.setattr(DenseCounts, "permuted", lambda *args: drawn.append(1) or permuted(*args))
    codes, target = noise(100, 10, 3)(np.random.default_rng(0))
    assert not select(codes, target, PermutationStop(random_state=0, n_permutations=999))
    assert len(drawn) < 500


def copies():
    """Two binary columns, of which y is made, and a copy of the first."""
    x = np.random.default_rng(0).integers(2, size=(1000, 2))
    return np.c_[x, x[:, 0]], x[:, 0] + 2 * x[:, 1]


def test_score():
    X, y = copies()
    assert InformationSelector("mifs", stop=ScoreStop()).fit(X, y).selected_features_.tolist() == [0, 1]
    selector = InformationSelector("mim", stop=ScoreStop(0.8)).fit(X, y)
    assert selector.selected_features_.tolist() == []
    assert "0.69" in selector.stop_reason_
    assert "0.8" in selector.stop_reason_


def test_gain_is_the_least_over_the_selected_columns_less_its_mean():
    X, y = copies()
    assert InformationSelector("cmim", stop=GainStop()).fit(X, y).selected_features_.tolist() == [0, 1]
    noise_added = np.c_[X, np.random.default_rng(1).integers(10, size=1000)]
    selector = InformationSelector("cmim", stop=GainStop(tol=0.02)).fit(noise_added, y)
    assert selector.selected_features_.tolist() == [0, 1]
    rng = np.random.default_rng(0)
    codes, target = rng.integers(3, size=(1, 500)), rng.integers(2, size=500)
    codes[0] = np.where(rng.random(500) < 0.2, target, codes[0])
    counts = DenseCounts(codes.astype(np.uint8), target)
    gain = counts.joint((), np.array([0])).information[0] - 2 / 1000
    assert gain > 0
    for tol, n_selected in ((gain * 0.999, 1), (gain * 1.001, 0)):
        assert len(select(codes, target, GainStop(tol))) == n_selected


def test_gain_of_other_estimators():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    y = X[:, 0] + 0.3 * rng.normal(size=100)
    selector = InformationSelector("cmim", estimator=KSG(), stop=GainStop(0.1)).fit(X, y)
    assert selector.selected_features_.tolist() == [0]
    with pytest.raises(ValueError, match=r"GainStop needs I\(X;Y\|Z\), but the estimator takes no `given`"):
        InformationSelector("mrmr", estimator=CauchySchwarz(), stop=GainStop(0.0)).fit(X, y)


@pytest.mark.parametrize("stop", TESTS)
def test_tests_refuse_estimates_of_unknown_distribution(stop):
    X, y = informative_columns()
    with pytest.raises(ValueError, match=rf"{type(stop).__name__} .* pass stop="):
        InformationSelector("mrmr", estimator=Binned(4), stop=stop).fit(X[:, :3], y)


def test_too_few_permutations_for_alpha():
    X, y = informative_columns()
    with pytest.raises(ValueError, match=r"alpha=0.01; pass n_permutations=99 or more"):
        InformationSelector(stop=PermutationStop(0.01, n_permutations=98)).fit(X, y)
    InformationSelector(stop=PermutationStop(0.01, n_permutations=99, random_state=0)).fit(X, y)


@pytest.mark.parametrize(
    "stop", [ChiSquareStop(0), PermutationStop(n_permutations=0), GainStop(-1), ScoreStop("low"), PermutationStop(1.0)]
)
def test_parameters_are_validated(stop):
    with pytest.raises(ValueError, match=f"of {type(stop).__name__} must be"):
        InformationSelector(stop=stop).fit(*informative_columns())


@pytest.mark.parametrize("stop", STOPS)
def test_stops_are_cloned_with_their_parameters(stop):
    assert clone(stop).get_params() == stop.get_params()
    assert str(clone(stop)) == str(stop)


def test_alpha_is_a_parameter_of_a_grid():
    X, y = informative_columns()
    pipeline = make_pipeline(InformationSelector(stop=ChiSquareStop()), LogisticRegression())
    search = GridSearchCV(pipeline, {"informationselector__stop__alpha": [1e-3, 0.05]}).fit(X, y)
    assert search.best_params_["informationselector__stop__alpha"] in (1e-3, 0.05)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
