"""The format of the tables that the commands write, which the suffix of their names tells."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib._cli._runs import path_of_run
from tests.cli.saved_runs import save_run

WORK = {
    "plane": ("skib._cli._plane.InformationPlane", "run", ["--permutations", "2"]),
    "metrics": ("skib._cli._metrics.dump_metrics", "run", ["--families", "geometry", "collapse"]),
    "rank": ("skib._cli._rank.rank_table", "table.csv", ["--target", "y"]),
    "matrix": ("skib._cli._matrix.mutual_info_matrix", "table.csv", ["--permutations", "9"]),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A dump, one of whose layers fails at the last epoch, and a table."""

    def seen(epoch, y, rng):
        return np.full((90, 2), np.nan) if epoch else y[:, None] + 0.1 * rng.normal(size=(90, 2))

    y, rng = save_run(tmp_path / "run", seen)
    pd.DataFrame({"a": y + rng.normal(size=90), "b": rng.normal(size=90), "y": y}).to_csv(
        tmp_path / "table.csv", index=False
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", WORK)
def test_a_parquet_file_holds_the_rows_of_the_csv_file(folder, capsys, command):
    pytest.importorskip("pyarrow")
    _, source, options = WORK[command]
    codes = [main([command, source, "-o", name, *options]) for name in ("t.csv", "t.parquet", "t.csv.gz")]
    assert codes == 3 * [command in ("plane", "metrics")]
    text, typed, packed = pd.read_csv("t.csv"), pd.read_parquet("t.parquet"), pd.read_csv("t.csv.gz")
    assert len(text) and list(typed) == list(text)
    for name in text.columns.drop(["seconds", "message"], errors="ignore"):
        known = text[name].notna()  # CSV has no text of length 0
        pd.testing.assert_series_equal(typed[name][known], text[name][known], check_dtype=False, rtol=1e-14)
        assert packed[name].equals(text[name])
    assert Path("t.csv.gz").read_bytes()[:2] == b"\x1f\x8b"


@pytest.mark.parametrize("command", WORK)
@pytest.mark.parametrize("name", ["t.xlsx", "t.png", "t.parquet.gz", "t.v2"])
def test_another_suffix_is_refused_before_the_work(folder, monkeypatch, capsys, command, name):
    work, source, options = WORK[command]
    monkeypatch.setattr(work, None)  # the work would fail otherwise
    assert main([command, source, "-o", f"new/{name}", *options]) == 2
    written = ".csv, .parquet, .csv.gz, .csv.bz2, .csv.xz, .csv.zip"
    assert f"cannot write new/{name}: tables are written as {written}" in capsys.readouterr().err
    assert not Path("new").exists()


@pytest.mark.parametrize("command", WORK)
def test_parquet_without_pyarrow_is_refused_with_the_remedy(folder, monkeypatch, capsys, command):
    work, source, options = WORK[command]
    monkeypatch.setattr(work, None)
    monkeypatch.setattr("skib._cli._outputs.find_spec", lambda name: None)
    assert main([command, source, "-o", "t.parquet", *options]) == 2
    assert "t.parquet needs pyarrow, which is not installed: pip install pyarrow" in capsys.readouterr().err


def test_a_name_without_a_suffix_is_csv(folder, capsys):
    assert main(["matrix", "table.csv", "-o", "pairs", "--permutations", "0"]) == 0
    assert len(pd.read_csv("pairs")) == 3
    Path("link").symlink_to("pairs.txt")  # as the name that is given says, not the one that it points at
    assert main(["matrix", "table.csv", "-o", "link", "--permutations", "0"]) == 0
    assert Path("pairs.txt").read_bytes() == Path("pairs").read_bytes()


def test_a_plane_is_read_as_it_was_written(folder, capsys):
    pytest.importorskip("pyarrow")
    rows = {}
    for suffix in (".csv", ".csv.gz", ".parquet"):
        plane, metrics = f"plane{suffix}", f"metrics{suffix}.csv"
        assert main(["plane", "run", "--layers", "noise", "--permutations", "2", "-o", plane]) == 0
        options = ["--plane", plane, "--layers", "noise", "--families", "geometry"]
        assert main(["metrics", "run", "-o", metrics, *options]) == 0
        rows[suffix] = pd.read_csv(metrics).drop(columns="seconds")
    for suffix in (".csv.gz", ".parquet"):
        pd.testing.assert_frame_equal(rows[suffix], rows[".csv"], rtol=1e-12)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/plane.csv", "a/plane.s0.csv"),
        ("my.plane.csv.gz", "my.plane.s0.csv.gz"),
        ("p.parquet", "p.s0.parquet"),
        ("p", "p.s0"),
    ],
)
def test_files_of_runs_keep_their_format(path, expected):
    assert path_of_run(Path(path), "s0") == Path(expected)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_files_are_written_though_nobody_reads_what_is_printed(folder, unbuffered):
    """As with ``skib metrics ... | head -1``."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "skib", "metrics", "run", "--families", "collapse", "-o", "m.csv"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    run = subprocess.run(command, cwd=folder, env=environment, stdout=writer, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1 and len(pd.read_csv(folder / "m.csv")) == 10  # of the layer that fails, one
    assert "skib: failed: collapse of 1 cells" in run.stderr and "Broken pipe" not in run.stderr
    assert subprocess.run(command, cwd=folder, env=environment, stdout=writer, stderr=writer).returncode == 2
    os.close(writer)


def test_layers_without_a_value_are_left_out_of_what_is_printed(tmp_path, capsys):
    rng = np.random.default_rng(0)
    tokens, y = rng.normal(size=(40, 3, 5)), np.arange(40) % 2
    np.savez(tmp_path / "run.npz", tokens=tokens, fc=tokens[:, 0], y=y, ids=np.arange(40))
    command = ["metrics", str(tmp_path / "run.npz"), "--families", "geometry", "-o", str(tmp_path / "m.csv"), "--force"]
    assert main(command) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[:2]] == ["layer", "fc"]
    assert main([*command, "--layers", "tokens"]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("no measure has a value\nwritten:") and "geometry of 1 cells" in told.err
    assert pd.read_csv(tmp_path / "m.csv")["status"].tolist() == ["failed"]
