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
