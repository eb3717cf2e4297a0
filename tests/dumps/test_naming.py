import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib.dumps._naming import epoch_number, epoch_numbers, natural_key, split_key, split_keys


@pytest.mark.parametrize(
    "name, epoch",
    [
        ("epoch_00010", 10),
        ("EPOCH-3", 3),
        ("ep7", 7),
        ("step=1000", 1000),
        ("Iter_0", 0),
        ("ckpt000", 0),
        (12, 12),
        ("epoch_", None),
        ("epoch_1.5", None),
        ("epoch__1", None),
        ("my_epoch_1", None),
        ("epoch_1_best", None),
        ("epoch_-1", None),
        ("epoch_\u0663", None),
        ("epoch_" + "9" * 19, None),
        ("10", None),
        (-1, None),
        (1.0, None),
        (None, None),
    ],
)
def test_the_whole_name_spells_an_epoch_or_none_at_all(name, epoch):
    assert epoch_number(name) == epoch


@pytest.mark.parametrize(
    "names, numbers",
    [
        (["epoch_2", "checkpoint-500", "10"], {"epoch_2": 2}),
        (["checkpoint-500", "checkpoint-1000", "best"], {"checkpoint-500": 500, "checkpoint-1000": 1000}),
        (["global_step500", "10"], {"global_step500": 500}),
        (["epoch=0-step=100", "epoch=01-val_loss=0.02"], {"epoch=0-step=100": 0, "epoch=01-val_loss=0.02": 1}),
        (["10", "007", "latest"], {"10": 10, "007": 7}),
        (["acts_epoch10", "acts_epoch2"], {"acts_epoch10": 10, "acts_epoch2": 2}),
        (["last", "epoch_1_best", "epoch="], {}),
    ],
)
def test_the_spellings_of_trainers_count_where_no_name_has_the_usual_one(names, numbers):
    assert epoch_numbers(names) == numbers


def test_names_that_differ_in_more_than_the_epoch_are_refused():
    with pytest.raises(ValueError, match=r"'train_epoch1' and 'test_epoch1' differ in more than the epoch"):
        epoch_numbers(["train_epoch1", "test_epoch1"])


@pytest.mark.parametrize(
    "key, parts",
    [
        ("epoch_10/block1/conv", ("epoch_10", 10, "block1/conv")),
        ("10/fc1", ("10", 10, "fc1")),
        ("checkpoint-500/fc1", ("checkpoint-500", 500, "fc1")),
        ("epoch10_fc1", ("epoch10", 10, "fc1")),
        ("epoch_0.fc1", ("epoch_0", 0, "fc1")),
        ("block1/fc1/epoch_10", ("epoch_10", 10, "block1/fc1")),
        ("blocks/0", (None, None, "blocks/0")),
        ("steps", (None, None, "steps")),
    ],
)
def test_a_key_names_an_epoch_and_a_layer_in_any_order(key, parts):
    assert split_key(key) == parts


@pytest.mark.parametrize(
    "keys, cells",
    [
        (["train/epoch_0/fc1", "train/epoch_10/fc1", "y"], [(0, "fc1"), (10, "fc1"), (None, "y")]),
        (["a/b/step_5/block/0"], [(5, "block/0")]),
        (["acts/0/fc1", "acts/20/fc1", "ids"], [(0, "fc1"), (20, "fc1"), (None, "ids")]),
        (["epoch/3/fc1", "labels"], [(3, "fc1"), (None, "labels")]),
        (["fc1_epoch0", "block1.conv-epoch_20"], [(0, "fc1"), (20, "block1.conv")]),
        # The layers of one epoch:
        (["blocks/0/mlp", "blocks/5/mlp"], [(None, "blocks/0/mlp"), (None, "blocks/5/mlp")]),
        (["hidden_states/0", "hidden_states/10"], [(None, "hidden_states/0"), (None, "hidden_states/10")]),
        (["hidden_step0", "hidden_step1"], [(None, "hidden_step0"), (None, "hidden_step1")]),
        (["encoder/step1/out", "decoder/step1/out"], [(None, "encoder/step1/out"), (None, "decoder/step1/out")]),
        (["fc1_epoch0", "fc1"], [(None, "fc1_epoch0"), (None, "fc1")]),
        # An epoch at the usual place counts:
        (["epoch_1/train/epoch_0/fc1"], [(1, "train/epoch_0/fc1")]),
    ],
)
def test_epochs_further_down_count_where_all_layers_agree_on_them(keys, cells):
    assert [cell[1:] for cell in split_keys(keys).values()] == cells


def test_layer10_comes_after_layer2():
    names = ["layer10", "layer2", "fc", "layer1.bn", "layer1", "10", "9"]
    assert sorted(names, key=natural_key) == ["9", "10", "fc", "layer1", "layer1.bn", "layer2", "layer10"]


@given(st.lists(st.text(max_size=8)))
def test_natural_order_is_total_and_does_not_depend_on_the_order_of_the_names(names):
    assert sorted(names, key=natural_key) == sorted(reversed(names), key=natural_key)
