"""Mesner and Shalizi's estimator: columns of any kind, known truths of mixed data, and what should not change it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import digamma

from skib import ConstantInputWarning, DuplicateRowsWarning, SaturatedEstimateWarning, UnreliableEstimateWarning
from skib._marginals import transform_marginals
from skib._neighbors import ksg_terms, ksg_terms_given
from skib.datasets import make_gaussian_pair, make_relu_pair
from skib.mutual_info import Auto, ChainRule, MesnerShalizi
from tests.naive import neighbors as naive
from tests.strategies import tied_rows


def varying(rows):
    return (rows != rows[0]).any(axis=0).all()


@pytest.mark.parametrize("marginals", ["rank", "standard", None])
def test_pointwise_is_the_formula_of_scaled_numbers(marginals):
    x, y, z = np.random.default_rng(0).normal(size=(3, 120, 2)).round(1)
    scaled = [transform_marginals(part, marginals) for part in (x, y, z)]
    estimator = MesnerShalizi(3, marginals=marginals)
    np.testing.assert_array_equal(estimator.fit(x, y).pointwise_, ksg_terms(*scaled[:2], 3))
    terms, ceiling, _ = ksg_terms_given(*scaled, 3)
    np.testing.assert_array_equal(estimator.fit(x, y, given=z).pointwise_, terms)
    assert estimator.ceiling_ == ceiling


@settings(max_examples=40)
@given(tied_rows(min_columns=3, max_columns=3), st.integers(1, 5), st.integers(2, 9))
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_categories_are_infinitely_far_apart(rows, k, n_levels):
    labels = np.array([f"level {int(v) % n_levels}" for v in 10 * np.abs(rows[:, 0])])
    if not varying(rows) or len(set(labels)) == 1:
        return
    x = pd.DataFrame({"label": labels, "number": rows[:, 1]})
    got = MesnerShalizi(k, marginals=None).fit(x, rows[:, 2]).pointwise_
    expected = naive.mixed_terms([labels, rows[:, 1]], [rows[:, 2]], None, k)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
    back = MesnerShalizi(k, marginals=None).fit(rows[:, 2:], x.astype({"label": "category"}), given=labels).pointwise_
    expected = naive.mixed_terms([rows[:, 2]], [labels, rows[:, 1]], [labels], k)
    np.testing.assert_allclose(back, expected, rtol=0, atol=1e-12)


def steps(rng, n):
    """Five levels, each with a uniform window of width 2: log 5 - 0.8 log 2."""
    x = rng.integers(0, 5, n)
    return x.astype(float), x + 2 * rng.random(n), np.log(5) - 0.8 * np.log(2)


def half_and_half(rng, n):
    """Half the rows a Gaussian pair of correlation 0.9, the others a bit through a channel that flips one in ten."""
    x, noise, bit = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 2, n)
    y, gaussian = 0.9 * x + np.sqrt(0.19) * noise, rng.random(n) < 0.5
    received = np.where(rng.random(n) < 0.1, 1 - bit, bit)
    channel = np.log(2) + 0.1 * np.log(0.1) + 0.9 * np.log(0.9)
    truth = np.log(2) + 0.5 * (-0.5 * np.log(0.19)) + 0.5 * channel
    return np.where(gaussian, x, 10.0 + bit), np.where(gaussian, y, 10.0 + received), truth


def zero_inflated(rng, n):
    """A count of exponential rate, replaced by 0 with probability 0.15: H(Y) - H(Y|X) by quadrature."""
    x = rng.exponential(size=n)
    y = rng.poisson(x) * (rng.random(n) > 0.15)
    return x, y.astype(float), zero_inflated_truth()


def zero_inflated_truth():
    counts = np.arange(60)

    def p(x):
        return 0.85 * stats.poisson.pmf(counts, x) + 0.15 * (counts == 0)

    def entropy(p):
        return -np.sum(p[p > 0] * np.log(p[p > 0]))

    marginal = 0.85 * 0.5 ** (counts + 1) + 0.15 * (counts == 0)
    return entropy(marginal) - integrate.quad(lambda x: np.exp(-x) * entropy(p(x)), 0, 40, limit=200)[0]


# The third measures a smooth part with few rows per level: its bias is known, from the paper on.
@pytest.mark.parametrize(("sample", "slack"), [(steps, 0.0), (half_and_half, 0.01), (zero_inflated, 0.03)])
def test_mixed_truth(sample, slack):
    for seed in range(4):
        x, y, truth = sample(np.random.default_rng(seed), 2000)
        estimate = MesnerShalizi().fit(x[:, None], y)
        assert abs(estimate.mutual_info_ - truth) < 4 * estimate.std_error_ + slack


def test_atoms_of_a_relu():
    values = []
    for seed in range(8):
        pair = make_relu_pair(4000, rho=0.9, random_state=seed)
        values.append(MesnerShalizi().fit(pair.X, pair.y).mutual_info_)
    assert abs(np.mean(values) - pair.mutual_info) < 0.02


@pytest.mark.parametrize("n_levels", [2, 10])
def test_independent_levels_have_no_bias(n_levels):
    values = []
    for seed in range(30):
        x, y = np.random.default_rng(seed).integers(0, n_levels, (2, 1500))
        values.append(MesnerShalizi().fit(x[:, None], y).mutual_info_)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(30)


def test_smooth_data_have_no_bias():
    values = []
    for seed in range(20):
        pair = make_gaussian_pair(1000, rho=0.6, random_state=seed)
        values.append(MesnerShalizi().fit(pair.X, pair.y).mutual_info_ - pair.mutual_info)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(20) < 0.03


@pytest.mark.parametrize("draw", [lambda rng: rng.normal(size=2000), lambda rng: rng.poisson(100, 2000)])
@pytest.mark.filterwarnings("ignore:the category has .* classes of few rows")
def test_many_categories_at_independence(draw):
    """With closed counts in both variables, categories of ten rows gave 0.1 nats."""
    values = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        labels = np.array([f"shop {i}" for i in rng.integers(0, 200, 2000)])
        values.append(MesnerShalizi().fit(draw(rng)[:, None], labels).mutual_info_)
    assert abs(np.mean(values)) < 4 * np.std(values, ddof=1) / np.sqrt(10) + 0.005


def test_conditional_truth():
    # X and Y depend on each other through Z only, which is a level in one case and a number in the other.
    rng = np.random.default_rng(0)
    z, a, b = rng.integers(0, 3, 3000), *rng.normal(size=(2, 3000))
    x, y = (2.0 * z + a)[:, None], 2.0 * z + b
    assert MesnerShalizi().fit(x, y).mutual_info_ > 0.4
    for given_z in (z, z.astype(str)):
        estimate = MesnerShalizi().fit(x, y, given=given_z)
        assert abs(estimate.mutual_info_) < 4 * estimate.std_error_
    direct = MesnerShalizi().fit(x, 2.0 * z + 0.6 * a + 0.8 * b, given=z.astype(str))
    assert abs(direct.mutual_info_ + 0.5 * np.log(1 - 0.36)) < 4 * direct.std_error_


def test_discrete_data_give_the_entropies():
    rng = np.random.default_rng(0)
    x = rng.choice(["a", "b", "c"], 3000)
    y = np.where(rng.random(3000) < 0.7, x, "a")
    plug_in = ChainRule().fit(x[:, None], y).mutual_info_
    assert MesnerShalizi().fit(x[:, None], y).mutual_info_ == pytest.approx(plug_in, abs=0.005)
    assert MesnerShalizi().fit((x == "a")[:, None], x == "a").mutual_info_ == pytest.approx(0.69, abs=0.1)


def test_columns_may_come_in_any_container():
    polars = pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    label, number = rng.choice(["a", "b", "c"], 300), rng.normal(size=300)
    y = number + (label == "a")
    frame = pd.DataFrame({"label": label, "number": number})
    expected = MesnerShalizi().fit(frame, y)
    assert list(expected.feature_names_in_) == ["label", "number"]
    rows = [list(row) for row in zip(label.tolist(), number.tolist(), strict=True)]
    for X in (
        frame.astype({"label": "category"}),
        np.array(rows, dtype=object),
        polars.DataFrame(frame.to_dict("list")),
    ):
        assert MesnerShalizi().fit(X, y).mutual_info_ == expected.mutual_info_
    scores = MesnerShalizi().score_features(frame, y)
    assert scores.tolist() == [MesnerShalizi().fit(frame[[name]], y).mutual_info_ for name in frame]


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
@pytest.mark.filterwarnings("ignore::skib.DuplicateRowsWarning")
def test_monotone_maps_and_orders_change_nothing(seed):
    pair = make_gaussian_pair(60, rho=0.6, dim=2, random_state=seed)
    x, y = np.round(pair.X, 1), pair.y
    order = np.random.default_rng(seed).permutation(60)
    value = MesnerShalizi().fit(x, y).mutual_info_
    for other in [
        (np.arctan(x) * 1e200, np.exp(4 * y)),
        (x[order], y[order]),
        (x[:, ::-1], y),
        (y, x),
        (np.column_stack([x, np.zeros(60)]), y),
    ]:
        assert MesnerShalizi().fit(*other).mutual_info_ == pytest.approx(value, abs=1e-12)


def test_category_names_have_no_effect():
    rng = np.random.default_rng(0)
    codes, y = rng.integers(0, 6, 200), rng.normal(size=200)
    names = np.array(["f", "c", "a", "e", "b", "d"])[codes][:, None]
    assert (
        MesnerShalizi().fit(names, y + codes).mutual_info_
        == MesnerShalizi().fit(codes[:, None].astype(str), y + codes).mutual_info_
    )


def test_categories_of_few_rows_carry_no_information():
    rng = np.random.default_rng(0)
    labels = np.array([f"{i // 4} of 50" for i in range(200)])
    with pytest.warns(UnreliableEstimateWarning, match="the category has 50 classes of few rows"):
        estimate = MesnerShalizi().fit(rng.normal(size=(200, 1)), labels)
    assert abs(estimate.mutual_info_) < 0.01


def test_warnings():
    pair = make_gaussian_pair(300, rho=0.8, random_state=0)
    with pytest.warns(ConstantInputWarning, match="X is constant"):
        assert MesnerShalizi().fit(np.full((300, 1), "a"), pair.y).mutual_info_ == 0.0
    with pytest.warns(SaturatedEstimateWarning, match="at most"):
        estimate = MesnerShalizi().fit(pair.X, pair.X)
    assert estimate.ceiling_ == pytest.approx(digamma(300) - digamma(5))
    assert estimate.mutual_info_ <= estimate.ceiling_
    rows = np.random.default_rng(0).integers(0, 300, 300)
    with pytest.warns(DuplicateRowsWarning):
        MesnerShalizi().fit(pair.X[rows], pair.y[rows])


@pytest.mark.parametrize(
    ("X", "y", "text"),
    [
        ([[1.0], [np.nan]] * 5, np.arange(10.0), "X contains NaN in 5 of 10 rows, first in row 1"),
        (np.arange(10.0)[:, None], np.arange(9.0), "X has 10 rows but y has 9"),
        (np.arange(5.0)[:, None], np.arange(5.0), "at least 6 rows, got n_samples = 5"),
        (np.array([["a"], [None]] * 5, dtype=object), np.arange(10.0), "X contains NaN or None in 5 of 10 rows"),
    ],
)
def test_bad_input_is_named(X, y, text):
    with pytest.raises(ValueError, match=text):
        MesnerShalizi().fit(X, y)


def test_numbers_that_look_like_labels_are_warned_of():
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    rare = np.where(np.arange(400) < 300, np.arange(400) % 2, np.arange(1000, 1400))
    with pytest.warns(UnreliableEstimateWarning, match="X holds whole numbers of which no two are equal, as identif"):
        MesnerShalizi().fit(rng.permutation(400)[:, None], y)
    with pytest.warns(
        UnreliableEstimateWarning, match="column 1 of X holds 100 whole numbers that occur once beside 2"
    ):
        MesnerShalizi().fit(np.column_stack([y, rare]), y + rng.normal(size=400))
    with pytest.warns(UnreliableEstimateWarning, match="y, given hold 100 whole numbers that occur once beside 2"):
        MesnerShalizi().fit(y[:, None], rare, given=rare[::-1])


@pytest.mark.parametrize("n_levels", [2, 5, 10])
def test_labels_as_whole_numbers_by_themselves_keep_their_information(n_levels):
    """No warning and the same value as of categories: on so few levels a ball contains no two of them."""
    rng = np.random.default_rng(n_levels)
    x = rng.integers(0, n_levels, 1000)
    y = rng.permutation(n_levels)[x] + 0.5 * rng.normal(size=1000)
    numbers = MesnerShalizi().fit(x[:, None], y)
    categories = MesnerShalizi().fit(x.astype(str)[:, None], y)
    assert abs(numbers.mutual_info_ - categories.mutual_info_) < numbers.std_error_


def test_several_columns_on_few_levels_are_no_copies():
    """Rows of columns on few levels repeat by nature: their values lie on a grid, which normal scores would hide."""
    a, b = np.divmod(np.tile(np.arange(64), 12), 8)
    found = MesnerShalizi().fit(pd.DataFrame({"a": a, "b": b, "half": np.where(a > 3, "high", "low")}), a)
    assert found.mutual_info_ == pytest.approx(np.log(8), abs=0.06)


@pytest.mark.parametrize("estimator", [MesnerShalizi(), Auto()], ids=lambda e: type(e).__name__)
def test_a_bootstrap_of_numbers_and_classes_warns(estimator):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 600))
    frame, rows = pd.DataFrame({"x": x, "sign": np.where(x > 0, "+", "-")}), rng.integers(0, 600, 600)
    with pytest.warns(DuplicateRowsWarning):
        estimator.fit(frame.iloc[rows], (x + noise)[rows])


@pytest.mark.parametrize("marginals", ["rank", None])
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_shared_permutations_keep_the_bits_of_separate_fits(marginals):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 4)), rng.normal(size=300)
    x[:, 0] = np.maximum(x[:, 0], 0) + y
    mixed = pd.DataFrame({"number": x[:, 0], "word": np.where(x[:, 1] > 0, "up", "down")})
    labels = np.array(["a", "b", "c"])[rng.integers(0, 3, 300)]
    orders = [rng.permutation(300) for _ in range(3)]
    estimator = MesnerShalizi(3, marginals=marginals)
    for left, right in [
        (x, y),
        (x[:, :1], y),
        (x.round(1), y),
        (mixed, y),
        (mixed, labels),
        (y[:, None], x),
        (0 * x, y),
    ]:
        separate = [MesnerShalizi(3, marginals=marginals).fit(left, right[order]).mutual_info_ for order in orders]
        np.testing.assert_array_equal(estimator.permuted_estimates(left, right, orders), separate)
