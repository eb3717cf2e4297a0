"""The only door to numba: one compile policy for every kernel."""

import gc

import numba
from numba.core.event import Listener, register

# Objects that are made between two looks of the garbage collector while numba compiles.
_OBJECTS = 50_000


class _FewCollections(Listener):
    """Let the garbage collector run rarely while numba compiles, which takes a sixth less time so.

    Compiling makes many objects that live until its end, and each look at them finds nothing to free. Numba compiles
    one function at a time, with those that it calls.
    """

    depth, threshold = 0, 0

    def on_start(self, event):
        if self.depth == 0:
            self.threshold, *older = gc.get_threshold()
            if self.threshold:  # else there is no collection
                gc.set_threshold(max(self.threshold, _OBJECTS), *older)
        self.depth += 1

    def on_end(self, event):
        self.depth -= 1
        if self.depth == 0:
            gc.set_threshold(self.threshold, *gc.get_threshold()[1:])


register("numba:compile", _FewCollections())


def njit(function):
    """Compile lazily in nopython mode: cached on disk, without the GIL, and 1/0 is inf as in numpy.

    Where no folder can be written (a read-only install without a home), the kernel works without a cache. No entry for
    callers in C is compiled.
    """
    options = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function ...: no locator available"
        return numba.njit(**options)(function)


def inlined(function):
    """Copy a function into every kernel of its file that calls it: for steps so short that a call would cost more."""
    return numba.njit(inline="always", nogil=True, error_model="numpy")(function)
