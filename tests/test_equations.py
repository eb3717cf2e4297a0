"""Columns that others determine: every kind of equation is found, and ordinary columns are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib._equations import undetermined_columns

G = np.random.default_rng(0).normal(size=(500, 5))
POSITIVE = np.exp(G[:, :3])
SOFTMAX = POSITIVE / POSITIVE.sum(axis=1, keepdims=True)
SPHERE = G[:, :3] / np.linalg.norm(G[:, :3], axis=1, keepdims=True)
LAYER_NORM = (G - G.mean(axis=1, keepdims=True)) / G.std(axis=1, keepdims=True)

DETERMINED = {
    "copy": np.column_stack([G[:, :2], 3 * G[:, 0] - 1]),
    "copy with noise of 1e-9": np.column_stack([G[:, 0], G[:, 0] + 1e-9 * G[:, 1]]),
    "sum": np.column_stack([POSITIVE, POSITIVE.sum(axis=1)]),
    "softmax": SOFTMAX,
    "softmax in float32": SOFTMAX.astype(np.float32),
    "one-hot": np.eye(3)[np.arange(500) % 3],
    "centered log ratios": np.log(SOFTMAX) - np.log(SOFTMAX).mean(axis=1, keepdims=True),
    "square": np.column_stack([G[:, 0], G[:, 0] ** 2]),
    "square in float32": np.column_stack([G[:, 0], G[:, 0] ** 2]).astype(np.float32),
    "product": np.column_stack([G[:, :2], G[:, 0] * G[:, 1]]),
    "ratio": np.column_stack([G[:, :2], G[:, 0] / G[:, 1]]),
    "norm": np.column_stack([G[:, :3], np.linalg.norm(G[:, :3], axis=1)]),
    "positive unit vectors": np.abs(SPHERE),
    "heavy tails": np.column_stack([G[:, 0] ** 9, G[:, 1], G[:, 0] ** 9 + G[:, 1]]),
    "extreme scales": np.column_stack([1e300 * G[:, 0], 1e-300 * G[:, 1], 1e200 * (G[:, 0] + G[:, 1])]),
    "large offset": np.column_stack([1e9 + G[:, 0], G[:, 1], G[:, 0] + G[:, 1]]),
}
NUMBERS = np.random.default_rng(1).integers(0, 10**7, 500).astype(float)
UNDETERMINED = {
    "independent": G,
    "one row more than terms": G[:7],
    "nearly a copy": np.column_stack([G[:, 0], G[:, 0] + 1e-5 * G[:, 1], G[:, 2]]),
    "nearly a square": np.column_stack([G[:, 0], G[:, 0] ** 2 + 1e-4 * G[:, 1]]),
    "heavy tails": np.tan(1.57 * np.tanh(G)) ** 3,
    "a common outlier": np.vstack([G[:, :2], [1e15, 1e15]]),
    "log-normal of many sizes": np.exp(9 * G),
    "whole numbers close to each other": np.column_stack([NUMBERS, NUMBERS + np.arange(500) % 3]),
    "rounded composition": (100 * SOFTMAX).round(2),
    "classes": np.column_stack([np.arange(500) % 2, np.arange(500) // 2 % 3, np.arange(500) // 6 % 2]).astype(float),
    "rectified": np.maximum(G, 0),
    "unresolved offset": np.column_stack([1e17 + 100 * G[:, 0], G[:, 1], G[:, 2]]),
    "largest floats": 1.7e308 * np.tanh(G),
    "a spike": np.column_stack([G[:, :2], np.eye(500)[:, 0]]),
}
CURVED = {"circle": SPHERE[:, :2] / np.linalg.norm(SPHERE[:, :2], axis=1, keepdims=True), "sphere": SPHERE}


@pytest.mark.parametrize("name", DETERMINED)
def test_one_column_is_determined(name):
    x = np.ascontiguousarray(DETERMINED[name], dtype=float)
    kept, curved = undetermined_columns(x)
    assert kept.sum() == x.shape[1] - 1
    assert not curved
    order = np.arange(x.shape[1])[::-1]
    if name not in ("copy", "one-hot"):  # whose columns are alike
        np.testing.assert_array_equal(undetermined_columns(x[:, order]).kept[order], kept)
    rows = np.random.default_rng(0).permutation(len(x))
    np.testing.assert_array_equal(undetermined_columns(x[rows]).kept, kept)


@pytest.mark.parametrize("name", UNDETERMINED)
def test_no_column_is_determined(name):
    kept, curved = undetermined_columns(np.ascontiguousarray(UNDETERMINED[name]))
    assert kept.all()
    assert not curved


@pytest.mark.parametrize("name", CURVED)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_quadric_that_determines_no_column(name, dtype):
    kept, curved = undetermined_columns(CURVED[name].astype(dtype).astype(float))
    assert kept.all()
    assert curved
    noisy = CURVED[name] * (1 + 1e-3 * np.random.default_rng(0).normal(size=(500, 1)))
    assert not undetermined_columns(noisy).curved


def test_normalized_layers_lose_one_column_and_are_curved():
    kept, curved = undetermined_columns(LAYER_NORM)
    assert kept.sum() == 4
    assert curved


def test_the_explicit_column_is_left_out():
    a, b = G[:, 0], G[:, 1]
    for x, kept in [
        (np.column_stack([a**2, a]), [False, True]),
        (np.column_stack([a * b, a, b]), [False, True, True]),
        (np.column_stack([a, a**2, a**3, a**4]), [True, False, False, False]),
    ]:
        np.testing.assert_array_equal(undetermined_columns(x).kept, kept)


def test_columns_of_the_condition_are_fixed():
    a, b, c = G[:, :3].T
    for x, z, kept in [
        ([a], [a], [False]),
        ([a, b], [a], [False, True]),
        ([a], [b, a], [False]),
        ([a - b], [a, b], [False]),
        ([a**2, b], [a], [False, True]),
        ([a, b], [c], [True, True]),
    ]:
        np.testing.assert_array_equal(undetermined_columns(np.column_stack(x), np.column_stack(z)).kept, kept)
    kept, _ = undetermined_columns(np.column_stack([a - b, a + b]), a[:, None])
    assert kept.sum() == 1


def test_constant_columns_and_single_columns_are_kept():
    assert undetermined_columns(np.column_stack([G[:, 0], np.ones(500)])).kept.all()
    assert undetermined_columns(G[:, :1]).kept.all()
    assert undetermined_columns(np.ones((1, 3))).kept.all()


def test_many_columns():
    x = np.random.default_rng(0).normal(size=(400, 100))
    assert undetermined_columns(x).kept.all()
    doubled = np.hstack([x[:, :50], 2 * x[:, :50]])
    assert undetermined_columns(doubled).kept.sum() == 50


@settings(max_examples=100)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
    st.integers(1, 5),
    st.sampled_from([lambda x: 1e308 * np.tanh(x), lambda x: np.exp(150 * x), lambda x: 1e-310 * x, np.round]),
)
def test_no_data_stop_the_search(seed, n_samples, n_columns, change):
    x = change(np.random.default_rng(seed).normal(size=(n_samples, n_columns)))
    undetermined_columns(x)
    undetermined_columns(x, x[:, :1])
