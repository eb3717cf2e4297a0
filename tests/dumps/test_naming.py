import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib.dumps._naming import epoch_number, natural_key


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


def test_layer10_comes_after_layer2():
    names = ["layer10", "layer2", "fc", "layer1.bn", "layer1", "10", "9"]
    assert sorted(names, key=natural_key) == ["9", "10", "fc", "layer1", "layer1.bn", "layer2", "layer10"]


@given(st.lists(st.text(max_size=8)))
def test_natural_order_is_total_and_does_not_depend_on_the_order_of_the_names(names):
    assert sorted(names, key=natural_key) == sorted(reversed(names), key=natural_key)
