"""Missing values: a level of their own among classes, left out pair by pair among numbers."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from skib import MissingValuesWarning
from skib.entropy import Grassberger
from skib.feature_selection import mutual_info_regression
from skib.mutual_info import (
    KSG,
    ChainRule,
    MutualInfoMatrixDisplay,
    conditional_mutual_info_matrix,
    mutual_info,
    mutual_info_features,
    mutual_info_matrix,
)
from skib.pid import pid_matrix

N = 240
NAMES = ["size", "tied", "town", "grade", "coin", "day"]
NUMBERS = {"size", "tied", "day"}
left_out = pytest.mark.filterwarnings("ignore::skib.MissingValuesWarning")


def make_frame(seed=0, share=0.1):
    """Columns of every kind, and the same columns with missing values."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=N)
    frame = pd.DataFrame(
        {
            "size": size,
            "tied": np.maximum(size + rng.normal(size=N), 0),
            "town": rng.choice(["Oslo", "Bergen", "Bodo"], N),
            "grade": np.digitize(size + rng.normal(size=N), [-1, 0, 1]),
            "coin": rng.random(N) < 0.5,
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(N), unit="D"),
        }
    )
    return frame, frame.mask(rng.random(frame.shape) < share)


def filled(x, y):
    """The same by hand: rows without a number dropped, classes without a value named."""
    pair = pd.DataFrame({"x": x, "y": y})
    pair = pair.dropna(subset=[name for name, column in (("x", x), ("y", y)) if column.name in NUMBERS])
    return [
        pair[name] if column.name in NUMBERS else pair[name].astype(object).map(lambda v: f"level {v}")
        for name, column in (("x", x), ("y", y))
    ]


@left_out
@pytest.mark.parametrize("target", NAMES)
def test_estimates_are_those_of_the_pairs_by_hand(target):
    _, holed = make_frame()
    features = holed.drop(columns=target)
    expected = [mutual_info(*filled(features[name], holed[target])) for name in features]
    assert_allclose(mutual_info_features(features, holed[target]), expected, atol=1e-12)
    assert_allclose([mutual_info(features[name], holed[target]) for name in features], expected, atol=1e-12)
    assert_allclose(mutual_info_matrix(holed).mutual_info[target].drop(target), expected, atol=1e-12)


def test_complete_tables_are_not_changed(recwarn):
    frame, _ = make_frame()
    for missing in ("auto", "error"):
        matrix = mutual_info_matrix(frame, n_permutations=9, random_state=0, missing=missing)
        assert matrix.n_complete is None and (matrix.missing == 0).all()
        features = mutual_info_features(frame, frame["town"], n_permutations=9, random_state=0, missing=missing)
        if missing == "auto":
            first = matrix, features
    assert_array_equal(first[0].mutual_info, matrix.mutual_info)
    assert_array_equal(first[0].pvalue, matrix.pvalue)
    assert_array_equal(first[1], features)
    assert not recwarn


def test_the_rows_of_each_estimate_are_reported():
    _, holed = make_frame()
    with pytest.warns(
        MissingValuesWarning, match="missing in 3 of 6 columns .*of 'size'.* have .* of 240 rows"
    ) as issued:
        matrix = mutual_info_matrix(holed)
    assert len(issued) == 1
    assert_allclose(matrix.missing, holed.isna().mean())
    assert matrix.n_complete.loc["size", "tied"] == holed[["size", "tied"]].notna().all(axis=1).sum()
    assert matrix.n_complete.loc["size", "town"] == holed["size"].notna().sum()
    assert matrix.n_complete.loc["coin", "town"] == N
    with pytest.warns(MissingValuesWarning, match=r"missing in 3 of 6 columns \(.*\) and in [0-9.]+% of y:"):
        mutual_info_features(holed, holed["size"] + np.random.default_rng(1).normal(size=N))
    share = f"{holed['size'].isna().mean():.1%}"
    with pytest.warns(MissingValuesWarning, match=rf"rows \({share}\) are left out, .*{share} of X"):
        mutual_info(holed["size"], holed["town"])


@pytest.mark.parametrize(
    "measure",
    [mutual_info_features, mutual_info_regression, conditional_mutual_info_matrix, pid_matrix],
    ids=lambda measure: measure.__name__,
)
def test_a_warning_does_not_count_y_among_the_columns(measure):
    rng = np.random.default_rng(0)
    X, y = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "y"]), pd.Series(rng.normal(size=200), name="y")
    holed, holed_y = X.copy(), y.copy()
    holed.loc[:9, ["a", "y"]], holed_y[5:24] = np.nan, np.nan
    said = [
        (X, holed_y, "are missing in 9.5% of y:"),
        (holed, y, "are missing in 2 of 3 columns (5.0% of 'a', 5.0% of 'y'):"),
        (holed, holed_y, "are missing in 2 of 3 columns (5.0% of 'a', 5.0% of 'y') and in 9.5% of y:"),
    ]
    for frame, target, message in said:
        with pytest.warns(MissingValuesWarning, match=re.escape(message)):
            measure(frame, target)


def test_a_warning_of_a_sparse_table_names_y():
    rng = np.random.default_rng(0)
    y = np.where(np.arange(200) < 10, np.nan, rng.normal(size=200))
    with pytest.warns(MissingValuesWarning, match=r"are missing in 5\.0% of y: .* 190 to 190 of 200 rows"):
        mutual_info_features(csr_array(rng.random((200, 3)) < 0.5), y)


def test_classes_alone_leave_no_row_out(recwarn):
    _, holed = make_frame()
    classes = holed[["town", "grade", "coin"]]
    matrix = mutual_info_matrix(classes)
    assert matrix.n_complete is None and matrix.missing["town"] > 0
    named = classes[["town"]].fillna("missing")
    assert named["town"].nunique() == 4
    assert matrix.mutual_info.loc["town", "town"] == pytest.approx(Grassberger().fit(named).entropy_)
    assert not recwarn


def test_that_a_value_is_missing_counts_among_classes():
    rng = np.random.default_rng(0)
    y, town = rng.integers(2, size=2000), rng.choice(["Oslo", "Bergen"], 2000).astype(object)
    town[(y == 1) & (rng.random(2000) < 0.5)] = None
    assert mutual_info(town, y) == pytest.approx(0.215, abs=0.03)  # H(Y) - H(Y|missing)
    scores, pvalues = mutual_info_features(pd.DataFrame({"town": town}), y, n_permutations=99, random_state=0)
    assert scores[0] == pytest.approx(mutual_info(town, y)) and pvalues[0] == 0.01


MISSING = {
    "None": lambda values: pd.Series([None if v else w for v, w in values], dtype=object),
    "NaN": lambda values: pd.Series([np.nan if v else w for v, w in values], dtype=object),
    "NA": lambda values: pd.Series([pd.NA if v else w for v, w in values], dtype=object),
    "category": lambda values: pd.Series(pd.Categorical([None if v else w for v, w in values])),
    "list": lambda values: [None if v else w for v, w in values],
}


@left_out
@pytest.mark.parametrize("name", ["town", "grade", "size"])
@pytest.mark.parametrize("kind", MISSING)
def test_every_missing_value_of_pandas(name, kind):
    if (name, kind) == ("size", "category"):
        return  # a category of numbers is none of numbers
    frame, holed = make_frame()
    values = MISSING[kind](list(zip(holed[name].isna(), frame[name].tolist(), strict=True)))
    expected = mutual_info(holed[name], holed["tied"])
    assert mutual_info(values, holed["tied"]) == pytest.approx(expected, abs=1e-12)
    table = pd.DataFrame({"x": values})
    assert mutual_info_features(table, holed["tied"])[0] == pytest.approx(expected, abs=1e-12)


@left_out
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("grade", "Int8"), ("grade", "int64[pyarrow]"), ("size", "Float64"), ("size", "double[pyarrow]"),
     ("coin", "boolean"), ("town", "string"), ("town", "string[pyarrow]"), ("town", "category"), ("grade", "Float32")],
)  # fmt: skip
def test_nullable_types(name, dtype):
    pytest.importorskip("pyarrow")
    _, holed = make_frame()
    table = holed.astype({name: dtype})
    assert_allclose(mutual_info_matrix(table).mutual_info, mutual_info_matrix(holed).mutual_info, atol=1e-12)


@left_out
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_nulls_of_other_libraries(library):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    _, holed = make_frame()
    arrow = pa.Table.from_pandas(holed, preserve_index=False)
    table = pl.from_arrow(arrow) if library == "polars" else arrow
    expected = mutual_info_matrix(holed)
    matrix = mutual_info_matrix(table)
    assert_allclose(matrix.mutual_info, expected.mutual_info, atol=1e-12)
    assert_array_equal(matrix.n_complete, expected.n_complete)
    for name in NAMES:
        value = mutual_info(table["tied"], table[name])
        assert value == pytest.approx(mutual_info(holed["tied"], holed[name]), abs=1e-12)
    null_or_nan = table.with_columns(size=table["size"].fill_null(np.nan)) if library == "polars" else table
    assert_allclose(mutual_info_matrix(null_or_nan).mutual_info, expected.mutual_info, atol=1e-12)


@left_out
def test_several_columns_are_one_variable_in_their_complete_rows():
    _, holed = make_frame()
    rows = holed[["size", "day", "tied"]].notna().all(axis=1)
    by_hand = holed[rows].assign(coin=holed["coin"].map(lambda coin: f"side {coin}"))
    X = ["size", "day"]
    assert mutual_info(holed[X], holed["tied"]) == pytest.approx(mutual_info(by_hand[X], by_hand["tied"]))
    found = mutual_info(holed[X], holed["tied"], given=holed[["coin"]])
    assert found == pytest.approx(mutual_info(by_hand[X], by_hand["tied"], given=by_hand[["coin"]]))
    assert mutual_info(holed[X].to_numpy(object), holed["tied"], given=holed["coin"].tolist()) == pytest.approx(found)


@left_out
def test_an_estimator_of_ones_own():
    _, holed = make_frame()
    rows = holed[["size", "tied"]].notna().all(axis=1)
    expected = KSG(3).fit(holed.loc[rows, ["size"]], holed.loc[rows, "tied"]).mutual_info_
    assert mutual_info(holed["size"], holed["tied"], estimator=KSG(3)) == pytest.approx(expected)
    table = holed[["size", "tied"]]
    groups = np.arange(N) // 2
    matrix = mutual_info_matrix(table, estimator=KSG(3), n_permutations=9, groups=groups, random_state=0)
    assert matrix.mutual_info.iloc[0, 1] == pytest.approx(expected)
    assert matrix.pvalue.iloc[0, 1] == 0.1
    classes = mutual_info_matrix(holed[["town", "coin"]], estimator=ChainRule(Grassberger()))
    assert_allclose(classes.mutual_info, mutual_info_matrix(holed[["town", "coin"]]).mutual_info, atol=1e-12)


def test_pairs_of_too_few_complete_rows_are_nan():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    table.loc[:19, "a"] = np.nan
    table.loc[18:, "b"] = np.nan
    for estimator in (None, KSG()):
        with pytest.warns(MissingValuesWarning, match="1 pairs have no more than 5 rows, and the estimate NaN"):
            matrix = mutual_info_matrix(table, n_permutations=9, estimator=estimator, random_state=0)
        assert np.isnan(matrix.mutual_info.loc["a", "b"]) and np.isnan(matrix.pvalue.loc["a", "b"])
        assert np.isfinite(matrix.mutual_info.loc[["a", "b"], "c"]).all()
        assert np.isnan(matrix.correlation().loc["a", "b"])
    pytest.importorskip("matplotlib")
    assert len(MutualInfoMatrixDisplay(matrix).plot().order_) == 3
    with pytest.raises(ValueError, match="no row has all numbers: missing are 50.0% of X, 55.0% of y"):
        mutual_info(table["a"], table["b"])


def test_columns_without_any_value_are_constant():
    table = pd.DataFrame({"x": np.arange(N) % 7 * 0.1, "empty": np.full(N, np.nan), "none": [None] * N})
    with pytest.warns(UserWarning, match=r"columns \['empty', 'none'\] are constant"):
        matrix = mutual_info_matrix(table)
    assert (matrix.mutual_info.loc[["empty", "none"]] == 0).all(axis=None)


def test_the_words_of_missing_are_checked():
    for function in (mutual_info, mutual_info_features):
        with pytest.raises(ValueError, match="missing must be 'auto' or 'error', got 'drop'"):
            function(np.eye(9), np.arange(9), missing="drop")
    with pytest.raises(ValueError, match="missing must be"):
        mutual_info_matrix(np.eye(9), missing=None)


@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9), st.integers(1, 4))
def test_any_pattern_of_missing_classes_is_a_level(seed, share, n_levels):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(n_levels, size=(2, 60)).astype(float)
    x[rng.random(60) < share] = np.nan
    x[0] = np.nan
    named = [f"level {value}" for value in x]
    assert mutual_info(x, y) == pytest.approx(mutual_info(named, y.astype(str)), abs=1e-12)


@left_out
def test_pvalues_do_not_depend_on_the_other_pairs():
    _, holed = make_frame()
    matrix = mutual_info_matrix(holed, n_permutations=19, random_state=0, n_jobs=2)
    for target in ("size", "town"):
        _, alone = mutual_info_features(holed[["tied"]], holed[target], n_permutations=19, random_state=0)
        assert matrix.pvalue.loc["tied", target] == alone[0]


@left_out
@pytest.mark.parametrize("options", [{"groups": np.arange(N) // 2}, {"shuffle": "circular"}])
def test_groups_and_shifts_are_restricted_to_the_complete_rows(options):
    _, holed = make_frame()
    rows = holed["size"].notna() & holed["tied"].notna()
    kept = options if "shuffle" in options else {"groups": options["groups"][rows]}
    _, found = mutual_info_features(holed[["size"]], holed["tied"], n_permutations=19, random_state=0, **options)
    complete = holed[rows]
    _, expected = mutual_info_features(complete[["size"]], complete["tied"], n_permutations=19, random_state=0, **kept)
    assert_array_equal(found, expected)


def independent(seed, *, depends):
    """Independent columns with 30 % missing: at random, or where the target is large."""
    rng = np.random.default_rng(seed)
    y, *columns = rng.normal(size=(4, 100))
    columns[1] = np.maximum(columns[1], 0)
    gone = y > 0.5 if depends else rng.random(100) < 0.3
    table = pd.DataFrame({"x": columns[0], "tied": columns[1], "town": rng.choice(list("abc"), 100)})
    table.loc[gone, ["x", "tied"]] = np.nan
    y[rng.random(100) < 0.1] = np.nan
    return table, y


@left_out
@pytest.mark.parametrize("depends", [False, True])
@pytest.mark.parametrize("n_seeds", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_pvalues_are_uniform_at_independence(depends, n_seeds):
    """As many p-values are small as chance has it, even if x is missing where y is large."""
    small = []
    for seed in range(n_seeds):
        _, pvalues = mutual_info_features(*independent(seed, depends=depends), n_permutations=39, random_state=seed)
        small.extend(pvalues <= 0.1)
    assert abs(np.mean(small) - 0.1) < 4 * np.sqrt(0.09 / len(small))
