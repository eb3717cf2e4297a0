"""Several runs of one network, of one command."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib._cli._runs import open_runs
from skib.dumps._layouts import read_source
from skib.information_plane import aggregate_runs

N = 80
SEEDS = ["seed0.npz", "seed2.npz", "seed10.npz"]
pytestmark = pytest.mark.filterwarnings("ignore:.*has no ids")


@pytest.fixture
def runs(tmp_path):
    """Three seeds: a layer of noise and one that holds the class; beside them a note."""
    y = np.arange(N) % 2
    for seed in (0, 2, 10):
        rng = np.random.default_rng(seed)
        arrays = {f"epoch_{e}/noise": rng.normal(size=(N, 3)) for e in (0, 4)}
        arrays |= {f"epoch_{e}/seen": y[:, None] + 0.1 * rng.normal(size=(N, 1)) for e in (0, 4)}
        (tmp_path / "mlp").mkdir(exist_ok=True)
        np.savez(tmp_path / "mlp" / f"seed{seed}.npz", **arrays, y=y)
    (tmp_path / "mlp" / "note.txt").write_text("three seeds")
    return tmp_path / "mlp"


def sources(paths):
    return {name: Path(dump.source) for name, dump in open_runs(paths, (), ()).items()}


def test_a_folder_of_runs_and_several_dumps_are_the_same_runs(runs):
    found = sources([runs])
    assert list(found) == ["seed0", "seed2", "seed10"]
    assert sources(list(found.values())) == found
    assert sources([runs / "seed2.npz"]) == {None: runs / "seed2.npz"}


def test_every_dump_is_opened_once(runs, tmp_path, capsys, monkeypatch):
    opened = []

    def counted(path, max_bytes):
        opened.append(Path(path).name)
        return read_source(path, max_bytes)

    monkeypatch.setattr("skib.dumps._dump.read_source", counted)
    options = ["--permutations", "0", "--layers", "s*", "--reduce", "gap", "--reduce", "seen=flatten"]
    for source, expected in ((runs / "seed2.npz", ["seed2.npz"]), (runs, ["mlp", "note.txt", *SEEDS])):
        opened.clear()
        assert main(["plane", str(source), "-o", str(tmp_path / f"{len(expected)}.csv"), *options]) == 0
        assert opened == expected


def test_runs_of_one_name_are_told_apart_by_their_folders(runs, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.npz").write_bytes((runs / "seed2.npz").read_bytes())
    names = list(sources([tmp_path / "a" / "run.npz", tmp_path / "b" / "run.npz"]))
    assert [name.split("-")[-2] for name in names] == ["a", "b"]


def test_epochs_of_a_faulty_dump_are_no_runs(tmp_path, capsys):
    """Each file is a dump by itself; the folder is refused, for their rows differ."""
    for epoch, n_samples in ((1, 5), (2, 6)):
        np.savez(tmp_path / f"checkpoint-{epoch}.npz", fc=np.zeros((n_samples, 2)), y=np.arange(n_samples))
    assert main(["plane", str(tmp_path), "-o", str(tmp_path / "p.csv")]) == 2
    told = capsys.readouterr().err
    assert "no run" not in told and "has 6 samples but" in told


def test_a_folder_of_one_run_is_no_mean(runs, tmp_path, capsys):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.npz").write_bytes((runs / "seed2.npz").read_bytes())
    assert main(["plane", str(tmp_path / "one"), "-o", str(tmp_path / "p.csv")]) == 2
    assert "has no epoch with a layer" in capsys.readouterr().err


def test_a_file_without_layers_is_told_as_such(tmp_path, capsys):
    np.savez(tmp_path / "run.npz", y=np.arange(6), ids=np.arange(6))
    assert main(["plane", str(tmp_path / "run.npz"), "-o", str(tmp_path / "p.csv")]) == 2
    assert "run.npz has no epoch with a layer" in capsys.readouterr().err


def test_the_rate_of_errors_is_that_of_every_run(runs, tmp_path, capsys):
    """At a rate of nearly 1 the layer of noise is significant, too, wherever it is above the mean of its null."""
    shown = []
    for alpha in ("0.01", "0.9999"):
        csv = tmp_path / f"{alpha}.csv"
        assert main(["plane", str(runs), "-o", str(csv), "--permutations", "20", "--alpha", alpha]) == 0
        out = capsys.readouterr().out
        assert f"Holm-corrected p < {alpha})" in out
        shown.append([line.split()[-3:] for line in out.splitlines() if "noise" in line and "+-" in line])
        table = pd.read_csv(csv).query("quantity == 'I(T;Y)' and layer == 'noise'")
        assert [row[0] for row in shown[-1]] == [f"{3 * share:.0f}" for share in table["share_significant"]]
    assert shown[0] != shown[1]


def test_the_mean_of_the_runs_is_that_of_the_functions(runs, tmp_path, capsys):
    csv, png = tmp_path / "out" / "mean.csv", tmp_path / "out" / "mean.png"
    arguments = ["plane", str(runs), "-o", str(csv), "--plot", str(png), "--permutations", "20", "--conditional"]
    assert main([*arguments, "--resume", str(tmp_path / "run.jsonl")]) == 0
    out, err = capsys.readouterr()
    names = ("seed0", "seed2", "seed10")
    tables = [pd.read_csv(csv.with_name(f"mean.{name}.csv")) for name in names]
    assert all((tmp_path / f"run.{name}.jsonl").exists() for name in names)
    pd.testing.assert_frame_equal(pd.read_csv(csv), aggregate_runs(tables), check_dtype=False)
    assert png.read_bytes().startswith(b"\x89PNG")
    rows = {tuple(line.split()[:3:2]): line.split()[-3:] for line in out.splitlines() if "+-" in line}
    assert rows["seen", "4"] == ["3", "of", "3"] and rows["noise", "4"] == ["0", "of", "3"]
    assert "means of 3 runs (seed0, seed2, seed10)" in out and "I(X;T|Y)" in out
    assert "skib: run: seed2, 2 of 3" in err and "skib: no run: note.txt: " in err
    assert main(arguments) == 2 and "mean.seed0.csv" in capsys.readouterr().err  # none is written over


def test_runs_of_other_layers_are_refused_before_the_work(runs, tmp_path, capsys):
    np.savez(runs / "seed11.npz", **{"epoch_0/seen": np.zeros((N, 2)), "y": np.arange(N) % 2})
    assert main(["plane", str(runs), "-o", str(tmp_path / "p.csv")]) == 2
    assert "runs seed0 and seed11 differ, first in layer" in capsys.readouterr().err
    assert main(["plane", str(runs / "note.txt"), "-o", str(tmp_path / "p.csv")]) == 2


def test_failed_cells_are_listed_by_run(runs, tmp_path, capsys):
    broken = dict(np.load(runs / "seed2.npz"))
    broken["epoch_4/noise"][:] = np.nan
    np.savez(runs / "seed2.npz", **broken)
    assert main(["plane", str(runs), "-o", str(tmp_path / "p.csv"), "--permutations", "0"]) == 1
    assert capsys.readouterr().err.splitlines()[-2:][0] == "skib: run: seed2"
