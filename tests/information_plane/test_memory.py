"""A dump ten times larger than the memory that a run may take beyond what one cell has taken."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
N_SAMPLES, N_UNITS, N_EPOCHS = 1000, 128, 170  # of about one MiB each
LIMIT = 16 * 2**20

SCRIPT = """
import resource, sys
import numpy as np
from sklearn.decomposition import PCA
from skib.dumps import open_dump
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG

def plane(dump):
    return InformationPlane(KSG(), compressor=PCA(2), n_permutations=2, random_state=0).fit(dump)

folder, limit, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
dump = open_dump(folder)
plane({0: {"fc1": dump[0, "fc1"]}, "y": dump.y, "ids": dump.ids})
with open("/proc/self/statm") as pages:
    taken = int(pages.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + limit, taken + limit))
if how == "whole":
    dump = {epoch: {"fc1": np.array(dump[epoch, "fc1"])} for epoch in dump.epochs} | {"y": dump.y, "ids": dump.ids}
results = plane(dump).results_
print(len(results), *sorted(set(results["status"])), results["mutual_info"].notna().all())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dump")
    rng = np.random.default_rng(0)
    y = rng.normal(size=N_SAMPLES)
    np.save(folder / "y.npy", y)
    np.save(folder / "ids.npy", np.arange(N_SAMPLES))
    layer = rng.normal(size=(N_SAMPLES, N_UNITS)) + y[:, None]
    for epoch in range(N_EPOCHS):
        (folder / f"epoch_{epoch}").mkdir()
        np.save(folder / f"epoch_{epoch}" / "fc1.npy", np.roll(layer, epoch, axis=1))
    assert sum(file.stat().st_size for file in folder.rglob("*.npy")) > 10 * LIMIT
    return folder


def run(folder, how):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(LIMIT), how]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS and /proc")
def test_dump_streams(folder):
    done = run(folder, "streamed")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(2 * N_EPOCHS), "ok", "warning", "True"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS and /proc")
def test_the_limit_is_one(folder):
    assert "MemoryError" in run(folder, "whole").stderr
