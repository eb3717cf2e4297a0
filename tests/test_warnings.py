"""Warnings point at the line of the user, are issued once per call, and are collected by the thread they arise in."""

import doctest
import inspect
import io
import sys
import threading
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import joblib
import pytest
import sklearn
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

import skib
from skib._parallel import run_tasks
from skib._sklearn import fit_context
from skib._warnings import (
    CollectedWarning,
    SaturatedEstimateWarning,
    SkibWarning,
    UnreliableEstimateWarning,
    collect_warnings,
    drop_warnings,
    hold_warnings,
    listed,
    warn,
    warn_once,
)

BACKENDS = ["sequential", "threading", "loky", "multiprocessing"]
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # Python >= 3.12


@contextmanager
def issued():
    """Yield the list of all warnings that the body issues."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def texts(caught):
    return [str(warning.message) for warning in caught]


def files(caught):
    return [warning.filename for warning in caught]


def module(file, source):
    """Return the names that `source` defines, as code of the given file."""
    names = {"warn": warn, "warn_once": warn_once, "SkibWarning": SkibWarning}
    exec(compile(source, str(file), "exec"), names)
    return types.SimpleNamespace(**names)


WARNS = "def f(): warn('text', SkibWarning)"
CALLS = "def call(function): return function()"


# --- the line of the user


def test_points_at_the_line_and_keeps_the_category():
    with issued() as caught:
        line = inspect.currentframe().f_lineno + 1
        warn("text", UnreliableEstimateWarning)
    assert [(w.filename, w.lineno, w.category) for w in caught] == [(__file__, line, UnreliableEstimateWarning)]


@pytest.mark.parametrize("package", [skib, sklearn, joblib])
def test_skips_frames_of_the_packages(package):
    folder = Path(package.__file__).parent
    inner = module(folder / "_inner.py", WARNS)
    outer = module(folder / "deep" / "_outer.py", CALLS)
    with issued() as caught:
        outer.call(inner.f)
    assert files(caught) == [__file__]


def test_code_of_the_user_that_skib_calls_is_the_line():
    folder = Path(skib.__file__).parent
    outer, mine = module(folder / "_outer.py", CALLS), module("/home/me/estimator.py", WARNS)
    with issued() as caught:
        outer.call(mine.f)
    assert files(caught) == ["/home/me/estimator.py"]


@pytest.mark.parametrize("file", ["skib_study.py", "skibby/study.py", "skib.py", "my/skib/study.py"])
def test_files_of_the_user_with_a_name_like_skib(file):
    mine = Path(skib.__file__).parents[1] / file
    with issued() as caught:
        module(mine, CALLS).call(module(Path(skib.__file__).parent / "_a.py", WARNS).f)
    assert files(caught) == [str(mine)]


def test_the_line_of_a_doctest_of_skib():
    """A doctest runs with the name and the globals of the module that it documents."""
    inner = module(Path(skib.__file__).parent / "_inner.py", WARNS)
    example = doctest.DocTestParser().get_doctest(
        ">>> f()", {"f": inner.f, "__name__": "skib.mutual_info._ksg"}, "skib.mutual_info._ksg.KSG", None, 0
    )
    with issued() as caught, redirect_stdout(io.StringIO()):
        doctest.DocTestRunner().run(example)
    assert files(caught) == ["<doctest skib.mutual_info._ksg.KSG[0]>"]


class Inside(BaseEstimator):
    """An estimator whose ``fit`` counts as code of skib."""

    fit = fit_context(prefer_skip_nested_validation=True)(
        module(Path(skib.__file__).parent / "_a.py", "def fit(self): warn('text', SkibWarning); return self").fit
    )
    _parameter_constraints: dict = {}


def test_skips_the_wrapper_of_fit():
    with issued() as caught:
        Inside().fit()
    assert files(caught) == [__file__]


def test_contexts_and_cached_properties_of_skib_are_no_lines_of_the_user():
    source = """
from contextlib import contextmanager
from functools import cached_property

class Column:
    @cached_property
    def value(self): warn("property", SkibWarning)

@contextmanager
def context():
    yield
    warn("context", SkibWarning)

def f():
    with context():
        Column().value
"""
    with issued() as caught:
        module(Path(skib.__file__).parent / "_a.py", source).f()
    assert texts(caught) == ["property", "context"] and files(caught) == [__file__] * 2


def test_a_thread_without_a_line_of_the_user_still_warns():
    inner = module(Path(skib.__file__).parent / "_inner.py", WARNS)
    with issued() as caught:
        thread = threading.Thread(target=inner.f)
        thread.start()
        thread.join()
    assert texts(caught) == ["text"]


# --- once per call


def test_warn_once_issues_each_distinct_warning_at_the_end():
    with issued() as caught:
        with warn_once():
            for text in ("first", "second", "first"):
                warn(text, SkibWarning)
            warn("first", UnreliableEstimateWarning)
            assert caught == []
        line = inspect.currentframe().f_lineno - 1
    assert [(str(w.message), w.category) for w in caught] == [
        ("first", SkibWarning),
        ("second", SkibWarning),
        ("first", UnreliableEstimateWarning),
    ]
    assert files(caught) == [__file__] * 3 and all(w.lineno <= line for w in caught)


def test_warn_once_leaves_categories_out():
    with issued() as caught, warn_once(excluded=(SaturatedEstimateWarning,)):
        warn("saturated", SaturatedEstimateWarning)
        warn("unreliable", UnreliableEstimateWarning)
    assert texts(caught) == ["unreliable"]


def test_warn_once_within_another():
    with issued() as caught, warn_once():
        for _ in range(2):
            with warn_once():
                warn("text", SkibWarning)
    assert texts(caught) == ["text"]


def test_warn_once_issues_even_after_an_error():
    with issued() as caught, pytest.raises(KeyError), warn_once():
        warn("text", SkibWarning)
        raise KeyError
    assert texts(caught) == ["text"]


def test_warn_once_obeys_the_filters():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SkibWarning, match="text"), warn_once():
            warn("text", SkibWarning)
    with warnings.catch_warnings(record=True) as caught, warn_once():
        warnings.simplefilter("ignore")
        warn("text", SkibWarning)
    assert caught == []


# --- tasks in threads and processes


def task(i):
    warn(f"text {i % 2}", UnreliableEstimateWarning)
    return i


@pytest.mark.parametrize("backend", BACKENDS)
def test_warnings_of_tasks_are_issued_once_at_the_line_that_calls(backend):
    with issued() as caught, joblib.parallel_config(backend, n_jobs=2):
        results = run_tasks(task, [(i,) for i in (1, 0, 2, 3)])
    assert results == [1, 0, 2, 3]
    assert [(str(w.message), w.category) for w in caught] == [
        ("text 1", UnreliableEstimateWarning),
        ("text 0", UnreliableEstimateWarning),
    ]
    assert files(caught) == [__file__] * 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_warnings_of_tasks_become_errors_of_the_calling_thread(backend):
    with warnings.catch_warnings(), joblib.parallel_config(backend, n_jobs=2):
        warnings.simplefilter("error", SkibWarning)
        with pytest.raises(UnreliableEstimateWarning, match="text 0"):
            run_tasks(task, [(i,) for i in range(4)])


@pytest.mark.parametrize("backend", BACKENDS)
def test_nested_tasks(backend):
    with issued() as caught, joblib.parallel_config(backend, n_jobs=2):
        run_tasks(run_tasks, [(task, [(i,) for i in range(4)])] * 3)
    assert texts(caught) == ["text 0", "text 1"] and files(caught) == [__file__] * 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_workers_have_the_configuration_of_scikit_learn(backend):
    with config_context(working_memory=17), joblib.parallel_config(backend, n_jobs=2):
        configs = run_tasks(get_config, [()] * 4)
    assert [config["working_memory"] for config in configs] == [17] * 4


def ignored(i):
    warnings.warn("ignored", RuntimeWarning, stacklevel=1)
    return task(i)


@pytest.mark.parametrize("backend", BACKENDS)
def test_workers_have_the_filters_of_the_caller(backend, capfd):
    with warnings.catch_warnings(), joblib.parallel_config(backend, n_jobs=2):
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", SkibWarning)
        assert run_tasks(ignored, [(i,) for i in range(4)]) == list(range(4))
    assert "ignored" not in capfd.readouterr().err


def test_tasks_in_threads_leave_the_filters_as_they_were():
    """Threads share the filters: swapped around every task, they would be lost when two swaps overlap."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="text")
            before = warnings.filters[:]
            for _ in range(20):
                run_tasks(task, [(i,) for i in range(100)], n_jobs=8)
                assert warnings.filters == before
    finally:
        sys.setswitchinterval(interval)


def test_collection_receives_the_warnings_of_tasks():
    with issued() as caught, collect_warnings() as records:
        run_tasks(task, [(i,) for i in range(4)], n_jobs=2)
    assert caught == [] and records == [(UnreliableEstimateWarning, f"text {i}") for i in range(2)]


# --- collection


def test_collects_skib_warnings_once_each():
    with collect_warnings() as records:
        for _ in range(2):
            warnings.warn("first", SaturatedEstimateWarning, stacklevel=1)
        warnings.warn(UnreliableEstimateWarning("second"), stacklevel=1)
        warn("third", SkibWarning)
    assert list(map(str, records)) == [
        "SaturatedEstimateWarning: first",
        "UnreliableEstimateWarning: second",
        "SkibWarning: third",
    ]


def test_records_can_be_issued_again():
    with collect_warnings() as records:
        warn("text", SaturatedEstimateWarning)
    with issued() as caught:
        warn(records[0].message, records[0].category)
    assert records == [CollectedWarning(SaturatedEstimateWarning, "text")]
    assert [(w.filename, w.category, str(w.message)) for w in caught] == [(__file__, *records[0])]


def test_collects_convergence_warnings():
    with collect_warnings() as records:
        warnings.warn("not converged", ConvergenceWarning, stacklevel=1)
    assert list(map(str, records)) == ["ConvergenceWarning: not converged"]


def test_holding_leaves_the_warnings_of_others_alone():
    with issued() as caught, hold_warnings() as records:
        warn("held", SkibWarning)
        warnings.warn("not converged", ConvergenceWarning, stacklevel=1)
    assert texts(caught) == ["not converged"] and list(map(str, records)) == ["SkibWarning: held"]


def test_lets_other_warnings_pass_from_where_they_arose():
    with pytest.warns(RuntimeWarning, match="other") as caught, collect_warnings() as records:
        warnings.warn("other", RuntimeWarning, stacklevel=1)
    assert records == [] and caught[0].filename == __file__


def test_drops_what_begins_so_and_nothing_else():
    with issued() as caught:
        with drop_warnings("numbers of"):
            warnings.warn("numbers of classes", UserWarning, stacklevel=1)
            warnings.warn("other numbers of classes", UserWarning, stacklevel=1)
            with ThreadPoolExecutor(1) as other:
                other.submit(warnings.warn, "numbers of another thread", UserWarning).result()
        warnings.warn("numbers of afterwards", UserWarning, stacklevel=1)
    assert texts(caught) == ["other numbers of classes", "numbers of another thread", "numbers of afterwards"]


def test_what_is_dropped_is_not_collected():
    with collect_warnings() as records, drop_warnings("numbers of"):
        warnings.warn("numbers of iterations", ConvergenceWarning, stacklevel=1)
        warnings.warn("other numbers", ConvergenceWarning, stacklevel=1)
    assert [record.message for record in records] == ["other numbers"]


def test_inner_collection_hides_from_the_outer():
    with collect_warnings() as outer:
        with collect_warnings() as inner:
            warnings.warn("inside", SaturatedEstimateWarning, stacklevel=1)
        warnings.warn("outside", SaturatedEstimateWarning, stacklevel=1)
    assert [len(inner), len(outer)] == [1, 1] and outer[0].message == "outside"


def test_leaves_nothing_behind_even_after_an_error():
    before = warnings.warn
    with pytest.raises(KeyError), collect_warnings():
        raise KeyError
    assert warnings.warn is before
    with pytest.warns(SaturatedEstimateWarning):
        warnings.warn("heard again", SaturatedEstimateWarning, stacklevel=1)


def test_threads_that_swap_filters_do_not_disturb_each_other():
    before, gate = warnings.warn, threading.Barrier(8)

    def collect(name):
        gate.wait()
        collected = []
        for i in range(100):
            # As scikit-learn's Parallel does around a task; it would make errors of the other threads' warnings.
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with collect_warnings() as records:
                    warnings.warn(f"{name} {i}", SaturatedEstimateWarning, stacklevel=1)
            collected += records
        return collected

    filters = warnings.filters[:]
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(collect, range(8)))
    warnings.filters[:] = filters
    assert found == [[(SaturatedEstimateWarning, f"{name} {i}") for i in range(100)] for name in range(8)]
    assert warnings.warn is before


def test_a_thread_that_does_not_collect_is_heard():
    with collect_warnings() as records, issued() as caught:
        thread = threading.Thread(target=warnings.warn, args=("elsewhere", SaturatedEstimateWarning))
        thread.start()
        thread.join()
    assert records == [] and texts(caught) == ["elsewhere"]


@pytest.mark.parametrize(
    ("n", "text"), [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (6, "0, 1, 2, 3, 4, ..."), (20_000, "0, 1, 2, 3, 4, ...")]
)
def test_long_lists_are_cut(n, text):
    assert listed([str(i) for i in range(n)]) == text
