"""All pairs of columns: the same numbers as one by one, for columns of any kind."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import skib
from skib.entropy import Grassberger
from skib.mutual_info import KSG, Auto, ChainRule, Ross, mutual_info_features, mutual_info_matrix

N = 300


def make_frame(n=N, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    return pd.DataFrame(
        {
            "a": a,
            "b": a + rng.normal(size=n),
            "sign": pd.Categorical(np.where(a > 0, "plus", "minus")),
            "coin": rng.random(n) < 0.5,
            "die": rng.integers(1, 7, n),
            "age": rng.integers(0, 80, n),
            "town": rng.choice(["Oslo", "Bergen", "Narvik"], n),
            "relu": np.maximum(a, 0),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(n), "D"),
        }
    )


@pytest.fixture(scope="module")
def frame():
    return make_frame()


@pytest.fixture(scope="module")
def matrix(frame):
    return mutual_info_matrix(frame, n_permutations=19, random_state=0)


def test_every_pair_equals_the_estimate_of_its_own(frame, matrix):
    for i in frame:
        for j in frame:
            if i != j:
                alone = Auto().fit(frame[[i]], frame[j])
                assert matrix.mutual_info.loc[i, j] == pytest.approx(alone.mutual_info_, abs=1e-12), (i, j)
                assert matrix.std_error.loc[i, j] == pytest.approx(alone.std_error_, abs=1e-12), (i, j)


def test_kinds_of_pairs_are_the_named_estimators(frame, matrix):
    found = matrix.mutual_info
    assert found.loc["coin", "die"] == pytest.approx(
        ChainRule(Grassberger()).fit(frame[["coin"]], frame["die"]).mutual_info_, abs=1e-12
    )
    assert found.loc["a", "town"] == pytest.approx(Ross().fit(frame[["a"]], frame["town"]).mutual_info_, abs=1e-12)
    assert found.loc["a", "relu"] == pytest.approx(KSG().fit(frame[["a"]], frame["relu"]).mutual_info_, abs=1e-12)
    assert matrix.kinds[["sign", "coin", "die", "town"]].eq("discrete").all()
    assert matrix.kinds[["a", "b", "age", "relu", "day"]].eq("continuous").all()


def test_symmetry_and_diagonal(frame, matrix):
    for table in (matrix.mutual_info, matrix.std_error, matrix.pvalue):
        assert_array_equal(table, table.T)
        assert table.index.equals(table.columns) and table.columns.equals(frame.columns)
    diagonal = pd.Series(np.diag(matrix.mutual_info), frame.columns)
    for name in ("sign", "coin", "die", "town"):
        entropy = Grassberger().fit(frame[[name]])
        assert diagonal[name] == pytest.approx(entropy.entropy_, abs=1e-12)
        assert matrix.std_error.loc[name, name] == pytest.approx(entropy.std_error_, abs=1e-12)
    assert diagonal[["a", "b", "age", "relu", "day"]].isna().all()


def test_permuting_columns_permutes_the_matrix(frame, matrix):
    names = list(frame)[::-1]
    other = mutual_info_matrix(frame[names], n_permutations=19, random_state=0)
    assert_allclose(other.mutual_info, matrix.mutual_info.loc[names, names], atol=1e-12)
    assert_allclose(other.pvalue, matrix.pvalue.loc[names, names])


def test_permuting_rows_changes_nothing(frame, matrix):
    shuffled = mutual_info_matrix(frame.sample(frac=1, random_state=1), n_permutations=19, random_state=0)
    assert_allclose(shuffled.mutual_info, matrix.mutual_info, atol=1e-12)
    assert_allclose(shuffled.pvalue, matrix.pvalue)


def test_any_number_of_jobs_gives_the_same_bits(frame, matrix):
    threads = mutual_info_matrix(frame, n_permutations=19, random_state=0, n_jobs=2)
    assert_array_equal(threads.mutual_info, matrix.mutual_info)
    assert_array_equal(threads.pvalue, matrix.pvalue)


def test_any_table_of_the_same_columns(frame):
    pl = pytest.importorskip("polars")
    numbers = frame[["a", "b", "coin", "die"]]
    expected = mutual_info_matrix(numbers).mutual_info
    assert_array_equal(mutual_info_matrix(pl.DataFrame(numbers.to_dict("list"))).mutual_info, expected)
    assert_array_equal(mutual_info_matrix(numbers.astype(object)).mutual_info, expected)
    array = mutual_info_matrix(numbers.astype(float).to_numpy()).mutual_info
    assert_array_equal(array.to_numpy(), expected.to_numpy())
    assert array.columns.tolist() == [0, 1, 2, 3]


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning", "ignore::skib.UnreliableEstimateWarning")
@pytest.mark.parametrize("n_levels", [2, 4, 10, 40, 400])
def test_many_discrete_columns(n_levels):
    """Words of several columns, single columns, and more cells than rows."""
    rng = np.random.default_rng(0)
    labels = np.array([f"level {k}" for k in range(n_levels)])
    frame = pd.DataFrame(labels[rng.integers(0, n_levels, (1000, 9))]).astype("category")
    frame[9], frame[10] = frame[3], rng.random(1000) < 0.3
    found = mutual_info_matrix(frame)
    for i, j in [(0, 1), (3, 9), (4, 10), (8, 2)]:
        alone = Auto().fit(frame[[i]], frame[j])
        assert alone.method_ == "ChainRule"
        assert_allclose(found.mutual_info.loc[i, j], alone.mutual_info_, atol=1e-11)
        assert_allclose(found.std_error.loc[i, j], alone.std_error_, atol=1e-11)


def test_pvalues_are_uniform_at_independence():
    p = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {"x": rng.normal(size=100), "y": rng.normal(size=100).round(1), "z": rng.integers(3, size=100)}
        )
        frame["w"] = rng.choice(list("abcde"), 100)
        p.append(
            mutual_info_matrix(frame, n_permutations=39, random_state=seed).pvalue.to_numpy()[np.triu_indices(4, 1)]
        )
    p = np.concatenate(p)
    assert abs(np.mean(p) - 0.5) < 4 * np.sqrt(1 / 12 / len(p))
    assert abs(np.mean(p <= 0.1) - 0.1) < 4 * np.sqrt(0.09 / len(p))


def test_pvalues_find_dependence(matrix):
    assert matrix.pvalue.loc["a", ["b", "sign", "relu"]].eq(1 / 20).all()
    assert_array_equal(np.diag(matrix.pvalue), 0)


def test_an_estimator_of_ones_own(frame):
    numbers = frame[["a", "b", "die"]]
    found = mutual_info_matrix(numbers, estimator=KSG(3), n_permutations=9, random_state=0)
    assert found.mutual_info.loc["a", "b"] == KSG(3).fit(frame[["a"]], frame["b"]).mutual_info_
    assert found.mutual_info.loc["die", "die"] == KSG(3).fit(frame[["die"]], frame["die"]).mutual_info_
    assert found.pvalue.loc["b", "a"] == 0.1
    with pytest.raises(ValueError, match="text"):
        mutual_info_matrix(frame[["a", "town"]], estimator=KSG())


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_an_estimator_warns_once_of_all_pairs(frame, n_jobs):
    table = frame[["a", "b"]].assign(again=frame["a"] + 1e-9 * frame["b"], third=2 * frame["a"], c=0.5)
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        mutual_info_matrix(table, estimator=KSG(), n_permutations=3, random_state=0, n_jobs=n_jobs)
    assert [record.category for record in records] == [skib.ConstantInputWarning, skib.SaturatedEstimateWarning]
    assert "3 pairs of columns are saturated, most of them with 'a'" in str(records[1].message)
    assert {record.filename for record in records} == {__file__}


def test_correlation_of_a_gaussian_pair():
    rng = np.random.default_rng(0)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 2000).T
    matrix = mutual_info_matrix(pd.DataFrame({"x": x, "y": y}))
    slope = (1 - 0.8**2) / 0.8  # d rho / d I
    assert abs(matrix.correlation().loc["x", "y"] - 0.8) < 4 * slope * matrix.std_error.loc["x", "y"]
    assert_array_equal(np.diag(matrix.correlation()), 1)


def test_a_constant_column_tells_nothing(frame):
    with pytest.warns(skib.ConstantInputWarning, match=r"\['c'\] are constant"):
        found = mutual_info_matrix(frame[["a", "die"]].assign(c=0.5), n_permutations=9, random_state=0)
    assert_array_equal(found.mutual_info["c"], 0)
    assert_array_equal(found.pvalue["c"], 1)


def test_identifiers_are_told():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"id": rng.permutation(200), "x": rng.normal(size=200)})
    with pytest.warns(skib.UnreliableEstimateWarning, match="column 'id' holds .* as identifiers do"):
        mutual_info_matrix(frame)
    frame = pd.DataFrame({"name": [f"n{i}" for i in range(200)], "die": rng.integers(6, size=200)})
    with pytest.warns(skib.SaturatedEstimateWarning, match="1 pair of columns is saturated .'name' and 'die'."):
        mutual_info_matrix(frame)
    with pytest.warns(skib.SaturatedEstimateWarning, match="2 pairs of columns are .*, most of them with 'name'"):
        mutual_info_matrix(frame.assign(coin=rng.integers(2, size=200)))


def test_symbols_that_occur_once_are_told():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=50), "town": ["A", "B"] * 24 + ["C", "D"]})
    with pytest.warns(skib.UnreliableEstimateWarning, match="'town' has 2 classes .* .'C': 1 row, 'D': 1 row."):
        found = mutual_info_matrix(frame)
    assert found.mutual_info.loc["x", "town"] == Ross().fit(frame[["x"]][:-2], frame["town"][:-2]).mutual_info_


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")  # neighbors of copied numbers are 0 apart
@pytest.mark.parametrize("names", [["a", "b"], ["a", "sign"], ["a", "town"], ["a", "die", "town"]])
def test_copied_rows_warn(frame, names):
    copies = pd.concat([frame[names]] * 2)
    with pytest.warns(skib.DuplicateRowsWarning, match="49.8% of the rows"):
        mutual_info_matrix(copies)
    with pytest.warns(skib.DuplicateRowsWarning):  # though no row repeats as a whole
        mutual_info_matrix(copies.assign(noise=np.random.default_rng(0).normal(size=len(copies))))
    mutual_info_matrix(frame[names].round(1) if names == ["a", "b"] else frame[names])


def test_matched_rows_warn():
    x = np.random.default_rng(0).normal(size=100)
    frame = pd.DataFrame({"x": np.tile(x, 2), "case": np.repeat([0, 1], 100)})
    with pytest.warns(skib.UnreliableEstimateWarning, match=r"0 pairs of rows equal in column 'x' .* column 'case'"):
        mutual_info_matrix(frame)


def test_the_diagonal_is_no_pair():
    """Nearly every row has a name of its own, so that the entropy of the names is saturated, but the pair is not."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"name": [f"n{max(i, 5)}" for i in range(400)], "x": rng.normal(size=400)})
    with pytest.warns(skib.UnreliableEstimateWarning, match="394 classes"):
        found = mutual_info_matrix(frame)
    assert found.mutual_info.loc["name", "name"] > 0.9 * np.log(400)


def test_independent_columns_are_not_saturated():
    frame = np.random.default_rng(0).normal(size=(100, 40))
    mutual_info_matrix(frame)


@pytest.mark.parametrize("missing", [np.nan, None, pd.NA])
@pytest.mark.parametrize("name", ["a", "sign", "town", "day"])
def test_missing_values_name_their_column(frame, name, missing):
    holed = frame.copy()
    holed.loc[[3, 7], name] = missing if name not in ("a", "day") else None
    with pytest.raises(ValueError, match=rf"column '{name}' contains .* in 2 of 300 rows, first in row 3"):
        mutual_info_matrix(holed, missing="error")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1.0, 2.0], "Expected 2D array, got 1D array instead: frame is one column"),
        (pd.DataFrame(), "at least one column"),
        (pd.DataFrame({"x": []}), "0 |minimum of 1"),
        (pd.DataFrame({"x": [0.1, 0.5, 0.3, 0.4]}), "needs at least 6 rows, got n_samples = 4"),
        (pd.DataFrame({"x": [0.1, np.inf] * 9}), "column 'x' contains infinity in 9 of 18"),
        (pd.DataFrame({"x": [f"{i}.5" for i in range(30)]}), "column 'x' holds numbers as text"),
    ],
)
def test_hostile_tables(table, message):
    with pytest.raises(ValueError, match=message):
        mutual_info_matrix(table)


ONE_COLUMN = {
    "numbers": np.arange(60.0),
    "levels": np.arange(60) % 3,
    "constant": np.ones(60),
    "text": ["a", "b", "c"] * 20,
}


@pytest.mark.parametrize(
    ("column", "estimator"),
    [*((column, None) for column in ONE_COLUMN), *((column, KSG()) for column in ONE_COLUMN if column != "text")],
)
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_one_column_has_a_matrix_of_one_cell(column, estimator):
    frame = pd.DataFrame({"x": ONE_COLUMN[column]})
    expected = mutual_info_matrix(frame, estimator=estimator)
    matrix = mutual_info_matrix(frame, estimator=estimator, n_permutations=5, random_state=0)
    assert_array_equal(matrix.mutual_info, expected.mutual_info)
    constant = frame["x"].nunique() == 1
    assert matrix.pvalue.equals(pd.DataFrame([[1.0 if constant else 0.0]], ["x"], ["x"]))


def test_more_pairs_than_fit_into_memory_are_refused_before_the_work():
    wide = np.broadcast_to(np.arange(20)[:, None] % 2, (20, 20_000))
    tracemalloc.start()
    with pytest.raises(ValueError, match="20000 columns are 199990000 pairs, which take about .*mutual_info_features"):
        mutual_info_matrix(wide)
    assert tracemalloc.get_traced_memory()[1] < 5e8
    tracemalloc.stop()


def test_n_permutations_is_checked(frame):
    with pytest.raises(ValueError, match="n_permutations"):
        mutual_info_matrix(frame, n_permutations=-1)


def test_the_result_pickles(matrix):
    copy = pickle.loads(pickle.dumps(matrix))
    assert_array_equal(copy.mutual_info, matrix.mutual_info)
    assert repr(copy) == repr(matrix)


def test_thin_tables_are_corrected_and_named():
    """Of two independent columns of many stores hardly anything is left, whatever the route."""
    rng, shares = np.random.default_rng(0), 1 / np.arange(1, 151)
    codes = rng.choice(150, (4000, 3), p=shares / shares.sum())
    frame = pd.DataFrame(codes, columns=["store", "customer", "shelf"])
    frame["shelf"] = np.where(rng.random(4000) < 0.3, frame["store"], frame["shelf"])
    frame = frame.astype("category")
    with pytest.warns(skib.UnreliableEstimateWarning, match="3 of 3 tables \\('store' with 'customer'"):
        found = mutual_info_matrix(frame, n_permutations=19, random_state=0)
    assert abs(found.mutual_info.loc["store", "customer"]) < 3 * found.std_error.loc["store", "customer"] < 0.15
    assert found.pvalue.loc["store", "customer"] > 0.05
    assert found.pvalue.loc["store", "shelf"] == 0.05
    with pytest.warns(skib.UnreliableEstimateWarning, match="2 of 2 tables \\('store' with y, 'shelf' with y\\)"):
        scores = mutual_info_features(frame[["store", "shelf"]], frame["customer"])
    assert_allclose(scores, found.mutual_info.loc[["store", "shelf"], "customer"], atol=1e-12)


def test_pvalues_of_thin_tables_are_uniform():
    pvalues = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.zipf(1.3, (200, 2)).clip(max=100)).astype("category")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", skib.SkibWarning)
            pvalues.append(mutual_info_matrix(frame, n_permutations=39, random_state=seed).pvalue.loc[0, 1])
    assert abs(np.mean(pvalues) - 0.5 - 1 / 80) < 4 * np.sqrt(1 / 12 / 60)
    assert np.mean(np.array(pvalues) <= 0.1) < 0.1 + 4 * np.sqrt(0.09 / 60)
    assert np.mean(np.array(pvalues) <= 0.5) > 0.3


def test_labels_without_order_are_classes():
    """Fifty labels as whole numbers: the same estimates as of a category, by every route."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 50, 1000)
    x = rng.normal(0, 2, 50)[label] + rng.normal(size=1000)
    frame = pd.DataFrame({"label": label, "x": x, "age": rng.integers(18, 80, 1000)})
    found, named = mutual_info_matrix(frame), mutual_info_matrix(frame.astype({"label": "category"}))
    assert found.kinds["label"] == "continuous"
    assert found.mutual_info.loc["label", "x"] == pytest.approx(named.mutual_info.loc["label", "x"], abs=1e-12)
    auto = Auto().fit(frame[["x"]], frame["label"])
    assert auto.method_ == "Ross"
    assert found.mutual_info.loc["label", "x"] == pytest.approx(auto.mutual_info_, abs=1e-12)
    assert mutual_info_features(frame[["x"]], label)[0] == pytest.approx(auto.mutual_info_, abs=1e-12)
    assert Auto().score_features(frame[["x"]], label)[0] == pytest.approx(auto.mutual_info_, abs=1e-12)
    assert abs(found.mutual_info.loc["label", "age"]) < 0.1
