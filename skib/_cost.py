"""The time and the memory that large work takes, which a warning says before it begins."""

import os
from contextlib import contextmanager
from contextvars import ContextVar

from skib._warnings import CostWarning, warn

_LONG = 300  # seconds
_LARGE = 4e9  # bytes
# Of one core, for the kernels of a pair of rows and for each column; measured on the machine of the benchmarks.
_SECONDS_PER_PAIR, _SECONDS_PER_DIFFERENCE = 2.5e-9, 0.15e-9
_repetitions = ContextVar("repetitions", default=1)


@contextmanager
def repeated(n_times):
    """Count the cost that is warned of within as often as the work will be done."""
    token = _repetitions.set(n_times)
    try:
        yield
    finally:
        _repetitions.reset(token)


def warn_of_pairs(estimator, n_samples, n_columns, *, n_passes=1):
    """Warn, before the work, of sums over all pairs of rows that take longer than five minutes."""
    n_pairs = n_passes * n_samples * (n_samples - 1) / 2
    warn_of_cost(estimator, n_samples, n_pairs * (_SECONDS_PER_PAIR + n_columns * _SECONDS_PER_DIFFERENCE), power=2)


def warn_of_cost(estimator, n_samples, seconds, *, power):
    """Warn, before the work, that it takes longer than five minutes; time grows with a power of the number of rows."""
    n_times = _repetitions.get()
    seconds *= n_times
    if seconds <= _LONG:
        return
    how_often = f" {n_times} times" if n_times > 1 else ""
    duration, n_affordable = _shown(seconds), float(f"{n_samples * (_LONG / seconds) ** (1 / power):.2g}")  # two digits
    warn(
        f"{_named(estimator)} on {n_samples} rows{how_often} takes about {duration} of one core, for time grows with "
        f"n_samples^{power}; a random sample of {n_affordable:.0f} rows takes {_LONG // 60} minutes",
        CostWarning,
    )


def warn_of_duration(estimator, seconds, remedy):
    """Warn that work takes longer than five minutes, whatever the number of rows, and return whether it does."""
    if seconds > _LONG:
        warn(f"{_named(estimator)} takes about {_shown(seconds)} of one core: {remedy}", CostWarning)
    return seconds > _LONG


def _named(estimator):
    """Return what shows an estimator, in one line."""
    return " ".join(repr(estimator).split())


def _shown(seconds):
    return f"{seconds / 3600:.1f} hours" if seconds > 7200 else f"{seconds / 60:.0f} minutes"


def warn_of_memory(estimator, n_samples, n_bytes, remedy):
    """Warn, before the work, that it takes more than 4 GB of memory; refuse more than the machine has.

    The memory grows with the square of the number of rows.
    """
    if n_bytes <= _LARGE:
        return
    needed = f"{_named(estimator)} on {n_samples} distinct rows takes at least {n_bytes / 1e9:.3g} GB of memory"
    reason = f"for memory grows with n_samples^2; {remedy}"
    if n_bytes > memory_size():
        raise ValueError(f"{needed}, but the machine has {memory_size() / 1e9:.3g} GB, {reason}")
    warn(f"{needed}, {reason}", CostWarning)


def memory_size():
    """Return the bytes of memory that the machine has; infinite where Python does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return float("inf")
