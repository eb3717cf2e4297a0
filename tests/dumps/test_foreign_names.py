"""Dumps with the names of other tools: read, or refused with what comes nearest."""

import numpy as np
import pytest

from skib.dumps import open_dump

IDS = {"ids": np.arange(6)}
FC1 = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize(
    "names, epochs",
    [
        (["checkpoint-500", "checkpoint-1000"], (500, 1000)),
        (["global_step500"], (500,)),
        (["epoch=0-step=100", "epoch=1-step=200"], (0, 1)),
        (["epoch=00-val_loss=0.02"], (0,)),
        (["10", "200"], (10, 200)),
        (["acts_epoch9", "acts_epoch10"], (9, 10)),
    ],
)
@pytest.mark.parametrize("kind", ["folder", "npz", "pt"])
def test_epochs_of_other_tools_are_read_as_folders_and_as_files(tmp_path, torch, names, epochs, kind):
    np.save(tmp_path / "ids.npy", IDS["ids"])
    for name in names:
        if kind == "folder":
            (tmp_path / name).mkdir()
            np.save(tmp_path / name / "fc1.npy", FC1)
        elif kind == "npz":
            np.savez(tmp_path / f"{name}.npz", fc1=FC1)
        else:
            torch(tmp_path / f"{name}.pt", {"fc1": FC1})
    dump = open_dump(tmp_path)
    assert dump.cells() == tuple((epoch, "fc1") for epoch in epochs)
    np.testing.assert_array_equal(dump[epochs[0], "fc1"], FC1)


def test_checkpoints_beside_a_dump_are_passed_over(tree):
    cells = open_dump(tree).cells()
    (tree / "checkpoint-10").mkdir()
    (tree / "checkpoint-10" / "model.safetensors").touch()
    assert open_dump(tree).cells() == cells


@pytest.mark.parametrize(
    "keys",
    [
        ("epoch10_fc1", "epoch2_fc1"),
        ("epoch_10.fc1", "epoch_2.fc1"),
        ("fc1/ep10", "fc1/ep2"),
        ("train/epoch_10/fc1", "train/epoch_2/fc1"),
        ("activations/10/fc1", "activations/2/fc1"),
        ("fc1_epoch10", "fc1_epoch2"),
    ],
)
def test_keys_of_a_file_may_be_joined_in_other_ways(tmp_path, keys):
    np.savez(tmp_path / "run.npz", **{key: FC1 + i for i, key in enumerate(keys)}, **IDS)
    dump = open_dump(tmp_path / "run.npz")
    assert dump.cells() == ((2, "fc1"), (10, "fc1"))
    np.testing.assert_array_equal(dump[2, "fc1"], FC1 + 1)


@pytest.mark.parametrize("suffix", [".npy", ".pt"])
def test_a_folder_per_layer_holds_a_file_per_epoch(tmp_path, torch, suffix):
    np.save(tmp_path / "ids.npy", IDS["ids"])
    for layer in ("fc1", "fc2"):
        (tmp_path / layer).mkdir()
        for epoch in (2, 10):
            path = tmp_path / layer / f"epoch_{epoch}{suffix}"
            if suffix == ".npy":
                np.save(path, FC1 + epoch)
            else:
                torch(path, FC1 + epoch)
    dump = open_dump(tmp_path)
    assert dump.layout == "a folder of files per layer"
    assert dump.cells() == ((2, "fc1"), (2, "fc2"), (10, "fc1"), (10, "fc2"))
    np.testing.assert_array_equal(dump[10, "fc2"], FC1 + 10)


def test_a_link_out_of_a_folder_of_layers_is_refused(tmp_path):
    (tmp_path / "outside.npy").touch()
    (tmp_path / "dump" / "fc1").mkdir(parents=True)
    (tmp_path / "dump" / "fc1" / "epoch_1.npy").symlink_to(tmp_path / "outside.npy")
    with pytest.raises(ValueError, match="links to .*outside"):
        open_dump(tmp_path / "dump")
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "fc1.npy").symlink_to(tmp_path / "outside.npy")
    with pytest.raises(ValueError, match="links to .*outside"):
        open_dump(tmp_path / "alone")


def test_layers_of_one_model_without_an_epoch_are_epoch_0(tmp_path, safetensors):
    np.savez(tmp_path / "acts.npz", fc1=FC1, **{"block/fc2": FC1}, label=IDS["ids"], **IDS)
    dump = open_dump(tmp_path / "acts.npz")
    assert dump.cells() == ((0, "fc1"), (0, "block/fc2")) and dump.layout == "one .npz file of one epoch"
    np.testing.assert_array_equal(dump.y, IDS["ids"])
    (tmp_path / "a.safetensors").write_bytes(safetensors({"fc1": FC1} | IDS))
    assert open_dump(tmp_path / "a.safetensors").cells() == ((0, "fc1"),)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, array in {"fc1": FC1, "y": IDS["ids"], **IDS}.items():
        np.save(folder / f"{name}.npy", array)
    dump = open_dump(folder)
    assert dump.cells() == ((0, "fc1"),) and dump.layout == "a folder of one epoch"
    np.testing.assert_array_equal(dump.y, IDS["ids"])


def test_the_file_of_an_epoch_opened_alone_is_that_epoch(tmp_path):
    np.savez(tmp_path / "epoch_00010.npz", fc1=FC1, **IDS)
    assert open_dump(tmp_path / "epoch_00010.npz").cells() == ((10, "fc1"),)


@pytest.mark.parametrize("first", [0, 1])
def test_shards_hold_other_rows_or_other_layers(tmp_path, safetensors, first):
    rows, layers = tmp_path / "rows", tmp_path / "layers"
    for folder in (rows, layers):
        (folder / "epoch_3").mkdir(parents=True)
        np.save(folder / "ids.npy", IDS["ids"])
    for i in range(2):
        name = f"epoch_3/acts-{i + first:05d}-of-00002.safetensors"
        (rows / name).write_bytes(safetensors({"fc1": FC1[3 * i : 3 * i + 3]}))
        (layers / name).write_bytes(safetensors({f"fc{i}": FC1}))
    np.testing.assert_array_equal(open_dump(rows)[3, "fc1"], FC1)
    assert open_dump(layers).cells() == ((3, "fc0"), (3, "fc1"))
    (rows / f"epoch_3/acts-{first:05d}-of-00002.safetensors").unlink()
    with pytest.raises(ValueError, match=rf"has the shards \[{1 + first}\] of 2; bring in those that are missing"):
        open_dump(rows)


def test_shards_of_an_epoch_beside_the_epochs_are_to_be_moved(tmp_path):
    np.savez(tmp_path / "epoch_3-00001-of-00002.npz", fc1=FC1)
    with pytest.raises(ValueError, match="move its shards into a folder epoch_3"):
        open_dump(tmp_path)


@pytest.mark.parametrize("seeds", [("seed0", "seed1"), ("0", "1")])
@pytest.mark.parametrize("kind", ["folder", "npz"])
def test_a_folder_of_runs_names_them(tmp_path, seeds, kind):
    for seed in seeds:
        (tmp_path / seed / "epoch_1").mkdir(parents=True)
        if kind == "npz":
            np.savez(tmp_path / seed / "epoch_1.npz", fc1=FC1)
        np.save(tmp_path / "summary.npy", FC1)
    with pytest.raises(ValueError, match=f"these look like runs, open one of these: {', '.join(seeds)}; supported"):
        open_dump(tmp_path)


def test_a_folder_of_files_names_them(tmp_path):
    np.savez(tmp_path / "b.npz", fc1=FC1)
    with pytest.raises(ValueError, match=r"open one of these: b\.npz; supported"):
        open_dump(tmp_path)


def test_a_refusal_guesses_the_epoch_and_is_one_line(tmp_path):
    (tmp_path / "weights500x").mkdir()
    with pytest.raises(ValueError, match="if 500 is the epoch of 'weights500x', rename it to 'epoch_500'") as caught:
        open_dump(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["fc1.csv", "layers.npy", None])
def test_an_epoch_without_a_layer_says_what_is_in_it(tmp_path, name):
    (tmp_path / "epoch_3").mkdir()
    if name is not None:
        with open(tmp_path / "epoch_3" / name, "wb") as file:
            np.save(file, {"fc1": FC1}, allow_pickle=True)
    with pytest.raises(
        ValueError, match=f"'epoch_3' contains {name or 'nothing'}, and none of it is a layer: .* np.savez"
    ):
        open_dump(tmp_path)


@pytest.mark.parametrize("key", ["{}/fc1", "epoch_{}/fc1", "epoch{}_fc1"])
def test_a_folder_with_the_file_of_a_run_names_it(tmp_path, safetensors, key):
    """Its keys are epochs, and no layers of epoch 0 called 10/fc1."""
    cells = {key.format(epoch): np.ones((3, 1)) for epoch in (0, 10)}
    (tmp_path / "run.safetensors").write_bytes(safetensors(cells | {"ids": np.arange(3)}))
    with pytest.raises(ValueError, match=r"open one of these: run\.safetensors; supported"):
        open_dump(tmp_path)
    assert open_dump(tmp_path / "run.safetensors").epochs == (0, 10)
