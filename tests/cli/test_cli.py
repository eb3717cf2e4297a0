"""The command line: files, words and exit codes."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone

import skib
from skib._cli import main
from skib._cli._choices import COMPRESSORS, ESTIMATORS, INPUT_ESTIMATORS, choose, forms
from skib._cli._console import one_line
from skib.information_plane._results import COLUMNS


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


def verdicts(out):
    """Last column of the printed table."""
    rows = [line.split() for line in out.splitlines() if line.strip().startswith(("noise", "seen", "layer_"))]
    return {(row[0], int(row[2])): row[-1] for row in rows}


def test_plane_writes_a_table_and_a_picture(dump, tmp_path, capsys):
    csv, png = tmp_path / "out" / "plane.csv", tmp_path / "out" / "plane.png"
    assert main(["plane", str(dump), "-o", str(csv), "--plot", str(png), "--units", "bits"]) == 0
    table = pd.read_csv(csv)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 8
    assert png.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert verdicts(out) == {("noise", 0): "no", ("noise", 5): "no", ("seen", 0): "yes", ("seen", 5): "yes"}
    assert "2 of 4 cells" in out
    assert "H(Y) = 1.5" in out  # bits: log2(3) = 1.585


def test_targets_and_inputs_from_files(dump, tmp_path, capsys):
    y, x = tmp_path / "labels.npy", tmp_path / "x.npy"
    np.save(y, np.random.default_rng(1).permutation(np.load(dump / "y.npy")))
    np.save(x, np.arange(90) // 2)
    arguments = ["plane", str(dump), "--y", str(y), "--x", str(x), "--permutations", "50", "--jobs", "2"]
    assert main([*arguments, "-o", str(tmp_path / "p.csv")]) == 0
    out = capsys.readouterr().out
    assert "no layer is significantly above its null" in out and set(verdicts(out).values()) == {"no"}


def test_numbers_as_targets_and_no_null(dump, tmp_path, capsys):
    seen = np.load(dump / "epoch_00000" / "seen.npy")[:, 0]
    np.save(tmp_path / "y.npy", seen + np.random.default_rng(2).normal(size=90))
    arguments = ["plane", str(dump), "--y", str(tmp_path / "y.npy"), "--neighbors", "3", "--permutations", "0"]
    assert main([*arguments, "-o", str(tmp_path / "p.csv")]) == 0
    out = capsys.readouterr().out
    assert "null" not in out and "H(Y)" not in out
    table = pd.read_csv(tmp_path / "p.csv")
    assert set(table.loc[table["quantity"] == "I(T;Y)", "estimator"]) == {"KSG(n_neighbors=3)"}


@pytest.fixture
def csv(tmp_path):
    """A table of two informative columns of four, and one of identifiers."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    frame = pd.DataFrame(rng.normal(size=(600, 4)) + y[:, None] * [0, 1, 0, 2], columns=list("abcd"))
    frame.assign(id=[f"row {i}" for i in range(600)], y=np.where(y, "in", "out")).to_csv(
        tmp_path / "table.csv", index=False
    )
    return tmp_path / "table.csv"


def test_rank_writes_the_path_and_a_picture(csv, tmp_path, capsys):
    table, png = tmp_path / "out" / "ranking.csv", tmp_path / "out" / "ranking.png"
    arguments = ["rank", str(csv), "--target", "y", "-o", str(table), "--plot", str(png), "--units", "bits"]
    assert main(arguments) == 0
    written = pd.read_csv(table)
    assert written["feature"].tolist() == ["d", "b"]
    assert png.read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert re.search(r"^ *1 +d .*< 1e-6$", out, re.MULTILINE)
    assert f"{skib.in_bits(written['relevance'][0]):.4f}" in out
    assert "stopped: no candidate is significant" in out and "alpha=0.05" in out
    assert "left out: id (identifiers: most values occur once)" in out
    assert "600 rows, 4 columns, 2 classes" in out


def test_rank_by_other_options(csv, tmp_path, capsys):
    arguments = ["rank", str(csv), "--target", "y", "-o", str(tmp_path / "r.csv"), "-k", "3", "--criterion", "mrmr"]
    assert main([*arguments, "--include", "a", "--exclude", "d", "id", "--bins", "3", "--jobs", "2"]) == 0
    assert pd.read_csv(tmp_path / "r.csv")["feature"].tolist() == ["a", "b", "c"]
    assert "numbers in 3 bins" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "z"], "target names 'z'"),
        (["--target", "y", "--criterion", "best"], "criterion must be one of 'mim'"),
        (["--target", "y", "--alpha", "2"], "--alpha must lie between 0 and 1"),
        (["--target", "y", "--plot", "r.xyz"], "cannot draw r.xyz"),
        (["--target", "y", "-k", "0"], "n_features_to_select == 0"),
    ],
)
def test_rank_refuses_before_the_work(csv, tmp_path, capsys, options, message):
    assert main(["rank", str(csv), "-o", str(tmp_path / "r.csv"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "r.csv").exists()


def test_rows_that_depend_on_each_other(tmp_path, capsys):
    """Sixty texts of five tokens, which have the class of their text and no more."""
    rng = np.random.default_rng(0)
    texts = np.repeat([f"text {i}" for i in range(60)], 5)
    layer, y = rng.normal(size=(60, 1)).repeat(5, axis=0), rng.integers(0, 2, 60).repeat(5)
    np.savez(tmp_path / "run.npz", **{"epoch_0/seen": layer + 0.01 * rng.normal(size=(300, 1)), "y": y})
    np.save(tmp_path / "texts.npy", texts)
    significant = {}
    for option in ([], ["--groups", str(tmp_path / "texts.npy")], ["--shuffle", "circular"]):
        arguments = [
            "plane",
            str(tmp_path / "run.npz"),
            "-o",
            str(tmp_path / "p.csv"),
            "--permutations",
            "50",
            "--force",
        ]
        assert main([*arguments, *option]) == 0
        captured = capsys.readouterr()
        significant[" ".join(option[:1])] = verdicts(captured.out)["seen", 0]
        assert ("successive rows are alike in layer 'seen'" in captured.err) == (not option)
        assert ("+-" in captured.out) == (not option) and "nan" not in captured.out
    assert significant == {"": "yes", "--groups": "no", "--shuffle": "no"}


def test_groups_that_are_objects_are_refused_with_the_remedy(dump, tmp_path, capsys):
    np.save(tmp_path / "texts.npy", np.array([f"text {i // 5}" for i in range(90)], dtype=object))
    assert main(["plane", str(dump), "--groups", str(tmp_path / "texts.npy"), "-o", str(tmp_path / "p.csv")]) == 2
    assert re.search(r"texts\.npy: .* strings for y, ids and groups \(array\.astype\(str\)\)", capsys.readouterr().err)


def test_coverage_and_error_rate_are_options(dump, tmp_path, capsys):
    arguments = ["plane", str(dump), "-o", str(tmp_path / "p.csv")]
    assert main([*arguments, "--confidence-level", "0.5", "--alpha", "0.999999"]) == 0
    assert set(verdicts(capsys.readouterr().out).values()) >= {"yes"}
    table = pd.read_csv(tmp_path / "p.csv")
    half_width = stats.norm.ppf(0.75) * table["std_error"]
    np.testing.assert_allclose(table["ci_high"] - table["mutual_info"], half_width)


def test_without_matplotlib_the_table_is_written_and_the_missing_plot_is_reported(dump, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # importing it raises ImportError
    csv, png = tmp_path / "p.csv", tmp_path / "p.png"
    assert main(["plane", str(dump), "--permutations", "0", "-o", str(csv), "--plot", str(png)]) == 0
    captured = capsys.readouterr()
    assert csv.exists() and not png.exists() and "p.png" not in captured.out
    assert "pip install matplotlib" in captured.err


def test_failed_cells_are_listed(dump, tmp_path, capsys):
    np.save(dump / "epoch_00005" / "noise.npy", np.full((90, 4), np.nan))
    assert main(["plane", str(dump), "-o", str(tmp_path / "p.csv")]) == 1
    captured = capsys.readouterr()
    failures = [line for line in captured.err.splitlines() if line.startswith("skib: failed: ")]
    assert len(failures) == 1 and "I(T;Y) and I(X;T) of noise at epoch 5: ValueError: " in failures[0]
    assert verdicts(captured.out)["noise", 5] == "failed" and verdicts(captured.out)["seen", 5] == "yes"
    assert (pd.read_csv(tmp_path / "p.csv")["status"] == "failed").sum() == 2


def test_cells_that_fail_alike_are_one_line(dump, tmp_path, capsys):
    for epoch in (0, 5):
        for layer in ("noise", "pattern"):
            np.save(dump / f"epoch_{epoch:05d}" / f"{layer}.npy", np.zeros((90, 2, 3 + epoch, 3)))
    np.save(dump / "epoch_00005" / "seen.npy", np.full((90, 2), np.inf))
    assert main(["plane", str(dump), "-o", str(tmp_path / "p.csv"), "--permutations", "0"]) == 1
    err = capsys.readouterr().err.splitlines()
    failures = [line for line in err if line.startswith("skib: failed: ")]
    assert len(failures) == 2 and not any("estimates failed" in line for line in err)
    told = "skib: failed: I(T;Y) and I(X;T) of 2 layers x 2 epochs (noise, pattern): ValueError: cell (0, 'noise') has "
    assert failures[0].startswith(told)
    assert failures[1].startswith("skib: failed: I(T;Y) and I(X;T) of seen at epoch 5: ValueError: ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["inspect", "nowhere"], "nowhere"),
        (["plane", "nowhere"], "nowhere"),
        (["plane", "{dump}", "--y", "nowhere.npy"], "nowhere.npy"),
        (["plane", "{dump}", "--y", "{short}"], "90"),
        (["plane", "{dump}", "--x", "{short}"], "90"),
        (["plane", "{dump}", "--groups", "{short}"], "groups"),
        (["plane", "{dump}", "--groups", "nowhere.npy"], "nowhere.npy"),
        (["plane", "{dump}", "--groups", "{dump}/ids.npy", "--shuffle", "circular"], "shuffle='circular'"),
        (["plane", "{dump}", "--y", "{pickle}"], "pickle.npy"),
        (["plane", "{dump}", "--y", "{empty}"], "empty.npy"),
        (["plane", "{dump}", "--y", "{archive}"], "archive.npz"),
        (["plane", "{dump}", "--y", "{dump}"], "run"),
        (["plane", "{dump}", "--neighbors", "200"], "n_neighbors"),
        (["plane", "{dump}", "--bins", "0"], "n_bins"),
        (["plane", "{unlabeled}"], "--y Y.npy"),
        (["inspect", "{tmp}"], "supported layouts are"),
        (["demo", "--epochs", "0", "--output", "{tmp}/demo"], "epochs"),
        (["plane", "{dump}", "--permutations", "-1"], "n_permutations"),
        (["plane", "{dump}", "--confidence-level", "1"], "confidence_level"),
        (["plane", "{dump}", "--alpha", "0"], "--alpha must lie between 0 and 1, got 0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(dump, tmp_path, capsys, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "short.npy", np.zeros(7))
    np.save(tmp_path / "pickle.npy", np.array([{}] * 90, dtype=object))
    np.savez(tmp_path / "archive.npz", *np.arange(90))  # as many keys as there are rows
    np.savez(tmp_path / "unlabeled.npz", **{"epoch_1/noise": np.zeros((90, 2)), "ids": np.arange(90)})
    (tmp_path / "empty.npy").touch()
    names = {path.stem: path for path in tmp_path.iterdir()} | {"dump": dump, "tmp": tmp_path}
    assert main([a.format(**names) for a in arguments]) == 2
    *progress, line = capsys.readouterr().err.splitlines()
    assert line.startswith("skib: error: ") and text in line
    assert all(text.startswith("information plane: ") for text in progress)
    assert not (tmp_path / "plane.csv").exists()


def test_a_long_message_is_one_line_that_ends():
    assert one_line("a\n  b\nc") == "a; b; c"
    assert len(one_line("0 " * 1000)) <= 600


def test_usage_errors_exit_with_2(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["plan"])
    assert "usage: skib" in capsys.readouterr().err


def test_inspect_lists_the_contents(dump, capsys):
    assert main(["inspect", str(dump)]) == 0
    out = capsys.readouterr().out
    assert "a folder of files per epoch" in out
    assert "epochs: 2 (0, 5)" in out and "cells: 4, 90 rows each" in out
    assert "y: int64 of shape (90,)" in out and "X: absent" in out and "ids: int64 of shape (90,)" in out
    *_, noise, seen = (line.split() for line in out.splitlines())
    assert noise == ["noise", "2", "(90,", "4)", "float64", "5760"]  # 2 epochs of 90 x 4 x 8 bytes
    assert seen[:2] == ["seen", "2"]


def test_inspect_of_archives(tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    for epoch in range(30):
        np.savez(run / f"epoch_{epoch}.npz", fc1=np.zeros((9, 2), np.float32), ids=np.arange(9))
    np.savez(tmp_path / "all.npz", **{"ep1/fc1": np.zeros((9, 2)), "ids": np.arange(9)})
    assert main(["inspect", str(run)]) == 0 and main(["inspect", str(tmp_path / "all.npz")]) == 0
    out = capsys.readouterr().out
    assert "a .npz file per epoch" in out and "one .npz file with keys epoch/layer" in out
    assert "epochs: 30 (0, 1," in out and "..., 18," in out


@pytest.mark.parametrize("command", [[], ["demo"], ["plane"], ["inspect"]])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    assert "examples:" in capsys.readouterr().out


def test_version_in_a_process_of_its_own():
    run = subprocess.run([sys.executable, "-m", "skib", "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"skib {skib.__version__}"


def test_the_collector_of_garbage_is_set_by_the_process_alone():
    code = """
import gc, sys
from skib._cli import command, main
sys.argv = ["skib", "inspect", "nothing"]
before = gc.get_threshold(), gc.get_freeze_count()
print(main(["inspect", "nothing"]), (gc.get_threshold(), gc.get_freeze_count()) == before)
print(command(), gc.get_threshold()[0] > before[0][0], gc.get_freeze_count() > 0)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["2 True", "2 True True"]


def test_help_needs_no_heavy_imports():
    code = "import sys; from skib._cli import _main; _main._parser().format_help(); print('numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize("shuffled", [False, True])
def test_demo(tmp_path, capsys, shuffled):
    arguments = ["demo", "--epochs", "12", "--output", str(tmp_path / "demo"), "--jobs", "2"]
    assert main(arguments + ["--shuffle-labels"] * shuffled) == 0
    out = capsys.readouterr().out
    table = pd.read_csv(tmp_path / "demo" / "plane.csv")
    about_y = table[table["quantity"] == "I(T;Y)"].set_index(["layer", "epoch"])
    corrected = about_y["mutual_info"] - about_y["null_mean"]
    assert (tmp_path / "demo" / "plane.png").exists()
    assert set(table["n_units"]) == {64, 16, 6}
    if shuffled:
        assert "no layer is significantly above its null" in out and set(verdicts(out).values()) == {"no"}
        assert corrected.abs().max() < 0.1
    else:
        narrow = corrected["layer_3"]
        assert narrow.loc[12] > narrow.loc[0] + 0.2  # towards H(Y) = 2.30
        assert narrow.loc[12] > 1.7
        assert len(verdicts(out)) == 6 and set(verdicts(out).values()) == {"yes"}


def test_plane_with_a_compressor_other_estimators_and_a_checkpoint(dump, tmp_path, capsys):
    names = ["--compress", "pca:2", "--estimator", "auto", "--input-estimator", "adaptive:5", "--conditional"]
    arguments = ["plane", str(dump), *names, "--permutations", "2", "--resume", str(tmp_path / "run.jsonl")]
    assert main([*arguments, "-o", str(tmp_path / "a.csv")]) == 0
    cells = (tmp_path / "run.jsonl").read_bytes()
    assert main([*arguments, "-o", str(tmp_path / "b.csv")]) == 0
    assert (tmp_path / "run.jsonl").read_bytes() == cells  # nothing computed twice
    first, second = pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")
    pd.testing.assert_frame_equal(first, second)
    assert set(first["quantity"]) == {"I(T;Y)", "I(X;T)", "I(X;T|Y)"}
    assert first.loc[first["layer"] == "noise", "compressor"].str.startswith("PCA").all()


@pytest.mark.parametrize("choices", [COMPRESSORS, ESTIMATORS, INPUT_ESTIMATORS])
def test_choices_of_the_help_are_those_that_exist(choices):
    for form in forms(choices).split(", "):
        name, colon, _ = form.partition(":")
        made = choose(choices, name)
        assert clone(made).get_params().keys() == made.get_params().keys()
        if colon:
            assert repr(choose(choices, f"{name}:{choices[name].default}")) == repr(made)
            assert repr(choose(choices, f"{name}:3")) != repr(made)
        else:
            with pytest.raises(ValueError, match=f"'{name}:3' is none of"):
                choose(choices, f"{name}:3")


@pytest.mark.parametrize(
    "option", ["--estimator=magic", "--compress=pca:x", "--input-estimator=bins:1.5", "--plot=p.doc"]
)
def test_unknown_choices_raise_before_the_work(dump, tmp_path, capsys, option):
    assert main(["plane", str(dump), option, "-o", str(tmp_path / "p.csv")]) == 2
    assert option.split("=")[1].split(":")[0] in capsys.readouterr().err
    assert not (tmp_path / "p.csv").exists()


@pytest.mark.parametrize("option", ["-o", "--plot", "--resume"])
@pytest.mark.parametrize("place", ["folder", "under a file", "read-only"])
def test_files_that_cannot_be_written_are_named_before_the_work(dump, tmp_path, capsys, monkeypatch, option, place):
    monkeypatch.setattr("skib._cli._plane.InformationPlane", None)  # the work would fail otherwise
    (tmp_path / "file").write_text("")
    name = "a.csv" if option == "-o" else "a.png"
    path = {"folder": tmp_path / name, "under a file": tmp_path / "file" / name, "read-only": f"/proc/{name}"}
    path["folder"].mkdir()
    others = [] if option == "-o" else ["-o", str(tmp_path / "p.csv")]
    assert main(["plane", str(dump), option, str(path[place]), *others]) == 2
    assert f"skib: error: {path[place]} cannot be written: " in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_full_disk_is_named_and_finished_cells_are_kept(dump, tmp_path, capsys):
    arguments = ["plane", str(dump), "-o", "/dev/full", "--permutations", "2"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "/dev/full cannot be written: No space left on device; with --resume RUN.jsonl the finished cells" in error
    assert main([*arguments, "--resume", str(tmp_path / "run.jsonl")]) == 2
    assert f"the finished cells are in {tmp_path / 'run.jsonl'}: repeat the command with an" in capsys.readouterr().err


def test_a_table_is_written_whole_or_not_at_all(dump, tmp_path, capsys, monkeypatch):
    csv = tmp_path / "p.csv"
    csv.write_text("old")
    csv.chmod(0o640)

    def cut(frame, path, **options):
        Path(path).write_text("epoch,lay")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pd.DataFrame, "to_csv", cut)
        assert main(["plane", str(dump), "-o", str(csv), "--permutations", "0", "--force"]) == 2
    assert csv.read_text() == "old" and sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "run"]
    link = tmp_path / "link.csv"
    link.symlink_to(csv)
    assert main(["plane", str(dump), "-o", str(link), "--permutations", "0", "--force"]) == 0
    assert len(pd.read_csv(csv)) == 8 and link.is_symlink() and csv.stat().st_mode & 0o777 == 0o640
    packed = tmp_path / "p.csv.gz"
    assert main(["plane", str(dump), "-o", str(packed), "--permutations", "0"]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(packed).drop(columns="seconds"), pd.read_csv(csv).drop(columns="seconds"))


def test_convert_writes_everything(dump, tmp_path, capsys):
    assert main(["convert", str(dump), str(tmp_path / "copy")]) == 0
    assert "written" in capsys.readouterr().out
    layer = "epoch_00005/seen.npy"
    np.testing.assert_array_equal(np.load(tmp_path / "copy" / layer), np.load(dump / layer))
    assert main(["convert", str(dump), str(tmp_path / "copy")]) == 2  # never overwrites


def test_doctor_checks_itself(capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "numba" in out and out.count("ok ") == 5
    assert "(ok: within 0.08 nats of it)" in out
    for value, known in re.findall(r"^ok .*: (\S+) nats, known (\S+),", out, re.MULTILINE):
        assert abs(float(value) - float(known)) < 0.08


def test_doctor_fills_the_cache(capsys):
    """A later process compiles nothing for the usual calls."""
    assert main(["doctor", "--warm"]) == 0
    out = capsys.readouterr().out
    n_kernels = int(re.search(r"warmed in .* writable, holds (\d+) compiled functions", out)[1])
    assert n_kernels > 20 and out.count("warm  ") == 8
    script = """
import sys
from numba.core import event
from skib._cli._usual_calls import usual_calls
with event.install_recorder("numba:compile") as recorder:
    for name, call in usual_calls():
        call()
print([entry.data["dispatcher"].py_func.__name__ for _, entry in recorder.buffer if entry.is_start])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_doctor_tells_of_a_cache_that_cannot_be_written(capsys, monkeypatch):
    monkeypatch.setattr("skib._cli._doctor.os.access", lambda path, mode: False)
    assert main(["doctor"]) == 0
    assert "not writable: what it lacks is compiled by every process anew" in capsys.readouterr().out
    monkeypatch.setattr("skib._cli._doctor._cache_folder", lambda: None)
    assert main(["doctor"]) == 0
    assert "none, every process compiles anew" in capsys.readouterr().out


def test_interruption_is_reported_in_a_line(dump, tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("skib._cli._inspect.open_source", interrupted)
    monkeypatch.setattr("skib.information_plane.InformationPlane.fit", interrupted)
    arguments = ["plane", str(dump), "-o", str(tmp_path / "p.csv")]
    told = []
    for command in (["inspect", str(dump)], arguments, [*arguments, "--resume", str(tmp_path / "run.jsonl")]):
        assert main(command) == 130
        told.append(capsys.readouterr().err)
    assert told[0] == "skib: interrupted: nothing more is written\n"
    assert told[1].startswith("skib: interrupted: nothing is written; with --resume RUN.jsonl")
    assert (
        told[2]
        == f"skib: interrupted: the finished cells are in {tmp_path}/run.jsonl: the same command goes on from them\n"
    )


@pytest.mark.parametrize("command", ["plane", "rank"])
def test_nothing_is_written_over_without_being_told(dump, csv, tmp_path, capsys, command):
    table, png = tmp_path / "table.out.csv", tmp_path / "picture.png"
    source = {"plane": [str(dump), "--permutations", "0"], "rank": [str(csv), "--target", "y"]}[command]
    arguments = [command, *source, "-o", str(table), "--plot", str(png)]
    table.write_text("old")
    png.write_text("old")
    assert main(arguments) == 2
    told = f"skib: error: {table} and {png} would be written over; pass --force, or name another file"
    assert told in capsys.readouterr().err and table.read_text() == png.read_text() == "old"
    assert main([*arguments, "--force"]) == 0
    assert len(pd.read_csv(table)) > 1 and png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), (" YES\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_on_a_terminal_it_is_asked_first(csv, tmp_path, capsys, monkeypatch, answer, code):
    class Terminal(io.StringIO):
        isatty = staticmethod(lambda: True)

    table = tmp_path / "table.out.csv"
    table.write_text("old")
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["rank", str(csv), "--target", "y", "-o", str(table)]) == code
    assert f"skib: {table} would be written over; go on? [y/N] " in capsys.readouterr().err
    assert (table.read_text() == "old") == (code == 2)
