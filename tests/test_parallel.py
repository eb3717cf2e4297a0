"""The one Parallel: order, backends, seeds, progress, callbacks and early stop."""

import io
import os
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state

from skib._parallel import (
    _rich_bar,
    _rich_progress,
    blocks,
    run_tasks,
    spawn_generators,
    with_drawn_seeds,
    with_seed,
)
from skib._sklearn import CallbackSupportMixin, fit_context


def draw(generator):
    return generator.integers(0, 2**62, 5).tolist()


@pytest.mark.parametrize("n_items, size", [(10, 3), (9, 3), (2, 3), (0, 3)])
def test_blocks_cover_everything_once(n_items, size):
    pieces = [np.arange(n_items)[block] for block in blocks(n_items, size)]
    assert np.concatenate([np.arange(0), *pieces]).tolist() == list(range(n_items))
    assert all(0 < len(piece) <= size for piece in pieces)


# --- order and backends


@pytest.mark.parametrize("n_jobs", [None, 1, 2, -1])
def test_results_come_in_the_order_of_the_tasks(n_jobs):
    def slow_first(i):
        time.sleep(0.02 if i == 0 else 0)
        return i

    assert run_tasks(slow_first, [(i,) for i in range(8)], n_jobs=n_jobs) == list(range(8))


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2"])
def test_numbers_of_jobs_that_are_none_are_refused(n_jobs):
    with pytest.raises(
        ValueError, match=f"n_jobs must be None or a whole number other than 0, got {n_jobs!r}; pass -1"
    ):
        run_tasks(abs, [(1,)], n_jobs=n_jobs)


def test_no_tasks():
    assert run_tasks(abs, [], n_jobs=2) == []


def test_threads_are_the_default():
    meet = threading.Barrier(2, timeout=10)  # passes only if two tasks run at once

    def where():
        meet.wait()
        return os.getpid(), threading.get_ident()

    processes, threads = zip(*run_tasks(where, [()] * 2, n_jobs=2), strict=True)
    assert set(processes) == {os.getpid()}
    assert len(set(threads)) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python >= 3.12
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_backend_that_the_user_opens_wins(backend):
    with joblib.parallel_config(backend, n_jobs=2):
        assert os.getpid() not in run_tasks(os.getpid, [()] * 4)


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing"])
def test_nothing_is_parsed_to_dispatch_tasks(backend, monkeypatch):
    """An expression of joblib would be, which fails at times in threads of a thread."""

    def parsed(expression):
        raise AssertionError(f"{expression} was parsed")

    monkeypatch.setattr(joblib.parallel, "eval_expr", parsed)
    with joblib.parallel_config(backend=backend):
        assert run_tasks(abs, [(-1,), (2,), (-3,)], n_jobs=2) == [1, 2, 3]


def test_error_of_a_task_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        run_tasks(divmod, [(1, 1), (1, 0)], n_jobs=2, verbose=1)


def test_wrong_n_jobs():
    with pytest.raises(ValueError, match="n_jobs"):
        run_tasks(abs, [(1,)], n_jobs="many")
    with pytest.raises(ValueError, match="n_jobs"):
        run_tasks(abs, [(1,)], n_jobs=0)


# --- seeds


def test_children_do_not_depend_on_who_runs_them():
    expected = [draw(generator) for generator in spawn_generators(0, 6)]
    for n_jobs in (1, 2, 3):
        assert run_tasks(draw, [(g,) for g in spawn_generators(0, 6)], n_jobs=n_jobs) == expected
    assert [draw(generator) for generator in spawn_generators(0, 9)][:6] == expected


def test_children_and_seeds_differ():
    draws = [tuple(draw(generator)) for seed in (0, 1) for generator in spawn_generators(seed, 6)]
    assert len(set(draws)) == 12


def test_random_state_may_be_an_object_or_none():
    state = check_random_state(0)
    first, second = (draw(spawn_generators(state, 1)[0]) for _ in range(2))
    assert first == draw(spawn_generators(0, 1)[0])
    assert first != second  # the object moved on
    assert draw(spawn_generators(None, 1)[0]) != draw(spawn_generators(None, 1)[0])


def test_seeds_of_estimators():
    pipe = make_pipeline(PCA(), PCA(random_state=7))
    assert [step.random_state for _, step in with_seed(pipe, 3).steps] == [3, 7]
    frozen = FrozenEstimator(PCA().fit(np.eye(3)))
    for seeded in (with_seed(frozen, 3), with_drawn_seeds(frozen, np.random.default_rng(0))):
        assert seeded.estimator is frozen.estimator


# --- progress


class Terminal(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self):
        return True


@pytest.fixture
def watch(monkeypatch):
    """Make stderr a terminal and return it; to be called in the test, since pytest sets stderr between its phases."""
    pytest.importorskip("rich")
    for name in ("TERM", "COLUMNS", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def terminal():
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return terminal


@pytest.fixture
def clock(monkeypatch):
    """A clock that tasks set forward."""
    now = [100.0]
    monkeypatch.setattr("skib._parallel.monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def test_bar_counts_and_writes_nothing_on_stdout(watch, capsys):
    watched = watch()
    run_tasks(abs, [(1,), (2,)], verbose=1, description="cells")
    drawn = watched.getvalue()
    assert "cells" in drawn and "100%" in drawn and "2/2" in drawn
    assert capsys.readouterr().out == ""


def test_bar_closes_after_an_error(watch):
    watched = watch()
    with pytest.raises(ZeroDivisionError):
        run_tasks(divmod, [(1, 1), (1, 0)], verbose=1)
    show_cursor = "\x1b[?25h"
    assert watched.getvalue().rstrip().endswith(show_cursor)


def test_bar_estimates_the_time_left_of_long_tasks(watch):
    """Of four tasks three take 100, 100 and 400 s; none ends within 30 s, rich's window, of the one before."""
    watch()
    now = 0.0
    progress = _rich_progress()
    progress.get_time = lambda: now
    with _rich_bar(progress, "cells", 4) as advance:
        for now, left in ((100.0, 300), (200.0, 200), (600.0, 200)):  # noqa: B007, read by the clock
            advance()
            assert progress.tasks[0].time_remaining == left


def test_lines_where_nobody_watches(capsys, clock):
    run_tasks(clock, [(6,)] * 5, verbose=1, description="cells")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "cells: 2 of 5 in 0:00:12, 0:00:18 left",
        "cells: 4 of 5 in 0:00:24, 0:00:06 left",
        "cells: 5 of 5 in 0:00:30, 0:00:00 left",
    ]


def test_lines_while_the_first_task_is_at_work(capsys, monkeypatch):
    """Of a task that takes longer than the time between two lines nothing is known but that it goes on."""
    monkeypatch.setattr("skib._parallel._SECONDS_PER_LINE", 0.02)
    monkeypatch.setattr("skib._parallel._SECONDS_PER_WATCH", 0.01)
    told = threading.Event()

    def wait():
        while not told.wait(0.01):
            if len(read := capsys.readouterr().err.splitlines()) > 0:
                lines.extend(read)
                told.set()

    lines = []
    run_tasks(wait, [()], verbose=1, description="cells")
    assert lines[0] == "cells: 0 of 1 in 0:00:00"
    assert capsys.readouterr().err.splitlines()[-1] == "cells: 1 of 1 in 0:00:00, 0:00:00 left"


def test_lines_without_rich(watch, monkeypatch):
    watched = watch()
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    assert run_tasks(abs, [(-1,), (2,)], verbose=1, description="cells") == [1, 2]
    assert watched.getvalue() == "cells: 2 of 2 in 0:00:00, 0:00:00 left\n"


def test_silent_unless_verbose(watch):
    watched = watch()
    run_tasks(abs, [(1,), (2,)], description="cells")
    assert watched.getvalue() == ""


# --- results as they arrive


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_result_is_passed_on_once_with_its_task(n_jobs):
    calls = []
    results = run_tasks(pow, [(i, 2) for i in range(20)], n_jobs=n_jobs, on_result=lambda *call: calls.append(call))
    assert results == [i**2 for i in range(20)]
    assert sorted(calls) == list(enumerate(results))


def test_results_are_passed_on_in_the_order_of_their_ends():
    second_has_ended = threading.Event()

    def slow_first(i):
        return i if i else second_has_ended.wait(timeout=20)

    def on_result(i, result):
        ended.append(i)
        if i == 1:
            second_has_ended.set()

    ended = []
    assert run_tasks(slow_first, [(0,), (1,)], n_jobs=2, on_result=on_result) == [True, 1]
    assert ended == [1, 0]


def test_results_before_an_error_are_passed_on():
    ended = []
    with pytest.raises(ZeroDivisionError):
        run_tasks(divmod, [(1, 1), (4, 2), (1, 0)], on_result=lambda i, result: ended.append(i))
    assert ended == [0, 1]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_of_on_result_ends_the_run(n_jobs):
    def full(i, result):
        raise OSError("disk full")

    def begin(i):
        begun.append(i)
        time.sleep(0.01)

    begun = []
    with pytest.raises(OSError, match="disk full"):
        run_tasks(begin, [(i,) for i in range(1000)], n_jobs=n_jobs, on_result=full)
    time.sleep(0.1)
    assert len(begun) < 1000
    assert run_tasks(abs, [(-3,)], n_jobs=n_jobs) == [3]  # the pool is usable afterwards


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python >= 3.12
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_results_of_processes_arrive_during_the_run(backend, tmp_path):
    """The last task waits for a file that is made when the first result is passed on."""
    flag = tmp_path / "first result"

    @joblib.wrap_non_picklable_objects
    def wait(i):
        deadline = time.monotonic() + 20 * (i == 9)
        while time.monotonic() < deadline and not flag.exists():
            time.sleep(0.01)
        return i < 9 or flag.exists()

    with joblib.parallel_config(backend, n_jobs=2):
        found = run_tasks(wait, [(i,) for i in range(10)], on_result=lambda i, result: flag.touch())
    assert found == [True] * 10


# --- scikit-learn's callbacks

needs_callbacks = pytest.mark.skipif(
    not hasattr(CallbackSupportMixin, "set_callbacks"), reason="scikit-learn before 1.9 has no callbacks"
)


class Squares(CallbackSupportMixin, BaseEstimator):
    """Squares the first numbers, each in a task of its own."""

    _parameter_constraints = {"n_jobs": [None, int]}

    def __init__(self, n_jobs=None):
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X=None, y=None):
        self.squares_ = run_tasks(pow, [(i, 2) for i in range(6)], n_jobs=self.n_jobs, owner=self)
        return self


class Recorder:
    """A callback that writes down its calls and asks to stop after one of the tasks."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.calls = []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(("begin", context.task_id if context.parent else "fit"))

    def on_fit_task_end(self, estimator, context):
        self.calls.append(("end", context.task_id if context.parent else "fit"))
        return context.parent is not None and context.task_id == self.stop_after


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_hear_of_every_task(n_jobs):
    recorder = Recorder()
    assert Squares(n_jobs).set_callbacks(recorder).fit().squares_ == [0, 1, 4, 9, 16, 25]
    tasks = [call for i in range(6) for call in (("begin", i), ("end", i))]
    assert recorder.calls == ["setup", ("begin", "fit"), *tasks, ("end", "fit"), "teardown"]


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callback_may_stop_early(n_jobs):
    recorder = Recorder(stop_after=2)
    assert Squares(n_jobs).set_callbacks(recorder).fit().squares_ == [0, 1, 4]
    assert recorder.calls[-3:] == [("end", 2), ("end", "fit"), "teardown"]
    assert run_tasks(abs, [(-3,)], n_jobs=n_jobs) == [3]  # the pool is usable afterwards


@needs_callbacks
def test_early_stop_spares_the_remaining_tasks():
    begun = []
    owner = Squares().set_callbacks(Recorder(stop_after=1))
    assert run_tasks(begun.append, [(i,) for i in range(50)], owner=owner) == [None, None]
    assert begun == [0, 1]


@needs_callbacks
def test_progress_bar_of_scikit_learn(capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    Squares().set_callbacks(ProgressBar()).fit()
    assert "Squares" in capsys.readouterr().out


def test_owner_without_callbacks():
    assert run_tasks(abs, [(-1,)], owner=BaseEstimator()) == [1]
    assert run_tasks(abs, [(-1,)], owner=None) == [1]
