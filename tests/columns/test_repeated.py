"""Text and categories on few levels: the same columns as by reading every cell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skib._columns import _column, _reader, columns_of, read_columns
from skib._columns._repeated import repeated_classes
from skib._warnings import ConstantInputWarning

N = 60
WORDS = np.array(["red", "green", "", "a longer name of a color", "été", "10"], object)
PLACES = np.random.default_rng(0).integers(0, len(WORDS), N)
TEXT = WORDS[PLACES]
GREEK = np.array(["άλφα", "βήτα", "γάμμα", "δέλτα", "έψιλον", "ζήτα"], object)
EIGHT = np.array(["12345678", "12345679", "22345678", "1234567", "", "123456789"[1:]], object)
LONG = np.array([name * 40 for name in ["red", "green", "blue", "redd", "gr", ""]], object)
COPIES = np.array([word + "" if i % 2 else "".join(list(word)) for i, word in enumerate(TEXT)], object)


def polars(values, dtype=None):
    pl = pytest.importorskip("polars")
    column = pl.Series("x", list(values))
    if dtype == "enum":
        return pl.DataFrame([column.cast(pl.Enum(sorted(WORDS)))])
    return pl.DataFrame([column if dtype is None else column.cast(getattr(pl, dtype))])


def arrow(values, *, encoded=False, chunks=1):
    pa = pytest.importorskip("pyarrow")
    parts = [pa.array(list(part)) for part in np.array_split(values, chunks)]
    column = pa.chunked_array([part.dictionary_encode() if encoded else part for part in parts])
    return pa.table({"x": column})


def pandas(values, dtype=None):
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype)})


def duplicate_categories():
    pa = pytest.importorskip("pyarrow")
    return pa.table({"x": pa.DictionaryArray.from_arrays(pa.array(PLACES % 4), pa.array(["a", "b", "a", "c"]))})


TABLES = {
    "objects": lambda: TEXT[:, None],
    "objects, every other": lambda: np.repeat(TEXT, 2)[::2][:, None],
    "equal objects": lambda: COPIES[:, None],
    "text of numpy objects": lambda: np.array([np.str_(word) for word in TEXT], object)[:, None],
    "text of numpy, by column": lambda: np.asfortranarray(np.column_stack([TEXT, TEXT[::-1]]).astype("U")),
    "text of numpy, every other": lambda: np.repeat(np.column_stack([TEXT] * 4).astype("U"), 2, axis=0)[::2, ::2],
    "text of numpy, beyond Latin": lambda: np.column_stack([TEXT, GREEK[PLACES]]).astype("U"),
    "text of eight letters": lambda: EIGHT[PLACES].astype("U8")[:, None],
    "short text of numpy, by row": lambda: np.column_stack([EIGHT[PLACES], GREEK[PLACES], TEXT]).astype("U8"),
    "text of numpy": lambda: np.column_stack([TEXT, TEXT[::-1]]).astype("U"),
    "one letter": lambda: TEXT.astype("U1")[:, None],
    "of another byte order": lambda: TEXT.astype("U").astype(">U24")[:, None],
    "pandas objects": lambda: pandas(TEXT, object),
    "pandas text": lambda: pandas(TEXT, "str"),
    "pandas string, python": lambda: pandas(TEXT, pd.StringDtype("python")),
    "pandas string, pyarrow": lambda: pandas(TEXT, "string[pyarrow]"),
    "beyond Latin": lambda: pandas(GREEK[PLACES], "str"),
    "long text": lambda: pandas(LONG[PLACES], "str"),
    "text of eight bytes": lambda: arrow(EIGHT[PLACES]),
    "text that ends in zeros": lambda: arrow(np.array(["a", "a\0", "", "\0", "b", "c"], object)[PLACES]),
    "long text of polars": lambda: polars(LONG[PLACES]),
    "rulers of arrow": lambda: arrow(np.array(["-" * k for k in range(17, 23)], object)[PLACES]),
    "text of 12 and 13 bytes of polars": lambda: polars(np.array(["a" * k for k in range(8, 14)], object)[PLACES]),
    "pandas arrow": lambda: pandas(TEXT, "large_string[pyarrow]"),
    "pandas category": lambda: pandas(pd.Categorical(TEXT, [*WORDS, "unused"])),
    "ordered category": lambda: pandas(pd.Categorical(TEXT, sorted(WORDS), ordered=True)),
    "category of whole numbers": lambda: pandas(pd.Categorical(5 - PLACES)),
    "category of bools": lambda: pandas(pd.Categorical(PLACES > 2)),
    "polars": lambda: polars(TEXT),
    "polars category": lambda: polars(TEXT, "Categorical"),
    "polars enum": lambda: polars(TEXT, "enum"),
    "arrow": lambda: arrow(TEXT),
    "arrow in parts": lambda: arrow(TEXT, chunks=3),
    "arrow dictionary": lambda: arrow(TEXT, encoded=True),
    "arrow dictionary in parts": lambda: arrow(TEXT, encoded=True, chunks=3),
    "rows of arrow": lambda: arrow(TEXT).slice(7, 50),
    "rows of polars": lambda: polars(TEXT).slice(7, 50),
    "text in reverse": lambda: TEXT.astype("U")[::-1, None],
    "objects in reverse": lambda: TEXT[::-1, None],
    "one text in all rows": lambda: np.broadcast_to(np.array("été"), (N, 2)),
    "empty text of arrow": lambda: arrow(np.array([""] * N)),
    "categories that are many numbers": lambda: pandas(pd.Categorical(PLACES * 70_000 - 9, range(-9, 7 * 70_000))),
    "duplicate categories": duplicate_categories,
}


def read_cell_by_cell(table, monkeypatch, **options):
    with monkeypatch.context() as patch:
        patch.setattr(_column, "repeated_classes", lambda column: None)
        patch.setattr(_column, "repeated_columns", lambda table, n_columns: [None] * n_columns)
        return columns_of(table, **options)


def require_same_columns(found, expected):
    for column, other in zip(found, expected, strict=True):
        assert (column.kind, column.nominal, column.name) == (other.kind, other.nominal, other.name)
        assert_array_equal(column.codes, other.codes)
        assert column.codes.dtype == other.codes.dtype
        assert_array_equal(column.counts, other.counts)
        assert column.dtype.kind == other.dtype.kind == column.raw.dtype.kind
        assert type(column.raw) is type(other.raw)
        assert_array_equal(np.asarray(column.raw, object), np.asarray(other.raw, object))
        assert [column.label(row) for row in range(9)] == [other.label(row) for row in range(9)]


def parts_of(table):
    if isinstance(table, np.ndarray):
        return list(table.T)
    return [table["x"]]


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("missing", ["auto", "error"])
@pytest.mark.filterwarnings("ignore::skib.ConstantInputWarning")
def test_same_as_cell_by_cell(name, missing, monkeypatch):
    table = TABLES[name]()
    assert all(repeated_classes(part) is not None for part in parts_of(table))
    require_same_columns(columns_of(table, missing=missing), read_cell_by_cell(table, monkeypatch, missing=missing))


@pytest.mark.parametrize("name", TABLES)
def test_read_as_cell_by_cell(name, monkeypatch):
    """By the reader of all estimators: the same values, codes and labels."""
    table = TABLES[name]()
    found = read_columns("X", table)
    monkeypatch.setattr(_reader, "repeated_classes", lambda column: None)
    for column, other in zip(found, read_columns("X", table), strict=True):
        assert (column.source, column.nominal, column.name) == (other.source, other.nominal, other.name)
        for part in ("values", "codes"):
            values, expected = (getattr(c, part)() if part == "codes" else getattr(c, part) for c in (column, other))
            assert_array_equal(values, expected)
            assert values.dtype == expected.dtype
        for labels, expected in ((column.text, other.text), (column.labels, other.labels)):
            assert (labels is None) == (expected is None)
            if labels is not None:
                assert labels.dtype.kind == expected.dtype.kind
                assert_array_equal(np.asarray(labels, object), np.asarray(expected, object))
                assert list(labels) == list(expected)
                assert_array_equal(labels[3:9:2], expected[3:9:2])
        assert [column.label(row) for row in range(9)] == [other.label(row) for row in range(9)]


OTHERS = {
    "missing": lambda: pandas([*TEXT[:-1], None], object),
    "missing text": lambda: pandas([*TEXT[:-1], None], "str"),
    "missing of python": lambda: pandas([*TEXT[:-1], None], pd.StringDtype("python")),
    "missing category": lambda: pandas(pd.Categorical([*TEXT[:-1], None])),
    "missing of polars": lambda: polars([*TEXT[:-1], None]),
    "missing of arrow": lambda: arrow([*TEXT[:-1], None]),
    "missing of an arrow dictionary": lambda: arrow([*TEXT[:-1], None], encoded=True),
    "mixed": lambda: pandas([*TEXT[:-1], 3], object),
    "bytes": lambda: pandas([b"a", b"b"] * (N // 2), object),
    "bools": lambda: pandas([True, False] * (N // 2), object),
    "numbers": lambda: pandas(PLACES, object),
    "category of fractions": lambda: pandas(pd.Categorical(PLACES / 2)),
    "category of dates": lambda: pandas(pd.Categorical(pd.Timestamp("2020-01-01") + pd.to_timedelta(PLACES, unit="D"))),
    "many levels": lambda: np.char.add("name ", np.arange(N).astype("U"))[:, None],
    "many objects": lambda: np.array([f"name {i}" for i in range(N)], object)[:, None],
    "many categories": lambda: pandas(pd.Categorical([f"name {i}" for i in range(N)])),
    "many of numpy": lambda: np.array([["a", f"name {i}"] for i in range(N)])[:, 1:],
    "many long ones of arrow": lambda: arrow([f"name {i}" * 40 for i in range(N)]),
    "many of polars": lambda: polars([f"name {i}" for i in range(N)]),
    "many long ones of polars": lambda: polars([f"name {i}" * 40 for i in range(N)]),
    "many of arrow": lambda: arrow([f"name {i}" for i in range(N)]),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.filterwarnings("ignore::skib.SkibWarning")
def test_others_are_left_to_the_reader(name, monkeypatch):
    table = OTHERS[name]()
    assert all(repeated_classes(part) is None for part in parts_of(table))
    require_same_columns(columns_of(table, missing="auto"), read_cell_by_cell(table, monkeypatch, missing="auto"))


def test_text_of_measurements_is_refused_on_many_levels():
    with pytest.raises(ValueError, match="numbers as text"):
        columns_of(pandas([str(i / 7) for i in range(N)]))
    with pytest.raises(ValueError, match="cannot be taken as numbers"):
        columns_of(pandas(TEXT), discrete=lambda n: [False] * n)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=200))
def test_codes_of_any_text(values):
    array = np.array(values, object)
    for column in (array, array.astype("U"), pd.Series(array, dtype="str")):
        found, distinct = repeated_classes(column), len(set(map(str, np.asarray(column))))
        assert (found is None) == (distinct > max(2, np.sqrt(len(values))))
        if found is not None:
            assert_array_equal(found.labels[found.codes], np.asarray(column, object))
            assert len(set(found.labels)) == len(found.labels) == distinct


def test_text_of_polars_is_the_same_without_pyarrow(monkeypatch):
    pl = pytest.importorskip("polars")
    column = pl.Series(list(TEXT))
    expected = repeated_classes(column)

    def missing(self, **options):
        raise ModuleNotFoundError("pyarrow is required")

    monkeypatch.setattr(pl.Series, "to_arrow", missing)
    found = repeated_classes(column)
    for name in ("codes", "labels", "counts"):
        assert_array_equal(getattr(found, name), getattr(expected, name))


def test_columns_of_one_table_are_told_apart():
    """Of which some are text of many levels."""
    table = np.column_stack([TEXT, np.arange(N).astype("U"), GREEK[PLACES], TEXT[::-1], EIGHT[PLACES]]).astype("U")
    with pytest.raises(ValueError, match="column 1 holds numbers as text"):
        columns_of(table)
    table = np.delete(table, 1, axis=1)
    found = columns_of(table)
    for j, column in enumerate(found):
        assert column.name == j
        assert_array_equal(column.codes, np.unique(table[:, j], return_inverse=True)[1])
        assert_array_equal(column.raw, table[:, j])


def test_categories_of_polars_are_told_apart(monkeypatch):
    """Beside other columns, with missing values, on many levels, and in parts."""
    pl = pytest.importorskip("polars")
    words, greek, many = pl.Series(list(TEXT)), pl.Series(list(GREEK[PLACES])), pl.Series(np.arange(N)).cast(pl.String)
    table = pl.DataFrame(
        {
            "category": words.cast(pl.Categorical),
            "text": words,
            "missing": pl.Series([*TEXT[:-1], None], dtype=pl.Categorical),
            "number": PLACES,
            "enum": greek.cast(pl.Enum(sorted(GREEK))),
            "many": many.cast(pl.Categorical),
            "constant": pl.Series(["a"] * N, dtype=pl.Categorical),
        }
    )
    for frame in (table, pl.concat([table[:7], table[7:]], rechunk=False), table[::-1], table[3:]):
        with pytest.warns(ConstantInputWarning):
            found = columns_of(frame, missing="auto")
        with pytest.warns(ConstantInputWarning):
            require_same_columns(found, read_cell_by_cell(frame, monkeypatch, missing="auto"))
        fast = _column.repeated_columns(frame, 7)
        assert [j for j in range(7) if fast[j]] == [0, 4, 6]
    with pytest.raises(ValueError, match="cannot be taken as numbers"):
        columns_of(table.select("category"), discrete=lambda n: [False] * n)


@given(st.data(), st.sampled_from(["U", "str", "polars", "arrow"]))
def test_text_of_any_length_equals_unique(data, kind):
    """Beside the sorted values of numpy: of few characters, at all places, of one byte each and of more."""
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    letters = data.draw(st.sampled_from(["ab", "a\0", "aé", "aα", "aÿ\0Ā"]))
    words = data.draw(st.lists(st.text(letters, max_size=40), min_size=1, max_size=8, unique=True))
    values = np.array(data.draw(st.lists(st.sampled_from(words), min_size=64, max_size=200)), object)
    makers = {"U": lambda v: v.astype("U"), "str": lambda v: pd.Series(v, dtype="str"), "polars": pl.Series}
    column = makers.get(kind, lambda v: pa.array(list(v)))(values.tolist() if kind == "polars" else values)
    read = np.asarray(column).astype(object) if kind == "U" else values  # without zeros at the end
    found = repeated_classes(column)
    marked = np.array([value + "|" for value in read])  # numpy takes zeros at the end for none
    levels, codes, counts = np.unique(marked, return_inverse=True, return_counts=True)
    assert len(found.labels) == len(levels)
    assert_array_equal(found.labels[found.codes], read)
    assert_array_equal(found.counts[found.codes], counts[codes])


def test_text_of_no_character_is_one_class():
    column = np.zeros(N, [("text", "U0"), ("number", float)])["text"]
    assert column.itemsize == 0
    codes, labels, counts, category = repeated_classes(column)
    assert_array_equal(codes, np.zeros(N))
    assert counts.tolist() == [N]
    assert labels.tolist() == [""] and not category
    table = np.zeros((N, 2), [("text", "U0"), ("number", float)])["text"]
    with pytest.warns(ConstantInputWarning):
        columns = columns_of(table)
    assert [column.counts.tolist() for column in columns] == [[N], [N]]


@pytest.mark.parametrize("letter", ["b", "β"])
@pytest.mark.parametrize("rare", ["", "a", "ÿ", None])
def test_text_of_many_rows_is_in_order(letter, rare):
    """Also where a level before all others, or behind them, is only in the last row."""
    column = np.array([letter * k for k in range(1, 13)])[np.random.default_rng(0).integers(0, 12, 40_000)]
    if rare is not None:
        column[-1] = rare
    found = repeated_classes(column)
    levels, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    assert_array_equal(found.labels, levels)
    assert_array_equal(found.codes, codes)
    assert_array_equal(found.counts, counts)


def test_text_of_many_levels_is_in_order():
    """More than one byte can number, and too many."""
    for n_levels in (200, 300, 500):
        column = np.random.default_rng(0).integers(0, n_levels, 100_000).astype("U5")
        found = repeated_classes(column)
        if n_levels == 500:
            assert found is None
        else:
            assert_array_equal(found.labels[found.codes], column)
            assert_array_equal(found.labels, np.unique(column))
