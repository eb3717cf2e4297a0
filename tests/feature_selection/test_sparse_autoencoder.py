"""SparseAutoencoderSelector: steps by the definition, the life of weights, and which columns are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits, make_classification

from skib import SkibWarning
from skib._kernels.sparse_network import train_step
from skib.feature_selection import SparseAutoencoderSelector
from skib.feature_selection._sparse_autoencoder_layers import random_layer
from tests.naive import sparse_network as naive

RATES = np.array([0.05, 0.9, 0.01], np.float32)


def dense(layer):
    """The layer as matrices of double precision: mask, weights, velocities, and biases."""
    shape = len(layer.starts) - 1, len(layer.biases)
    mask, weights, velocities = np.zeros((3, shape[0] * shape[1]))
    mask[layer.places], weights[layer.places], velocities[layer.places] = 1, layer.weights, layer.velocities
    matrices = (values.reshape(shape) for values in (mask, weights, velocities))
    return *matrices, layer.biases.astype(float), layer.bias_velocities.astype(float)


@given(
    sizes=st.tuples(st.integers(1, 30), st.integers(1, 6), st.integers(1, 6)),
    epsilon=st.sampled_from([0.1, 0.5, 20.0]),
    seed=st.integers(0, 2**31),
)
def test_steps_are_those_of_dense_matrices(sizes, epsilon, seed):
    generator = np.random.default_rng(seed)
    n_rows, n_columns, n_hidden = sizes
    x, target = generator.standard_normal((2, n_rows, n_columns)).astype(np.float32)
    first = random_layer(n_columns, n_hidden, epsilon, generator)
    second = random_layer(n_hidden, n_columns, epsilon, generator)
    expected = None, dense(first), dense(second)
    for _ in range(3):
        loss = train_step(
            np.ascontiguousarray(x.T), np.ascontiguousarray(target.T), tuple(first), tuple(second), tuple(RATES)
        )
        expected = naive.train_step(x, target, *expected[1:], RATES)
        np.testing.assert_allclose(loss, expected[0], rtol=1e-4)
    for layer, matrices in zip((first, second), expected[1:], strict=True):
        for found, truth in zip(dense(layer), matrices, strict=True):
            np.testing.assert_allclose(found, truth, atol=1e-5)


@pytest.mark.parametrize("epsilon", [1.0, 4.0, 1000.0])
def test_weak_weights_are_replaced_by_as_many_elsewhere(epsilon):
    generator = np.random.default_rng(0)
    layer = random_layer(30, 20, epsilon, generator)
    n_weights = len(layer.weights)
    assert n_weights == min(epsilon * 50, 600)
    pruned = layer.pruned(0.2)
    matrix, left = (dense(one)[1].ravel() for one in (layer, pruned))
    for sign in (1, -1):
        before, after = (np.sort(sign * values[sign * values > 0]) for values in (matrix, left))
        np.testing.assert_array_equal(after, before[int(0.2 * len(before)) :])
    grown = pruned.regrown(n_weights, generator)
    assert len(np.unique(grown.places)) == n_weights
    assert (np.diff(grown.places) > 0).all()
    assert set(pruned.places) <= set(grown.places)
    np.testing.assert_allclose(grown.strengths(), np.abs(dense(grown)[1]).sum(axis=1), rtol=1e-6)


def related_among_noise(seed, n_features=100):
    return make_classification(
        400,
        n_features,
        n_informative=5,
        n_redundant=15,
        n_clusters_per_class=16,
        class_sep=2,
        flip_y=0.01,
        shuffle=False,
        random_state=seed,
    )[0]


@pytest.mark.parametrize("seed", range(3))
def test_related_columns_are_found_above_chance(seed):
    selector = SparseAutoencoderSelector(20, max_iter=60, random_state=seed).fit(related_among_noise(seed))
    # Of 20 of 100 columns at random, 4 are related on average and more than 10 in 1 of 2000 draws.
    assert np.sum(selector.selected_features_ < 20) > 10


@pytest.mark.parametrize(("n_samples", "n_features", "n_related"), [(200, 20, 5), (150, 8, 3)])
def test_small_tables_are_trained_for_long_enough(n_samples, n_features, n_related):
    """The first steps leave related columns weaker than others."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, n_features))
    X[:, -n_related:] = rng.normal(size=(n_samples, 1)) + 0.3 * X[:, -n_related:]
    selector = SparseAutoencoderSelector(n_related, random_state=0).fit(X)
    assert selector.n_iter_ == 1000  # of two batches
    assert (selector.selected_features_ >= n_features - n_related).all()
    short = SparseAutoencoderSelector(n_related, max_iter=100, random_state=0).fit(X)
    assert (short.selected_features_ < n_features - n_related).any()


def test_epochs_of_many_rows():
    X = np.random.default_rng(0).normal(size=(3000, 2))
    assert SparseAutoencoderSelector(n_hidden=2, random_state=0).fit(X).n_iter_ == 100


def test_what_is_reported():
    X, _ = load_digits(return_X_y=True)
    selector = SparseAutoencoderSelector(0.25, n_hidden=30, epsilon=5, max_iter=10, random_state=0).fit(X)
    assert len(selector.selected_features_) == 16
    assert (np.diff(selector.strengths_[selector.selected_features_]) <= 0).all()
    assert (selector.strengths_[X.std(axis=0) == 0] == 0).all()
    assert selector.loss_curve_.shape == (selector.n_iter_,) == (10,)
    assert selector.loss_curve_[-1] < 0.8 * selector.loss_curve_[0]
    again, other = (
        SparseAutoencoderSelector(0.25, n_hidden=30, epsilon=5, max_iter=10, random_state=seed).fit(X)
        for seed in (0, 1)
    )
    assert again.strengths_.tolist() == selector.strengths_.tolist() != other.strengths_.tolist()


@pytest.mark.parametrize(("scale", "offset"), [(2.0**20, 0), (1e300, 0), (1e-300, 0), (1, 1e12)])
def test_units_and_offsets_change_nothing(scale, offset):
    X = related_among_noise(0, 30)
    one, other = (SparseAutoencoderSelector(max_iter=5, random_state=0).fit(part) for part in (X, X * scale + offset))
    np.testing.assert_allclose(one.strengths_, other.strengths_, rtol=1e-3 if offset else 1e-4)


def test_a_training_that_diverges_is_an_error_with_a_remedy():
    X = related_among_noise(0, 30)
    with pytest.raises(ValueError, match="diverged in epoch .*; lower learning_rate_init=10"):
        SparseAutoencoderSelector(learning_rate_init=10, max_iter=20, random_state=0).fit(X)


def test_more_columns_than_there_are():
    with pytest.warns(SkibWarning, match="n_features_to_select=9 exceeds the 4 columns"):
        selector = SparseAutoencoderSelector(9, max_iter=1).fit(np.random.default_rng(0).normal(size=(20, 4)))
    assert len(selector.selected_features_) == 4
