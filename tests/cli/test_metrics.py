"""The command that takes every measure of a dump."""

from inspect import signature

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib.metrics import dump_metrics
from tests.cli.saved_runs import save_run


@pytest.fixture
def dump(tmp_path):
    """Two layers at two epochs: one of noise, one in which the classes move apart."""
    save_run(tmp_path / "run", lambda epoch, y, rng: epoch * np.eye(3, 6)[y] + rng.normal(size=(90, 6)))
    return tmp_path / "run"


def test_table_and_picture_are_those_of_the_function(dump, tmp_path, capsys):
    csv, png = tmp_path / "out" / "m.csv", tmp_path / "out" / "m.png"
    assert main(["metrics", str(dump), "-o", str(csv), "--plot", str(png)]) == 0
    table, found = pd.read_csv(csv), dump_metrics(dump, random_state=0)
    pd.testing.assert_frame_equal(
        table.drop(columns=["seconds", "message"]), found.drop(columns=["seconds", "message"]), rtol=1e-12
    )
    assert png.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert "effective_rank" in out and f"written: {csv}, {png}" in out
    assert len([line for line in out.splitlines() if line.strip().startswith(("noise", "seen"))]) == 4


def test_rows_of_a_plane_come_first(dump, tmp_path, capsys):
    plane, csv = tmp_path / "plane.csv", tmp_path / "m.csv"
    assert main(["plane", str(dump), "--permutations", "5", "-o", str(plane)]) == 0
    capsys.readouterr()
    arguments = ["metrics", str(dump), "--plane", str(plane), "--families", "geometry", "-o", str(csv)]
    assert main(arguments) == 0
    table, rows = pd.read_csv(csv), pd.read_csv(plane)
    assert list(table["family"].unique()) == ["information", "geometry"]
    information = table[table["family"] == "information"]
    np.testing.assert_array_equal(information["value"], rows["mutual_info"])
    np.testing.assert_array_equal(information["null"], rows["null_mean"])
    assert "I(T;Y)" in capsys.readouterr().out


def test_similarity_takes_as_many_rows_as_the_option_says(dump, tmp_path, capsys):
    csv, base = tmp_path / "m.csv", ["metrics", str(dump), "--families", "similarity", "--force"]
    values = {}
    for option, number in (("50", 50), ("all", None)):
        assert main([*base, "-o", str(csv), "--max-samples", option]) == 0
        found = dump_metrics(dump, families=["similarity"], max_samples=number, random_state=0)
        values[option] = pd.read_csv(csv)["value"]
        np.testing.assert_allclose(values[option], found["value"], rtol=1e-12)
    assert not values["50"].equals(values["all"])
    default = signature(dump_metrics).parameters["max_samples"].default
    assert f"default: {default}" in _help(capsys) and main([*base, "-o", str(csv), "--max-samples", "3"]) == 2
    assert "max_samples must be a whole number, 4 or more" in capsys.readouterr().err


def _help(capsys):
    with pytest.raises(SystemExit):
        main(["metrics", "--help"])
    return " ".join(capsys.readouterr().out.split())


def test_failed_families_are_named_and_end_in_1(dump, tmp_path, capsys):
    broken = np.full((90, 6), np.nan)
    np.save(dump / "epoch_00005" / "seen.npy", broken)
    assert main(["metrics", str(dump), "--families", "geometry", "-o", str(tmp_path / "m.csv")]) == 1
    assert "geometry of 1 cells, first seen at epoch 5: ValueError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--families", "geometri"], "families must be a list of some of similarity"),
        (["--families", "attention"], "attention applies to no layer"),
        (["--plane", "{y}"], "y.npy"),
        (["--plane", "{table}"], "is no table of skib plane"),
        (["--plot", "m.what"], "cannot draw m.what"),
    ],
)
def test_errors_end_in_2(dump, tmp_path, capsys, options, message):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    places = {"y": dump / "y.npy", "table": tmp_path / "table.csv"}
    options = [option.format(**places) for option in options]
    assert main(["metrics", str(dump), "-o", str(tmp_path / "m.csv"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "m.csv").exists()
