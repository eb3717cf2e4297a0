"""The only door to numba: one compile policy for every kernel."""

import gc

import numba
from numba.core.event import Listener, register

# Objects that are made between two looks of the garbage collector while numba compiles.
_OBJECTS = 50_000


class _FewCollections(Listener):
    """Let the garbage collector run rarely while numba compiles a kernel of skib, which takes a tenth less time so.

    Compiling makes many objects that live until its end, and each look at them, and at all that is imported, finds
    little to free. Numba compiles one kernel at a time, with the functions that it calls.
    """

    kernel, before, during = None, (), ()

    def on_start(self, event):
        kernel = event.data["dispatcher"]
        module = kernel.py_func.__module__ or ""  # functions of exec have none
        if self.kernel is None and module.startswith("skib.") and gc.get_threshold()[0]:
            self.kernel, self.before = kernel, gc.get_threshold()
            self.during = (max(self.before[0], _OBJECTS), *self.before[1:])
            gc.set_threshold(*self.during)

    def on_end(self, event):
        if event.data["dispatcher"] is self.kernel:
            self.kernel = None
            if gc.get_threshold() == self.during:  # else somebody else has set them meanwhile
                gc.set_threshold(*self.before)


register("numba:compile", _FewCollections())


def njit(function):
    """Compile lazily in nopython mode: cached on disk, without the GIL, and 1/0 is inf as in numpy.

    Where no folder can be written (a read-only install without a home), the kernel works without a cache. No entry for
    callers in C is compiled.
    """
    return _compiled(function)


def borrowing(function):
    """Compile likewise a function that makes no array and is given none by what it calls.

    Numba then counts no references to the arrays of its caller, which is a tenth of what it compiles.
    """
    return _compiled(function, _nrt=False)


def contracting(function):
    """Compile likewise, but round a product and the sum that it enters once, where the processor does both in one step.

    Last bits then depend on the processor. NaN and infinity are what they always are.
    """
    return _compiled(function, fastmath={"contract"})


def reordering(function):
    """Compile likewise, and add up in any order: a loop that sums numbers then adds several at once.

    The order is one of the compiled loop, and the same in every call. Not for sums whose order keeps digits.
    """
    return _compiled(function, fastmath={"contract", "reassoc"})


def _compiled(function, **options):
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function ...: no locator available"
        return numba.njit(**options)(function)


def inlined(function):
    """Copy a function into every kernel of its file that calls it: for steps so short that a call would cost more."""
    return numba.njit(inline="always", nogil=True, error_model="numpy")(function)


def inserted(function):
    """Compile once a function that makes no array, and copy the result into every kernel that calls it.

    Where a step is called several times, this takes less time to compile than ``inlined``.
    """
    return _compiled(function, _nrt=False, forceinline=True)
