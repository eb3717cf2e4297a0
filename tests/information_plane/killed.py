"""Runs that are killed: ``python killed.py folder n_kills seed``, for test_resume.py.

Forks a process per run, since importing everything anew would take longer than the run itself. Of every run stay the
checkpoint as it was at the kill (killed.jsonl), that of the end (plane.jsonl), the results (results.pkl), and the cells
in the order in which the second process began to compute them (resumed.log).
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy as np

from skib.information_plane import InformationPlane
from skib.mutual_info import KSG

N_EPOCHS, LAYERS, N_SAMPLES = 8, ("wide", "narrow"), 60
LOG = "SKIB_TEST_LOG"


class LoggedKSG(KSG):
    """Writes down the number of the cell, which stands in its first row, before it computes anything."""

    def fit(self, X, y, *, given=None):
        with open(os.environ[LOG], "a") as log:
            log.write(f"{int(X[0, 0])}\n")
        time.sleep(0.01)
        return super().fit(X, y, given=given)


def dump():
    """Cell number c has c in its first row."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=N_SAMPLES)
    cells = {}
    for epoch in range(N_EPOCHS):
        cells[epoch] = {layer: rng.normal(size=(N_SAMPLES, 3)) + epoch * y[:, None] for layer in LAYERS}
        for i, layer in enumerate(LAYERS):
            cells[epoch][layer][0] = epoch * len(LAYERS) + i
    return {"y": y, "ids": np.arange(N_SAMPLES), **cells}


def run(folder, log, n_jobs):
    """Fit a plane in a process of its own; returns its id."""
    pid = os.fork()
    if pid:
        return pid
    os.environ[LOG] = str(folder / log)
    plane = InformationPlane(
        LoggedKSG(), n_permutations=0, random_state=0, checkpoint=folder / "plane.jsonl", n_jobs=n_jobs
    )
    plane.fit(dump()).results_.to_pickle(folder / "results.pkl")
    os._exit(0)


def finish(pid):
    """Wait for the end of a process that was not killed."""
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit("a run failed")


def main(folder, n_kills, seed):
    """One run that nobody interrupts, then the others, each killed and resumed."""
    moments = np.random.default_rng(seed).uniform(0, 1, n_kills)
    (folder / "whole").mkdir()
    finish(run(folder / "whole", "begun.log", 1))
    for i, moment in enumerate(moments):
        part = folder / f"kill {i}"
        part.mkdir()
        n_jobs = 1 + i % 2
        start = time.monotonic()
        pid = run(part, "begun.log", n_jobs)
        lines = round(moment * (N_EPOCHS * len(LAYERS)))
        while not _has_begun(part / "begun.log", lines) and time.monotonic() < start + 60:
            time.sleep(0.0005)
        time.sleep(np.modf(moment * 1000)[0] * 0.015)  # anywhere between two cells
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        if (part / "plane.jsonl").exists():
            shutil.copy(part / "plane.jsonl", part / "killed.jsonl")
        finish(run(part, "resumed.log", n_jobs))


def _has_begun(log, n_cells):
    return n_cells == 0 or (log.exists() and log.read_bytes().count(b"\n") >= n_cells)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
