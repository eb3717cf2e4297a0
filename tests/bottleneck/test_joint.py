"""How rows and weights are read: containers, dtypes, empty rows, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix, issparse
from sklearn.base import BaseEstimator

import skib
from skib.bottleneck import InformationBottleneck
from skib.bottleneck._base import require_clusters
from skib.bottleneck._joint import are_counts, normalized, read_joint, read_rows

COUNTS = np.array([[3, 1, 0], [0, 0, 5], [2, 2, 2], [0, 7, 1]])


def read(X, sample_weight=None):
    return read_joint(BaseEstimator(), X, sample_weight)


def dense(conditional):
    return conditional.toarray() if issparse(conditional) else conditional


CONTAINERS = {
    "int64": COUNTS,
    "int32": COUNTS.astype(np.int32),
    "uint8": COUNTS.astype(np.uint8),
    "float32": COUNTS.astype(np.float32),
    "Fortran": np.asfortranarray(COUNTS, np.float64),
    "list": COUNTS.tolist(),
    "frame": pd.DataFrame(COUNTS, columns=["a", "b", "c"]),
    "frame of mixed types": pd.DataFrame(COUNTS, columns=["a", "b", "c"]).astype({"b": np.float64, "c": np.int8}),
    "csr_matrix": csr_matrix(COUNTS),
    "csr_array": csr_array(COUNTS),
    "csr_array of float32": csr_array(COUNTS.astype(np.float32)),
    "coo_array": coo_array(COUNTS),
    "polars": lambda: pytest.importorskip("polars").DataFrame(COUNTS, schema=["a", "b", "c"]),
    "pyarrow": lambda: pytest.importorskip("pyarrow").table(dict(zip("abc", COUNTS.T, strict=True))),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_hold_the_same_distributions(name):
    X = CONTAINERS[name]() if callable(CONTAINERS[name]) else CONTAINERS[name]
    joint = read(X)
    np.testing.assert_array_equal(dense(joint.conditional), COUNTS / COUNTS.sum(axis=1, keepdims=True))
    assert issparse(joint.conditional) == issparse(X)
    assert joint.conditional.dtype == np.float64
    assert joint.weights.tolist() == [0.25] * 4
    assert joint.n_observations == COUNTS.sum()


TEXT = np.array([["3", "1"], ["0", "5"]])


@pytest.mark.parametrize(
    "X",
    [
        TEXT,
        TEXT.astype(object),
        TEXT.tolist(),
        TEXT.astype("S1"),
        pd.DataFrame(TEXT),
        pd.DataFrame(TEXT, dtype="category"),
    ],
    ids=["text", "objects", "list", "bytes", "frame", "categories"],
)
def test_numbers_as_text_are_refused(X):
    with pytest.raises(ValueError, match="convert it to numbers first|encode them as numbers"):
        read(X)
    with pytest.raises(ValueError, match="convert it to numbers first|encode them as numbers"):
        read_rows(InformationBottleneck(beta=2.0).fit([[1, 2], [2, 1]]), X, reset=False)


def test_bools_are_counts():
    assert read(COUNTS > 0).n_observations == 8


def test_names_of_columns_are_stored_and_required():
    estimator = BaseEstimator()
    read_joint(estimator, CONTAINERS["frame"])
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names should match"):
        read_rows(estimator, CONTAINERS["frame"].rename(columns={"a": "z"}), reset=False)
    read_joint(unnamed := BaseEstimator(), COUNTS)
    with pytest.raises(ValueError, match="2 features"):
        read_rows(unnamed, COUNTS[:, :2], reset=False)


@pytest.mark.parametrize("kind", [csr_matrix, csr_array])
def test_repeated_and_stored_zero_cells_of_a_sparse_matrix(kind):
    X = kind((np.array([1.0, 2.0, 0.0, 4.0]), np.array([1, 1, 0, 2]), np.array([0, 3, 4])), shape=(2, 3))
    before = [part.copy() for part in (X.data, X.indices, X.indptr)]
    assert dense(read(X).conditional).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert all((part == was).all() for part, was in zip((X.data, X.indices, X.indptr), before, strict=True))


@pytest.mark.parametrize("kind", [np.array, csr_array])
def test_nothing_is_modified(kind):
    X, weights = kind(COUNTS.astype(np.float64)), np.array([1.0, 2.0, 3.0, 0.0])
    before, values = dense(X).copy(), X.data if issparse(X) else X
    values.flags.writeable = weights.flags.writeable = False
    joint = read(X, weights)
    assert (dense(X) == before).all()
    np.testing.assert_allclose(joint.weights, [1 / 6, 1 / 3, 1 / 2, 0])


@pytest.mark.parametrize("kind", [np.array, csr_array])
@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e300, 1e307])
def test_scale_of_rows_does_not_matter(kind, scale):
    rows, is_empty = normalized(kind(COUNTS * scale))
    tolerance = 1e-3 if scale < 1e-310 else 1e-14  # subnormal numbers have few digits
    np.testing.assert_allclose(dense(rows), COUNTS / COUNTS.sum(axis=1, keepdims=True), rtol=tolerance)
    assert not is_empty.any()


@pytest.mark.parametrize("kind", [np.array, csr_matrix, csr_array])
def test_empty_rows_have_no_weight(kind):
    X = COUNTS * np.array([[1], [0], [1], [0]])
    with pytest.warns(skib.SkibWarning, match="2 of 4 rows of X are all zero, first row 1"):
        joint = read(kind(X), [1, 5, 3, 5])
    assert joint.weights.tolist() == [0.25, 0, 0.75, 0]
    assert joint.is_empty.tolist() == [False, True, False, True]
    assert dense(joint.conditional).sum(axis=1).tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("kind", [np.array, csr_matrix, csr_array])
@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (-2.0, r"Negative values in data passed to BaseEstimator: X\[2, 1\] is -2; the rows must hold counts"),
        (np.nan, "NaN.* first in row 2"),
        (np.inf, "infinity.* first in row 2"),
        (-np.inf, "infinity.* first in row 2"),
    ],
)
def test_row_that_is_no_distribution_is_named(kind, cell, message):
    X = COUNTS.astype(np.float64)
    X[2, 1] = cell
    with pytest.raises(ValueError, match=message):
        read(kind(X))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1, 1], r"shape \(3,\); pass one weight for each of the 4 rows"),
        ([1, 1, -1, 1], "non-negative"),
        ([0, 0, 0, 0], "not all zero"),
        ([1, np.nan, 1, 1], "NaN"),
    ],
)
def test_weights_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        read(COUNTS, weights)


def test_rows_without_any_distribution_are_refused():
    with pytest.raises(ValueError, match="all 4 rows of X with a weight are zero"):
        read(0 * COUNTS)
    with pytest.raises(ValueError, match="all 4 rows of X with a weight are zero"):
        read(COUNTS * np.array([[0], [1], [1], [1]]), [1, 0, 0, 0])
    with pytest.raises(ValueError, match="requires X to be passed"):
        read(None)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (COUNTS, True),
        (csr_array(COUNTS), True),
        (COUNTS / 10, False),
        (np.eye(3), True),  # single observations; as certain probabilities they are fitted alike
        (csr_array(np.eye(3)), True),
    ],
)
def test_counts_are_told_from_probabilities(X, expected):
    assert are_counts(read_rows(BaseEstimator(), X)) == expected


def test_more_clusters_than_rows_are_refused():
    require_clusters(BaseEstimator(), 4, 4)
    with pytest.raises(ValueError, match="n_samples=4 should be >= n_clusters=5"):
        require_clusters(BaseEstimator(), 5, 4)


def test_sparse_frame_is_read_as_the_sparse_matrix_that_it_holds():
    frame = pd.DataFrame.sparse.from_spmatrix(csr_array(COUNTS)).rename(columns="word{}".format)
    estimator = BaseEstimator()
    rows = read_rows(estimator, frame)
    assert issparse(rows) and (rows.toarray() == COUNTS).all()
    assert estimator.feature_names_in_.tolist() == list(frame)
    assert (
        InformationBottleneck(beta=3).fit(frame).encoder_ == InformationBottleneck(beta=3).fit(COUNTS).encoder_
    ).all()
    with pytest.raises(ValueError, match="Negative values in data passed to BaseEstimator"):
        read_rows(estimator, -frame)
