"""Codes of active units: their bits, their number, their entropy and their neighbors."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skib import ConstantInputWarning, SaturatedEstimateWarning
from skib.entropy import NSB, Grassberger, MillerMadow
from skib.preprocessing import NeuralCode
from tests.naive import hamming as naive


def layer(x, n_units, seed=0):
    """Activations of a random layer of ReLU units."""
    rng = np.random.default_rng(seed)
    return np.maximum((x - x.mean(axis=0)) @ rng.normal(size=(x.shape[1], n_units)) / 10 + rng.normal(size=n_units), 0)


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
@given(seed=st.integers(0, 2**32 - 1), n_samples=st.integers(2, 40), n_units=st.integers(1, 70))
@settings(max_examples=40)
def test_codes_against_their_definition(seed, n_samples, n_units):
    rng = np.random.default_rng(seed)
    z = rng.integers(-1, 2, (n_samples, n_units)) * (rng.random(n_units) < 0.2)
    z[:, 0] = rng.permutation(n_samples) % 2  # so that a unit varies
    code = NeuralCode().fit(z)
    bits = z > 0
    varies = bits.any(axis=0) & ~bits.all(axis=0)
    assert_array_equal(code.support_, varies)
    assert_array_equal(code.transform(z), bits[:, varies])
    assert_array_equal(NeuralCode(packed=True).fit(z).transform(z), np.packbits(bits[:, varies], axis=1))
    assert code.n_codes_ == len(np.unique(bits, axis=0))
    assert code.redundancy_ == 1 - code.n_codes_ / n_samples
    assert code.entropy_ == pytest.approx(Grassberger().fit(bits).entropy_)
    assert_array_equal(code.labels_[:, None] == code.labels_, (bits[:, None] == bits).all(axis=2))


def test_independent_bits_have_a_known_entropy_and_redundancy():
    """Of 6 units that are active in half of the rows, and 3 that are copies or constant."""
    n_samples, n_possible = 2000, 64
    for seed in range(5):
        z = np.random.default_rng(seed).normal(size=(n_samples, 6))
        code = NeuralCode().fit(np.c_[z, 3 * z[:, 0], np.ones(n_samples), np.zeros(n_samples)])
        assert code.entropy_ == pytest.approx(6 * np.log(2), abs=4 * code.entropy_estimator_.std_error_ + 64 / 4e6)
        expected = n_possible * (1 - (1 - 1 / n_possible) ** n_samples)  # all 64, nearly surely
        assert code.redundancy_ == pytest.approx(1 - expected / n_samples, abs=1e-9)
    few = [NeuralCode().fit(np.random.default_rng(s).normal(size=(150, 6))).redundancy_ for s in range(200)]
    expected = 1 - n_possible * (1 - (1 - 1 / n_possible) ** 150) / 150
    assert np.mean(few) == pytest.approx(expected, abs=4 * np.std(few) / np.sqrt(200))


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
@given(seed=st.integers(0, 2**32 - 1), n_units=st.integers(1, 130), n_neighbors=st.integers(1, 6))
@settings(max_examples=30)
def test_neighbors_against_their_definition(seed, n_units, n_neighbors):
    rng = np.random.default_rng(seed)
    z, new = (rng.normal(size=(n, n_units)) for n in (20, 5))
    z[:10] = z[10:]  # codes that are equal
    code = NeuralCode().fit(z)
    bits, queries = code.transform(z), code.transform(new)
    for query, itself, found in (
        (queries, None, code.kneighbors(new, n_neighbors)),
        (bits, range(20), code.kneighbors(n_neighbors=n_neighbors)),
    ):
        for values, expected in zip(found, naive.neighbors(query, bits, n_neighbors, itself), strict=True):
            assert_array_equal(values, expected)
    assert_array_equal(code.kneighbors(new, n_neighbors, return_distance=False), code.kneighbors(new, n_neighbors)[1])


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_neighbors_classify_as_those_of_scikit_learn():
    x, y = load_digits(return_X_y=True)
    a, b, y_a, y_b = train_test_split(layer(x, 100), y, random_state=0)
    code = NeuralCode().fit(a)
    found = code.kneighbors(b, n_neighbors=1, return_distance=False)
    reference = KNeighborsClassifier(1, metric="hamming", algorithm="brute").fit(code.transform(a), y_a)
    distances, _ = reference.kneighbors(code.transform(b))
    assert_array_equal(code.kneighbors(b, n_neighbors=1)[0], np.rint(distances * code.support_.sum()))
    assert np.mean(y_a[found[:, 0]] == y_b) == pytest.approx(reference.score(code.transform(b), y_b), abs=0.01)
    assert np.mean(y_a[found[:, 0]] == y_b) > 0.9


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_more_units_are_less_redundant():
    x = load_digits().data
    fits = [NeuralCode().fit(layer(x, n_units)) for n_units in (2, 4, 8, 16, 64)]
    redundancies = [fit.redundancy_ for fit in fits]
    assert redundancies == sorted(redundancies, reverse=True) and redundancies[0] > 0.99 and redundancies[-1] < 0.01
    assert (np.diff([fit.entropy_ for fit in fits]) > 0).all()
    both = NeuralCode().fit(np.hstack([layer(x, 4), layer(x, 4, seed=1)]))
    assert both.n_codes_ > fits[1].n_codes_


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_a_memory_map_is_read_in_blocks(tmp_path):
    shape = 5000, 4000
    stored = np.lib.format.open_memmap(tmp_path / "layer.npy", mode="w+", dtype=np.float32, shape=shape)
    for rows in range(0, shape[0], 500):
        stored[rows : rows + 500] = np.random.default_rng(rows).normal(size=(500, shape[1]))
    stored.flush()
    z = np.load(tmp_path / "layer.npy", mmap_mode="r")
    tracemalloc.start()
    code = NeuralCode().fit(z)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert code.redundancy_ == 0 and code.codes_.nbytes == 5000 * 8 * 63
    assert peak < 30e6 < z.nbytes / 2


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_thresholds_and_types():
    z = np.array([[0.2, 0.9, 1], [0.6, 0.8, 0], [0.1, 0.7, 0]])
    code = NeuralCode(0.5).fit(z)
    assert code.transform(z).tolist() == [[False, True], [True, False], [False, False]]
    for other in (z.astype(np.float16), z.astype(np.float32), pd.DataFrame(z), z.tolist()):
        assert_array_equal(NeuralCode(0.5).fit(other).codes_, code.codes_)
    assert NeuralCode().fit(z > 0.5).n_codes_ == 3


def test_entropy_estimators():
    z = np.random.default_rng(0).normal(size=(300, 5))
    for estimator in (MillerMadow(), NSB(2**5)):
        code = NeuralCode(entropy=estimator).fit(z)
        assert code.entropy_ == pytest.approx(estimator.fit(z > 0).entropy_)
        assert type(code.entropy_estimator_) is type(estimator) and code.entropy_estimator_ is not estimator


def test_constant_and_saturated_codes():
    z = np.random.default_rng(0).normal(size=(60, 200))
    with pytest.warns(SaturatedEstimateWarning, match="60 distinct rows among 60"):
        assert NeuralCode().fit(z).redundancy_ == 0
    with pytest.warns(ConstantInputWarning):
        constant = NeuralCode().fit(abs(z))
    assert constant.entropy_ == 0 and constant.redundancy_ == 59 / 60 and constant.transform(z).shape == (60, 0)
    assert constant.kneighbors(z[:2], 3)[1].tolist() == [[0, 1, 2]] * 2


@pytest.mark.filterwarnings("ignore::skib.SaturatedEstimateWarning")
def test_jobs_frames_and_pickles():
    z = np.random.default_rng(0).normal(size=(700, 30))
    frame = pd.DataFrame(z).add_prefix("unit")
    code = NeuralCode(n_jobs=2).set_output(transform="pandas").fit(frame)
    assert list(code.transform(frame).columns) == [f"unit{j}" for j in range(30)]
    assert list(NeuralCode(packed=True).fit(frame).get_feature_names_out()) == [f"neuralcode{j}" for j in range(4)]
    for other in (NeuralCode().fit(z), pickle.loads(pickle.dumps(code))):
        assert_array_equal(other.kneighbors()[1], code.kneighbors()[1])


def test_errors():
    z = np.random.default_rng(0).normal(size=(20, 3))
    code = NeuralCode().fit(z)
    for n_neighbors in (0, 20, 1.0):
        with pytest.raises(ValueError, match="n_neighbors must be a whole number from 1 to 19, the rows"):
            code.kneighbors(n_neighbors=n_neighbors)
    z[3, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN in 1 of 20 rows, first in row 3"):
        code.fit(z)
