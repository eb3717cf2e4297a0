"""The cost of long work is said before it begins."""

import warnings

import pytest

from skib import CostWarning
from skib._cost import memory_size, warn_of_cost, warn_of_duration, warn_of_memory, warn_of_pairs
from skib._parallel import run_tasks
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned


def test_the_cost_is_said_before_the_work_and_with_a_remedy():
    with pytest.warns(
        CostWarning, match="'it' on 800000 rows takes about 14 minutes .* sample of 480000 rows takes 5 min"
    ):
        warn_of_pairs("it", 800_000, 1)
    with pytest.warns(
        CostWarning, match="on 20000 rows takes about 51 minutes of one core, for time .* sample of 9200"
    ):
        warn_of_cost("it", 20_000, 3040, power=3)
    warn_of_pairs("it", 300_000, 1)  # three minutes


def test_the_cost_is_not_held_until_the_work_is_done():
    order = []

    def long(i):
        warn_of_cost(i, 10, 1e4, power=2)
        order.append("work")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, category, *_: order.append(category.__name__)
        run_tasks(long, [(0,)])
    assert order == ["CostWarning", "work"]


def test_memory_is_said_before_the_work_and_refused_if_there_is_none():
    warn_of_memory("it", 10_000, 1.6e9, "lower k")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skib._cost.memory_size", lambda: 16e9)
        with pytest.warns(
            CostWarning, match=r"'it' on 30000 distinct rows takes at least 14.4 GB of memory, .*; lower k"
        ):
            warn_of_memory("it", 30_000, 14.4e9, "lower k")
        with pytest.raises(
            ValueError, match="takes at least 16.1 GB of memory, but the machine has 16 GB, .*; lower k"
        ):
            warn_of_memory("it", 30_000, 16.1e9, "lower k")


def test_the_memory_of_a_machine_that_does_not_say_is_infinite():
    assert 1e8 < memory_size() < 1e14
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr("os.sysconf", raising=False)
        assert memory_size() == float("inf")


def test_estimators_are_named_in_one_line():
    plane = InformationPlane(input_estimator=Binned(n_bins=3, range=(-1, 1)), n_jobs=2, random_state=0, verbose=1)
    assert "\n" in repr(plane)
    with pytest.warns(CostWarning, match=r"^InformationPlane\([^\n]*random_state=0, verbose=1\) takes about 7 minutes"):
        assert warn_of_duration(plane, 400, "take less")
