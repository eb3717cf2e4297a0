"""Several runs of one network, of one command."""

import numpy as np
import pandas as pd
import pytest

from skib._cli import main
from skib._cli._runs import run_paths
from skib.information_plane import aggregate_runs

N = 80
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


def test_a_folder_of_runs_and_several_dumps_are_the_same_runs(runs):
    found = run_paths([runs])
    assert list(found) == ["seed0", "seed2", "seed10"]
    assert run_paths(list(found.values())) == found
    assert run_paths([runs / "seed2.npz"]) == {"seed2": runs / "seed2.npz"}


def test_runs_of_one_name_are_told_apart_by_their_folders(runs, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.npz").write_bytes((runs / "seed2.npz").read_bytes())
    names = list(run_paths([tmp_path / "a" / "run.npz", tmp_path / "b" / "run.npz"]))
    assert [name.split("-")[-2] for name in names] == ["a", "b"]


def test_epochs_of_a_faulty_dump_are_no_runs(tmp_path, capsys):
    """Each file is a dump by itself; the folder is refused, for their rows differ."""
    for epoch, n_samples in ((1, 5), (2, 6)):
        np.savez(tmp_path / f"epoch_{epoch}.npz", **{"epoch_1/fc": np.zeros((n_samples, 2)), "y": np.arange(n_samples)})
    assert list(run_paths([tmp_path]).values()) == [tmp_path]
    assert main(["plane", str(tmp_path), "-o", str(tmp_path / "p.csv")]) == 2
    assert "no run" not in capsys.readouterr().err


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
