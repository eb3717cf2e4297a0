"""InfluenceSelector: parities, scores by their definition, levels of the tests, and tables of every kind."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import kruskal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skib import ConstantInputWarning, CostWarning, SkibWarning
from skib.datasets import make_parity
from skib.feature_selection import InfluenceSelector
from skib.feature_selection._influential_sets import Search
from skib.feature_selection._responses import ClassResponse, independence_pvalue


def influence(columns, y):
    """The score of a set of columns for numbers y, from its definition (Chernoff, Lo, Zheng 2009)."""
    cells = pd.DataFrame(columns).groupby(list(range(columns.shape[1]))).ngroup().to_numpy()
    mean, variance, n = np.mean(y), np.var(y), len(y)
    return sum(np.sum(cells == c) ** 2 * (np.mean(y[cells == c]) - mean) ** 2 for c in set(cells)) / (n * variance)


def fitted(X, y, **parameters):
    return InfluenceSelector(random_state=0, **parameters).fit(X, y)


def selected(X, y, **parameters):
    return sorted(fitted(X, y, **parameters).selected_features_.tolist())


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_finds_parities(order, seed):
    made = make_parity(1000, n_features=30, order=order, flip=0.1, random_state=seed)
    selector = fitted(made.X, made.y, alpha=0.01)
    assert sorted(selector.selected_features_.tolist()) == made.relevant_features.tolist()
    best = selector.subsets_.iloc[0]
    assert best["features"] == tuple(made.relevant_features.tolist())
    assert best["selected"]
    assert best["pvalue"] < 1e-50


@pytest.mark.slow
@pytest.mark.parametrize("order", [2, 3])
def test_finds_all_of_20_parities_among_50_columns(order):
    for seed in range(20):
        made = make_parity(1000, n_features=50, order=order, flip=0.1, random_state=seed)
        assert set(made.relevant_features) <= set(selected(made.X, made.y))


def noise(seed, kind):
    rng = np.random.default_rng(seed)
    if kind == "bits":
        return rng.integers(2, size=(1000, 50)), rng.integers(2, size=1000)
    if kind == "rare values":  # Pearson's chi-square selects something in 53 of 200
        return (rng.random((300, 50)) < 0.03).astype(int), (rng.random(300) < 0.05).astype(int)
    if kind == "numbers":
        return rng.normal(size=(300, 30)), rng.standard_cauchy(size=300)
    return rng.integers(5, size=(500, 20)), rng.choice(4, size=500, p=[0.9, 0.05, 0.03, 0.02])


@pytest.mark.parametrize("kind", ["bits", "numbers", "rare classes", "rare values"])
def test_selects_nothing_from_noise(kind):
    # At a level of 0.05, 6 or more of 20 have a probability of 3e-4.
    assert sum(len(selected(*noise(seed, kind))) > 0 for seed in range(20)) < 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bits", "numbers", "rare classes", "rare values"])
def test_level(kind):
    assert sum(len(selected(*noise(seed, kind))) > 0 for seed in range(200)) <= 14


def test_scores_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    X = rng.integers(3, size=(200, 4))
    y = rng.normal(size=200) + (X[:, 0] == X[:, 1])
    selector = fitted(X, y)
    assert len(selector.subsets_) >= 4
    for row in selector.subsets_.itertuples():
        assert row.influence == pytest.approx(influence(X[:, row.features], y), rel=1e-9)
    for j in range(4):
        held = [row.influence for row in selector.subsets_.itertuples() if j in row.features]
        assert selector.influence_[j] == pytest.approx(max(held), rel=1e-12)


def test_scores_of_classes_sum_over_their_indicators():
    rng = np.random.default_rng(0)
    X, y = rng.integers(3, size=(200, 3)), rng.integers(3, size=200)
    outputs = [(y == c).astype(float) for c in range(3)]
    for row in fitted(X, y).subsets_.itertuples():
        scores = [influence(X[:, row.features], output) * np.var(output) for output in outputs]
        assert row.influence == pytest.approx(sum(scores) / sum(np.var(output) for output in outputs), rel=1e-12)


def test_mean_score_over_all_permutations():
    X, y = np.array([[0], [0], [0], [1], [1], [2]]), np.array([0.0, 1.0, 1.0, 4.0, -2.0, 0.5])
    scores = [influence(X, y[list(order)]) for order in permutations(range(6))]
    assert np.mean(scores) == pytest.approx(6 / 5 * (1 - (9 + 4 + 1) / 36), rel=1e-12)


def test_pvalues_are_adjusted_for_all_sets_of_their_size():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(500, 6))
    y = X[:, 0] + 3 * rng.normal(size=500)
    table = fitted(X, y).subsets_
    for row in table[[len(features) == 1 for features in table["features"]]].itertuples():
        x = X[:, row.features[0]]
        assert row.pvalue == pytest.approx(min(1, 2 * 6 * kruskal(y[x == 0], y[x == 1]).pvalue), rel=1e-9)
    assert (table["selected"] <= (table["pvalue"] <= 0.05)).all()
    assert table["influence"].is_monotonic_decreasing


def test_the_pvalue_of_a_set_is_that_of_its_least_needed_column():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(600, 4))
    y = (X[:, 1] + (rng.random(600) < 0.2)) % 2
    selector = InfluenceSelector()
    search = Search(table := selector._read(X, y, None), selector._plan(table))
    needed, superfluous = (independence_pvalue(ClassResponse(y), X[:, j], X[:, k]) for j, k in ((1, 3), (3, 1)))
    assert needed < 1e-20 < 0.01 < superfluous
    assert search._pvalue((1, 3), (1, 3)) == superfluous
    assert search._pvalue((1, 3), (1,)) == needed


def test_strong_effects_do_not_hide_a_parity():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(1500, 14))
    # Every random set of 7 columns has one of the first 8.
    y = X[:, :8] @ np.arange(4.0, 12.0) + 3.0 * (X[:, 9] ^ X[:, 12]) + rng.normal(size=1500)
    assert selected(X, y) == [*range(8), 9, 12]


def test_sets_that_overlap_are_selected_for_what_they_add():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(2000, 10))
    chained = 2.0 * (X[:, 1] ^ X[:, 4]) + 1.5 * (X[:, 4] ^ X[:, 7]) + rng.normal(size=2000)
    assert selected(X, chained) == [1, 4, 7]
    # A copy adds nothing to a set that has the other columns of its parity, and the first of both is taken.
    copied = np.column_stack([X, X[:, 1]])
    assert selected(copied, (X[:, 1] ^ X[:, 4]) + rng.normal(size=2000)) == [1, 4]


def test_order_is_that_of_the_scores():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(1000, 8))
    y = 1.0 * X[:, 2] + 3.0 * X[:, 6] + rng.normal(size=1000)
    assert fitted(X, y).selected_features_.tolist() == [6, 2]


def test_same_bits_for_any_number_of_jobs_and_another_seed_is_another_draw(monkeypatch):
    made = make_parity(300, n_features=20, order=2, flip=0.2, random_state=0)
    monkeypatch.setattr("skib.feature_selection._influential_sets._MOST_PER_BLOCK", 16)
    one, two = (fitted(made.X, made.y, n_jobs=n_jobs) for n_jobs in (1, 2))
    pd.testing.assert_frame_equal(one.subsets_, two.subsets_)
    np.testing.assert_array_equal(one.influence_, two.influence_)
    other = InfluenceSelector(random_state=1).fit(made.X, made.y)
    assert not other.subsets_.equals(one.subsets_)


def test_what_so_many_draws_can_find():
    made = make_parity(1000, n_features=50, order=2, random_state=0)
    by_default = fitted(made.X, made.y)
    assert (by_default.detectable_order_, by_default.subset_size_) == (3, 7)
    pairs = fitted(made.X, made.y, interaction_order=2)
    assert pairs.detectable_order_ == 2
    assert pairs.n_draws_ < by_default.n_draws_ / 5
    few = fitted(made.X, made.y, n_draws=3)
    assert (few.detectable_order_, few.n_draws_) == (1, 3)


def test_long_searches_are_warned_of(monkeypatch):
    monkeypatch.setattr("skib._cost._LONG", 0.0)
    with pytest.warns(
        CostWarning, match=r"it draws \d+ sets of 7 among 20 columns; lower interaction_order or n_draws"
    ):
        fitted(np.random.default_rng(0).integers(2, size=(100, 20)), np.arange(100) % 2, n_draws=5)


@pytest.mark.parametrize("number", [1, 2, 3, 10, 15])
def test_a_number_of_columns(number):
    made = make_parity(500, n_features=10, order=2, random_state=0)
    selector = fitted(made.X, made.y, n_features_to_select=number)
    assert len(set(selector.selected_features_)) == len(selector.selected_features_) == min(number, 10)
    assert set(selector.selected_features_[:2]) <= set(made.relevant_features)
    others = selector.influence_[selector.selected_features_[2:]]
    assert (np.diff(others) <= 0).all()


# --- tables


def parity_of_signs(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, (X[:, 1] > 0) ^ (X[:, 4] > 0)


def test_numbers_are_binned_and_monotone_maps_change_nothing():
    X, y = parity_of_signs()
    one = fitted(X, y)
    assert sorted(one.selected_features_) == [1, 4]
    for other in (np.exp(X), X.astype(np.float32), X * -1e300):
        np.testing.assert_allclose(fitted(other, y).influence_, one.influence_, rtol=0.02)
        assert selected(other, y) == [1, 4]
    inner = np.abs(X[:, 2]) < 0.6
    assert selected(X, inner) == []  # both halves have as many inner values
    assert selected(X, inner, n_bins=3) == [2]


def test_categories_names_and_missing_values():
    rng = np.random.default_rng(0)
    a, b = rng.integers(3, size=(2, 600))
    missing = rng.random(600) < 0.5
    frame = pd.DataFrame(
        {
            "town": pd.Categorical(np.array(["x", "y", "z"])[a], categories=["w", "x", "y", "z"]),
            "noise": rng.normal(size=600),
            "size": np.where(missing, np.nan, rng.normal(size=600)),
            "kind": np.array(["p", "q", "r"], object)[b],
        }
    )
    y = np.where((a == b) ^ missing, "yes", "no")
    selector = fitted(frame, y)
    assert selector.get_feature_names_out().tolist() == ["town", "size", "kind"]
    assert selector.subsets_["features"][0] == ("town", "size", "kind")
    kept = selector.set_output(transform="pandas").transform(frame)
    pd.testing.assert_frame_equal(kept, frame[["town", "size", "kind"]])


def test_sparse_columns_are_whether_values_differ_from_zero():
    rng = np.random.default_rng(0)
    bits = rng.random((800, 12)) < 0.4
    y = bits[:, 2] ^ bits[:, 5]
    sparse = csr_array(bits * rng.normal(size=bits.shape))
    sparse.data[:5] = 0.0
    bits = sparse.toarray() != 0
    one, other = fitted(sparse, y), fitted(bits, y)
    assert sorted(one.selected_features_) == [2, 5]
    pd.testing.assert_frame_equal(one.subsets_, other.subsets_)
    assert one.transform(sparse).shape == (800, 2)


def test_weights_are_repeated_rows():
    made = make_parity(200, n_features=6, order=2, flip=0.1, random_state=0)
    weights = np.random.default_rng(0).integers(0, 4, size=200)
    weighted = InfluenceSelector(random_state=0).fit(made.X, made.y, sample_weight=weights)
    repeated = fitted(made.X.repeat(weights, axis=0), made.y.repeat(weights))
    np.testing.assert_allclose(weighted.influence_, repeated.influence_, rtol=1e-9)
    for name in ("influence", "pvalue"):
        np.testing.assert_allclose(weighted.subsets_[name], repeated.subsets_[name], rtol=1e-6)
    assert weighted.selected_features_.tolist() == repeated.selected_features_.tolist()
    # Other weights count as the effective number of rows: a factor does not matter.
    scaled = InfluenceSelector(random_state=0).fit(made.X, made.y, sample_weight=weights * 0.37)
    fewer = weights.sum() / np.sum(weights**2)
    np.testing.assert_allclose(scaled.influence_, weighted.influence_ * fewer, rtol=1e-9)


def test_heavy_tails_of_y():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(2000, 8))
    y = 3 * X[:, 3] + rng.standard_cauchy(size=2000)
    assert selected(X, y) == [3]


@pytest.mark.parametrize("shape", [(2, 1), (5, 2), (40, 1), (3, 30)])
def test_small_tables(shape):
    rng = np.random.default_rng(0)
    selector = fitted(rng.integers(2, size=shape), np.arange(shape[0]) % 2)
    assert len(selector.influence_) == shape[1]


def test_constant_columns_identifiers_and_a_single_column():
    made = make_parity(500, n_features=5, order=1, random_state=0)
    X = np.column_stack([np.ones(500), made.X, np.arange(500)])
    selector = fitted(X, made.y, n_bins=400)
    assert sorted(selector.selected_features_) == [1 + made.relevant_features[0]]
    assert selector.influence_[0] == 0
    assert selected(made.X[:, made.relevant_features], made.y) == [0]
    assert selected(np.ones((50, 3)), np.arange(50) % 2) == []


def test_constant_y():
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        selector = fitted(np.arange(20).reshape(10, 2), np.zeros(10))
    assert selector.selected_features_.tolist() == []
    assert len(selector.subsets_) == 0
    with pytest.warns(SkibWarning, match="No features were selected"):
        assert selector.transform(np.arange(20).reshape(10, 2)).shape == (10, 0)


def test_in_a_pipeline_with_a_grid():
    made = make_parity(300, n_features=8, order=1, flip=0.1, random_state=0)
    pipe = make_pipeline(InfluenceSelector(random_state=0), LogisticRegression())
    search = GridSearchCV(pipe, {"influenceselector__n_features_to_select": [1, 4]}, cv=3).fit(made.X, made.y)
    assert search.best_score_ > 0.8
    assert clone(pipe).get_params()["influenceselector__subset_size"] == 7


@pytest.mark.parametrize(
    "X, y, message",
    [
        (np.ones((5, 2)), None, "requires y to be passed"),
        (np.ones((5, 2)), [0, 1], "inconsistent|rows|length"),
        (np.full((5, 2), np.inf), [0, 1, 0, 1, 0], "infinity"),
    ],
)
def test_errors(X, y, message):
    with pytest.raises(ValueError, match=message):
        fitted(X, y)
