import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skib import SkibWarning, in_bits
from skib.bottleneck import SparseGaussianIB
from skib.bottleneck.neural import BottleneckGate


def rows(n=1000, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 8)), np.random.default_rng(seed + 1000)


def test_exclusive_or_is_found():
    X, _ = rows()
    gate = BottleneckGate(random_state=0).fit(X, (X[:, 2] > 0) ^ (X[:, 5] > 0))
    assert gate.get_support(indices=True).tolist() == [2, 5]
    assert in_bits(np.delete(gate.rates_, [2, 5])).max() < 0.02
    assert in_bits(gate.relevance_) > 0.4


def test_linear_gates_are_the_gains_of_the_sparse_gaussian_bottleneck():
    """With a linear network and Gaussian rows the objective is that of SparseGaussianIB, whose optimum is exact."""
    X, rng = rows(20_000)
    y = X[:, 0] + 0.5 * X[:, 1] + 0.5 * rng.normal(size=len(X))
    exact = SparseGaussianIB(beta=5.0).fit(X, y)
    gate = BottleneckGate(5.0, decoder_hidden=(), max_iter=60, validation_fraction=0, random_state=0).fit(X, y)
    assert_array_equal(gate.get_support(), exact.get_support())
    assert_allclose(gate.rates_, exact.rates_, atol=0.03)  # the rows are the same, but not the noise of the batches
    # Half the logarithm of a mean of n squares has a standard error of 1 / sqrt(2 n), and here there are two.
    assert abs(gate.relevance_ - exact.relevance_) < 4 / np.sqrt(10_000) + 0.03


def test_one_of_two_copies_is_kept():
    X, _ = rows()
    X[:, 7] = X[:, 0]
    gate = BottleneckGate(beta=5.0, random_state=0).fit(X, X[:, 0] + X[:, 1] > 0)
    assert gate.get_support()[[0, 7]].sum() == 1
    assert gate.get_support()[1]


def test_numbers_are_told_from_classes():
    X, rng = rows()
    y = np.sin(2 * X[:, 3]) + 0.1 * rng.normal(size=len(X))
    gate = BottleneckGate(random_state=0).fit(X, y)
    assert gate.get_support(indices=True).tolist() == [3]
    text = BottleneckGate(random_state=0).fit(X, np.where(X[:, 3] > 0, "yes", "no"))
    assert text.get_support(indices=True).tolist() == [3]


def test_columns_pass_unchanged_with_their_names():
    X, _ = rows()
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    y = X[:, 1] + X[:, 4] > 0
    gate = BottleneckGate(random_state=0).set_output(transform="pandas").fit(frame, y)
    pd.testing.assert_frame_equal(gate.transform(frame), frame[["b", "e"]])
    assert gate.bits_path_.columns.tolist() == list("abcdefgh")
    assert_allclose(gate.rates_, 0.5 * np.log1p(gate.gains_**2), rtol=1e-5)
    assert make_pipeline(BottleneckGate(random_state=0), SVC()).fit(X, y).score(X, y) > 0.9


def test_nothing_is_kept_of_noise():
    X, rng = rows()
    gate = BottleneckGate(beta=3.0, random_state=0).fit(X, rng.random(len(X)) > 0.5)
    assert gate.get_support().sum() == 0
    with pytest.warns(SkibWarning, match="No features were selected: at beta=3"):
        assert gate.transform(X).shape == (1000, 0)


def test_more_units_than_rows():
    """Of 400 units of 200 rows, those that hold the class are kept, and few others."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 400)), np.arange(200) % 2
    X[:, 7] += 3 * y
    gate = BottleneckGate(beta=5.0, random_state=0).fit(X, y)
    assert gate.get_support()[7]
    assert gate.get_support().sum() <= 10
