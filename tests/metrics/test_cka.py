"""CKA against the matrices of its formula, its nulls, its error, its invariances, and layers on disk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skib import ConstantInputWarning
from skib.metrics import cka


def gram_ratio(x, y, unbiased):
    """The ratio from full matrices of similarities: centered (Kornblith), or by equation 5 of Song et al."""
    n = len(x)

    def hsic(k, q):
        if not unbiased:
            h = np.eye(n) - 1 / n
            return np.trace(k @ h @ q @ h)
        k, q = k - np.diag(np.diag(k)), q - np.diag(np.diag(q))
        both = k.sum() * q.sum() / ((n - 1) * (n - 2))
        return np.trace(k @ q) + both - 2 / (n - 2) * (k.sum(axis=0) @ q.sum(axis=0))

    k, q = x @ x.T, y @ y.T
    return hsic(k, q) / np.sqrt(hsic(k, k) * hsic(q, q))


@settings(max_examples=40)
@given(st.integers(4, 12), st.integers(1, 8), st.integers(1, 8), st.booleans(), st.integers(0, 99))
def test_value_equals_the_formula(n, p, q, unbiased, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, p)) + 3, rng.normal(size=(n, q)) * 0.1
    assert cka(x, y, unbiased=unbiased).value == pytest.approx(gram_ratio(x, y, unbiased), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(100, 500), (500, 500), (300, 20)])
def test_null_of_independent_layers(n, p):
    n_pairs = 20 if n < 500 else 6
    pairs = [np.random.default_rng(seed).normal(size=(2, n, p)) for seed in range(n_pairs)]
    unbiased, biased = ([cka(*pair, unbiased=u) for pair in pairs] for u in (True, False))
    values = np.array([one.value for one in unbiased])
    assert np.sqrt(np.mean(values**2)) <= 0.02
    assert abs(values.mean()) < 4 * np.sqrt(2) / n / np.sqrt(n_pairs)
    assert {one.null for one in unbiased} == {0.0}
    excess = np.array([one.value - one.null for one in biased])
    assert abs(excess.mean()) < 4 * excess.std(ddof=1) / np.sqrt(n_pairs)
    assert biased[0].null == pytest.approx(p / (p + n), abs=0.01)


def test_biased_null_is_the_mean_over_all_permutations():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 7))
    permuted = [cka(x, y[rng.permutation(30)], unbiased=False).value for _ in range(400)]
    error = np.std(permuted, ddof=1) / 20
    assert abs(np.mean(permuted) - cka(x, y, unbiased=False).null) < 4 * error


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize(("n", "p", "noise"), [(200, 10, 1), (200, 10, 10)])
def test_standard_error_is_the_spread_over_samples(n, p, noise, unbiased):
    mixing = np.random.default_rng(1).normal(size=(p, p))
    found = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(n, p)) * np.linspace(0.5, 2, p)
        found.append(cka(x, x @ mixing + noise * rng.normal(size=(n, p)), unbiased=unbiased))
    spread = np.std([one.value for one in found], ddof=1)
    # The spread of 100 values is known to 1 part in sqrt(200).
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=4 / np.sqrt(200))


def test_standard_error_at_independence_is_too_large_by_a_fifth_at_most():
    found = [cka(*np.random.default_rng(seed).normal(size=(2, 300, 5))) for seed in range(100)]
    ratio = np.mean([one.std_error for one in found]) / np.std([one.value for one in found], ddof=1)
    assert 1 - 4 / np.sqrt(200) < ratio < 1.2 * (1 + 4 / np.sqrt(200))


def test_invariant_to_rotation_scale_and_shift_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 30))
    rotation = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    for unbiased in (True, False):
        assert cka(x, 3 * x @ rotation + 1e3, unbiased=unbiased).value == pytest.approx(1, abs=1e-12)
        assert cka(x, x @ rng.normal(size=(30, 30)), unbiased=unbiased).value < 0.95


def test_batches_average_to_the_same_population_value():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 10))
    y = x + 2 * rng.normal(size=(2000, 10))
    whole, batches = cka(x, y), cka(x, y, batch_size=40)
    assert abs(batches.value - whole.value) < 4 * np.hypot(batches.std_error, whole.std_error)
    assert cka(x, y, batch_size=2000).value == pytest.approx(whole.value, abs=1e-12)
    assert cka(x, y, batch_size=40, unbiased=False).value > batches.value


def test_files_on_disk_and_blocks(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 20)).astype(np.float32), rng.normal(size=(300, 400)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    on_disk = np.load(tmp_path / "x.npy", mmap_mode="r")
    whole = cka(x, y)
    assert cka(on_disk, y) == whole
    monkeypatch.setattr("skib.metrics._layer_rows._VALUES_PER_BLOCK", 2000)
    for other in (y, y[:, :10]):
        expected = gram_ratio(x.astype(float), other.astype(float), True)
        assert cka(on_disk, other).value == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_constant_layers_and_units():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 4)), rng.normal(size=(50, 3))
    padded = np.column_stack([x, np.full(50, 0.1)])
    assert cka(padded, y).value == pytest.approx(cka(x, y).value, abs=1e-12)
    with pytest.warns(ConstantInputWarning, match="Y is constant over all 50 rows"):
        assert np.isnan(cka(x, np.full((50, 3), 0.1)).value)
    with pytest.warns(ConstantInputWarning, match="X is constant over all .* pairs of them are equally similar"):
        assert np.isnan(cka(np.eye(4), x[:4]).value)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (np.ones((5, 2)), np.ones((6, 2)), {}, "X has 5 rows but Y has 6"),
        (np.ones((3, 2)), np.ones((3, 2)), {}, "X has 3 rows, and at least 4"),
        (np.array([[0.0], [1], [np.nan], [2]]), np.ones((4, 2)), {}, "NaN"),
        (np.ones((4, 2, 3, 3)), np.ones((4, 2)), {}, "positions_as_rows"),
        (np.ones((5, 2)), np.ones((5, 2)), {"batch_size": 3}, "batch_size must be a whole number from 4"),
        (np.array([["a"], ["b"], ["c"], ["d"]]), np.ones((4, 2)), {}, "X holds text"),
    ],
)
def test_bad_input(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        cka(x, y, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_units", [10, 300])
def test_a_layer_in_which_one_row_differs_has_no_alignment(dtype, n_units):
    rng = np.random.default_rng(0)
    y = rng.normal(size=(200, n_units))
    for row in range(20):
        x = np.zeros((200, n_units), dtype)
        x[row] = rng.random(n_units)
        for pair, name in (((x, y), "X"), ((y, x), "Y")):
            with pytest.warns(ConstantInputWarning, match=f"{name} is constant .* a single one of them differs"):
                assert np.isnan(cka(*pair).value)


def test_outliers_leave_what_their_precision_shows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 10))
    x[5] *= 1e6
    assert cka(x, x).value == pytest.approx(1)
    assert abs(cka(x, rng.normal(size=(200, 10))).value) < 4 * np.sqrt(2) / 200


@pytest.mark.parametrize(("size", "noise"), [(50, 1.0), (50, None), (20, 1.0)])
def test_error_over_a_few_batches(size, noise):
    mixing, found = np.random.default_rng(1).normal(size=(5, 5)) / np.sqrt(5), []
    for seed in range(200):
        x, e = np.random.default_rng(seed).normal(size=(2, 200, 5))
        found.append(cka(x, e if noise is None else x @ mixing + noise * e, batch_size=size))
    values, errors = np.array([(one.value, one.std_error) for one in found]).T
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=4 / np.sqrt(400))
    # The spread of the four batches would leave 14 % beyond two errors.
    assert np.mean(np.abs(values - values.mean()) < 2 * errors) > 0.9


def test_one_batch_has_the_error_of_the_whole():
    x, y = np.random.default_rng(0).normal(size=(2, 100, 5))
    assert cka(x, x + y, batch_size=100).std_error == pytest.approx(cka(x, x + y).std_error, rel=1e-9)
