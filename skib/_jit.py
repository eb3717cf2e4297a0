"""The only door to numba: one compile policy for every kernel."""

import numba


def njit(function):
    """Compile lazily in nopython mode: cached on disk, without the GIL, and 1/0 is inf as in numpy.

    Where no folder can be written (a read-only install without a home), the kernel works without a cache.
    """
    options = {"nogil": True, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function ...: no locator available"
        return numba.njit(**options)(function)


def inlined(function):
    """Copy a function into every kernel of its file that calls it: for steps so short that a call would cost more."""
    return numba.njit(inline="always", nogil=True, error_model="numpy")(function)
