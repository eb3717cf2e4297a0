"""Columns of sparse matrices count as bools: the same numbers as the dense bools have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import skib
from skib._columns import sparse_columns_of
from skib._kernels.cooccurrence import bool_pairs, plane_pairs
from skib.mutual_info import KSG, ChainRule, mutual_info, mutual_info_features, mutual_info_matrix
from skib.mutual_info._matrix._tables import _bits

N = 200
RNG = np.random.default_rng(0)
DENSE = RNG.random((N, 12)) < np.geomspace(0.02, 0.9, 12)
DENSE[:, 5] ^= DENSE[:, 6] & (RNG.random(N) < 0.7)
CLASSES = RNG.integers(3, size=N) * DENSE[:, 7]
FORMATS = {
    "csr_matrix": sparse.csr_matrix,
    "csr_array": sparse.csr_array,
    "csc_matrix": sparse.csc_matrix,
    "csc_array": sparse.csc_array,
    "coo_array": sparse.coo_array,
}


def numbers(bools, seed=0):
    """Numbers other than zero where the bools are true."""
    return bools * np.random.default_rng(seed).choice([-3.5, 1, 2, 1e-300], bools.shape)


def assert_same(found, expected):
    assert_allclose(found.mutual_info, expected.mutual_info, atol=1e-12, rtol=0)
    assert_allclose(found.std_error, expected.std_error, atol=1e-12, rtol=0)
    assert_array_equal(found.kinds, expected.kinds)
    assert_array_equal(found.missing, expected.missing)
    if expected.pvalue is not None:
        assert_array_equal(found.pvalue, expected.pvalue)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("dtype", [bool, np.int8, float, np.float32])
def test_a_matrix_equals_that_of_the_dense_bools(name, dtype):
    dense = DENSE if dtype is bool else numbers(DENSE).astype(dtype) if dtype is float else (5 * DENSE).astype(dtype)
    options = {"n_permutations": 9, "random_state": 0}
    assert_same(mutual_info_matrix(FORMATS[name](dense), **options), mutual_info_matrix(dense != 0, **options))


def test_explicit_zeros_and_repeated_entries_are_read():
    matrix = sparse.csr_array(numbers(DENSE))
    matrix.data[::3] = 0
    stored = matrix.nnz
    assert_same(mutual_info_matrix(matrix), mutual_info_matrix(matrix.toarray() != 0))
    assert matrix.nnz == stored  # not modified
    rows, columns = np.nonzero(DENSE)
    twice = sparse.coo_array((np.ones(2 * len(rows)), (np.tile(rows, 2), np.tile(columns, 2))), DENSE.shape)
    opposite = sparse.coo_array((np.r_[np.ones(2), -1], ([0, 1, 1], [0, 0, 0])), DENSE.shape)
    assert_same(mutual_info_matrix(twice), mutual_info_matrix(DENSE))
    with pytest.warns(skib.ConstantInputWarning):
        assert (
            mutual_info_matrix(opposite).mutual_info.iloc[0, 0]
            == mutual_info_matrix(np.eye(N)[:, [0]]).mutual_info[0][0]
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.integers(2, 9), st.floats(0, 1))
@pytest.mark.filterwarnings("ignore::skib.ConstantInputWarning")
def test_any_bools(seed, n_samples, n_columns, density):
    bools = np.random.default_rng(seed).random((n_samples, n_columns)) < density
    found, expected = mutual_info_matrix(sparse.csc_array(bools)), mutual_info_matrix(bools)
    assert_allclose(found.mutual_info, expected.mutual_info, atol=1e-12, rtol=0)
    # The root of a variance of 0 magnifies its rounding.
    assert_allclose(found.std_error**2, expected.std_error**2, atol=1e-12, rtol=0)


def test_the_kernel_equals_its_definition():
    """Sums over the four cells, from the equation, whatever the margins."""
    columns = sparse_columns_of(sparse.csr_array(DENSE), "X")
    scores, (false, true) = RNG.normal(size=N + 1), RNG.normal(size=(2, 12))
    sums = bool_pairs(3, 7, columns.starts, columns.rows, *columns.by_row, scores, false, true)
    assert sums.shape == (2, 4, 9)
    for a in range(3, 7):
        for b in range(a, 12):
            cells = [(np.sum((DENSE[:, a] == i) & (DENSE[:, b] == j)), i, j) for i in (0, 1) for j in (0, 1)]
            infos = [scores[c] - (true if i else false)[a] - (true if j else false)[b] for c, i, j in cells]
            expected = [sum(c * info**power for (c, _, _), info in zip(cells, infos, strict=True)) for power in (1, 2)]
            assert_allclose(sums[:, a - 3, b - 3], expected, rtol=1e-12)


@pytest.mark.parametrize("n_samples", [1, 63, 64, 65, 200])
def test_the_kernel_of_bits_equals_its_definition(n_samples):
    bools = DENSE[:n_samples]
    scores, log_counts, (false, true) = RNG.normal(size=N + 1), RNG.normal(size=N + 1), RNG.normal(size=(2, 12))
    planes = np.array([_bits(column.astype(int)) for column in bools.T])
    counts = bools.sum(axis=0)
    sums = plane_pairs(2, 5, planes, counts, n_samples, scores, log_counts, false, true)
    for a in range(2, 5):
        for b in range(a, 12):
            cells = [(np.sum((bools[:, a] == i) & (bools[:, b] == j)), i, j) for i in (0, 1) for j in (0, 1)]
            infos = [scores[c] - (true if i else false)[a] - (true if j else false)[b] for c, i, j in cells]
            expected = [sum(c * info**power for (c, _, _), info in zip(cells, infos, strict=True)) for power in (1, 2)]
            expected.append(sum(c * log_counts[c] for c, _, _ in cells))
            assert_allclose(sums[:, a - 2, b - 2], expected, rtol=1e-11, atol=1e-11)


def test_blocks_and_jobs_change_nothing(monkeypatch):
    from skib.mutual_info._matrix import _features, _sparse

    matrix, y = sparse.csr_array(DENSE), RNG.normal(size=N)
    expected = mutual_info_matrix(matrix), mutual_info_features(matrix, CLASSES), mutual_info_features(matrix, y)
    monkeypatch.setattr(_sparse, "_PAIRS_PER_CALL", 30)
    monkeypatch.setattr(_features, "_MOST_CELLS", 500)
    assert_array_equal(mutual_info_matrix(matrix, n_jobs=2).mutual_info, expected[0].mutual_info)
    assert_array_equal(mutual_info_matrix(matrix).std_error, expected[0].std_error)
    assert_array_equal(mutual_info_features(matrix, CLASSES), expected[1])
    assert_array_equal(mutual_info_features(matrix, y, n_jobs=2), expected[2])


@pytest.mark.parametrize("target", ["classes", "numbers", "missing classes", "missing numbers"])
@pytest.mark.filterwarnings("ignore::skib.MissingValuesWarning")
@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_features_equal_those_of_the_dense_bools(target):
    y = CLASSES.astype(object) if "classes" in target else CLASSES + RNG.normal(size=N)
    if "missing" in target:
        y[::9] = np.nan
    options = {"n_permutations": 9, "random_state": 0}
    expected = mutual_info_features(DENSE, y, **options)
    found = mutual_info_features(sparse.csr_matrix(numbers(DENSE)), y, **options)
    assert_allclose(found[0], expected[0], atol=1e-12)
    assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("options", [{"groups": np.arange(N) // 2}, {"shuffle": "circular"}])
@pytest.mark.filterwarnings("ignore::skib.UnreliableEstimateWarning")
def test_groups_and_shifts(options):
    options = options | {"n_permutations": 9, "random_state": 0}
    matrix = sparse.csr_array(DENSE)
    assert_same(mutual_info_matrix(matrix, **options), mutual_info_matrix(DENSE, **options))
    y = CLASSES + RNG.normal(size=N)
    for found, expected in zip(
        mutual_info_features(matrix, y, **options), mutual_info_features(DENSE, y, **options), strict=True
    ):
        assert_allclose(found, expected, atol=1e-12)


def test_an_estimator_of_ones_own():
    matrix = mutual_info_matrix(sparse.csr_array(DENSE[:, 5:8]), estimator=ChainRule())
    assert_allclose(matrix.mutual_info, mutual_info_matrix(DENSE[:, 5:8], estimator=ChainRule()).mutual_info)


def test_constant_columns_are_named():
    with pytest.warns(skib.ConstantInputWarning, match=r"columns \[1, 2\] are constant"):
        matrix = mutual_info_matrix(sparse.csr_array(np.column_stack([DENSE[:, 5], np.zeros(N), np.ones(N)])))
    assert (matrix.mutual_info.loc[[1, 2]] == 0).all(axis=None)


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_few_rows_are_as_those_of_dense_columns():
    few = np.array([[0, 1], [1, 0], [1, 1]], bool)
    assert_same(mutual_info_matrix(sparse.csr_array(few)), mutual_info_matrix(few))


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (sparse.csr_array(np.diag([1.0, np.nan])), "has entries that are NaN or infinite.* other than zero or not"),
        (sparse.csr_array((0, 3)), "has shape"),
        (sparse.csr_array(np.eye(3) * 1j), "entries of type complex128"),
    ],
)
def test_hostile_matrices(matrix, message):
    with pytest.raises(ValueError, match=message):
        mutual_info_matrix(matrix)


def test_one_joint_variable_must_be_dense():
    with pytest.raises(TypeError, match=r"pass X.toarray\(\), or take mutual_info_features\(X, y\)"):
        mutual_info(sparse.csr_array(DENSE), CLASSES)
    with pytest.raises(TypeError, match=r"pass y.toarray\(\)"):
        mutual_info(DENSE, sparse.csr_array(DENSE))
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        KSG().fit(sparse.csr_array(DENSE), CLASSES)


@pytest.mark.parametrize("container", ["lil", "dok", "coo", "bsr"])
def test_every_format(container):
    rng = np.random.default_rng(0)
    dense, y = np.where(rng.random((60, 3)) < 0.3, 1.5, 0.0), rng.integers(2, size=60)
    expected = mutual_info_features(dense != 0, y)
    np.testing.assert_allclose(
        mutual_info_features(sparse.coo_array(dense).asformat(container), y), expected, atol=1e-12
    )
