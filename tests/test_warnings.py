"""Warnings are collected by the thread that gave them, and by no other."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from skib._warnings import SaturatedEstimateWarning, UnreliableEstimateWarning, collect_warnings


def test_collects_skib_warnings_once_each():
    with collect_warnings() as texts:
        for _ in range(2):
            warnings.warn("first", SaturatedEstimateWarning, stacklevel=1)
        warnings.warn(UnreliableEstimateWarning("second"), stacklevel=1)
    assert texts == ["SaturatedEstimateWarning: first", "UnreliableEstimateWarning: second"]


def test_lets_other_warnings_pass_from_where_they_arose():
    with pytest.warns(RuntimeWarning, match="other") as caught, collect_warnings() as texts:
        warnings.warn("other", RuntimeWarning, stacklevel=1)
    assert texts == [] and caught[0].filename == __file__


def test_inner_collection_hides_from_the_outer():
    with collect_warnings() as outer:
        with collect_warnings() as inner:
            warnings.warn("inside", SaturatedEstimateWarning, stacklevel=1)
        warnings.warn("outside", SaturatedEstimateWarning, stacklevel=1)
    assert [len(inner), len(outer)] == [1, 1] and outer[0].endswith("outside")


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
            # What scikit-learn's Parallel does around a task; it would make errors of the neighbours' warnings.
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with collect_warnings() as texts:
                    warnings.warn(f"{name} {i}", SaturatedEstimateWarning, stacklevel=1)
            collected += texts
        return collected

    filters = warnings.filters[:]
    with warnings.catch_warnings(), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(collect, range(8)))
    warnings.filters[:] = filters
    assert found == [[f"SaturatedEstimateWarning: {name} {i}" for i in range(100)] for name in range(8)]
    assert warnings.warn is before


def test_a_thread_that_does_not_collect_is_heard():
    with collect_warnings() as texts, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        thread = threading.Thread(target=warnings.warn, args=("elsewhere", SaturatedEstimateWarning))
        thread.start()
        thread.join()
    assert texts == [] and [str(warning.message) for warning in heard] == ["elsewhere"]
