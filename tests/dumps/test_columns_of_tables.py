"""Columns of parquet and Arrow beside the layers: text, indexes and targets."""

import numpy as np
import pytest

from skib.dumps import open_dump

pyarrow = pytest.importorskip("pyarrow")
WORDS = ["cat", "dog", "cat", "élan"]


def write(path, columns):
    from pyarrow import feather, parquet

    table = pyarrow.table(columns)
    parquet.write_table(table, path) if path.suffix == ".parquet" else feather.write_feather(table, path)
    return path


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
@pytest.mark.parametrize("kind", ["string", "large_string", "dictionary"])
@pytest.mark.parametrize("name", ["y", "label", "targets"])
def test_text_is_y_and_ids_and_never_a_layer(tmp_path, suffix, kind, name):
    words = pyarrow.array(WORDS)
    words = words.dictionary_encode() if kind == "dictionary" else words.cast(kind)
    columns = {"fc1": [1.0, 2.0, 3.0, 4.0], name: words, "ids": list("abcd"), "prompt": words, "id": [1, 2, 3, 4]}
    dump = open_dump(write(tmp_path / f"epoch_3{suffix}", columns))
    assert dump.cells() == ((3, "fc1"),)
    assert dump.y.tolist() == WORDS and dump.ids.tolist() == list("abcd")
    assert not dump.y.flags.writeable
    assert dump.left_out == {"prompt": "text", "id": "numbers of the rows by its name"}


def test_what_is_left_out_is_named_in_every_layout(tmp_path):
    columns = {"prompt": WORDS, "id": [1, 2, 3, 4]}
    expected = {"prompt": "text", "id": "numbers of the rows by its name"}
    (tmp_path / "run").mkdir()
    for epoch in (1, 2):
        write(tmp_path / "run" / f"epoch_{epoch}.parquet", {"fc1": [1.0, 2.0, 3.0, 4.0], "ids": [4, 3, 2, 1]} | columns)
    keys = {"epoch_1/fc1": [1.0, 2.0, 3.0, 4.0], "epoch_2/fc1": [1.0] * 4, "ids": [4, 3, 2, 1], "loss": [0.1] * 4}
    whole = open_dump(write(tmp_path / "whole.parquet", keys | columns))
    assert whole.left_out == expected | {"loss": "of no epoch"}
    assert open_dump(tmp_path / "run").left_out == expected
    (tmp_path / "parts" / "epoch_1").mkdir(parents=True)
    for part in (0, 1):
        rows = {"fc1": [1.0, 2.0], "ids": [2 * part, 2 * part + 1], "prompt": WORDS[:2], "id": [1, 2]}
        write(tmp_path / "parts" / "epoch_1" / f"part-{part}.parquet", rows)
    parts = open_dump(tmp_path / "parts")
    assert parts.left_out == expected and parts.n_samples == 4 and parts.layers == ("fc1",)
    assert parts.select(["fc1"]).left_out == expected and open_dump({0: {"a": np.eye(2)}, "ids": [0, 1]}).left_out == {}


def test_refused_arrays_beside_layers_are_left_out_with_their_reason(tmp_path):
    np.savez(tmp_path / "a.npz", **{"epoch_1/fc1": np.eye(2), "ids": [0, 1], "names": np.array([{}, {}], object)})
    np.savez(tmp_path / "b.npz", fc1=np.eye(2), ids=[0, 1], names=np.array([{}, {}], object))
    for name in ("a.npz", "b.npz"):
        (reason,) = open_dump(tmp_path / name).left_out.values()
        assert reason.startswith("dtype object is refused (pickled objects can run code)")


def test_missing_labels_are_refused(tmp_path):
    path = write(tmp_path / "epoch_3.parquet", {"fc1": [1.0, 2.0], "y": ["a", None]})
    with pytest.raises(ValueError, match="column 'y': 1 values are missing"):
        open_dump(path)


def test_text_of_another_size_than_was_opened_is_noticed(tmp_path):
    path = tmp_path / "epoch_3.parquet"
    dump = open_dump(write(path, {"fc1": [1.0, 2.0], "y": ["a", "b"], "ids": [1, 2]}))
    write(path, {"fc1": [1.0, 2.0], "y": ["a", "bcd"], "ids": [1, 2]})
    with pytest.raises(ValueError, match="changed after the dump was opened"):
        _ = dump.y


def test_long_text_is_not_multiplied_by_the_rows(tmp_path):
    path = write(tmp_path / "epoch_3.parquet", {"fc1": np.ones(1000), "y": ["a" * 10_000] + ["b"] * 999})
    with pytest.raises(ValueError, match="above the limit of 1000000"):
        open_dump(path, max_bytes=10**6)
