"""CardinalityAwareSelector: noise of many values, sorted rows, batches, pairs, 3MR and tables of every kind."""

import pickle
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skib import ConstantInputWarning, CostWarning, SkibWarning, _cost
from skib.feature_selection import CardinalityAwareSelector
from skib.feature_selection import _cardinality_codes as codes_of_batches

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=600)
X = np.column_stack([(Y + RNG.integers(2, size=600)) % 3, RNG.integers(200, size=600), RNG.integers(4, size=600)])


def fitted(X, y, **parameters):
    return CardinalityAwareSelector(**{"discrete_features": True} | parameters).fit(X, y)


def adjusted(x, y):
    """Information less its mean over permutations, by scikit-learn."""
    table = contingency_matrix(x, y, sparse=True)
    return mutual_info_score(x, y) - expected_mutual_information(table, len(y))


def adjusted_given(x, y, z):
    return sum(np.mean(z == value) * adjusted(x[z == value], y[z == value]) for value in np.unique(z))


def joint(*columns):
    return np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1]


def noisy_copy(y, share, rng):
    """A bit that is equal to y in a share of the rows."""
    return np.where(rng.random(len(y)) < share, y, 1 - y)


def outrank(x, y):
    """The score of outrank 0.97.5: less the information about a target whose rows are moved by those of the value."""

    def conditional_entropy(target):
        parts = [target[x == value] for value in np.unique(x)]
        shares = [np.bincount(part) / len(part) for part in parts if len(part) > 1]
        sizes = [len(part) for part in parts if len(part) > 1]
        entropies = [-np.sum(p[p > 0] * np.log(p[p > 0])) for p in shares]
        return np.dot(sizes, entropies) / len(y)

    moved = y[(np.arange(len(y)) + np.bincount(x)[x]) % len(y)]
    return conditional_entropy(moved) - conditional_entropy(y)


def test_scores_are_adjusted_information():
    selector = fitted(X, Y)
    assert selector.mutual_info_ == pytest.approx([mutual_info_score(x, Y) for x in X.T], abs=1e-12)
    assert selector.scores_ == pytest.approx([adjusted(x, Y) for x in X.T], abs=1e-10)
    assert selector.scores_ == pytest.approx(selector.mutual_info_ - selector.expected_mutual_info_, abs=1e-15)
    assert selector.selected_features_.tolist() == [0]
    assert selector.partners_.tolist() == [-1, -1, -1]


def test_noise_of_many_values_has_a_score_of_0():
    n, scores = 20_000, []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        selector = fitted(rng.integers(10_000, size=(n, 1)), rng.integers(2, size=n))
        assert selector.mutual_info_[0] > 0.25
        scores.append(selector.scores_[0])
    assert abs(np.mean(scores)) < 4 * np.std(scores, ddof=1) / np.sqrt(20)
    assert np.std(scores) < 0.01


def test_identifiers_have_a_score_of_0():
    selector = fitted(np.arange(1000)[:, None], np.arange(1000) % 2)
    assert selector.mutual_info_[0] == pytest.approx(np.log(2))
    assert selector.scores_[0] == pytest.approx(0, abs=1e-13)
    assert selector.pvalues_[0] > 0.05


def test_a_weak_bit_is_found_among_columns_of_many_values():
    n = 20_000
    for seed in range(3):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=n)
        x = np.column_stack([rng.integers(10_000, size=(n, 30)), noisy_copy(y, 0.57, rng)])  # 0.01 nats
        selector = fitted(x, y, n_features_to_select=3)
        assert 30 in selector.selected_features_
        assert selector.mutual_info_.argmin() == 30
        assert fitted(x, y).selected_features_.tolist() == [30]


@pytest.mark.slow
def test_a_weak_bit_is_found_in_40_tables():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=20_000)
        x = np.column_stack([rng.integers(10_000, size=(20_000, 30)), noisy_copy(y, 0.57, rng)])
        assert 30 in fitted(x, y, n_features_to_select=3).selected_features_


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(2, size=5000))
    x = joint(noisy_copy(y, 0.93, rng), rng.integers(50, size=5000))
    sorted_score = fitted(x[:, None], y).scores_[0]
    order = rng.permutation(5000)
    assert fitted(x[order, None], y[order]).scores_[0] == pytest.approx(sorted_score, abs=1e-12)
    assert sorted_score == pytest.approx(0.44, abs=0.02)  # log 2 - H(0.93)
    assert outrank(x, y) < 0.1 * sorted_score
    assert outrank(x[order], y[order]) == pytest.approx(sorted_score, abs=0.02)


def test_names_of_values_change_nothing():
    names = pd.DataFrame({j: [f"v{value}" for value in column] for j, column in enumerate(X.T)})
    assert (fitted(names, Y).scores_ == fitted(X, Y).scores_).all()
    assert fitted(-X, Y).scores_ == pytest.approx(fitted(X, Y).scores_, abs=1e-13)


def noise(seed, kind):
    rng = np.random.default_rng(seed)
    y = (rng.random(500) < (0.03 if kind == "rare classes" else 0.5)).astype(int)
    if kind == "few rows of most values":
        return np.floor(500 * rng.random((500, 10)) ** 4), y
    return rng.integers([3, 10, 30, 100, 250], size=(500, 5)), y


@pytest.mark.parametrize("kind", ["even", "rare classes", "few rows of most values"])
@pytest.mark.parametrize("order", [1, 2])
def test_selects_nothing_from_noise(kind, order):
    # At a level of 0.05, 6 or more of 20 have a probability of 3e-4.
    found = [len(fitted(*noise(seed, kind), interaction_order=order).selected_features_) for seed in range(20)]
    assert sum(number > 0 for number in found) < 6


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["even", "rare classes", "few rows of most values"])
def test_level(kind):
    found = [len(fitted(*noise(seed, kind)).selected_features_) for seed in range(400)]
    assert sum(number > 0 for number in found) <= 20 + 4 * np.sqrt(19)


@pytest.mark.parametrize("parameters", [{}, {"interaction_order": 2}, {"criterion": "3mr", "n_features_to_select": 3}])
def test_batches_are_as_good_as_all_rows(parameters):
    whole = fitted(X, Y, **parameters)
    names = pd.DataFrame(X.astype(str)).add_prefix("c")
    batched, of_names = (CardinalityAwareSelector(discrete_features=True, **parameters) for _ in range(2))
    for rows in np.array_split(np.arange(600), [10, 11, 400]):
        batched.partial_fit(X[rows], Y[rows], classes=[0, 1, 2])
        of_names.partial_fit(names.iloc[rows], Y[rows].astype(str))
    for selector in (batched, of_names):
        assert selector.n_samples_seen_ == 600
        assert selector.scores_ == pytest.approx(whole.scores_, abs=1e-12)
        assert selector.selected_features_.tolist() == whole.selected_features_.tolist()
    if not parameters:
        assert batched.pvalues_ == pytest.approx(whole.pvalues_, rel=1e-9)


def test_fit_forgets_batches_and_pickles_go_on():
    half = CardinalityAwareSelector(discrete_features=True).partial_fit(X[:300], Y[:300])
    copied = pickle.loads(pickle.dumps(half)).partial_fit(X[300:], Y[300:])
    assert copied.scores_ == pytest.approx(fitted(X, Y).scores_, abs=1e-12)
    assert (half.fit(X, Y).scores_ == fitted(X, Y).scores_).all()


def test_bins_are_those_of_the_first_batch():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=1000)
    x = np.column_stack([y + rng.normal(size=1000), rng.normal(size=1000)])
    selector = CardinalityAwareSelector(n_bins=4).partial_fit(x[:500], y[:500])
    cuts = np.quantile(x[:500, 0], [0.25, 0.5, 0.75], method="inverted_cdf")
    selector.partial_fit(x[500:], y[500:])
    whole = fitted(x, y, discrete_features="auto", n_bins=4)
    assert selector.mutual_info_[0] == pytest.approx(mutual_info_score(np.searchsorted(cuts, x[:, 0]), y), abs=2e-3)
    assert selector.scores_ == pytest.approx(whole.scores_, abs=0.01)
    assert selector.selected_features_.tolist() == [0]


def test_exclusive_or():
    rng = np.random.default_rng(0)
    bits = rng.integers(2, size=(1000, 4))
    x = np.column_stack([bits, rng.integers(300, size=1000)])
    y = (bits[:, 0] ^ bits[:, 2]) ^ (rng.random(1000) < 0.1)
    assert fitted(x, y).selected_features_.tolist() == []
    selector = fitted(pd.DataFrame(x).add_prefix("c"), y, interaction_order=2)
    assert sorted(selector.selected_features_.tolist()) == [0, 2]
    assert selector.partners_[[0, 2]].tolist() == [2, 0]
    best = selector.pairs_.loc[selector.pairs_["score"].idxmax()]
    assert best["features"] == ("c0", "c2")


@pytest.mark.parametrize("first", [2**60, np.uint64(2**63), -(2**60)])
def test_wide_whole_numbers_are_not_rounded(first):
    """Identifiers and classes of 64 bits differ by less than float64 can tell; the smallest differs among batches."""
    x, y = X[:, 1].astype(type(first)) + first, Y.astype(type(first)) + first
    known = fitted(X[:, [1]], Y).scores_
    batches = CardinalityAwareSelector(discrete_features=True)
    for rows in np.array_split(np.argsort(Y == 0, kind="stable"), 2):  # class 0 is in the second only
        batches.partial_fit(x[rows, None], y[rows], classes=np.unique(y))
    assert fitted(x[:, None], y).scores_ == pytest.approx(known, abs=1e-15)
    assert batches.scores_ == pytest.approx(known, abs=1e-15)


def test_wide_and_other_numbers_in_different_batches():
    x = np.where(X[:, 1] < 100, X[:, 1], X[:, 1] + 2**60)
    batches = CardinalityAwareSelector(discrete_features=True)
    for batch in (x < 100, x >= 100):
        batches.partial_fit(x[batch, None], Y[batch])
    assert batches.scores_ == pytest.approx(fitted(X[:, [1]], Y).scores_, abs=1e-15)


def test_pairs_that_were_not_counted_are_refused():
    selector = CardinalityAwareSelector(2).partial_fit(X, Y).set_params(criterion="3mr")
    with pytest.raises(ValueError, match="which the batches so far were not counted for; call fit"):
        selector.partial_fit(X, Y)
    assert len(selector.fit(X, Y).selected_features_) == 2


def test_pairs_are_adjusted_information():
    selector = fitted(X, Y, interaction_order=2)
    for row, (i, j) in enumerate(combinations(range(3), 2)):
        a, b = X[:, i], X[:, j]
        pair = selector.pairs_.iloc[row]
        assert pair["features"] == (i, j)
        assert pair["score"] == pytest.approx(adjusted(joint(a, b), Y), abs=1e-10)
        assert pair["first_given_second"] == pytest.approx(adjusted_given(a, Y, b), abs=1e-10)
        assert pair["second_given_first"] == pytest.approx(adjusted_given(b, Y, a), abs=1e-10)
    best = [
        max(adjusted(X[:, k], Y), *(adjusted_given(X[:, k], Y, X[:, j]) for j in {0, 1, 2} - {k})) for k in range(3)
    ]
    assert selector.scores_ == pytest.approx(best, abs=1e-10)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 2.0), (0.0, 0.0)])
def test_3mr_is_that_of_its_formula(weights):
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=400)
    x = np.column_stack([noisy_copy(y, share, rng) for share in (0.9, 0.8, 0.7, 0.6)] + [rng.integers(50, size=400)])
    x = np.column_stack([x, x[:, 0]])  # a copy
    order, left = [], list(range(6))
    while left:
        scores = []
        for k in left:
            score = adjusted(x[:, k], y)
            if order:
                score -= weights[0] * np.median([adjusted(x[:, j], x[:, k]) for j in order])
                score += weights[1] * np.median([adjusted(joint(x[:, j], x[:, k]), y) for j in order])
            scores.append(score)
        order.append(left.pop(int(np.argmax(scores))))
    options = {"redundancy_weight": weights[0], "relation_weight": weights[1], "criterion": "3mr"}
    assert fitted(x, y, n_features_to_select=6, **options).selected_features_.tolist() == order
    assert fitted(x, y, n_features_to_select=2, **options).selected_features_.tolist() == order[:2]
    assert set(fitted(x, y, **options).selected_features_) == {0, 1, 2, 3, 5}


def test_kinds_of_columns():
    rng = np.random.default_rng(0)
    sick = rng.random(2000) < 0.3
    table = pd.DataFrame({"town": pd.Categorical(rng.choice(["Oslo", "Bergen"], 2000)), "dose": rng.normal(size=2000)})
    table["pressure"] = rng.normal(120, 10, 2000)
    table.loc[sick & (rng.random(2000) < 0.5), "pressure"] = np.nan
    table["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(100, size=2000) + 50 * sick, "D")
    table["name"] = [f"n{i}" for i in range(2000)]
    table["smokes"] = np.where(sick, rng.random(2000) < 0.7, rng.random(2000) < 0.3)
    table["nothing"] = np.nan
    selector = CardinalityAwareSelector().fit(table, np.where(sick, "ill", "well"))
    assert sorted(selector.get_feature_names_out().tolist()) == ["day", "pressure", "smokes"]


def test_discrete_features_are_a_mask_or_numbers():
    x = np.column_stack([np.arange(1000.0), np.arange(1000.0)])
    y = np.arange(1000) < 500
    for wanted in ([False, True], [1]):
        selector = fitted(x, y, discrete_features=wanted)
        assert selector.scores_[0] > 0.6
        assert selector.scores_[1] == pytest.approx(0, abs=1e-13)
    for wanted in (False, []):
        assert (fitted(x, y, discrete_features=wanted).scores_ > 0.6).all()
    assert fitted(pd.DataFrame(x, columns=["a", "b"]), y, discrete_features=["b"]).scores_[0] > 0.6


def test_numbers_are_a_target():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 4))
    assert fitted(x, x[:, 1] + rng.normal(size=1000), discrete_features="auto").selected_features_.tolist() == [1]


def test_jobs_change_nothing():
    one, two = (fitted(X, Y, interaction_order=2, n_jobs=n_jobs) for n_jobs in (1, 2))
    assert (one.scores_ == two.scores_).all()
    assert one.pairs_.equals(two.pairs_)


def test_in_a_pipeline():
    pipeline = make_pipeline(CardinalityAwareSelector(1, discrete_features=True), DecisionTreeClassifier())
    assert pipeline.fit(X, Y).score(X, Y) > 0.4


def test_warnings():
    with pytest.warns(ConstantInputWarning, match="y is constant over all 600 rows"):
        selector = fitted(X, np.zeros(600))
    assert not selector.scores_.any()
    with pytest.warns(SkibWarning, match="no column has an adjusted p-value of at most alpha=0.05"):
        assert selector.transform(X).shape == (600, 0)
    with pytest.warns(SkibWarning, match="n_features_to_select=4 exceeds the 3 columns"):
        assert len(fitted(X, Y, n_features_to_select=4).selected_features_) == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_cost, "_LONG", 0.0)
        with pytest.warns(CostWarning, match="counts 3 pairs of columns; select columns with interaction_order=1"):
            fitted(X, Y, interaction_order=2)


def test_bad_batches_are_refused():
    selector = CardinalityAwareSelector().partial_fit(pd.DataFrame({"a": [None, None], "b": [0, 1]}), ["x", "y"])
    selector.partial_fit(pd.DataFrame({"a": ["s", "t"], "b": [0, 1]}), ["x", "y"])  # the kind of "a" is known now
    with pytest.raises(TypeError, match=r"column 'a' of X held values of the kind 'category', and now of 'number'"):
        selector.partial_fit(pd.DataFrame({"a": [1.0, 2.0], "b": [0, 1]}), ["x", "y"])
    with pytest.raises(TypeError, match="y held values of the kind 'text', and now of 'number'"):
        selector.partial_fit(pd.DataFrame({"a": ["s", "t"], "b": [0, 1]}), [1, 2])
    with pytest.raises(ValueError, match="y has 2 columns; pass one"):
        CardinalityAwareSelector().fit(X, np.column_stack([Y, Y]))
    days = pd.Series(pd.date_range("2020-01-01", periods=600))
    dated = CardinalityAwareSelector().partial_fit(X, days)
    with pytest.raises(ValueError, match="y holds dates"):
        dated.partial_fit(X, days)
    for discrete, message in [([True, False], "is a mask of 2 bools, but X has 3 columns"), ([3], r"has \[3\]")]:
        with pytest.raises(ValueError, match=f"discrete_features {message}"):
            fitted(X, Y, discrete_features=discrete)


def test_more_values_than_can_be_counted_are_refused(monkeypatch):
    monkeypatch.setattr(codes_of_batches, "CODE_BITS", 4)
    with pytest.raises(ValueError, match="has 16 values, and at most 15 are counted; hash them to fewer"):
        fitted(np.arange(16)[:, None], np.arange(16) % 2)
