"""Targets under another usual name than y: taken where it is clear that they are y, never a layer without a warning."""

import warnings

import numpy as np
import pytest

from skib.dumps import AmbiguousTargetWarning, convert, open_dump
from skib.information_plane import InformationPlane
from tests.dumps.test_extras import write_feather, write_hdf5, write_parquet, write_zarr

N = 6
LAYER = np.arange(12.0).reshape(N, 2)
LABELS = np.array([0, 1, 2, 0, 1, 2])
IDS = np.arange(N)


def npz_per_epoch(path, names):
    path.mkdir()
    for epoch in (1, 2):
        np.savez(path / f"epoch_{epoch}.npz", fc=LAYER, ids=IDS, **names)
    return path


def folders(path, names):
    for epoch in (1, 2):
        (path / f"epoch_{epoch}").mkdir(parents=True)
        for name, array in {"fc": LAYER, "ids": IDS, **names}.items():
            np.save(path / f"epoch_{epoch}" / f"{name}.npy", array)
    return path


def npy_beside_epochs(path, names):
    npz_per_epoch(path, {})
    for name, array in names.items():
        np.save(path / f"{name}.npy", array)
    return path


def one_file(path, names):
    np.savez(path.with_suffix(".npz"), **{"epoch_1/fc": LAYER, "ids": IDS, **names})
    return path.with_suffix(".npz")


def in_memory(path, names):
    return {1: {"fc": LAYER}, "ids": IDS, **names}


def in_memory_per_epoch(path, names):
    return {1: {"fc": LAYER, **names}, 2: {"fc": LAYER, **names}, "ids": IDS}


BESIDE = [npy_beside_epochs, one_file, in_memory]
INSIDE = [npz_per_epoch, folders, in_memory_per_epoch]


def opened(source):
    """The dump and the texts of its AmbiguousTargetWarnings."""
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        dump = open_dump(source)
    assert {w.category for w in issued} <= {AmbiguousTargetWarning}
    return dump, [str(w.message) for w in issued]


@pytest.mark.parametrize("name", ["label", "labels"])
@pytest.mark.parametrize("labels", [LABELS, LABELS > 1, LABELS.astype("U"), LABELS[:, None], LABELS.astype("u1")])
@pytest.mark.parametrize("write", BESIDE + INSIDE)
def test_labels_are_y(tmp_path, write, labels, name):
    dump, issued = opened(write(tmp_path / "run", {name: labels}))
    assert dump.layers == ("fc",) and not issued
    np.testing.assert_array_equal(dump.y, labels)
    copy = open_dump(convert(dump, tmp_path / "copy"))
    np.testing.assert_array_equal(copy.y, labels)


@pytest.mark.parametrize("write", [write_hdf5, write_zarr, write_parquet, write_feather])
def test_labels_in_files_of_epochs(tmp_path, write):
    """A column beside the layers, as Hugging Face writes it."""
    write(tmp_path / "epoch_1", {"h": LAYER, "label": LABELS, "ids": IDS})
    dump, issued = opened(tmp_path)
    assert dump.layers == ("h",) and not issued
    np.testing.assert_array_equal(dump.y, LABELS)


def test_labels_of_text_in_hdf5(tmp_path):
    with pytest.importorskip("h5py").File(tmp_path / "epoch_1.h5", "w") as file:
        file["h"], file["ids"], file["label"] = LAYER, IDS, ["cat", "dog"] * 3
    assert opened(tmp_path)[0].y.tolist() == ["cat", "dog"] * 3


def test_labels_beside_layers_of_another_format(tmp_path, torch):
    (tmp_path / "epoch_1").mkdir()
    torch(tmp_path / "epoch_1" / "fc.pt", LAYER)
    np.save(tmp_path / "epoch_1" / "labels.npy", LABELS)
    np.save(tmp_path / "ids.npy", IDS)
    dump, _ = opened(tmp_path)
    assert dump.layers == ("fc",) and dump.y.tolist() == LABELS.tolist()


@pytest.mark.parametrize("write", BESIDE + INSIDE)
def test_y_has_precedence(tmp_path, write):
    dump, (message,) = opened(write(tmp_path / "run", {"y": LABELS[::-1], "labels": LABELS}))
    assert dump.layers == ("fc",) and dump.y.tolist() == LABELS[::-1].tolist()
    assert "the dump has 'y' and 'labels', each a usual name of the targets; y is used" in message


@pytest.mark.parametrize("write", BESIDE + INSIDE)
def test_of_two_names_none_is_used(tmp_path, write):
    dump, (message,) = opened(write(tmp_path / "run", {"label": LABELS, "labels": LABELS[::-1]}))
    assert dump.layers == ("fc",) and dump.y is None
    assert "'label' and 'labels', each a usual name of the targets; none is used" in message


@pytest.mark.parametrize("array", [LABELS / 2, np.eye(N, 3), np.eye(N, 3, dtype=int)])
@pytest.mark.parametrize("write", BESIDE + INSIDE)
def test_what_is_no_column_of_labels_is_warned_of(tmp_path, write, array):
    dump, (message,) = opened(write(tmp_path / "run", {"labels": array}))
    assert dump.y is None and set(dump.layers) == ({"fc"} if write in BESIDE else {"fc", "labels"})
    assert "is no column of labels, one per row" in message
    assert ("is left out" if write in BESIDE else "is taken for a layer") in message


@pytest.mark.parametrize("write", INSIDE)
def test_an_error_about_the_rows_comes_without_a_warning(tmp_path, write):
    source = write(tmp_path / "run", {"labels": LABELS[:-1]})
    with pytest.raises(ValueError, match=r"6 samples but .* 5|5 samples but .* 6"):
        open_dump(source)  # warnings are errors


@pytest.mark.parametrize("write", BESIDE)
def test_names_of_classes_are_no_labels(tmp_path, write):
    names = np.array(["cat", "dog", "horse"])
    dump, (message,) = opened(write(tmp_path / "run", {"labels": names}))
    assert dump.y is None and "shape (3,) of <U5 is no column of labels" in message
    dump, issued = opened(write(tmp_path / "other", {"labels": names, "y": LABELS}))
    assert dump.y.tolist() == LABELS.tolist() and not issued


def test_a_pickle_of_that_name_is_passed_over_as_ever(tmp_path):
    npy_beside_epochs(tmp_path / "run", {"labels": np.array(["cat", None], dtype=object)})
    dump, issued = opened(tmp_path / "run")
    assert dump.y is None and not issued


def test_labels_of_epochs_must_agree(tmp_path):
    for epoch in (1, 2):
        np.savez(tmp_path / f"epoch_{epoch}.npz", fc=LAYER, ids=IDS, label=LABELS[:: 3 - 2 * epoch])
    with pytest.raises(ValueError, match="y disagree: .* differ in 4 of 6 rows"):
        open_dump(tmp_path)


def test_a_plane_of_such_a_dump_has_no_layer_that_is_its_target():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 100)
    dump = {1: {"fc": rng.normal(size=(100, 2)), "label": y}, "ids": range(100)}
    plane = InformationPlane(random_state=0, n_permutations=0).fit(dump)
    assert plane.layers_ == ("fc",) and plane.results_["mutual_info"][0] < 0.1
