"""rank_table: the ranking of InformationSelector, with a part of the table in memory at a time."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from skib import MissingValuesWarning
from skib.feature_selection import InformationSelector, rank_table
from skib.feature_selection._parts import FrameParts, open_parts
from skib.feature_selection._summaries import summarize

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def table():
    """Columns of every kind, of which seven have information about y."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    frame = pd.DataFrame(rng.normal(size=(3000, 8)), columns=[f"x{i}" for i in range(8)])
    frame[["x0", "x1", "x2"]] += y[:, None] * [1.0, 0.7, 0.4]
    frame.loc[::5, "x1"] = np.nan
    frame["word"] = pd.Series(np.array(["a", "b", "c"])[np.where(rng.random(3000) < 0.6, y, 0)]).mask(
        rng.random(3000) < 0.1
    )
    frame["flag"] = (y == 1) ^ (rng.random(3000) < 0.2)
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, 3000) + 50 * y, "D")
    frame["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**6, 3000) + 2 * 10**5 * y, "s")
    frame["row"], frame["key"] = np.arange(3000), [f"key {i}" for i in range(3000)]
    frame["same"], frame["nothing"] = 1, None
    frame["y"] = y
    return frame


RANKED = [*(f"x{i}" for i in range(8)), "word", "flag", "day", "when"]
LEFT_OUT = {
    "row": "identifiers: whole numbers of which no two are equal",
    "key": "identifiers: most values occur once",
    "same": "constant",
    "nothing": "all values are missing",
}


def assert_equal(ranking, other):
    pd.testing.assert_frame_equal(ranking.path, other.path, check_exact=True)
    assert (ranking.stop_reason, ranking.left_out) == (other.stop_reason, other.left_out)


@pytest.mark.parametrize("options", [{}, {"criterion": "cmi"}, {"init": "pair"}, {"include": ["x7"]}], ids=str)
def test_equals_the_selector_in_memory(table, options):
    ranking = rank_table(table, "y", n_features_to_select=6, **options)
    selector = InformationSelector(n_features_to_select=6, **options)
    selector.fit(table.drop(columns=["y", *LEFT_OUT]), table["y"])
    pd.testing.assert_frame_equal(ranking.path, selector.path_, check_exact=True)
    assert ranking.left_out == LEFT_OUT
    assert (ranking.n_samples, ranking.n_features, ranking.n_classes) == (3000, 12, 3)


def test_stops_where_the_selector_stops(table):
    ranking = rank_table(table, "y")
    selector = InformationSelector().fit(table.drop(columns=["y", *LEFT_OUT]), table["y"])
    assert ranking.path["feature"].tolist() == selector.path_["feature"].tolist()
    assert set(ranking.path["feature"]) == {"x0", "x1", "x2", "word", "flag", "day", "when"}
    assert ranking.stop_reason == selector.stop_reason_


def test_files_frames_and_jobs_agree(table, tmp_path):
    table.to_parquet(tmp_path / "table.parquet", row_group_size=700)
    table.to_csv(tmp_path / "table.csv", index=False)
    (tmp_path / "folder").mkdir()
    for part in range(3):
        table.iloc[1000 * part : 1000 * (part + 1)].to_parquet(tmp_path / "folder" / f"{part}.parquet")
    expected = rank_table(table, "y")
    for name in ("table.parquet", "table.csv", "folder"):
        assert_equal(rank_table(tmp_path / name, "y"), expected)
    assert_equal(rank_table(str(tmp_path / "table.parquet"), "y", n_jobs=2), expected)


def test_polars_and_arrow(table):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    plain = table.drop(columns=["nothing"])
    expected = rank_table(plain, "y")
    assert_equal(rank_table(pa.Table.from_pandas(plain), "y"), expected)
    assert_equal(rank_table(pl.from_pandas(plain), "y"), expected)


def test_bins_of_many_rows_are_cut_in_a_sample():
    """Of 50 000 rows the bins are nearly those of all, and the path is that of the selector."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 50_000)
    frame = pd.DataFrame(rng.normal(size=(50_000, 5)) + y[:, None] * [0.8, 0.6, 0.4, 0.2, 0.0]).add_prefix("x")
    ranking = rank_table(frame.assign(y=y), "y")
    assert ranking.path["feature"].tolist() == ["x0", "x1", "x2", "x3"]
    in_memory = InformationSelector().fit(frame, y)
    np.testing.assert_allclose(ranking.path["relevance"], in_memory.relevance_, rtol=0.01)
    again = rank_table(frame.assign(y=y), "y", random_state=1)
    assert not again.path.equals(ranking.path)  # another sample
    np.testing.assert_allclose(again.path["relevance"], ranking.path["relevance"], rtol=0.01)


def test_targets_of_numbers_and_missing_targets(table):
    rng = np.random.default_rng(2)
    frame = table[["x0", "x3", "word"]].assign(y=table["x0"] + rng.normal(size=3000))
    lost = frame.assign(y=frame["y"].mask(frame.index % 10 == 0))
    with pytest.warns(MissingValuesWarning, match=r"300 of 3000 rows \(10.0%\) have no 'y'"):
        ranking = rank_table(lost, "y")
    assert_equal(ranking, rank_table(lost.dropna(subset="y").reset_index(drop=True), "y"))
    assert ranking.n_classes == 8  # (2700 / 5)^(1/3) bins
    assert ranking.path["feature"].iloc[0] == "x0"


def test_summaries_do_not_depend_on_the_parts(table, monkeypatch):
    def summary():
        return summarize(FrameParts(table), ["x0", "x1", "word", "day"], "y", random_state=0)

    whole = summary()
    monkeypatch.setattr("skib.feature_selection._parts._ROWS_PER_PART", 450)
    monkeypatch.setattr("skib.feature_selection._parts._VALUES_PER_BATCH", 1)
    for name, part in summary().items():
        for value, expected in zip(part, whole[name], strict=True):
            np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "z"}, r"target names 'z', but the columns of the table are 'x0'"),
        ({"exclude": ["z"]}, r"exclude names 'z'"),
        ({"target": "same"}, r"the target 'same' has one value only"),
        ({"target": "nothing"}, r"no row of the table has a value of the target 'nothing'"),
        (
            {"exclude": [f"x{i}" for i in range(8)] + ["word", "flag", "day", "when"]},
            "no column .* can be ranked: 'row'",
        ),
        ({"include": ["y"]}, "include names 'y', which is the target"),
        ({"include": ["x0"], "exclude": ["x0"]}, "include names 'x0', which is in exclude as well"),
        ({"include": ["x0"], "init": "pair"}, "init='pair' starts with two columns of its own"),
        ({"include": ["x0", "x1"], "n_features_to_select": 1}, "include names 2 columns or groups"),
        ({"n_features_to_select": 0}, "n_features_to_select == 0"),
        ({"n_bins": 1}, "n_bins == 1"),
    ],
)
def test_what_cannot_be_ranked(table, options, message):
    with pytest.raises(ValueError, match=message):
        rank_table(table, **{"target": "y", **options})


def test_files_that_cannot_be_ranked(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        open_parts(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"holds no \.parquet file"):
        open_parts(tmp_path)
    (tmp_path / "table.xlsx").touch()
    with pytest.raises(ValueError, match="no table that can be ranked"):
        open_parts(tmp_path / "table.xlsx")
    pd.DataFrame({"a": [1.0]}).to_parquet(tmp_path / "0.parquet")
    pd.DataFrame({"b": [1.0]}).to_parquet(tmp_path / "1.parquet")
    with pytest.raises(ValueError, match=r"differ in the columns \['a', 'b'\]"):
        open_parts(tmp_path)
    with pytest.raises(ValueError, match=r"columns \['a'\] occur more than once"):
        rank_table(pd.DataFrame([[1, 2, 3]], columns=["a", "a", "y"]), "y")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv cannot be read: No columns to parse"),
        (b"a,y\n1,2,3,4\n1\n1,2,3,4,5\n", "t.csv cannot be read: .*Expected 4 fields"),
        ("ä,y\n1,2\n".encode("latin-1"), "t.csv is no text in UTF-8"),
        (b"a,b,a,y\n1,2,3,4\n", r"columns \['a'\] of .*t.csv occur more than once"),
        (b"a,y,y\n1,2,3\n", r"columns \['y'\] of .*t.csv occur more than once"),
    ],
)
def test_text_that_cannot_be_read(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        open_parts(tmp_path / "t.csv")


def test_parquet_that_cannot_be_read(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"a,y\n1,2\n")
    with pytest.raises(ValueError, match="t.parquet cannot be read: "):
        open_parts(tmp_path / "t.parquet")


def test_excluded_columns_are_named_where_none_is_left():
    with pytest.raises(ValueError, match=r"no column of the table can be ranked: 'a' \(in exclude\)"):
        rank_table(pd.DataFrame({"a": [1, 2], "y": [0, 1]}), "y", exclude=["a"])


_RANK = """
import resource, sys
import pandas as pd
from skib.feature_selection import rank_table

small = pd.DataFrame({"x": range(400), "y": [0, 1] * 200}) / [7, 1]
small.to_parquet(sys.argv[2])
rank_table(sys.argv[2], "y", n_features_to_select=1)  # all kernels and libraries are loaded
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[3]),) * 2)
print(rank_table(sys.argv[1], "y", n_features_to_select=2).path["feature"].tolist())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space, as only Linux does reliably")
def test_a_file_ten_times_the_memory_is_ranked(tmp_path):
    """5 million rows of 25 columns, 1 GB, in row groups, and 100 MB beside what is loaded."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    rng = np.random.default_rng(0)
    names = [f"x{i}" for i in range(24)]
    schema = pa.schema([(name, pa.float64()) for name in names] + [("y", pa.int64())])
    with ParquetWriter(tmp_path / "big.parquet", schema) as writer:
        for _ in range(50):
            y = rng.integers(0, 2, 100_000)
            x = rng.normal(size=(24, 100_000)) + y * np.r_[0, 1, 0.5, np.zeros(21)][:, None]
            writer.write_table(pa.table([*x, y], schema=schema))
    arguments = [str(tmp_path / "big.parquet"), str(tmp_path / "small.parquet"), str(100 * 2**20)]
    run = subprocess.run([sys.executable, "-c", _RANK, *arguments], capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() == ["['x1', 'x2']"], run.stderr


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
@pytest.mark.parametrize("n_values", [2, 1000])
def test_integers_that_float64_rounds(monkeypatch, dtype, n_values):
    # Differences of 1 beside an offset that leaves float64 no digit for them; a column of every part that is narrow.
    monkeypatch.setattr("skib.feature_selection._parts._ROWS_PER_PART", 400)
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=2000)
    x = y * (n_values // 2) + rng.integers(n_values // 2, size=2000)
    offset = np.array(2**62 if dtype is np.int64 else 2**63, dtype)
    frame = pd.DataFrame({"x": x.astype(dtype) + offset, "z": np.where(y == 1, -5, 3).astype(np.int64), "y": y})
    frame["late"] = np.where(np.arange(2000) < 400, 7, 2**62 + y)
    ranking = rank_table(frame, "y", n_features_to_select=3, criterion="mim")
    assert not ranking.left_out
    selector = InformationSelector("mim", 3).fit(frame.drop(columns="y"), y)
    pd.testing.assert_frame_equal(ranking.path, selector.path_)
    assert (ranking.path["relevance"] > 0.5).all()


def test_words_among_numbers_are_no_identifiers(table, tmp_path):
    """One "?" makes text of a column of numbers in a file; the reason to leave it out says so."""
    text = table["x0"].astype(str)
    text[7] = "?"
    table[["x3", "y"]].assign(read=text).to_csv(tmp_path / "table.csv", index=False)
    reason = rank_table(tmp_path / "table.csv", "y").left_out["read"]
    assert reason == "numbers, but words among them as well (first '?'); make missing values of the words"


def test_a_misspelled_column_is_refused_with_the_nearest(table):
    with pytest.raises(ValueError, match="target names 'wrod', but the columns .*; did you mean 'word'"):
        rank_table(table, "wrod")
