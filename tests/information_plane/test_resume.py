"""Runs that are killed at random moments, with SIGKILL, and resumed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
N_CELLS = 16


@pytest.mark.skipif(sys.platform == "win32", reason="no fork and no SIGKILL")
@pytest.mark.parametrize("n_kills", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_runs(tmp_path, n_kills):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    script = Path(__file__).with_name("killed.py")
    subprocess.run([sys.executable, script, tmp_path, str(n_kills), str(n_kills)], env=environment, check=True)
    whole = pd.read_pickle(tmp_path / "whole" / "results.pkl")
    assert len(whole) == 2 * N_CELLS and (whole["status"] != "failed").all()
    interrupted = [check(tmp_path / f"kill {i}", whole) for i in range(n_kills)]
    assert sum(interrupted) >= n_kills // 2  # most were killed with some cells finished and others not


def check(folder, whole):
    """Whether the run was killed with some cells finished and others not."""
    killed = folder / "killed.jsonl"
    before = killed.read_bytes() if killed.exists() else b""
    before = before[: before.rfind(b"\n") + 1]  # whole lines
    after = (folder / "plane.jsonl").read_bytes()
    assert after.startswith(before)
    stored, written = cells(before), cells(after)
    assert sorted(written) == list(range(N_CELLS))  # each once
    log = folder / "resumed.log"
    computed = [int(line) for line in log.read_text().split()] if log.exists() else []
    assert sorted(computed) == sorted(set(written) - set(stored))  # each once, and none that was in the file
    found = pd.read_pickle(folder / "results.pkl")
    pd.testing.assert_frame_equal(found.drop(columns="seconds"), whole.drop(columns="seconds"), check_exact=True)
    return 0 < len(stored) < N_CELLS


def cells(lines):
    """Numbers of the cells in the whole lines of a checkpoint."""
    records = [json.loads(line) for line in lines.splitlines()[1:]]
    return [record["epoch"] * 2 + (record["layer"] == "narrow") for record in records]
