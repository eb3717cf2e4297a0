"""What displays share."""

import pytest

from skib._drawing import label_texts, some_listed


@pytest.mark.parametrize(
    "names, labels",
    [
        (["fc1", "fc$2"], ["fc1", r"fc\$2"]),
        ([1, 2], ["1", "2"]),
        (["a_very_long_name_that_ends_in_1", "a_very_long_name_that_ends_in_22"], None),
        (
            [f"transformer.h.{i}.mlp.c_proj_output" for i in (3, 11)],
            ["…sformer.h.3.mlp.c_pro…", "…sformer.h.11.mlp.c_pro…"],
        ),
        (["x" * 30, "x" * 31], ["…" + "x" * 10, "…" + "x" * 11]),
        ([f"{letter * 30}.{'z' * 30}" for letter in "ab"], ["a" * 13 + "…" + "z" * 10, "b" * 13 + "…" + "z" * 10]),
    ],
)
def test_labels_are_short_and_differ(names, labels):
    texts = label_texts(names)
    assert len(set(texts)) == len(names) and all(len(text) <= 24 for text in texts)
    assert labels is None or texts == labels


def test_a_name_that_occurs_twice_has_one_label():
    assert label_texts(["a" * 40, "a" * 40]) == 2 * ["a" * 13 + "…" + "a" * 10]


@pytest.mark.parametrize("n, n_listed", [(0, 0), (1, 1), (20, 20), (21, 11), (48, 16)])
def test_a_legend_lists_twenty_layers_at_most(n, n_listed):
    assert len(some_listed(list(range(n)))) == n_listed
