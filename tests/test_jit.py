"""The garbage collector runs rarely while kernels of skib are compiled, and as before at any other time."""

import gc

import numba
import pytest
from numba.core import event

import skib._jit as _jit

ROOM = "skib._kernels.example"


class Seen(event.Listener):
    """The thresholds of the collector when each compilation began."""

    def __init__(self, thresholds=None):
        self.thresholds, self.found = thresholds, []

    def on_start(self, event):
        self.found.append(gc.get_threshold())
        if self.thresholds:
            gc.set_threshold(*self.thresholds)

    def on_end(self, event):
        pass


def compiled(module, function=lambda x: x + 1, thresholds=None):
    """Compile a function as if it stood in a module; return the thresholds meanwhile."""
    function.__module__, seen = module, Seen(thresholds)
    with event.install_listener("numba:compile", seen):
        numba.njit(function)(1)
    return seen.found


@pytest.fixture(autouse=True)
def usual_thresholds():
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_few_collections_while_a_kernel_compiles():
    assert compiled(ROOM) == [(_jit._OBJECTS, 10, 10)]
    assert gc.get_threshold() == (700, 10, 10)


def test_functions_that_a_kernel_calls_belong_to_it():
    inner = numba.njit(lambda x: x + 1)
    assert compiled(ROOM, lambda x: inner(x) + inner(x + 0.5)) == [(_jit._OBJECTS, 10, 10)] * 3
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("module", ["skibbereen.kernels", None])
def test_functions_of_others_compile_as_before(module):
    """None is the module of what ``exec`` defines."""
    assert compiled(module) == [(700, 10, 10)]


def test_thresholds_are_restored_where_a_kernel_does_not_compile():
    with pytest.raises(numba.TypingError):
        compiled(ROOM, lambda x: x.nothing)
    assert gc.get_threshold() == (700, 10, 10)
    assert compiled(ROOM) == [(_jit._OBJECTS, 10, 10)]


@pytest.mark.parametrize("thresholds", [(0, 10, 10), (10**6, 5, 5)])
def test_what_a_user_has_set_stays(thresholds):
    gc.set_threshold(*thresholds)
    assert compiled(ROOM) == [thresholds]
    assert gc.get_threshold() == thresholds


def test_what_is_set_meanwhile_stays():
    compiled(ROOM, thresholds=(900, 8, 8))
    assert gc.get_threshold() == (900, 8, 8)
