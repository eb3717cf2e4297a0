"""Weights of rows are as repeated rows, where rows of classes can be counted."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import sparse

from skib.mutual_info import mutual_info_features

N = 300
RNG = np.random.default_rng(0)
Y = RNG.choice(["no", "yes", "perhaps"], N)
FRAME = pd.DataFrame(
    {
        "town": np.where(RNG.random(N) < 0.4, Y, RNG.choice(["Oslo", "Bergen"], N)),
        "coin": RNG.random(N) < 0.5,
        "grade": RNG.integers(4, size=N) + (Y == "yes"),
        "gone": pd.Series(np.where(Y == "no", "a", "b")).mask(RNG.random(N) < 0.2),
    }
)
TIMES = RNG.integers(4, size=N)


def test_whole_weights_are_repeated_rows():
    rows = np.repeat(np.arange(N), TIMES)
    expected = mutual_info_features(FRAME.iloc[rows], Y[rows])
    assert_allclose(mutual_info_features(FRAME, Y, sample_weight=TIMES), expected, atol=1e-12)
    levels = RNG.integers(3, size=N)
    found = mutual_info_features(levels[:, None], levels % 2, sample_weight=TIMES)
    assert_allclose(found, mutual_info_features(levels[rows, None], levels[rows] % 2), atol=1e-12)


def test_sparse_columns():
    bools = RNG.random((N, 6)) < 0.2
    bools[:, 0] |= Y == "yes"
    rows = np.repeat(np.arange(N), TIMES)
    found = mutual_info_features(sparse.csr_array(bools), Y, sample_weight=TIMES)
    assert_allclose(found, mutual_info_features(bools[rows], Y[rows]), atol=1e-12)
    assert_allclose(found, mutual_info_features(bools, Y, sample_weight=TIMES), atol=1e-12)


def test_weights_of_one_change_nothing_and_fractions_are_between():
    expected = mutual_info_features(FRAME, Y)
    assert_allclose(mutual_info_features(FRAME, Y, sample_weight=np.ones(N)), expected, atol=1e-12)
    nearly = mutual_info_features(FRAME, Y, sample_weight=np.full(N, 1 + 1e-9))
    assert_allclose(nearly, expected, atol=1e-7)
    tiny = mutual_info_features(FRAME, Y, sample_weight=np.where(TIMES > 0, 1.0, 1e-12))
    assert_allclose(tiny, mutual_info_features(FRAME[TIMES > 0], Y[TIMES > 0]), atol=1e-9)


def test_levels_without_weight_are_none():
    kept = Y != "yes"
    found = mutual_info_features(FRAME, Y, sample_weight=kept)
    assert_allclose(found, mutual_info_features(FRAME[kept], Y[kept]), atol=1e-12)
    assert (mutual_info_features(FRAME, Y, sample_weight=Y == "no") == 0).all()


@pytest.mark.parametrize(
    ("X", "y", "options", "message"),
    [
        (FRAME, Y, {"sample_weight": -np.ones(N)}, "must be non-negative and not all zero, got a minimum of -1"),
        (FRAME, Y, {"sample_weight": np.zeros(N)}, "not all zero"),
        (FRAME, Y, {"sample_weight": np.ones(N - 1)}, "one weight for each of the 300 rows"),
        (FRAME, Y, {"sample_weight": TIMES, "n_permutations": 9}, "cannot be permuted"),
        (RNG.normal(size=(N, 2)), Y, {"sample_weight": TIMES}, "column 0 holds numbers; cut it into bins"),
        (FRAME, RNG.normal(size=N), {"sample_weight": TIMES}, "column 'y' holds numbers; cut it into bins"),
        (np.arange(N)[:, None] % 17, np.arange(N) % 16, {"sample_weight": np.ones(N)}, "fill 272 cells, too many"),
    ],
)  # fmt: skip
def test_weights_that_cannot_be_counted(X, y, options, message):
    with pytest.raises(ValueError, match=message):
        mutual_info_features(X, y, **options)
