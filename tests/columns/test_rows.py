"""Rows of every container are selected with their types."""

import numpy as np
import pandas as pd
import pytest

from skib._columns import read_columns, take_rows

ORDER = np.array([3, 1, 2, 0])


def values_of(container):
    columns = read_columns("y", container)
    return [(column.values if column.text is None else column.text).tolist() for column in columns]


@pytest.mark.parametrize("dtype", [">f8", ">i4", ">u8", ">f4"])
def test_numbers_of_a_foreign_byte_order(dtype):
    numbers = pd.Series(np.array([5, 6, 7, 9], dtype), index=[1, 1, 0, 0])
    assert values_of(take_rows(numbers, ORDER)) == [[9, 6, 7, 5]]
    frame = pd.DataFrame({"a": numbers, "b": list("pqrs")})
    taken = take_rows(frame, ORDER)
    assert values_of(taken) == [[9, 6, 7, 5], ["s", "q", "r", "p"]]
    assert taken.columns.tolist() == ["a", "b"]


@pytest.mark.parametrize("kind", ["string_view", "large_string", "string"])
def test_text_of_pyarrow(kind):
    pa = pytest.importorskip("pyarrow")
    text = pa.array(list("pqrs"), getattr(pa, kind)())
    for container in (text, pa.chunked_array([text[:1], text[1:]]), pa.table({"a": text})):
        assert values_of(take_rows(container, ORDER)) == [["s", "q", "r", "p"]]
    both = take_rows(pa.table({"a": text, "n": [5, 6, 7, 9]}), ORDER)
    assert both.column_names == ["a", "n"]
    assert values_of(both)[1] == [9, 6, 7, 5]
