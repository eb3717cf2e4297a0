"""The only door to numba: one compile policy for every kernel."""

import numba


def njit(function):
    """Compile lazily in nopython mode: cached on disk, without the GIL, and 1/0 is inf as in numpy.

    Where no folder can be written (a read-only install without a home), the kernel works without a cache.
    """
    return _compiled(function)


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
    options |= {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function ...: no locator available"
        return numba.njit(**options)(function)


def inlined(function):
    """Copy a function into every kernel of its file that calls it: for steps so short that a call would cost more."""
    return numba.njit(inline="always", nogil=True, error_model="numpy")(function)
