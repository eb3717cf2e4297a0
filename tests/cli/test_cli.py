"""The command line: files, words and exit codes."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import skib
from skib._cli import main
from skib.information_plane._cell import COLUMNS


@pytest.fixture
def dump(tmp_path):
    """Two layers at two epochs: one of noise, one that holds the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    for epoch in (0, 5):
        folder = tmp_path / "run" / f"epoch_{epoch:05d}"
        folder.mkdir(parents=True)
        np.save(folder / "noise.npy", rng.normal(size=(90, 4)))
        np.save(folder / "seen.npy", y[:, None] + 0.1 * (epoch + 1) * rng.normal(size=(90, 2)))
    np.save(tmp_path / "run" / "y.npy", y)
    np.save(tmp_path / "run" / "ids.npy", np.arange(90))
    return tmp_path / "run"


def test_plane_writes_a_table_and_a_picture(dump, tmp_path, capsys):
    csv, png = tmp_path / "out" / "plane.csv", tmp_path / "out" / "plane.png"
    assert main(["plane", str(dump), "-o", str(csv), "--plot", str(png), "--units", "bits"]) == 0
    table = pd.read_csv(csv)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 8
    assert png.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert "seen at 2 epochs" in out and "noise at" not in out
    assert "H(Y) = 1.5" in out  # bits: log2(3) = 1.585


def test_targets_and_inputs_from_files(dump, tmp_path, capsys):
    y, x = tmp_path / "labels.npy", tmp_path / "x.npy"
    np.save(y, np.random.default_rng(1).permutation(np.load(dump / "y.npy")))
    np.save(x, np.arange(90) // 2)
    arguments = ["plane", str(dump), "--y", str(y), "--x", str(x), "--permutations", "50", "--jobs", "2"]
    assert main([*arguments, "-o", str(tmp_path / "p.csv")]) == 0
    assert "no layer knows anything" in capsys.readouterr().out


def test_failed_cells_are_listed(dump, tmp_path, capsys):
    np.save(dump / "epoch_00005" / "noise.npy", np.full((90, 4), np.nan))
    assert main(["plane", str(dump), "-o", str(tmp_path / "p.csv")]) == 1
    assert "failed: I(T;Y) of noise at epoch 5" in capsys.readouterr().err
    assert (pd.read_csv(tmp_path / "p.csv")["status"] == "failed").sum() == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["inspect", "nowhere"], "nowhere"),
        (["plane", "nowhere"], "nowhere"),
        (["plane", "{dump}", "--y", "nowhere.npy"], "nowhere.npy"),
        (["plane", "{dump}", "--y", "{short}"], "90"),
        (["plane", "{dump}", "--y", "{pickle}"], "--y"),
        (["plane", "{dump}", "--permutations", "-1"], "n_permutations"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(dump, tmp_path, capsys, arguments, text):
    np.save(tmp_path / "short.npy", np.zeros(7))
    np.save(tmp_path / "pickle.npy", np.array([{}], dtype=object))
    names = {"dump": dump, "short": tmp_path / "short.npy", "pickle": tmp_path / "pickle.npy"}
    assert main([a.format(**names) for a in arguments]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("skib: error: ") and text in last


def test_usage_errors_exit_with_2(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["plan"])
    assert "usage: skib" in capsys.readouterr().err


def test_inspect_says_what_is_there(dump, capsys):
    assert main(["inspect", str(dump)]) == 0
    out = capsys.readouterr().out
    assert "4 cells, 2 epochs from 0 to 5" in out
    assert "y: int64 of shape (90,)" in out and "X: absent" in out
    assert "noise" in out and "seen" in out


@pytest.mark.parametrize("command", [[], ["demo"], ["plane"], ["inspect"]])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    assert "examples:" in capsys.readouterr().out


def test_version_in_a_process_of_its_own():
    run = subprocess.run([sys.executable, "-m", "skib", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"skib {skib.__version__}"


@pytest.mark.parametrize("shuffled", [False, True])
def test_demo(tmp_path, capsys, shuffled):
    arguments = ["demo", "--epochs", "12", "--output", str(tmp_path / "demo"), "--jobs", "2"]
    assert main(arguments + ["--shuffle-labels"] * shuffled) == 0
    out = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "demo" / "plane.csv")
    about_y = table[table["quantity"] == "I(T;Y)"].set_index(["layer", "epoch"])
    corrected = about_y["mutual_info"] - about_y["null_mean"]
    assert (tmp_path / "demo" / "plane.png").exists()
    assert set(table["dim"]) == {64, 16, 6}
    if shuffled:
        assert "no layer knows anything" in out
        assert corrected.abs().max() < 0.1
    else:
        narrow = corrected["layer_3"]
        assert narrow.loc[12] > narrow.loc[0] + 0.2  # towards H(Y) = 2.30
        assert narrow.loc[12] > 1.7
        assert "layer_1 at" in out
