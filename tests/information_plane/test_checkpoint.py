"""The checkpoint file: same bits back, torn and damaged lines, other runs, two writers, a killed writer."""

import json
import math
import os
import struct
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skib.information_plane._checkpoint import Checkpoint

RUN = {"seed": 0, "estimator": "KSG()", "shape": [100, 3]}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plane.jsonl"


def write(path, n_cells, run=RUN):
    with Checkpoint(path, run) as checkpoint:
        for epoch in range(n_cells):
            checkpoint.append(epoch, "fc1", [{"mutual_info": epoch / 7}])


def finished(path, run=RUN):
    with Checkpoint(path, run) as checkpoint:
        return checkpoint.finished


def bits(value):
    return struct.pack("<d", value)


# --- what comes back


def test_rows_come_back(path):
    rows = [{"quantity": "I(T;Y)", "saturated": True, "message": "ä\n\u2028", "n": 5, "ceiling": None}, {}]
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.append(3, "conv/1", rows)
        assert checkpoint.finished == {(3, "conv/1"): rows}
    assert finished(path) == {(3, "conv/1"): rows}


@given(value=st.floats())
def test_floats_keep_their_bits(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("bits") / "plane.jsonl"
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.append(0, "fc1", [{"mutual_info": value, "std_error": np.float64(value)}])
    (row,) = finished(path)[0, "fc1"]
    if math.isnan(value):
        assert math.isnan(row["mutual_info"]) and math.isnan(row["std_error"])
    else:
        assert bits(row["mutual_info"]) == bits(row["std_error"]) == bits(value)


def test_numpy_scalars_come_back_as_those_just_appended(path):
    row = {"n": np.int64(3), "ok": np.bool_(True), "half": np.float32(0.1), "null": np.array([0.1, np.inf])}
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.append(np.int64(2), "fc1", [row])
        appended = checkpoint.finished
    assert appended == finished(path) == {(2, "fc1"): [{"n": 3, "ok": True, "half": float(np.float32(0.1)),
                                                        "null": [0.1, math.inf]}]}  # fmt: skip
    assert [type(v) for v in appended[2, "fc1"][0].values()] == [type(v) for v in finished(path)[2, "fc1"][0].values()]


def test_what_json_cannot_hold_leaves_the_file_as_it_was(path):
    with Checkpoint(path, RUN) as checkpoint:
        before = path.read_bytes()
        with pytest.raises(TypeError, match="a checkpoint holds numbers.*object"):
            checkpoint.append(0, "fc1", [{"mutual_info": object()}])
        assert path.read_bytes() == before and checkpoint.finished == {}


def test_a_line_is_on_the_disk_when_append_returns(path):
    with Checkpoint(path, RUN) as checkpoint:
        for n_lines in range(2, 5):
            checkpoint.append(n_lines, "fc1", [])
            assert path.read_bytes().count(b"\n") == n_lines


def test_resuming_only_adds(path):
    write(path, 3)
    before = path.read_bytes()
    with Checkpoint(path, RUN) as checkpoint:
        checkpoint.append(9, "fc2", [])
    assert path.read_bytes().startswith(before)
    assert list(finished(path)) == [(0, "fc1"), (1, "fc1"), (2, "fc1"), (9, "fc2")]


# --- torn and damaged files


def test_file_cut_anywhere(path):
    """Whole lines survive at any length at which the writer died, and the run can go on."""
    write(path, 3)
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    lengths = {*range(0, len(whole), 7), *ends, *(end - 1 for end in ends), *(end + 1 for end in ends[:-1])}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        with Checkpoint(path, RUN) as checkpoint:
            n_kept = max(sum(end <= length for end in ends) - 1, 0)
            assert list(checkpoint.finished) == [(epoch, "fc1") for epoch in range(n_kept)]
            for epoch in range(n_kept, 3):
                checkpoint.append(epoch, "fc1", [{"mutual_info": epoch / 7}])
        assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", [b"\x00" * 40, b"{}", b"[1, 2]", b"7", b'{"epoch": 1, "lay', b"\xff\xfe"])
def test_damaged_line_is_named(path, damage):
    write(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = damage + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ValueError, match="damaged in line 3; delete that line"):
        Checkpoint(path, RUN)
    assert path.read_bytes() == b"".join(lines)  # nothing is lost by looking
    path.write_bytes(b"".join(lines[:2] + lines[3:]))  # the remedy
    assert list(finished(path)) == [(0, "fc1"), (2, "fc1")]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"precious", b"\x00\x01", b'{"kind": "other"}\n', b"[]\n", b"3\n"])
def test_file_of_another_kind_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is no checkpoint.*left alone"):
        Checkpoint(path, RUN)
    assert path.read_bytes() == content


# --- other runs


@pytest.mark.parametrize(
    "change, text",
    [
        ({"seed": 1}, "seed was 0 and is now 1"),
        ({"shape": [100, 4]}, r"shape was \[100, 3\] and is now \[100, 4\]"),
        ({"compressor": "PCA(8)"}, r"compressor was None and is now 'PCA\(8\)'"),
    ],
)
def test_checkpoint_of_another_run_is_refused(path, change, text):
    write(path, 2)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"belongs to another run: {text}; pass another path"):
        Checkpoint(path, RUN | change)
    assert path.read_bytes() == before


def test_fingerprints_are_compared_as_json(path):
    write(path, 1, {"shape": (100, 3), "noise": math.nan, "n": np.int64(2), "kinds": {"a": 1, "b": 2}})
    same = {"n": 2, "kinds": {"b": 2, "a": 1}, "noise": math.nan, "shape": [100, 3]}
    assert len(finished(path, same)) == 1


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Checkpoint(tmp_path / "nowhere" / "plane.jsonl", RUN)


def run_script(script, *args):
    command = [sys.executable, "-c", script, *map(str, args)]
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no file locks")
def test_two_processes_do_not_write_to_one_file(path):
    script = (
        f"import sys\nfrom skib.information_plane._checkpoint import Checkpoint\nCheckpoint(sys.argv[1], {RUN!r})\n"
    )
    with Checkpoint(path, RUN):
        refused = run_script(script, path)
    assert f"RuntimeError: checkpoint {path} is being written by another run; pass another path" in refused.stderr
    assert run_script(script, path).returncode == 0


def test_two_threads_do_not_write_to_one_file(path, tmp_path):
    link = tmp_path / "link.jsonl"
    with Checkpoint(path, RUN) as checkpoint:
        link.symlink_to(path)
        with ThreadPoolExecutor() as pool:
            for same in (path, link):
                with pytest.raises(RuntimeError, match="is being written by another run; pass another path"):
                    pool.submit(Checkpoint, same, RUN).result()
            pool.submit(finished, tmp_path / "other.jsonl").result()
        if sys.platform != "win32":  # the refused threads released no lock
            script = "import sys\nfrom skib.information_plane._checkpoint import Checkpoint\n"
            refused = run_script(f"{script}Checkpoint(sys.argv[1], {RUN!r})", path)
            assert "is being written by another run" in refused.stderr
        checkpoint.append(0, "fc1", [{"mutual_info": 0.5}])
    assert len(finished(path)) == len(finished(link)) == 1


def test_a_refused_file_may_be_opened_later(path):
    write(path, 1, {"seed": 1})
    for _ in range(2):
        with pytest.raises(ValueError, match="belongs to another run"):
            Checkpoint(path, RUN)
    assert len(finished(path, {"seed": 1})) == 1


def test_a_large_file_without_ends_of_lines_is_not_read_whole(path):
    with open(path, "wb") as file:
        file.truncate(2**32)  # a hole of the disk
    tracemalloc.start()
    with pytest.raises(ValueError, match="is no checkpoint of this version of skib, and is left alone"):
        Checkpoint(path, RUN)
    assert tracemalloc.get_traced_memory()[1] < 2**27
    tracemalloc.stop()
    assert path.stat().st_size == 2**32


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
@pytest.mark.parametrize("device", ["/dev/full", "/dev/zero", "/tmp"])
def test_what_is_no_file_is_refused(device):
    with pytest.raises(ValueError, match=f"checkpoint {device} is no file; pass another path"):
        Checkpoint(device, RUN)


def test_killed_writer(path):
    """A process that kills itself while it writes a line leaves the lines before, and no lock."""
    script = (
        "import os, signal, sys\n"
        "from skib.information_plane._checkpoint import Checkpoint\n"
        f"checkpoint = Checkpoint(sys.argv[1], {RUN!r})\n"
        "checkpoint.append(0, 'fc1', [{'mutual_info': 0.0}])\n"
        "os.write(checkpoint._file.fileno(), b'{\"epoch\": 1, ')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert run_script(script, path).returncode == -9
    assert path.read_bytes().endswith(b'{"epoch": 1, ')
    assert finished(path) == {(0, "fc1"): [{"mutual_info": 0.0}]}
    assert [json.loads(line).get("epoch") for line in path.read_bytes().splitlines()] == [None, 0]


def test_digests_are_shown_only_where_nothing_else_differs(path):
    one, other, data = "1" * 32, "2" * 32, "3" * 16
    with Checkpoint(path, RUN | {"I(X;T)": [["Binned(n_bins=30)", one], data]}):
        pass
    with pytest.raises(ValueError, match=r"I\(X;T\) was 'Binned\(n_bins=30\)' and is now 'Binned\(\)'; pass"):
        Checkpoint(path, RUN | {"I(X;T)": [["Binned()", other], data]})
    with pytest.raises(ValueError, match=f"{one}.* and is now .*{other}"):
        Checkpoint(path, RUN | {"I(X;T)": [["Binned(n_bins=30)", other], data]})
