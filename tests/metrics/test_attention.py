"""Attention entropy of maps whose entropy is known."""

import numpy as np
import pytest
from scipy.special import softmax

from skib.metrics import attention_entropy


def uniform_causal(n_queries):
    return np.tri(n_queries) / np.arange(1, n_queries + 1)[:, None]


def random_maps(*shape, seed=0):
    return softmax(np.random.default_rng(seed).normal(size=shape), axis=-1)


@pytest.mark.parametrize("n_queries", [2, 3, 64])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_uniform_attention_is_one_causal_or_not(n_queries, dtype):
    causal = attention_entropy(uniform_causal(n_queries).astype(dtype)[None])
    assert causal.entropy.value == pytest.approx(1, abs=1e-6 if dtype == np.float64 else 2e-3)
    assert causal.overloaded.value == 1
    full = attention_entropy(np.full((1, n_queries, n_queries), 1 / n_queries))
    assert full.entropy.value == pytest.approx(1)


def test_each_query_has_one_key():
    result = attention_entropy(np.eye(9)[None])
    assert result.entropy.value == 0
    assert result.heads["n_keys"].tolist() == [1]
    assert result.collapsed.value == 1


def test_value_equals_the_formula():
    maps = random_maps(2, 3, 4, 7, 7)  # layers, examples, heads
    result = attention_entropy(maps)
    expected = (-maps * np.log(maps)).sum(-1).mean(-1) / np.log(7)
    np.testing.assert_allclose(result.heads["entropy"], expected.mean(axis=1).ravel())
    np.testing.assert_allclose(result.heads["std_error"], (expected.std(axis=1, ddof=1) / np.sqrt(3)).ravel())
    assert result.heads["layer"].tolist() == [0] * 4 + [1] * 4
    held = (np.cumsum(np.sort(maps)[..., ::-1], axis=-1) < 0.9).sum(-1) + 1
    np.testing.assert_allclose(result.heads["n_keys"], held.mean(axis=(1, 3)).ravel())


def test_keys_that_hold_the_mass():
    row = np.array([0.5, 0.3, 0.1, 0.06, 0.04])
    assert attention_entropy(np.tile(row, (5, 1))[None]).heads["n_keys"].tolist() == [3]
    uniform = attention_entropy(np.full((1, 20, 20), 0.05)).heads
    assert uniform["n_keys"].tolist() == [18]
    assert uniform["key_share"].tolist() == pytest.approx([0.9])


def test_padding_is_neither_query_nor_key():
    maps = random_maps(2, 3, 6, 6)
    padded = np.zeros((2, 3, 8, 8))
    padded[:, :, :6, :6] = maps
    padded[:, :, 6:, 0] = 1.0
    mask = np.tile(np.arange(8) < 6, (2, 1))
    np.testing.assert_allclose(
        attention_entropy(padded, mask=mask, causal=False).heads["entropy"],
        attention_entropy(maps, causal=False).heads["entropy"],
    )


def test_layers_as_a_sequence_and_fewer_axes():
    maps = random_maps(2, 3, 4, 7, 7)
    whole = attention_entropy(maps).heads
    np.testing.assert_array_equal(attention_entropy(list(maps)).heads["entropy"], whole["entropy"])
    np.testing.assert_array_equal(attention_entropy(tuple(maps)).heads["entropy"], whole["entropy"])
    assert len(attention_entropy(maps[0, 0]).heads) == 4
    assert len(attention_entropy(maps[0, 0, 0]).heads) == 1
    assert len(attention_entropy(maps[0, 0, 0].tolist()).heads) == 1


def test_blocks_and_memory_maps_change_nothing(monkeypatch, tmp_path):
    maps = random_maps(2, 3, 4, 7, 7)
    whole = attention_entropy(maps).heads
    np.save(tmp_path / "maps.npy", maps)
    monkeypatch.setattr("skib.metrics._attention._BLOCK", 1)
    mapped = attention_entropy(np.load(tmp_path / "maps.npy", mmap_mode="r")).heads
    np.testing.assert_array_equal(mapped["entropy"], whole["entropy"])


def test_keys_of_earlier_steps():
    # The last 3 of 8 tokens as queries: uniform over 6, 7 and 8 keys.
    result = attention_entropy(uniform_causal(8)[5:][None])
    assert result.entropy.value == pytest.approx(1)


def test_padding_on_the_left_hides_no_causal_attention():
    """Queries that are padding are uniform over all keys, as the transformers library has them."""
    mask = np.arange(8)[None] >= 3
    maps = np.tri(8) * mask
    maps[:3] = 1
    result = attention_entropy(maps / maps.sum(axis=1, keepdims=True), mask=mask)
    assert result.entropy.value == pytest.approx(1)


def test_more_queries_than_keys():
    result = attention_entropy(np.full((1, 1, 6, 4), 0.25))
    assert result.entropy.value == pytest.approx(1)
    masked = attention_entropy(np.full((1, 1, 6, 4), 0.5) * [1, 1, 0, 0], mask=[[1, 1, 0, 0]])
    assert masked.entropy.value == pytest.approx(1)


@pytest.mark.parametrize(
    ("attention", "options", "text"),
    [
        (np.full((1, 4, 4), np.nan), {}, "NaN or infinity in layer 0, example 0"),
        (np.full((1, 4, 4), 0.3), {}, "sums to 1.2"),
        (np.full((1, 4, 4), 0.25) - np.eye(4), {}, "pass it after the softmax, not the scores"),
        (np.full((1, 4, 4), 0.25), {"mask": np.ones((2, 4))}, r"mask has shape \(2, 4\)"),
        (np.full((1, 4, 4), 0.25), {"mask": [[1, 1, 1, 0]]}, "0.25 of its attention to keys that it cannot reach"),
        (np.full((1, 4, 4), 0.25), {"causal": True}, "0.5 of its attention to keys that it cannot reach"),
        (np.full((1, 4, 4), 0.25), {"mask": [[1, 0, 0, 0]]}, "no query of example 0 reaches two keys"),
        (np.ones((3, 2, 1, 1, 4, 4)), {}, "attention of a layer has shape"),
        (np.full((1, 2, 2), "a"), {}, "pass floats"),
        ([], {}, "attention"),
    ],
)
def test_bad_input_is_named(attention, options, text):
    with pytest.raises(ValueError, match=text):
        attention_entropy(attention, **options)
