"""Parallel tasks: threads unless the user opens another backend, with seeds, row blocks, progress and one BLAS thread.

No other module imports joblib's Parallel.
"""

import sys
import threading
from concurrent.futures import Future
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from numbers import Integral
from time import monotonic

import joblib
import numpy as np
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController, threadpool_limits

from skib._interrupts import passing_interrupts
from skib._sklearn import Interval, callbacks
from skib._warnings import hold_warnings, warn, warn_once

# The values that the parameter `n_jobs` of an estimator may have.
N_JOBS = [Interval(Integral, 1, None, closed="left"), Interval(Integral, None, -1, closed="right"), None]
# Values (rows times columns) per task of `map_columns`: some ten milliseconds of work, enough to pay for a thread.
_VALUES_PER_TASK = 100_000
# Tasks per worker and round on backends that return a round at once: fewer leave workers idle at the end of each round,
# more delay the results.
_TASKS_PER_WORKER = 4
_SECONDS_PER_LINE = 10  # of progress in a log file
_SECONDS_PER_WATCH = 0.5  # at whether a line is due
_SECONDS_PER_LOOK = 0.2  # at whether a call has ended
# Threads inside `one_blas_thread`, and the limits that the last of them restores.
_lock = threading.Lock()
_n_inside = 0
_limits = None
_blas, _n_modules = None, 0


def spawn_generators(random_state, n_children):
    """Return independent generators, each a function of `random_state` and its position, for any number of workers."""
    entropy = check_random_state(random_state).randint(0, 2**31 - 1, size=4, dtype=np.int64)
    children = np.random.SeedSequence(entropy.tolist()).spawn(n_children)
    return [np.random.default_rng(child) for child in children]


def blocks(n_items, size):
    """Return slices that cover range(n_items) in pieces of `size`: between short kernel calls Ctrl-C takes effect."""
    return [slice(start, min(start + size, n_items)) for start in range(0, n_items, size)]


def with_seed(estimator, seed):
    """Return a clone in which every `random_state` that is None is `seed`, the same for all of them."""
    return _with_params(estimator, dict.fromkeys(_unset_seeds(estimator), seed))


def with_drawn_seeds(estimator, generator):
    """Return a clone in which every `random_state` that is None has a seed of its own, drawn from `generator`."""
    seeds = {name: int(generator.integers(2**31)) for name in _unset_seeds(estimator)}
    return _with_params(estimator, seeds)


def _with_params(estimator, params):
    fresh = clone(estimator)
    fresh.set_params(**params)  # which returns None for a FrozenEstimator
    return fresh


def _unset_seeds(estimator):
    """Return the names of all parameters `random_state` that are None, nested ones included, in alphabetical order."""
    parameters = estimator.get_params().items()
    return sorted(name for name, value in parameters if name.rpartition("__")[2] == "random_state" and value is None)


def run_aside(function, *args):
    """Return ``function(*args)``, a call of compiled code that may take minutes, in which Ctrl-C would have no effect.

    It runs in a thread of its own, without the interpreter. Of an interrupted call nothing is waited for.
    """
    outcome = Future()
    thread = threading.Thread(target=_settle, args=(outcome, function, args), daemon=True)
    thread.start()
    while not outcome.done():
        thread.join(_SECONDS_PER_LOOK)
    return outcome.result()


def _settle(outcome, function, args):
    try:
        outcome.set_result(function(*args))
    except BaseException as error:
        outcome.set_exception(error)


@passing_interrupts
def run_tasks(function, tasks, *, n_jobs=None, verbose=0, description="", owner=None, on_result=None):
    """Run ``[function(*task) for task in tasks]`` in parallel, in order, with progress.

    Parameters
    ----------
    function : callable
        Called with the items of each task.
    tasks : sequence of tuple
        Their arguments.
    n_jobs : int, default=None
        Number of jobs, as in joblib; threads, unless the user opened ``joblib.parallel_config`` with another backend.
    verbose : int, default=0
        Above 0, show progress and the time left on stderr: a bar if ``rich`` is installed and stderr is a terminal or
        a notebook, otherwise a line every ten seconds.
    description : str, default=""
        Text of the bar.
    owner : estimator, default=None
        Estimator whose scikit-learn callbacks are called after every task, and may stop the run early.
    on_result : callable, default=None
        Called in this process as ``on_result(i, result)`` as soon as task i is finished, in the order of their ends.

    Returns
    -------
    results : list
        Results in the order of the tasks; shorter than `tasks` only if a callback stopped the run.

    Notes
    -----
    Each distinct warning of skib in the tasks is issued once, here, after the last task and in the order of the tasks:
    the thread or process of a worker has no line of the user to point at.
    """
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise ValueError(f"n_jobs must be None or a whole number other than 0, got {n_jobs!r}; pass -1 for all cores")
    tasks = list(tasks)
    finished = []
    with (
        warn_once(),
        progress(description, len(tasks), verbose) as advance,
        callbacks(owner, len(tasks)) as stops,
        closing(_results(function, tasks, n_jobs, streaming=on_result is not None)) as stream,
    ):
        for result, held in _in_order(stream, advance, on_result):
            finished.append(result)
            for category, message in held:
                warn(message, category)
            if stops(len(finished) - 1):
                break
    return finished


def _in_order(stream, advance, on_result):
    """Yield (result, held warnings) in the order of the tasks, but pass each result to `on_result` at once."""
    waiting, n_yielded = {}, 0
    for i, result, held in stream:
        if on_result is not None:
            on_result(i, result)
        advance()
        waiting[i] = result, held
        while n_yielded in waiting:
            yield waiting.pop(n_yielded)
            n_yielded += 1


def _results(function, tasks, n_jobs, *, streaming):
    """Yield (number, result, held warnings) of every task, each as soon as it is finished."""
    if getattr(get_active_backend(prefer="threads")[0], "supports_sharedmem", False):
        # scikit-learn's Parallel replaces the warning filters around every task. Threads share them and may lose them.
        parallel, config = _Threads(return_as="generator_unordered", **_options(n_jobs)), get_config()
        yield from parallel(joblib.delayed(_configured)(config, i, function, task) for i, task in enumerate(tasks))
        return
    calls = [delayed(_numbered)(i, function, task) for i, task in enumerate(tasks)]
    try:
        parallel = _Parallel(return_as="generator_unordered", **_options(n_jobs))
    except ValueError:
        # Multiprocessing and ray return all results at once: run several rounds of tasks if results are used early.
        size = _TASKS_PER_WORKER * effective_n_jobs(n_jobs) if streaming else max(len(calls), 1)
        with Parallel(**_options(n_jobs)) as parallel:
            for part in blocks(len(calls), size):
                yield from parallel(calls[part])
    else:
        yield from parallel(calls)


def _options(n_jobs):
    """Return the options of joblib for so many jobs.

    Two tasks per worker are dispatched at first, as by the default "2 * n_jobs". joblib parses that with ``ast``, which
    among threads of python 3.11 ends at times in a SystemError.
    """
    return {"n_jobs": n_jobs, "prefer": "threads", "pre_dispatch": 2 * effective_n_jobs(n_jobs)}


class _QuietExit:
    def _warn_exit_early(self):
        """Do not warn of unread results: a run ends early by a callback, or by an error with a message of its own."""


class _Parallel(_QuietExit, Parallel):
    pass


class _Threads(_QuietExit, joblib.Parallel):
    pass


def _numbered(i, function, task):
    with hold_warnings() as held:
        return i, function(*task), held


def _configured(config, *numbered):
    with config_context(**config):  # scikit-learn's configuration is one of the thread
        return _numbered(*numbered)


def progress(description, total, verbose):
    """Return a context with a function to call after every task: it draws a bar, writes lines, or does nothing."""
    if verbose <= 0:
        return nullcontext(lambda: None)
    bar = _rich_progress()
    return _lines(description, total) if bar is None else _rich_bar(bar, description, total)


def _rich_progress():
    """Return a bar with the time left, on stderr; None without rich, or if stderr is a file."""
    try:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
    except ImportError:
        return None
    console = Console(stderr=True)
    if not (console.is_interactive or console.is_jupyter):
        return None
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    # The rate of the whole run: a single task may take longer than the 30 s that rich averages over.
    return Progress(*columns, console=console, speed_estimate_period=float("inf"))


@contextmanager
def _rich_bar(progress, description, total):
    with progress:
        task = progress.add_task(description, total=total)
        progress.advance(task, 0)  # start the clock of the rate
        yield lambda: progress.advance(task, 1)


@contextmanager
def _lines(description, total):
    lines, ended = _Lines(description, total), threading.Event()
    watch = threading.Thread(target=lines.watch, args=(ended,), daemon=True)
    watch.start()
    try:
        yield lines.advance
    finally:
        ended.set()
        watch.join()


class _Lines:
    """Lines of progress: one whenever ten seconds are over, also while a task takes longer, and one at the end."""

    def __init__(self, description, total):
        self.description, self.total, self.done = description, total, 0
        self.start = self.written = monotonic()
        self.lock = threading.Lock()

    def advance(self):
        """Count a task that is finished."""
        with self.lock:
            self.done += 1
            self._write_if_due()

    def watch(self, ended):
        """Write the lines that are due between the ends of tasks."""
        while not ended.wait(_SECONDS_PER_WATCH):
            with self.lock:
                if self.done < self.total:
                    self._write_if_due()

    def _write_if_due(self):
        now = monotonic()
        if self.done < self.total and now - self.written < _SECONDS_PER_LINE:
            return
        self.written, elapsed = now, now - self.start
        left = f", {_clock(elapsed / self.done * (self.total - self.done))} left" if self.done else ""
        sys.stderr.write(f"{self.description}: {self.done} of {self.total} in {_clock(elapsed)}{left}\n")


def _clock(seconds):
    return str(timedelta(seconds=round(seconds)))


def map_columns(score, x, *, n_jobs):
    """Return ``score(column)`` for every column of x, in tasks of several columns."""
    columns = np.ascontiguousarray(x.T)  # columns are read one at a time, often repeatedly
    parts = blocks(len(columns), max(_VALUES_PER_TASK // len(x), 1))
    scores = run_tasks(lambda part: [score(column) for column in columns[part]], [(p,) for p in parts], n_jobs=n_jobs)
    return np.concatenate(scores) if scores else np.empty(0)


def one_openmp_thread():
    """Return a context in which OpenMP code that this thread calls, such as boosted trees, has one thread.

    The number of threads is one of the calling thread, so that tasks side by side do not disturb each other.
    """
    return threadpool_limits(1, user_api="openmp")


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread for as long as any thread of this process is inside.

    Tasks that run side by side would otherwise start a BLAS pool each, and sums of linear algebra have other last bits
    with other numbers of threads: results would depend on `n_jobs`. The limit is one of the process, so the threads
    inside are counted: the first one sets it and the last one restores what was there before.
    """
    _count(+1)
    try:
        yield
    finally:
        _count(-1)


def _count(change):
    global _n_inside, _limits, _blas, _n_modules
    with _lock:
        if _n_inside == 0:
            if _n_modules != len(sys.modules):  # a module may have loaded a library; to look takes milliseconds
                _blas, _n_modules = ThreadpoolController().select(user_api="blas"), len(sys.modules)
            _limits = _blas.limit(limits=1)
        _n_inside += change
        if _n_inside == 0:
            _limits.restore_original_limits()
