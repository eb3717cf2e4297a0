"""The only Parallel: threads unless the user opens another backend, child seeds, row blocks and progress."""

import sys
import threading
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from time import monotonic

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from skib._sklearn import callbacks

_SECONDS_PER_LINE = 10
_TASKS_PER_WORKER = 4
_lock = threading.Lock()
_n_inside = 0
_limits = None
# Rows times columns of a task of ``score_features``: some ten milliseconds, which threads are worth.
_ROWS_PER_TASK = 100_000


def spawn_generators(random_state, n_children):
    """Independent generators that depend on `random_state` and their position alone, not on who runs them."""
    entropy = check_random_state(random_state).randint(0, 2**31 - 1, size=4, dtype=np.int64)
    children = np.random.SeedSequence(entropy.tolist()).spawn(n_children)
    return [np.random.default_rng(child) for child in children]


def blocks(n_items, size):
    """Slices that cover range(n_items) in pieces of `size`: short kernel calls keep Ctrl-C alive."""
    return [slice(start, min(start + size, n_items)) for start in range(0, n_items, size)]


def run_tasks(function, tasks, *, n_jobs=None, verbose=0, description="", owner=None, on_result=None):
    """``[function(*task) for task in tasks]`` in parallel, in order, with progress.

    Parameters
    ----------
    function : callable
        Called with the items of each task.
    tasks : sequence of tuple
        Their arguments.
    n_jobs : int, default=None
        As in joblib; threads, unless the user opened ``joblib.parallel_config`` with another backend.
    verbose : int, default=0
        Above 0, progress and the time left are shown on stderr: a bar where ``rich`` is installed and someone
        watches, otherwise a line every ten seconds.
    description : str, default=""
        What the bar says.
    owner : estimator, default=None
        Its scikit-learn callbacks hear of every finished task, and may stop the run early.
    on_result : callable, default=None
        Called as ``on_result(i, result)``, here, as soon as task i is finished, in whatever order that happens.

    Returns
    -------
    results : list
        Shorter than `tasks` only if a callback asked to stop.
    """
    tasks = list(tasks)
    finished = []
    with (
        _bar(description, len(tasks), verbose) as advance,
        callbacks(owner, len(tasks)) as stops,
        closing(_results(function, tasks, n_jobs, streaming=on_result is not None)) as stream,
    ):
        for result in _in_order(stream, advance, on_result):
            finished.append(result)
            if stops(len(finished) - 1):
                break
    return finished


def _in_order(stream, advance, on_result):
    """Yield the results in the order of the tasks, telling of each as soon as it is there."""
    waiting, n_yielded = {}, 0
    for i, result in stream:
        if on_result is not None:
            on_result(i, result)
        advance()
        waiting[i] = result
        while n_yielded in waiting:
            yield waiting.pop(n_yielded)
            n_yielded += 1


def _results(function, tasks, n_jobs, *, streaming):
    """Yield the number and the result of every task, each as soon as it is there."""
    calls = [delayed(_numbered)(i, function, task) for i, task in enumerate(tasks)]
    try:
        parallel = _Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")
    except ValueError:
        # Multiprocessing and ray hand over all results at once: some rounds of tasks, where somebody waits for them.
        size = _TASKS_PER_WORKER * effective_n_jobs(n_jobs) if streaming else max(len(calls), 1)
        with Parallel(n_jobs=n_jobs, prefer="threads") as parallel:
            for part in blocks(len(calls), size):
                yield from parallel(calls[part])
    else:
        yield from parallel(calls)


class _Parallel(Parallel):
    def _warn_exit_early(self):
        """Not of results left unread: a run ends early because it was asked to, or by an error that tells more."""


def _numbered(i, function, task):
    return i, function(*task)


def _bar(description, total, verbose):
    """A context that gives a function to call after every task: it draws a bar, writes lines, or does nothing."""
    if verbose <= 0:
        return nullcontext(lambda: None)
    progress = _rich_progress()
    return _lines(description, total) if progress is None else _rich_bar(progress, description, total)


def _rich_progress():
    """A bar with the time left, on stderr; None without rich, or where nobody watches (a log file)."""
    try:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
    except ImportError:
        return None
    console = Console(stderr=True)
    if not (console.is_interactive or console.is_jupyter):
        return None
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    # The rate is that of the whole run: rich's last 30 s may not hold the end of a single cell.
    return Progress(*columns, console=console, speed_estimate_period=float("inf"))


@contextmanager
def _rich_bar(progress, description, total):
    with progress:
        task = progress.add_task(description, total=total)
        progress.advance(task, 0)  # starts the clock of the rate
        yield lambda: progress.advance(task, 1)


@contextmanager
def _lines(description, total):
    start = told = monotonic()
    done = 0

    def advance():
        nonlocal done, told
        done, now = done + 1, monotonic()
        if done == total or now - told >= _SECONDS_PER_LINE:
            told, elapsed = now, now - start
            left = elapsed / done * (total - done)
            sys.stderr.write(f"{description}: {done} of {total} in {_clock(elapsed)}, {_clock(left)} left\n")

    yield advance


def _clock(seconds):
    return str(timedelta(seconds=round(seconds)))


def with_seed(estimator, seed):
    """A clone in which every `random_state` that is None is `seed`, so that all workers draw the same."""
    free = (name for name, value in estimator.get_params().items() if _is_seed(name) and value is None)
    return clone(estimator).set_params(**dict.fromkeys(free, seed))


def _is_seed(name):
    return name.rpartition("__")[2] == "random_state"


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread for as long as any thread of this process is inside."""
    _count(+1)
    try:
        yield
    finally:
        _count(-1)


def _count(change):
    global _n_inside, _limits
    with _lock:
        if _n_inside == 0:
            _limits = threadpool_limits(1, user_api="blas")
        _n_inside += change
        if _n_inside == 0:
            _limits.restore_original_limits()


def with_drawn_seeds(estimator, generator):
    """A clone whose unset random states are drawn from `generator`."""
    estimator = clone(estimator)
    names = sorted(name for name, value in estimator.get_params().items() if value is None)
    unset = [name for name in names if name.split("__")[-1] == "random_state"]
    return estimator.set_params(**{name: int(generator.integers(2**31)) for name in unset})


def map_columns(score, x, *, n_jobs):
    """``score(column)`` for every column of x, in tasks of several columns."""
    columns = np.ascontiguousarray(x.T)  # a column at a time is read, often
    parts = blocks(len(columns), max(_ROWS_PER_TASK // len(x), 1))
    scores = run_tasks(lambda part: [score(column) for column in columns[part]], [(p,) for p in parts], n_jobs=n_jobs)
    return np.concatenate(scores) if scores else np.empty(0)
