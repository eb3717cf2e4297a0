"""The only Parallel: threads unless the user opens another backend, child seeds, row blocks and progress."""

from contextlib import closing, contextmanager

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed


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
        Above 0, a progress bar is drawn where ``rich`` is installed.
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
        _callbacks(owner, len(tasks)) as stops,
        closing(_results(function, tasks, n_jobs)) as stream,
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


def _results(function, tasks, n_jobs):
    """Yield the number and the result of every task, each as soon as it is there."""
    calls = (delayed(_numbered)(i, function, task) for i, task in enumerate(tasks))
    try:
        parallel = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator_unordered")
    except ValueError:  # a backend that hands over all results at once: multiprocessing, ray
        parallel = Parallel(n_jobs=n_jobs, prefer="threads")
    yield from parallel(calls)


def _numbered(i, function, task):
    return i, function(*task)


@contextmanager
def _bar(description, total, verbose):
    """Yield a function that advances a rich progress bar by one task, or does nothing."""
    progress = _rich_progress() if verbose > 0 else None
    if progress is None:
        yield lambda: None
        return
    with progress:
        task = progress.add_task(description, total=total)
        yield lambda: progress.advance(task)


def _rich_progress():
    try:
        from rich.progress import Progress
    except ImportError:
        return None
    return Progress()


@contextmanager
def _callbacks(owner, total):
    """Yield a function that tells scikit-learn's callbacks of task `i` and returns whether to stop after it."""
    if not hasattr(owner, "_init_callback_context"):  # scikit-learn < 1.9, or nobody to tell
        yield lambda i: False
        return
    context = owner._init_callback_context(max_subtasks=total, sequential_subtasks=False)
    context.call_on_fit_task_begin(estimator=owner)

    def stops(i):
        task = context.subcontext(task_name="task", task_id=i)
        task.call_on_fit_task_begin(estimator=owner)
        return task.call_on_fit_task_end(estimator=owner)

    yield stops
    context.call_on_fit_task_end(estimator=owner)
