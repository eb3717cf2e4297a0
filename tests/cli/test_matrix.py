"""The command that estimates all pairs of columns of a table."""

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib.mutual_info import mutual_info_matrix


@pytest.fixture
def table(tmp_path):
    """Two columns that share a factor, one of classes that follows it, and one of noise."""
    rng = np.random.default_rng(0)
    factor = rng.normal(size=400)
    frame = pd.DataFrame({"a": factor + 0.3 * rng.normal(size=400), "b": factor, "noise": rng.normal(size=400)})
    frame["sign"] = np.where(factor > 0, "up", "down")
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_the_pairs_are_those_of_the_function(table, tmp_path, capsys):
    csv, png = tmp_path / "pairs.csv", tmp_path / "matrix.png"
    arguments = ["matrix", str(table), "-o", str(csv), "--plot", str(png), "--units", "bits", "--permutations", "99"]
    assert main(arguments) == 0
    found = mutual_info_matrix(pd.read_csv(table), n_permutations=99, random_state=0)
    pairs = pd.read_csv(csv)
    assert len(pairs) == 6 and pairs["mutual_info"].is_monotonic_decreasing
    for row in pairs.itertuples():
        for name in ("mutual_info", "std_error", "pvalue"):
            assert getattr(row, name) == pytest.approx(getattr(found, name).loc[row.x, row.y], abs=1e-12)
    assert (pairs["adjusted_pvalue"] >= pairs["pvalue"]).all() and (pairs["n_samples"] == 400).all()
    assert png.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    first = pairs.iloc[0]
    assert f"{first['mutual_info'] / np.log(2):.4f}" in out and "in bits: 6 of 6 pairs; 400 rows, 1 columns of" in out
    assert "p <= 0.05): 3 of 6 pairs" in out


def test_columns_are_chosen_and_p_values_left_out(table, tmp_path, capsys):
    csv = tmp_path / "pairs.csv"
    options = ["--columns", "a", "b", "sign", "--exclude", "sign", "--permutations", "0"]
    assert main(["matrix", str(table), "-o", str(csv), *options]) == 0
    pairs = pd.read_csv(csv)
    assert pairs[["x", "y"]].to_numpy().tolist() == [["a", "b"]] and "pvalue" not in pairs
    assert "significant" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("table.csv", ["--exclude", "zzz"], "has no column 'zzz'; it has a, b, noise, sign"),
        ("table.txt", [], "name a .csv or .parquet file"),
        ("none.csv", [], "none.csv"),
        ("table.csv", ["--alpha", "2"], "--alpha must lie between 0 and 1"),
        ("table.csv", ["-o", "table.csv"], "is the table that is read"),
    ],
)
def test_errors_come_before_the_work(table, monkeypatch, capsys, source, options, message):
    monkeypatch.chdir(table.parent)
    assert main(["matrix", source, *options]) == 2
    assert message in capsys.readouterr().err


def test_a_parquet_file_with_missing_values(table, tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.read_csv(table)
    frame.loc[:9, "a"] = np.nan
    frame.to_parquet(tmp_path / "table.parquet")
    assert main(["matrix", str(tmp_path / "table.parquet"), "-o", str(tmp_path / "p.csv"), "--permutations", "0"]) == 0
    pairs = pd.read_csv(tmp_path / "p.csv").set_index(["x", "y"])
    assert pairs.loc[("a", "b"), "n_samples"] == 390 and pairs.loc[("b", "sign"), "n_samples"] == 400


def test_dates_of_a_file_of_text_are_dates(table, tmp_path, capsys):
    """As `skib rank` reads them: text in a file has no type."""
    rng = np.random.default_rng(0)
    frame = pd.read_csv(table)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.round(100 + 30 * frame["b"]), unit="D")
    frame.assign(since=days.where(rng.random(len(frame)) > 0.1)).to_csv(table, index=False)
    assert main(["matrix", str(table), "-o", str(tmp_path / "pairs.csv"), "--permutations", "0"]) == 0
    assert "% of 'since')" in capsys.readouterr().err
    pairs = pd.read_csv(tmp_path / "pairs.csv").set_index(["x", "y"])
    assert pairs.loc[("b", "since"), "mutual_info"] > 2 and abs(pairs.loc[("noise", "since"), "mutual_info"]) < 0.1
