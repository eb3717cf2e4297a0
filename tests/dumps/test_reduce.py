import numpy as np
import pytest

from skib.dumps import open_dump
from skib.dumps._memory import wrap
from skib.dumps._reduce import Reduced

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(5, 3, 4, 2)).astype(np.float32)
TOKENS = RNG.normal(size=(5, 7, 3))
REST = {"ids": np.arange(5), "y": np.arange(5)}


@pytest.mark.parametrize(
    "how, expected",
    [
        ("flatten", IMAGES.reshape(5, -1)),
        ("gap", np.array([[IMAGES[i, c].astype(float).mean() for c in range(3)] for i in range(5)])),
    ],
)
def test_images_become_tables(write, how, expected):
    dump = open_dump(write({1: {"conv": IMAGES, "fc": IMAGES[:, 0, 0]}}, REST), reduce=how)
    assert dump.shape(1, "conv") == expected.shape == dump[1, "conv"].shape
    assert dump.dtype(1, "conv") == dump[1, "conv"].dtype == np.float32
    assert dump.summary().n_units.tolist() == [expected.shape[1], 2]
    assert not dump[1, "conv"].flags.writeable
    np.testing.assert_allclose(dump[1, "conv"], expected, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(dump[1, "fc"], IMAGES[:, 0, 0])  # two dimensions stay


@pytest.mark.parametrize("how, expected", [("mean_tokens", TOKENS.mean(axis=1)), ("last_token", TOKENS[:, 6, :])])
def test_sequences_become_tables(write, how, expected):
    dump = open_dump(write({1: {"block": TOKENS}}, REST), reduce=how)
    np.testing.assert_allclose(dump[1, "block"], expected, rtol=0, atol=1e-15)


def test_one_way_per_layer(write):
    arrays = {1: {"conv": IMAGES, "block": TOKENS, "other": TOKENS}}
    dump = open_dump(write(arrays, REST), reduce={"conv": "gap", "block": "last_token"})
    assert dump.shape(1, "conv") == dump.shape(1, "block") == (5, 3)
    with pytest.raises(ValueError, match=r"'other'\) has shape \(5, 7, 3\)"):
        dump[1, "other"]


def test_a_layer_that_does_not_fit_is_refused_when_it_is_read(write):
    dump = open_dump(write({1: {"conv": IMAGES, "block": TOKENS}}, REST), reduce="mean_tokens")
    assert dump[1, "block"].shape == (5, 3)
    with pytest.raises(ValueError, match=r"\(5, 3, 4, 2\).*reduce='gap' for \(n, channels, \*positions\)"):
        dump[1, "conv"]


def test_inputs_are_flattened_whatever_is_done_to_the_layers(write):
    source = write({1: {"conv": IMAGES}}, REST | {"X": IMAGES})
    np.testing.assert_array_equal(open_dump(source, reduce="gap").X, IMAGES.reshape(5, -1))
    with pytest.raises(ValueError, match="X has shape"):
        open_dump(source).X.sum()


def test_flattening_a_mapped_file_copies_nothing(tree):
    np.save(tree / "epoch_00002" / "fc2.npy", np.zeros((6, 3, 4)))
    flat = open_dump(tree, reduce="flatten")[2, "fc2"]
    assert isinstance(flat, np.memmap) and flat.shape == (6, 12)


@pytest.mark.parametrize(
    "kind, result", [("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("u1", "f4"), ("i8", "f8"), ("?", "f4")]
)
def test_means_neither_overflow_nor_lose_digits(kind, result):
    array = np.full((2, 3, 300, 300), 60_000 if kind == "f2" else 1, kind)
    dump = open_dump({1: {"conv": array}, "ids": [0, 1]}, reduce="gap")
    assert dump[1, "conv"].dtype == dump.dtype(1, "conv") == result
    np.testing.assert_array_equal(dump[1, "conv"], array[:, :, 0, 0])


def test_only_a_block_of_rows_is_held_at_a_time(monkeypatch):
    monkeypatch.setattr("skib.dumps.formats._stored.BLOCK_BYTES", 3 * 12 * 4)
    stored = wrap(np.arange(120, dtype="f4").reshape(10, 3, 4), "here")
    blocks = list(Reduced(stored, "last_token").blocks())
    assert [len(block) for block in blocks] == [3, 3, 3, 1]
    np.testing.assert_array_equal(np.concatenate(blocks), Reduced(stored, "last_token").load())


@pytest.mark.parametrize("reduce", ["mean", {"conv": "max"}, 3, ["gap"]])
def test_an_unknown_way_is_refused_with_those_there_are(reduce):
    with pytest.raises(ValueError, match=r"reduce=.* is unknown, required is one of 'flatten', 'gap', 'mean_tokens'"):
        open_dump({1: {"conv": IMAGES}} | REST, reduce=reduce)


def test_an_open_dump_is_reduced_as_when_it_is_opened():
    dump = open_dump({1: {"conv": IMAGES}} | REST)
    gap = open_dump(dump, reduce="gap")
    np.testing.assert_array_equal(gap[1, "conv"], open_dump({1: {"conv": IMAGES}} | REST, reduce="gap")[1, "conv"])
    assert open_dump(gap, reduce="flatten").shape(1, "conv") == gap.shape(1, "conv")  # a table already
    with pytest.raises(ValueError, match="is unknown"):
        dump.reduced("mean")
