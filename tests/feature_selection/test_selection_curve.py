"""selection_curve: closed forms, rankings of every make, ties, fitted selectors, the same bits for any n_jobs."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import (
    RFE,
    SelectFromModel,
    SelectKBest,
    SequentialFeatureSelector,
    VarianceThreshold,
    f_classif,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

from skib.feature_selection import InformationSelector, selection_curve
from skib.mutual_info import UsableInformation

N_COLUMNS = 5
WEIGHTS = np.array([1.0, 0.7, 0.25, 0.0, 0.0])
RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, N_COLUMNS))
CLASSES = (X @ WEIGHTS + RNG.normal(size=300) > 0).astype(int)
ORDER = [0, 1, 2, 3, 4]


def curve_of(selectors, X=X, y=CLASSES, **options):
    options = {"n_random_orders": 0, "n_permutations": 0, "random_state": 0} | options
    return selection_curve(selectors, X, y, **options)


def values(curve, name, part):
    table = curve.table[(curve.table["selector"] == name) & (curve.table["part"] == part)]
    return table.set_index("n_features")["value"]


@pytest.mark.parametrize("seed", range(3))
def test_both_parts_of_a_gaussian_are_the_closed_form(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(4000, N_COLUMNS))
    curve = curve_of({"true": ORDER}, X, X @ WEIGHTS + rng.normal(size=4000))
    variance = WEIGHTS @ WEIGHTS + 1
    known = np.cumsum(WEIGHTS**2)
    for part, explained in (("first", known), ("others", known[-1] - known)):
        rows = curve.table[curve.table["part"] == part]
        truth = 0.5 * np.log(variance / (variance - explained))
        # overfitting costs less than (k + 1) / n
        assert (np.abs(rows["value"] - truth) <= 4 * rows["std_error"] + (N_COLUMNS + 1) / 4000).all()
    np.testing.assert_allclose(curve.total.value, values(curve, "true", "first")[N_COLUMNS])


def test_a_ranking_has_the_usable_information_of_its_columns():
    folds = list(KFold(4).split(X))
    curve = curve_of({"array": [2, 0, 1, 3, 4]}, n_features=[2], cv=folds)
    for i, columns in enumerate(([0, 2], [1, 3, 4])):
        usable = UsableInformation(cv=folds, random_state=0).fit(X[:, columns], CLASSES)
        np.testing.assert_allclose(curve.pointwise["array"][i, 0], usable.pvi_, atol=1e-12)
        np.testing.assert_allclose(curve.table["value"][i], usable.mutual_info_)
        np.testing.assert_allclose(curve.table["std_error"][i], usable.std_error_)
    np.testing.assert_allclose(curve.table["ceiling"], usable.ceiling_)


def test_selectors_are_fitted_within_the_folds_and_fitted_ones_are_not():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 3000)), rng.integers(2, size=100)
    selector = SelectKBest(f_classif, k=2)
    curve = curve_of({"fair": selector, "seen": clone(selector).fit(X, y)}, X, y, n_features=[20])
    rows = curve.table.set_index(["selector", "part"])
    assert rows.loc[("fair", "first"), "value"] < 3 * rows.loc[("fair", "first"), "std_error"]
    assert rows.loc[("seen", "first"), "value"] > 3 * rows.loc[("seen", "first"), "std_error"]
    assert not hasattr(selector, "scores_")


FOREST = RandomForestClassifier(20, random_state=0)


@pytest.mark.parametrize(
    "selector",
    [
        ORDER,
        np.array(ORDER),
        InformationSelector("mim", N_COLUMNS),
        SelectKBest(f_classif, k=2),
        RFE(LogisticRegression(), n_features_to_select=1),
        SelectFromModel(LogisticRegression()),
        FOREST,
        LogisticRegression(),
        make_pipeline(StandardScaler(), SelectKBest(f_classif, k=2)),
        lambda X, y: np.argsort(-np.abs(np.corrcoef(X.T, y)[-1, :-1])),
    ],
    ids=lambda selector: type(selector).__name__,
)
@pytest.mark.parametrize("fitted", [False, True])
def test_rankings_of_every_make_begin_with_the_best_columns(selector, fitted):
    if fitted and hasattr(selector, "fit"):
        selector = clone(selector).fit(X, CLASSES)
    first = values(curve_of({"one": selector}, n_features=[1, 2]), "one", "first")
    truth = values(curve_of({"one": ORDER}, n_features=[1, 2]), "one", "first")
    np.testing.assert_allclose(first, truth)


def test_names_and_masks_are_rankings():
    frame = pd.DataFrame(X, columns=list("abcde"))
    curve = curve_of({"names": ["b", "a"], "numbers": [1, 0], "mask": np.array([1, 1, 0, 0, 0], bool)}, frame)
    assert list(values(curve, "names", "first").index) == [1, 2, N_COLUMNS]  # no more are ranked
    assert list(values(curve, "mask", "first").index) == [2, N_COLUMNS]
    for part in ("first", "others"):
        assert values(curve, "names", part).equals(values(curve, "numbers", part))
        assert values(curve, "names", part)[2] == values(curve, "mask", part)[2]


def test_no_tie_is_cut():
    selector = SequentialFeatureSelector(LogisticRegression(), n_features_to_select=2, cv=2)
    assert list(values(curve_of({"subset": selector}), "subset", "first").index) == [2, N_COLUMNS]
    with pytest.raises(ValueError, match=r"'subset' ranks columns as equals at all of n_features=\[1, 3\].*\[2, 5\]"):
        curve_of({"subset": selector}, n_features=[1, 3])


def test_nothing_is_left_of_all_columns_and_the_null_is_what_overfitting_costs():
    curve = curve_of(SelectKBest(f_classif, k=2), n_permutations=20, n_random_orders=2)
    last = curve.table[(curve.table["n_features"] == N_COLUMNS) & (curve.table["part"] == "others")]
    assert (last[["value", "std_error", "null"]] == 0).all(axis=None)
    assert list(dict.fromkeys(curve.table["selector"])) == ["SelectKBest", "random order"]
    null = values(
        curve.__class__(**vars(curve) | {"table": curve.table.assign(value=curve.table["null"])}),
        "SelectKBest",
        "first",
    )
    assert (-2 * np.arange(1, N_COLUMNS + 1) / 300 < null).all() and (null < 0).all()
    assert values(curve, "random order", "first")[1] < values(curve, "SelectKBest", "first")[1]


def test_differences_are_paired():
    curve = curve_of({"good": ORDER, "bad": ORDER[::-1]}, n_features=[1, 5])
    table = curve.differences("good", "bad")
    paired = curve.pointwise["good"] - curve.pointwise["bad"]
    np.testing.assert_allclose(table["value"], paired.mean(axis=-1).ravel())
    np.testing.assert_allclose(table["std_error"][0], paired[0, 0].std(ddof=1) / np.sqrt(300))
    assert table["value"].tolist()[1] == table["std_error"].tolist()[1] == 0
    with pytest.raises(ValueError, match="no selector 'ugly'"):
        curve.differences("good", "ugly")


def test_the_same_bits_for_any_number_of_jobs():
    selectors = {"forest": RandomForestClassifier(5), "F": SelectKBest(f_classif, k=2)}
    one, two = (curve_of(selectors, n_jobs=n, n_permutations=1, n_random_orders=2) for n in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.total == two.total


@pytest.mark.parametrize("container", [pd.DataFrame, sparse.csr_matrix, "polars", np.ndarray.tolist])
def test_containers(container):
    table = X.round()
    selectors, options = {"F": SelectKBest(f_classif, k=2)}, {"estimator": LogisticRegression(), "n_features": [2]}
    expected = curve_of(selectors, table, **options).table
    if container == "polars":
        polars = pytest.importorskip("polars")
        made = polars.DataFrame(table, schema=list("abcde"))
    else:
        made = container(table)
    np.testing.assert_allclose(curve_of(selectors, made, **options).table["value"], expected["value"], rtol=1e-4)


def test_interactions_need_a_predictor_that_has_them():
    rng = np.random.default_rng(0)
    X = rng.integers(2, size=(400, 4))
    selectors, y = {"true": [0, 1, 2, 3]}, X[:, 0] ^ X[:, 1]
    linear = curve_of(selectors, X, y, n_features=[2]).table["value"]
    trees = curve_of(selectors, X, y, n_features=[2], estimator=RandomForestClassifier(20)).table["value"]
    assert linear[0] < 0.05
    assert abs(trees[0] - np.log(2)) < 0.01


@pytest.mark.parametrize(
    ("selectors", "options", "message"),
    [
        ({}, {}, "name at least one"),
        ({"random order": ORDER}, {"n_random_orders": 1}, "none 'random order'"),
        ({"a": [0, 0]}, {}, "'a' lists column 0 more than once"),
        ({"a": [0, 9]}, {}, "'a' has .9., which are no columns"),
        ({"a": [[0, 1]]}, {}, r"'a' has shape \(1, 2\)"),
        ({"a": ORDER}, {"n_features": [0]}, "n_features == 0, must be >= 1"),
        ({"a": ORDER}, {"n_features": []}, "n_features is empty"),
        ({"a": ORDER}, {"n_features": 9}, "n_features == 9, must be <= 5"),
        ({"a": ORDER}, {"y": np.column_stack([CLASSES, CLASSES])}, "one target, got 2 columns"),
        ({"a": ORDER}, {"y": CLASSES[1:]}, "y"),
        ({"a": SelectKBest(k=2).fit(X[:, :3], CLASSES)}, {}, "ranks 3 columns, but X has 5"),
    ],
)
def test_bad_arguments(selectors, options, message):
    with pytest.raises(ValueError, match=message):
        curve_of(selectors, **options)


@pytest.mark.parametrize("names", [None, list("abcde")])
def test_a_pipeline_ranks_the_columns_of_x_though_its_steps_move_or_drop_them(names):
    x = np.column_stack([X[:, :3], np.ones(len(X)), X[:, 4]])
    table = x if names is None else pd.DataFrame(x, columns=names)
    moved = ColumnTransformer(
        [("same", "passthrough", [4, 2])], remainder="passthrough", verbose_feature_names_out=False
    )
    steps = [StandardScaler(), VarianceThreshold(), SelectKBest(f_classif, k=2)]
    for before in ([], [moved]):
        curve = curve_of({"pipeline": make_pipeline(*before, *steps), "array": [0, 1]}, table, n_features=[1, 2])
        assert (values(curve, "pipeline", "first") == values(curve, "array", "first")).all()
    unnamed = make_pipeline(FunctionTransformer(np.negative), SelectKBest(f_classif, k=2))
    assert (values(curve_of(unnamed, X, n_features=2), "Pipeline", "first") > 0).all()
    named = moved.set_params(verbose_feature_names_out=True)
    for before in (named, PolynomialFeatures(2)):
        with pytest.raises(ValueError, match="make other columns than those of X, or rename them"):
            curve_of({"pipeline": make_pipeline(before, LogisticRegression())}, table, n_features=[1])


def test_a_class_is_refused():
    with pytest.raises(TypeError, match=r"'kbest' is the class SelectKBest; pass an instance, SelectKBest\(\)"):
        curve_of({"kbest": SelectKBest})


def test_a_selector_without_a_ranking_is_refused():
    with pytest.raises(TypeError, match="'a' .StandardScaler. has no ranking"):
        curve_of({"a": StandardScaler()})
