"""The one Parallel: order, backends, seeds, progress, callbacks and early stop."""

import os
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skib._parallel import blocks, run_tasks, spawn_generators
from skib._validation import CallbackSupportMixin, fit_context


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


# --- progress


class Progress:
    """A stand-in for rich.progress.Progress that keeps what it is told."""

    def __init__(self):
        self.told = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.told.append("closed")

    def add_task(self, description, total):
        self.told.append((description, total))
        return 7

    def advance(self, task):
        self.told.append(task)


@pytest.fixture
def progress(monkeypatch):
    pytest.importorskip("rich")
    bar = Progress()
    monkeypatch.setattr("rich.progress.Progress", lambda: bar)
    return bar


def test_bar_advances_once_per_task(progress):
    run_tasks(abs, [(1,), (2,)], verbose=1, description="cells")
    assert progress.told == [("cells", 2), 7, 7, "closed"]


def test_no_bar_unless_verbose(progress):
    run_tasks(abs, [(1,), (2,)])
    assert progress.told == []


def test_rich_draws_the_bar(capsys):
    pytest.importorskip("rich")
    run_tasks(abs, [(1,), (2,)], verbose=1, description="cells")
    out = capsys.readouterr().out
    assert "cells" in out and "100%" in out


def test_silent_without_rich(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    assert run_tasks(abs, [(-1,), (2,)], verbose=1) == [1, 2]
    assert capsys.readouterr().out == ""


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
