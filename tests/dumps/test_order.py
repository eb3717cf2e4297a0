"""The order of the layers of an HDF5 file: as it stores it, by ``track_order`` or ``layer_names``, or else natural."""

import numpy as np
import pytest

from skib.dumps import open_dump

NAMES = ("input", "hidden10", "hidden2", "output")
NATURAL = ("input", "hidden2", "hidden10", "output")


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


def fill(group, names=NAMES):
    for name in names:
        group[name] = np.arange(4.0)


def layers(path):
    return open_dump(path).layers


@pytest.mark.parametrize(("tracked", "expected"), [(True, NAMES), (False, NATURAL)])
@pytest.mark.parametrize("below", ["", "activations"])
def test_groups_of_one_file(h5py, tmp_path, tracked, expected, below):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        for epoch in (1, 10, 2):
            group = file.create_group(str(epoch), track_order=tracked)
            fill(group.create_group(below, track_order=tracked) if below else group)
    dump = open_dump(tmp_path / "run.h5")
    assert dump.layers == expected and dump.epochs == (1, 2, 10)
    assert dump.cells()[:4] == tuple((1, name) for name in expected)


@pytest.mark.parametrize(("tracked", "expected"), [(True, NAMES), (False, NATURAL)])
def test_files_of_one_epoch(h5py, tmp_path, tracked, expected):
    for epoch in (1, 2):
        with h5py.File(tmp_path / f"epoch_{epoch}.h5", "w", track_order=tracked) as file:
            fill(file)
            file["ids"] = np.arange(4)
    assert layers(tmp_path) == expected


def test_nested_groups(h5py, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        epoch = file.create_group("1", track_order=True)
        fill(epoch.create_group("second", track_order=True), ["b", "a"])
        fill(epoch, ["last"])
        fill(epoch.create_group("first", track_order=True), ["d", "c"])
    assert layers(tmp_path / "run.h5") == ("second/b", "second/a", "last", "first/d", "first/c")


def test_an_order_that_is_stored_in_part_is_none(h5py, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        fill(file.create_group("1", track_order=True))
        fill(file.create_group("2"))
    assert layers(tmp_path / "run.h5") == NATURAL


@pytest.mark.parametrize("listed", [list(NAMES), np.array(NAMES, dtype="S")], ids=["str", "bytes"])
@pytest.mark.parametrize("place", ["/", "/1", "/1/activations"])
def test_names_that_keras_lists(h5py, tmp_path, listed, place):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        fill(file.create_group("1/activations"))
        file[place].attrs["layer_names"] = listed
    assert layers(tmp_path / "run.h5") == NAMES


def test_layers_that_are_not_listed_come_last(h5py, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        fill(file.create_group("1"), [*NAMES, "b", "a", "output2"])
        file.attrs["layer_names"] = ["output", "absent", "input"]
    assert layers(tmp_path / "run.h5") == ("output", "input", "a", "b", "hidden2", "hidden10", "output2")


def test_listed_groups(h5py, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        fill(file.create_group("1/first"), ["kernel", "bias"])
        fill(file.create_group("1/second"), ["bias"])
        file.attrs["layer_names"] = ["second", "first"]
    assert layers(tmp_path / "run.h5") == ("second/bias", "first/bias", "first/kernel")


@pytest.mark.parametrize("value", [3.0, "input", np.arange(3), []])
def test_an_attribute_of_another_kind_lists_nothing(h5py, tmp_path, value):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["ids"] = np.arange(4)
        fill(file.create_group("1"))
        file.attrs["layer_names"] = value
    assert layers(tmp_path / "run.h5") == NATURAL


def test_metadata_take_precedence(h5py, tmp_path):
    with h5py.File(tmp_path / "epoch_1.h5", "w", track_order=True) as file:
        fill(file)
        file["ids"] = np.arange(4)
    (tmp_path / "meta.json").write_text('{"layers": ["output"]}')
    assert layers(tmp_path) == ("output", "input", "hidden10", "hidden2")


def test_embeddings_come_before_the_blocks(tmp_path, safetensors):
    names = ["blocks.10.hook_out", "blocks.2.hook_out", "hook_embed", "hook_pos_embed", "ln_final", "unembed"]
    cells = {name: np.ones((3, 1)) for name in names}
    (tmp_path / "epoch_1.safetensors").write_bytes(safetensors(cells | {"ids": np.arange(3)}))
    expected = ("hook_embed", "hook_pos_embed", "blocks.2.hook_out", "blocks.10.hook_out", "ln_final", "unembed")
    assert open_dump(tmp_path).layers == expected


@pytest.mark.parametrize(
    "names",
    [
        ("relu1", "relu2", "logits"),
        ("conv1", "bn1", "layer1", "layer4", "avgpool", "fc"),
        ("input", "fc1", "fc2", "head", "softmax"),
        ("transformer.wte", "transformer.h.0", "transformer.h.11", "transformer.ln_f", "lm_head"),
        ("features.0", "features.3", "avgpool", "classifier", "logits"),
        ("embeddings", "encoder.layer.0", "encoder.layer.11", "pooler", "classifier"),
        ("attn.out", "mlp.head.0", "out"),  # of a block: no ends of the network
    ],
)
def test_the_head_comes_last_and_the_input_first(tmp_path, names):
    for name in names:
        np.save(tmp_path / f"{name}.npy", np.ones((3, 1)))
    np.save(tmp_path / "ids.npy", np.arange(3))
    # bn1 is between conv1 and layer1, which no name tells.
    assert [name for name in layers(tmp_path) if name != "bn1"] == [name for name in names if name != "bn1"]


@pytest.mark.parametrize(
    "listed, expected", [('["b", "a", "absent"]', ("b", "a", "c")), ("b, a", ("a", "b", "c")), ("[1]", ("a", "b", "c"))]
)
def test_metadata_of_safetensors_list_the_layers(tmp_path, safetensors, listed, expected):
    cells = {name: np.ones((3, 1)) for name in "cab"} | {"ids": np.arange(3)}
    (tmp_path / "epoch_1.safetensors").write_bytes(safetensors(cells, layers=listed))
    assert open_dump(tmp_path).layers == expected
