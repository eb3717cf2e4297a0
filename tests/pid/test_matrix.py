"""All pairs of columns: truths of gates, columns of mixed kinds, missing values, p-values and the choice of bins."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from skib._columns import column_of
from skib.mutual_info import mutual_info
from skib.pid import BROJA, SURD, MinimumMutualInfo, PIDMatrix, SharedExclusions, WilliamsBeer, pid_matrix
from skib.pid._matrix_symbols import default_n_bins, symbols_of

LOG2 = np.log(2)


@pytest.fixture(scope="module")
def gates():
    """Two bits whose exclusive or is half of y, and a bit, twice, that is the other half."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((2000, 3)) < 0.5, columns=["a", "b", "c"])
    frame["copy"] = np.where(frame["c"], "yes", "no")
    frame["noise"] = rng.normal(size=2000)
    return frame, (frame["a"] ^ frame["b"]).astype(int) + 2 * frame["c"]


def value(matrix, first, second, term):
    return matrix.matrix(term).at[first, second]


def test_gates_have_their_synergy_and_redundancy(gates):
    matrix = pid_matrix(*gates, n_bins=2)
    assert isinstance(matrix, PIDMatrix)
    for first, second, synergy, redundancy in [("a", "b", LOG2, 0), ("c", "copy", 0, LOG2), ("a", "noise", 0, 0)]:
        error = value(matrix, first, second, "std_error_synergy") + 1 / len(gates[1])
        assert abs(value(matrix, first, second, "synergy") - synergy) < 4 * error
        assert abs(value(matrix, first, second, "redundancy") - redundancy) < 4 * error
    assert matrix.pairs.loc[0, ["first", "second"]].tolist() == ["a", "b"]
    assert matrix.pairs.iloc[-1][["first", "second"]].tolist() == ["c", "copy"]


def test_terms_add_up_to_the_information_of_each_column(gates):
    matrix = pid_matrix(*gates, n_bins=3, measure=MinimumMutualInfo())
    alone = matrix.matrix("redundancy").to_numpy() + matrix.matrix("unique").to_numpy()
    assert_allclose(alone, np.broadcast_to(matrix.mutual_info.to_numpy()[:, None], alone.shape), atol=1e-12)


def test_one_pair_is_the_decomposition_of_its_columns(gates):
    frame, y = gates
    options = {"n_permutations": 9, "random_state": 3}
    matrix = pid_matrix(frame[["a", "c"]], y, measure=SharedExclusions(), **options)
    atoms = SharedExclusions(**options | {"random_state": None}).fit(frame[["a", "c"]].astype(int), y).atoms_
    row = matrix.pairs.iloc[0]
    for term in atoms.index:
        assert row[term] == atoms.at[term, "value"]
        assert row[f"std_error_{term}"] == atoms.at[term, "std_error"]
        assert 0 < row[f"pvalue_{term}"] <= 1


def test_net_synergy_is_that_of_every_measure(gates):
    measures = MinimumMutualInfo(), WilliamsBeer(), SharedExclusions()
    tables = [pid_matrix(*gates, n_bins=2, measure=measure).matrix("net_synergy").to_numpy() for measure in measures]
    assert_allclose(tables[1], tables[0], atol=1e-12)
    assert_allclose(tables[2], tables[0], atol=1e-12)


def test_numbers_are_cut_at_quantiles_and_classes_are_not():
    rng = np.random.default_rng(1)
    numbers, counts = rng.normal(size=400), rng.integers(0, 12, 400)
    town = np.array(list("abcdefgh"))[rng.integers(0, 8, 400)]
    matrix = pid_matrix(pd.DataFrame({"x": numbers, "n": counts, "town": town}), rng.integers(0, 2, 400), n_bins=4)
    assert matrix.n_symbols.tolist() == [4, 4, 8]
    assert np.bincount(symbols_of(column_of(numbers, "x"), 4)).tolist() == [100] * 4
    assert pid_matrix(pd.DataFrame({"x": numbers, "n": counts}), rng.normal(size=400), n_bins=4).n_target_symbols == 4


@pytest.mark.parametrize(("n_samples", "n_classes", "n_bins"), [(250, 2, 5), (249, 2, 4), (60, 3, 2), (20, 3, 2)])
def test_bins_leave_five_rows_to_each_cell(n_samples, n_classes, n_bins):
    y = np.arange(n_samples) % n_classes
    assert default_n_bins(column_of(y.astype(str), "y")) == n_bins
    assert n_bins == 2 or 5 * n_bins**2 * n_classes <= n_samples


def test_missing_numbers_leave_their_pairs_alone(gates):
    frame, y = gates[0].copy(), gates[1]
    frame.loc[::4, "noise"] = np.nan
    with pytest.warns(UserWarning, match="25.0% of 'noise'"):
        matrix = pid_matrix(frame, y, n_bins=2)
    whole, known = pid_matrix(*gates, n_bins=2), frame["noise"].notna()
    assert value(matrix, "a", "b", "synergy") == value(whole, "a", "b", "synergy")
    alone = pid_matrix(frame.loc[known, ["a", "noise"]], y[known], n_bins=2)
    assert value(matrix, "a", "noise", "synergy") == value(alone, "a", "noise", "synergy")
    assert matrix.mutual_info["noise"] == alone.mutual_info["noise"]
    with pytest.raises(ValueError, match="'noise'"):
        pid_matrix(frame, y, missing="error")


def test_pvalues_find_the_dependent_pair_and_no_other(gates):
    frame, y = gates
    matrix = pid_matrix(frame[["a", "b", "noise"]], y, n_bins=2, n_permutations=99, random_state=0)
    assert value(matrix, "a", "b", "pvalue_synergy") == 0.01
    assert value(matrix, "a", "noise", "pvalue_synergy") > 0.05
    again = pid_matrix(frame[["a", "b", "noise"]], y, n_bins=2, n_permutations=99, random_state=0, n_jobs=2)
    pd.testing.assert_frame_equal(matrix.pairs, again.pairs, check_exact=True)


def test_independent_columns_have_no_synergy():
    in_errors = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        columns, y = rng.normal(size=(1000, 4)), rng.integers(0, 3, 1000)
        pairs = pid_matrix(columns, y, n_bins=5).pairs
        in_errors += (pairs["synergy"] / pairs["std_error_synergy"]).tolist()
    assert np.mean(np.abs(in_errors) < 2) > 0.95
    assert abs(np.mean(in_errors)) < 4 / np.sqrt(len(in_errors))
    # Without the correction it is about half the degrees of freedom over the rows.
    plug_in = pid_matrix(columns, y, n_bins=5, measure=BROJA(bias_correction=False)).pairs
    assert plug_in["synergy"].mean() > 2 * plug_in["std_error_synergy"].mean()


def test_pvalues_of_independent_columns_are_uniform():
    shares = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        options = {"n_bins": 3, "n_permutations": 9, "random_state": seed, "measure": MinimumMutualInfo()}
        pairs = pid_matrix(rng.normal(size=(300, 4)), rng.integers(0, 2, 300), **options).pairs
        shares.append(np.mean(pairs["pvalue_synergy"] <= 0.2))
    assert abs(np.mean(shares) - 0.2) < 4 * np.std(shares) / np.sqrt(len(shares))


def test_information_of_columns_is_that_of_the_default_estimate(gates):
    frame, y = gates
    assert_allclose(pid_matrix(frame[["c", "copy"]], y).mutual_info, mutual_info(frame["c"], y), atol=1e-3)


def test_constant_columns_have_nothing():
    frame = pd.DataFrame({"a": np.arange(200) % 2, "one": 1})
    with pytest.warns(UserWarning, match="constant"):
        matrix = pid_matrix(frame, frame["a"])
    assert_allclose(matrix.pairs[["redundancy", "synergy", "unique_2"]].to_numpy(), 0, atol=1e-12)


def test_refusals():
    frame, y = np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 2
    with pytest.raises(ValueError, match="pair needs two"):
        pid_matrix(frame[:, :1], y)
    with pytest.raises(ValueError, match="lengths|rows|n_samples"):
        pid_matrix(frame, y[:-1])
    with pytest.raises(TypeError, match="measure must be"):
        pid_matrix(frame, y, measure=SURD())
    with pytest.raises(ValueError, match="several columns of the name 'a'"):
        pid_matrix(pd.DataFrame(frame, columns=["a", "a", "b"]), y)
    with pytest.raises(ValueError, match="no term"):
        pid_matrix(frame, y).matrix("union")
    with pytest.warns(UserWarning, match="3 of 3 pairs"):
        pid_matrix(frame, y, n_bins=8)
