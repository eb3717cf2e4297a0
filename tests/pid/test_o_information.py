"""O-information and its parts: closed forms, identities with entropies, errors, p-values, search, hostile input."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from skib import UnreliableEstimateWarning
from skib.mutual_info import GaussianCopula
from skib.pid import dual_total_correlation, greedy_o_information, o_information, total_correlation
from skib.pid._o_information_gaussian import gaussian_gradients, gaussian_values

LOG2 = np.log(2)


def gaussian_rows(n_samples, mixing, seed):
    """Rows of Gaussian columns that are linear in independent ones, and their correlations."""
    mixing = np.array(mixing, float)
    covariance = mixing @ mixing.T
    scale = np.sqrt(np.diag(covariance))
    rows = np.random.default_rng(seed).normal(size=(n_samples, mixing.shape[1])) @ mixing.T
    return rows, covariance / np.outer(scale, scale)


def half_log_det(matrix):
    return 0.5 * np.linalg.slogdet(matrix)[1]


def by_entropies(correlations, members):
    """The three quantities from the entropies of all parts, up to constants that cancel."""

    def h(columns):
        return half_log_det(correlations[np.ix_(columns, columns)])

    rests = [h([k for k in members if k != j]) for j in members]
    total = sum(h([j]) for j in members) - h(members)
    dual = sum(rests) - (len(members) - 1) * h(members)
    return np.array([total - dual, total, dual])


def random_correlations(size, seed):
    return gaussian_rows(2, np.random.default_rng(seed).normal(size=(size, size + 2)), 0)[1]


@pytest.mark.parametrize("order", [2, 3, 5])
def test_gaussian_values_are_those_of_entropies(order):
    correlations = random_correlations(6, order)
    sets = np.array(list(combinations(range(6), order)))
    expected = np.array([by_entropies(correlations, list(members)) for members in sets]).T
    assert np.allclose(gaussian_values(correlations, sets, None), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("targets", [[5], [5, 6]])
def test_gradient_is_the_change_of_information_by_the_target(targets):
    correlations = random_correlations(7, 1)

    def information(columns):
        parts = columns, targets, [*columns, *targets]
        h_x, h_y, h_xy = (half_log_det(correlations[np.ix_(p, p)]) for p in parts)
        return h_x + h_y - h_xy

    members = [0, 2, 3]
    rests = sum(information([k for k in members if k != j]) for j in members)
    gradient = gaussian_gradients(correlations, np.array([members]), np.array(targets), None)
    assert np.allclose(gradient, -2 * information(members) + rests, rtol=0, atol=1e-12)
    if len(targets) == 1:
        with_y = gaussian_values(correlations, np.array([[*members, *targets]]), None)[0]
        assert np.allclose(gradient, with_y - gaussian_values(correlations, np.array([members]), None)[0], atol=1e-12)


# X3 = X1 + X2 + noise of variance v: I(X1;X2) = 0, so that Omega = -I(X1;X2|X3).
@pytest.mark.parametrize("variance", [0.5, 1.0])
def test_sum_of_two_columns(variance):
    rows, _ = gaussian_rows(5000, [[1, 0, 0], [0, 1, 0], [1, 1, np.sqrt(variance)]], 0)
    partial = 1 / (1 + variance)
    truth = 0.5 * np.log(1 - partial**2)
    total = 0.5 * np.log((2 + variance) / variance)
    row = o_information(rows).iloc[0]
    assert row["multiplet"] == (0, 1, 2)
    assert abs(row["o_information"] - truth) < 4 * row["std_error"]
    found = total_correlation(rows, order=3).iloc[0]
    assert abs(found["total_correlation"] - total) < 4 * found["std_error"]
    found = dual_total_correlation(rows, order=3).iloc[0]
    assert abs(found["dual_total_correlation"] - (total - truth)) < 4 * found["std_error"]


def test_pairs_have_their_mutual_information():
    rows, _ = gaussian_rows(400, np.random.default_rng(0).normal(size=(3, 3)), 1)
    table = o_information(rows, order=2)
    for (i, j), total, dual in zip(
        table["multiplet"], table["total_correlation"], table["dual_total_correlation"], strict=True
    ):
        estimate = GaussianCopula().fit(rows[:, [i]], rows[:, j]).mutual_info_
        # Correlations are shrunk by 1 / n^2.
        assert total == pytest.approx(estimate, abs=1e-4)
        assert dual == pytest.approx(estimate, abs=1e-4)


@pytest.mark.parametrize(
    "mixing",
    [np.eye(3), np.eye(5), [[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [1, 1, 0.7]]],
    ids=["three independent", "five independent", "a pair and one", "a sum"],
)
def test_errors_cover_the_truth_of_gaussian_rows(mixing):
    correlations = gaussian_rows(2, mixing, 0)[1]
    truth = gaussian_values(correlations, np.arange(len(correlations))[None], None)[:, 0]
    found = []
    for seed in range(60):
        rows, _ = gaussian_rows(600, mixing, seed)
        for function, name in ((o_information, 0), (total_correlation, 1), (dual_total_correlation, 2)):
            row = function(rows, order=len(correlations)).iloc[0]
            found.append((name, row.iloc[1], row["std_error"]))
    found = pd.DataFrame(found, columns=["name", "value", "error"])
    for name, group in found.groupby("name"):
        deviation = group["value"] - truth[name]
        assert (deviation.abs() < 2 * group["error"]).mean() > 0.8  # 2.5 standard errors below 0.9
        assert group["value"].std() > 0.4 * group["error"].mean()  # and the errors are no longer than that
        assert abs(deviation.mean()) < 4 * group["error"].mean() / np.sqrt(60)


def xor(rng, n_samples):
    bits = rng.integers(0, 2, (n_samples, 2))
    return np.c_[bits, bits[:, 0] ^ bits[:, 1]]


CASES = {
    "exclusive or": (xor, [-LOG2, LOG2, 2 * LOG2]),
    "copies": (lambda rng, n: np.repeat(rng.integers(0, 2, (n, 1)), 3, axis=1), [LOG2, 2 * LOG2, LOG2]),
    "independent": (lambda rng, n: rng.integers(0, 3, (n, 3)), [0, 0, 0]),
}


@pytest.mark.parametrize("name", CASES)
def test_gates(name):
    draw, truth = CASES[name]
    row = o_information(draw(np.random.default_rng(0), 2000)).iloc[0]
    assert abs(row["o_information"] - truth[0]) < 4 * row["std_error"]
    rows = draw(np.random.default_rng(1), 2000)
    found = total_correlation(rows, order=3).iloc[0]
    assert abs(found["total_correlation"] - truth[1]) < 4 * found["std_error"]
    found = dual_total_correlation(rows, order=3).iloc[0]
    assert abs(found["dual_total_correlation"] - truth[2]) < 4 * found["std_error"]


def test_plug_in_values_are_those_of_the_counts():
    codes = np.random.default_rng(0).integers(0, 3, (200, 4))
    codes[:, 3] = (codes[:, 0] + codes[:, 1] + (codes[:, 2] == 2)) % 3

    def h(columns):
        shares = np.unique(codes[:, columns], axis=0, return_counts=True)[1] / len(codes)
        return -shares @ np.log(shares)

    everything = [0, 1, 2, 3]
    rests = [h([k for k in everything if k != j]) for j in everything]
    row = o_information(codes, order=4, discrete=True, bias_correction=False).iloc[0]
    total, dual = sum(h([j]) for j in everything) - h(everything), sum(rests) - 3 * h(everything)
    assert row["total_correlation"] == pytest.approx(total, abs=1e-12)
    assert row["dual_total_correlation"] == pytest.approx(dual, abs=1e-12)
    assert row["o_information"] == pytest.approx(total - dual, abs=1e-12)
    y = codes[:, 3]
    with_y = o_information(codes[:, :3], y, bias_correction=False)["gradient"].item()
    alone = o_information(codes[:, :3], bias_correction=False)["o_information"].item()
    assert with_y == pytest.approx(row["o_information"] - alone, abs=1e-12)


def test_correction_removes_the_bias_of_independent_classes():
    found = {True: [], False: []}
    for seed in range(20):
        codes = np.random.default_rng(seed).integers(0, 3, (600, 4))
        for corrected, values in found.items():
            row = o_information(codes, order=4, discrete=True, bias_correction=corrected).iloc[0]
            values.append((row["o_information"], row["std_error"]))
    corrected, plug_in = np.array(found[True]), np.array(found[False])
    limit = 4 * corrected[:, 1].mean() / np.sqrt(20)
    assert abs(corrected[:, 0].mean()) < limit
    assert plug_in[:, 0].mean() < -limit


def test_thin_cells_are_warned_of():
    codes = np.random.default_rng(0).integers(0, 6, (300, 4))
    with pytest.warns(UnreliableEstimateWarning, match="rows per cell"):
        o_information(codes, order=4)
    with pytest.warns(UnreliableEstimateWarning, match="rows per cell"):
        o_information(codes[:, :3], codes[:, 3])


def test_pvalues():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5))
    rows[:, 2] += rows[:, 0] + rows[:, 1]
    table = o_information(rows, n_permutations=99, random_state=0).set_index("multiplet")
    assert table.loc[[(0, 1, 2)], "pvalue"].item() == 0.01
    assert table.loc[[(0, 3, 4)], "pvalue"].item() > 0.01
    again = o_information(rows, n_permutations=99, random_state=0)["pvalue"]
    assert (again.to_numpy() == table["pvalue"].to_numpy()).all()
    of_gradient = o_information(rows[:, [0, 1, 3]], rows[:, 2], order=2, n_permutations=99, random_state=0)
    assert of_gradient["gradient"].idxmin() == 0
    assert of_gradient["pvalue"].to_numpy()[0] == 0.01
    codes = xor(rng, 200)
    assert o_information(codes, n_permutations=49, random_state=0)["pvalue"].item() == 0.02
    assert o_information(codes[:, :2], codes[:, 2], order=2, n_permutations=49, random_state=0)["pvalue"].item() == 0.02


def test_pvalues_are_uniform_at_independence():
    pvalues = np.array(
        [
            total_correlation(
                np.random.default_rng(seed).normal(size=(50, 3)), order=3, n_permutations=19, random_state=0
            ).loc[0, "pvalue"]
            for seed in range(100)
        ]
    )
    assert abs(np.mean(pvalues <= 0.2) - 0.2) < 4 * np.sqrt(0.16 / 100)


def test_search_finds_what_all_sets_contain():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(800, 9))
    rows[:, 7] += rows[:, [1, 3, 5]].sum(axis=1)
    rows[:, 8] += 2 * rows[:, 0]
    table = greedy_o_information(rows, max_order=4, n_best=5)
    everything = o_information(rows, order=4)
    best = table[table["order"] == 4].iloc[0]
    assert best["multiplet"] == everything.loc[everything["o_information"].idxmin(), "multiplet"] == (1, 3, 5, 7)
    assert best["o_information"] == pytest.approx(everything["o_information"].min(), abs=1e-12)
    assert list(table["order"].unique()) == [3, 4]
    redundant = greedy_o_information(rows, goal="redundancy", max_order=3)
    assert redundant["o_information"].is_monotonic_decreasing
    with_y = greedy_o_information(rows[:, :7], rows[:, 7], max_order=3, n_best=3)
    assert with_y[with_y["order"] == 3]["multiplet"].iloc[0] == (1, 3, 5)


def test_names_and_given_multiplets_of_several_sizes():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(100, 4)), columns=list("abcd"))
    asked = [("d", "a", "b"), (0, "c"), ["a", "b", "c"]]
    table = o_information(frame, multiplets=asked)
    assert table["multiplet"].tolist() == [("d", "a", "b"), ("a", "c"), ("a", "b", "c")]
    of_order = o_information(frame).set_index("multiplet")["o_information"]
    assert table["o_information"].iloc[2] == of_order[("a", "b", "c")]
    assert table["o_information"].iloc[0] == pytest.approx(of_order[("a", "b", "d")], abs=1e-12)


def test_order_of_rows_and_monotone_maps_change_nothing():
    rows, _ = gaussian_rows(300, np.random.default_rng(3).normal(size=(4, 4)), 4)
    expected = o_information(rows).drop(columns="multiplet")
    others = np.exp(rows[::-1]), rows * [1, 2, 3, 4]
    for other in others:
        assert np.allclose(o_information(other).drop(columns="multiplet"), expected, rtol=0, atol=1e-10)


def test_copies_and_constants_are_finite():
    x = np.random.default_rng(0).normal(size=(200, 2))
    row = o_information(np.c_[x[:, 0], x[:, 0], x[:, 0]]).iloc[0]
    assert np.isfinite(row.iloc[1:].astype(float)).all()
    assert row["o_information"] > 3
    with pytest.warns(match="constant"):
        table = o_information(np.c_[x, np.ones(200)], discrete=False)
    assert abs(table["o_information"].item()) < 0.01


def test_constant_column_goes_with_numbers_and_with_classes():
    rng = np.random.default_rng(0)
    for columns in (rng.normal(size=(200, 2)), rng.integers(0, 2, (200, 2))):
        table = pd.DataFrame(columns, columns=["a", "b"]).assign(c=1)
        with pytest.warns(match="constant"):
            found = o_information(table, bias_correction=False)
        pair = total_correlation(table[["a", "b"]], bias_correction=False)["total_correlation"]
        assert found["total_correlation"].item() == pytest.approx(pair.item(), abs=1e-12)
        assert found["o_information"].item() == pytest.approx(0, abs=1e-12)


def test_bad_input():
    x = np.random.default_rng(0).normal(size=(50, 4))
    mixed = pd.DataFrame(x[:, :2], columns=["a", "b"]).assign(c=list("xy") * 25)
    with pytest.raises(ValueError, match="beside columns of numbers"):
        o_information(mixed)
    with pytest.raises(ValueError, match="order must be"):
        o_information(x, order=5)
    with pytest.raises(ValueError, match="each column once"):
        o_information(x, multiplets=[(0, 0, 1)])
    with pytest.raises(ValueError, match="no column of X"):
        o_information(x, multiplets=[(0, 9)])
    with pytest.raises(ValueError, match="more rows or a lower order"):
        o_information(np.random.default_rng(0).normal(size=(7, 6)), order=6)
    with pytest.raises(ValueError, match="bin y first"):
        o_information(np.random.default_rng(0).integers(0, 2, (50, 3)), x[:, 0])
    with pytest.raises(ValueError, match="greedy_o_information"):
        o_information(np.random.default_rng(0).normal(size=(60, 50)), order=8)
    with pytest.raises(ValueError, match="goal"):
        greedy_o_information(x, goal="both")
    with pytest.raises(ValueError, match="max_order"):
        greedy_o_information(x, max_order=9)
    assert greedy_o_information(np.random.default_rng(0).normal(size=(60, 4)))["order"].max() == 4
    assert greedy_o_information(np.random.default_rng(0).normal(size=(60, 8)))["order"].max() == 6
    with pytest.raises(ValueError, match="n_best"):
        greedy_o_information(x, n_best=0, max_order=3)
    broken = x.copy()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN|missing"):
        o_information(broken)
    with pytest.warns(UnreliableEstimateWarning, match="many equal values"):
        o_information(np.maximum(x, 0))
