"""The default estimator: its method for columns of every kind, known truths, and its warnings."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest

from skib import ConstantInputWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib.datasets import (
    make_benchmark_task,
    make_bimodal_pair,
    make_blob_images,
    make_discrete_pair,
    make_gaussian_pair,
    make_relu_pair,
)
from skib.mutual_info import KSG, Auto, MesnerShalizi, Ross, mutual_info_matrix, permutation_test
from skib.mutual_info._auto import two_column_estimate


@pytest.fixture
def pair():
    return make_gaussian_pair(2000, rho=0.8, random_state=0)


def test_two_continuous_columns(pair):
    auto = Auto().fit(pair.X, pair.y)
    assert auto.method_ == "KSG + gaussian"
    assert abs(auto.mutual_info_ - pair.mutual_info) < 4 * auto.std_error_
    expected = two_column_estimate(pair.X[:, 0], pair.y)
    assert auto.estimates_ == expected.candidates
    assert list(auto.estimates_) == ["neighbors", "gaussian", "additive_noise"]
    np.testing.assert_array_equal(auto.pointwise_, expected.pointwise)
    assert (auto.ceiling_, auto.saturated_) == (expected.ceiling, expected.saturated)


def test_several_continuous_columns():
    task = make_gaussian_pair(2000, rho=0.5, dim=5, random_state=0)
    auto = Auto().fit(task.X, task.y)
    assert auto.method_ == "KSG + gaussian"
    assert abs(auto.mutual_info_ - task.mutual_info) < 4 * auto.std_error_
    assert {"neighbors", "cca_neighbors", "gaussian", "mixture"} <= set(auto.estimates_)


def test_classes_on_both_sides():
    sample = make_discrete_pair(2000, joint=[[0.3, 0.1], [0.1, 0.5]], random_state=0)
    texts, categories = np.array(["no", "yes"])[sample.X], pd.Series(sample.y, dtype="category")
    auto = Auto().fit(texts, categories)
    assert auto.method_ == "ChainRule"
    assert abs(auto.mutual_info_ - sample.mutual_info) < 4 * auto.std_error_
    assert Auto().fit(sample.X, sample.y).mutual_info_ == auto.mutual_info_


def test_numbers_on_many_levels_are_left_to_the_neighbors(pair):
    coarse = Auto().fit(np.round(pair.X * 2), np.round(pair.y * 2))
    fine = Auto().fit(np.round(pair.X * 8), np.round(pair.y * 8))
    assert (coarse.method_, fine.method_) == ("ChainRule", "KSG")
    assert abs(fine.mutual_info_ - pair.mutual_info) < 4 * fine.std_error_ + 0.03  # what rounding loses


def test_classes_on_one_side(pair):
    classes = np.digitize(pair.y, [-1, 0, 1])
    auto = Auto().fit(pair.X, np.array(list("abcd"))[classes])
    assert auto.method_ == "Ross"
    assert auto.mutual_info_ == Ross().fit(pair.X, classes).mutual_info_
    assert Auto().fit(classes[:, None], pair.X).mutual_info_ == auto.mutual_info_


def test_columns_with_an_atom():
    pair = make_relu_pair(2000, rho=0.8, random_state=0)
    auto = Auto().fit(pair.X, pair.y)
    assert auto.method_ == "KSG"
    assert abs(auto.mutual_info_ - pair.mutual_info) < 4 * auto.std_error_


def test_numbers_and_categories_in_one_variable():
    """The sign of the slope differs between the groups: neither column alone is informative."""
    rng = np.random.default_rng(0)
    group, x = rng.integers(0, 2, 2000), rng.normal(size=2000)
    y = np.where(group == 1, 0.8, -0.8) * x + 0.6 * rng.normal(size=2000)
    frame = pd.DataFrame({"x": x, "group": pd.Categorical(np.array(["u", "v"])[group])})
    auto = Auto().fit(frame, y)
    truth = -0.5 * np.log(1 - 0.64)  # of x and y within a group
    assert abs(auto.mutual_info_ - truth) < 4 * auto.std_error_
    assert auto.method_ == "chain rule"
    given = rng.normal(size=2000)
    auto, expected = (estimator.fit(frame, y, given=given) for estimator in (Auto(), MesnerShalizi()))
    assert auto.method_ == "MesnerShalizi"
    np.testing.assert_array_equal(auto.pointwise_, expected.pointwise_)
    assert (auto.ceiling_, auto.std_error_) == (expected.ceiling_, expected.std_error_)
    assert auto.estimates_ == {"neighbors": expected.mutual_info_}
    auto = Auto().fit(frame, y)
    assert list(auto.feature_names_in_) == ["x", "group"]
    assert Auto().fit(pl.from_pandas(frame), y).mutual_info_ == auto.mutual_info_


def test_given_classes_numbers_or_nothing(pair):
    rng = np.random.default_rng(0)
    assert Auto().fit(pair.X, pair.y, given=np.zeros(2000)).mutual_info_ == Auto().fit(pair.X, pair.y).mutual_info_
    z = rng.normal(size=2000)
    x, y = (z + rng.normal(size=2000) for _ in range(2))
    for given in (z, (z > 0).astype(int)):
        auto = Auto().fit(x[:, None], y, given=given)
        truth = KSG().fit(x[:, None], y, given=given)
        assert abs(auto.mutual_info_ - truth.mutual_info_) < 4 * truth.std_error_ + 0.01
    codes = (x > 0)[:, None], y > 0, z > 0
    assert Auto().fit(codes[0], codes[1], given=codes[2]).method_ == "ChainRule"


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_independent_columns(dim):
    rng = np.random.default_rng(dim)
    values = [Auto().fit(rng.normal(size=(500, dim)), rng.normal(size=(500, dim))).mutual_info_ for _ in range(8)]
    assert abs(np.mean(values)) < 0.01 + 4 * np.std(values, ddof=1) / np.sqrt(8)


def test_pvalue_of_several_columns():
    pair = make_gaussian_pair(150, rho=0.7, dim=2, random_state=0)
    assert permutation_test(Auto(), pair.X, pair.y, n_permutations=19, random_state=0).pvalue == 0.05


def test_features_are_scored_one_by_one():
    pair = make_bimodal_pair(500, rho=0.75, random_state=0)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": np.ravel(pair.X),
            "class": pd.Categorical(np.array(["low", "high"])[(pair.y > 0).astype(int)]),
            "count": np.minimum(rng.poisson(2, 500), 5),
            "noise": rng.normal(size=500),
        }
    )
    for y in (pair.y, (pair.y > 0).astype(int)):
        scores = Auto().score_features(frame, y)
        expected = [Auto().fit(frame[[name]], y).mutual_info_ for name in frame]
        np.testing.assert_allclose(scores, expected, atol=1e-12)
    np.testing.assert_array_equal(Auto(n_jobs=2).score_features(frame, pair.y), Auto().score_features(frame, pair.y))
    numbers = frame[["x", "count", "noise"]]
    assert list(SelectKBest(Auto().score_features, k=1).fit(numbers, pair.y).get_support()) == [True, False, False]


def test_same_answer_every_time():
    pair = make_gaussian_pair(300, rho=0.5, dim=2, random_state=0)
    x, y = pair.X, pair.y
    assert Auto().fit(x, y).mutual_info_ == Auto().fit(x, y).mutual_info_ == Auto(n_jobs=2).fit(x, y).mutual_info_


def test_constant_columns_have_no_effect(pair):
    with_dead = np.column_stack([np.zeros(2000), pair.X])
    assert Auto().fit(with_dead, pair.y).mutual_info_ == Auto().fit(pair.X, pair.y).mutual_info_
    with pytest.warns(ConstantInputWarning, match="y is constant"):
        auto = Auto().fit(pair.X, np.ones(2000))
    assert (auto.mutual_info_, auto.ceiling_) == (0, 0)


def test_redundant_columns_have_no_effect(pair):
    doubled = np.hstack([pair.X, 2 * pair.X + 1])
    assert Auto().fit(doubled, pair.y).mutual_info_ == Auto().fit(pair.X, pair.y).mutual_info_


def test_warns_of_a_shape_that_no_model_has():
    pair = make_benchmark_task("5v1-concentric_gaussians-5", 1000, random_state=0)
    with pytest.warns(UnreliableEstimateWarning, match=r"neighbors find .* candidates: neighbors"):
        auto = Auto().fit(pair.X, pair.y)
    assert abs(auto.mutual_info_ - pair.mutual_info) < 0.2


@pytest.mark.parametrize("truth", [0.0, 3.0])
def test_columns_on_a_surface_are_left_to_the_neighbors(truth):
    """Eight components of an image of a blob are functions of the two coordinates of its center."""
    blobs = make_blob_images(2000, mutual_info=truth, random_state=0)
    x, y = (PCA(8, random_state=0).fit_transform(images) for images in (blobs.X, blobs.y))
    with pytest.warns(UnreliableEstimateWarning, match="on a curve or surface"):
        auto = Auto().fit(x, y)
    assert auto.method_ == "KSG"
    assert abs(auto.mutual_info_ - truth) < 0.4
    with pytest.warns(UnreliableEstimateWarning):
        test = permutation_test(Auto(), x[:200], y[:200], n_permutations=4, random_state=0)
    assert np.abs(test.null_distribution).max() < 0.4
    assert test.pvalue == 0.2 or not truth


def test_warns_of_too_few_rows_for_a_model():
    rng = np.random.default_rng(0)
    with pytest.warns(UnreliableEstimateWarning, match="pass 88 rows or more"):
        auto = Auto().fit(rng.normal(size=(50, 20)), rng.normal(size=(50, 2)))
    assert auto.method_ == "KSG"


def test_one_number_with_too_few_rows_for_a_model_is_left_to_the_summary():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(70, 30))
    assert abs(Auto().fit(x, rng.normal(size=70)).mutual_info_) < 0.2
    auto = Auto().fit(x, x.sum(axis=1) + 0.1 * rng.normal(size=70))
    assert auto.method_ == "summary + KSG"
    assert auto.mutual_info_ > 0.3  # neighbors, and models, see nothing


def test_warns_of_many_columns_without_a_model():
    rng = np.random.default_rng(0)
    x, y = np.maximum(rng.normal(size=(200, 8)), 0), rng.normal(size=(200, 2))
    with pytest.warns(UnreliableEstimateWarning, match="among 10 columns"):
        assert Auto().fit(x, y).method_ == "KSG"


def shifted_classes(n_samples, n_columns, shift, seed):
    """Two classes whose means differ by `shift` along one direction of all columns."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 2, n_samples)
    rows = rng.normal(size=(n_samples, n_columns)) + shift * np.outer(classes, np.ones(n_columns)) / np.sqrt(n_columns)
    return rows, classes


# I(class; x) for means two standard deviations apart, by quadrature: that of the projection on their difference.
TWO_APART = 0.3369


@pytest.mark.parametrize("n_columns", [20, 200])
def test_classes_in_many_columns_are_summarized(n_columns):
    rows, classes = shifted_classes(2000, n_columns, 2.0, 0)
    auto = Auto().fit(rows, classes)
    assert auto.method_ == "summary + Ross"
    assert abs(auto.mutual_info_ - TWO_APART) < 4 * auto.std_error_
    assert auto.std_error_ < 0.05
    assert ("neighbors" in auto.estimates_) == (n_columns == 20)
    assert auto.estimates_["certificate"] < auto.mutual_info_ + 0.05
    assert Auto().fit(classes[:, None], rows).mutual_info_ == auto.mutual_info_


@pytest.mark.parametrize("n_columns", [20, 200])
def test_independent_classes_in_many_columns(n_columns):
    values = [Auto().fit(*shifted_classes(1000, n_columns, 0.0, seed)).mutual_info_ for seed in range(6)]
    assert abs(np.mean(values)) < 0.01


def test_one_number_in_many_columns_is_summarized():
    """The sum of squares of ten columns: neighbors lose most of it, and no model has its shape."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 10))
    y = (x**2).sum(axis=1) + 2 * rng.normal(size=3000)
    auto = Auto().fit(x, y)
    assert auto.method_.startswith("summary")
    bound = 0.5 * np.log(1 + 20 / 4)  # that of a normal signal; a chi-square one has little less
    assert 0.7 * bound < auto.mutual_info_ < bound + 3 * auto.std_error_
    assert auto.mutual_info_ > auto.estimates_["neighbors"] + 0.2


def test_columns_of_one_unit_keep_their_scale():
    """Noise of a hundredth of the size of the signal: ranks make it as large."""
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 1000)
    rows = np.column_stack([classes + rng.normal(size=1000), 0.01 * rng.normal(size=(1000, 2))])
    alone = Ross(marginals=None).fit(rows[:, :1], classes).mutual_info_
    found = {marginals: Auto(marginals=marginals).fit(rows, classes).mutual_info_ for marginals in ("rank", None)}
    assert abs(found[None] - alone) < abs(found["rank"] - alone)
    assert found[None] == Ross(marginals=None).fit(rows, classes).mutual_info_


def permuted_pairs():
    rng = np.random.default_rng(0)
    x, classes = rng.normal(size=(120, 6)), rng.integers(0, 3, 120)
    rounded = np.round(x[:, :2], 1)
    alone = np.where(np.arange(120) == 0, 3, classes)  # a class of one row
    y = x[:, 0] + rng.normal(size=120)
    return {
        "classes": (x, classes),
        "rows of classes": (classes[:, None], x),
        "a row alone": (x, alone),
        "numbers": (x[:, :2], x[:, 2:4]),
        "one number": (x, y),
        "number first": (y[:, None], x),
        "rounded": (rounded, y),
        "two columns": (x[:, :1], y),
        "tables": (classes[:, None], rng.integers(0, 2, 120)),
        "mixed": (pd.DataFrame({"u": x[:, 0], "v": classes.astype(str)}), y),
    }


@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
@pytest.mark.parametrize("kind", permuted_pairs())
def test_permuted_estimates_are_those_of_fits(kind):
    x, y = permuted_pairs()[kind]
    orders = [np.random.default_rng(seed).permutation(120) for seed in range(3)]
    expected = [Auto().fit(x, y[order]).mutual_info_ for order in orders]
    np.testing.assert_allclose(Auto().permuted_estimates(x, y, orders), expected, atol=1e-12)


def test_two_independent_columns_on_few_levels_without_an_atom_have_no_information():
    values = []
    for seed in range(8):
        x, y = np.random.default_rng(seed).normal(scale=0.9, size=(2, 5000)).round(1)  # 60 to 70 levels
        values.append(Auto().fit(x[:, None], y).mutual_info_)
        assert mutual_info_matrix(np.column_stack([x, y])).mutual_info.iloc[0, 1] == values[-1]
    assert abs(np.mean(values)) < 3 * np.std(values, ddof=1) / np.sqrt(8)  # 0.022 +- 0.002 with ties counted


def test_rounded_columns_are_as_good_as_continuous_ones():
    task = make_gaussian_pair(2000, rho=0.7, dim=3, random_state=0)
    for steps in (20, 100):
        auto = Auto().fit(np.round(task.X * steps), np.round(task.y * steps))
        assert auto.method_ == "KSG + gaussian"
        assert abs(auto.mutual_info_ - task.mutual_info) < 4 * auto.std_error_ + 0.01


def test_numbers_on_few_levels_are_read_as_classes_or_in_their_order():
    """Labels without order, and a number rounded to few levels: 40 values of y each."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 40, 3000)
    x = rng.normal(size=(40, 2))[labels] * 3 + 0.2 * rng.normal(size=(3000, 2))
    auto = Auto().fit(x, labels)
    assert auto.method_ == "Ross"
    assert auto.mutual_info_ > 0.8 * np.log(40)
    x = rng.normal(size=(3000, 4))
    y = np.round(25 * np.tanh(x.sum(axis=1) / 4 + 0.1 * rng.normal(size=3000))) / 25
    auto = Auto().fit(x, y)
    assert auto.method_ != "Ross"
    assert auto.mutual_info_ > 1


@pytest.mark.parametrize("dim", [1, 3])
def test_copy_is_saturated(dim):
    x = np.random.default_rng(0).normal(size=(500, dim))
    with pytest.warns(SaturatedEstimateWarning):
        auto = Auto().fit(x, x)
    assert auto.saturated_
    assert np.isfinite(auto.mutual_info_)


def test_numbers_as_text_are_refused(pair):
    with pytest.raises(ValueError, match="X holds numbers as text .* convert it to numbers"):
        Auto().fit(pair.X.astype(str), pair.y)
    with pytest.raises(ValueError, match="at least 6 rows"):
        Auto().fit(pair.X[:5], pair.y[:5])
    with pytest.raises(ValueError, match=r"y contains NaN in 1 of 2000 rows, first in row 7"):
        Auto().fit(pair.X, np.where(np.arange(2000) == 7, np.nan, pair.y))


def test_unique_names_saturate_with_one_warning():
    names = np.array([f"row {i}" for i in range(100)], object)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        auto = Auto().fit(names[:, None], names)
    assert auto.saturated_
    assert [w.category for w in caught] == [SaturatedEstimateWarning]


def test_a_few_ties_in_each_of_many_columns_leave_them_continuous():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1000, 1))
    x, y = (z + rng.normal(size=(1000, 8)) for _ in range(2))
    for column in (*x.T, *y.T):
        column[rng.permutation(1000)[:8]] = 0  # 0.8 % of each, about an eighth of the rows
    auto = Auto().fit(x, y)
    assert auto.method_ == "KSG + gaussian"
    truth = 0.5 * np.log(9**2 / 17)  # of the common part, of which either variable has eight noisy copies
    assert abs(auto.mutual_info_ - truth) < 4 * auto.std_error_ + 0.02


def test_counts_of_few_levels():
    """Counts are classes; with many levels in both variables the estimate is that of neighbors, and symmetric."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    counts = rng.poisson(np.exp(0.5 * x))
    with pytest.warns(UnreliableEstimateWarning, match="y has 1 class of few rows"):
        auto = Auto().fit(x[:, None], counts)
    assert auto.method_ == "Ross"
    levels, means = np.arange(60)[:, None], np.exp(0.5 * np.linspace(-6, 6, 2001))
    given_x, density = stats.poisson.pmf(levels, means), stats.norm.pdf(np.linspace(-6, 6, 2001)) * 0.006
    truth = stats.entropy(given_x @ density) - stats.entropy(given_x) @ density
    assert abs(auto.mutual_info_ - truth) < 4 * auto.std_error_
    levels = rng.integers(0, 20, (2, 500)).astype(float)
    assert Auto().fit(levels[:1].T, levels[1]).method_ == "KSG"
    there, back = (Auto().fit(a[:, None], b).mutual_info_ for a, b in [levels, levels[::-1]])
    assert there == pytest.approx(back, abs=1e-12)


def as_floats(bits):
    return np.where(bits, 0.1, -5.0)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float32, as_floats, str], ids=lambda kind: kind.__name__)
def test_numbers_of_two_values_are_bools(kind):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (300, 3)) > 0
    noisy = bits ^ (rng.random((300, 3)) < 0.2)
    numbers = rng.normal(size=300) + bits[:, 0]
    other = (lambda part: part.astype(kind)) if isinstance(kind, type) else kind
    frame, plain = (pd.DataFrame({"u": numbers, "v": part}) for part in (other(bits[:, 1]), bits[:, 1]))
    for x, y, z, expected in [
        (other(bits), other(noisy), None, (bits, noisy, None)),
        (other(bits[:, :1]), noisy[:, 0], other(bits[:, 1]), (bits[:, :1], noisy[:, 0], bits[:, 1])),
        (other(bits[:, :1]), numbers, None, (bits[:, :1], numbers, None)),
        (frame, numbers**2 + bits[:, 1], None, (plain, numbers**2 + bits[:, 1], None)),
        (frame, noisy[:, 0], None, (plain, noisy[:, 0], None)),
    ]:
        auto, same = Auto().fit(x, y, given=z), Auto().fit(*expected[:2], given=expected[2])
        assert (auto.method_, auto.mutual_info_) == (same.method_, pytest.approx(same.mutual_info_, abs=1e-12))


def test_cells_that_hold_a_row_decide():
    """Twelve fair bits: 4096 of the 16 million cells of X with itself are occupied."""
    bits = np.random.default_rng(0).integers(0, 2, (30_000, 12))
    for X in (bits, bits > 0, 2.0 * bits):
        auto = Auto().fit(X, X)
        assert auto.method_ == "ChainRule"
        assert abs(auto.mutual_info_ - 12 * np.log(2)) < 1e-3
    levels = np.random.default_rng(0).integers(0, 4, (6000, 3))
    auto = Auto().fit(levels, levels + 7)  # 64 of 4096 cells
    assert auto.method_ == "ChainRule"
    assert abs(auto.mutual_info_ - 3 * np.log(4)) < 0.005
    z = np.random.default_rng(0).integers(0, 5, 6000)
    given = Auto().fit(levels, levels, given=z)
    assert given.method_ == "ChainRule"
    assert abs(given.mutual_info_ - 3 * np.log(4)) < 0.01
    assert Auto().fit(levels[:300], np.random.default_rng(1).integers(0, 9, 300)).method_ == "KSG"


def test_category_of_numbers_on_many_levels_is_a_category():
    codes = pd.Series(np.arange(100), dtype="category")
    with pytest.warns(SaturatedEstimateWarning):
        assert Auto().fit(codes.to_frame(), codes).method_ == "ChainRule"
