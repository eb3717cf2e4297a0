"""The time that long work takes, which a warning says before it begins."""

from contextlib import contextmanager
from contextvars import ContextVar

from skib._warnings import CostWarning, warn

_LONG = 300  # seconds
# Of one core, for the kernels of a pair of rows and for each column; measured on the machine of the benchmarks.
_SECONDS_PER_PAIR, _SECONDS_PER_DIFFERENCE = 20e-9, 1.5e-9
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
        f"{estimator!r} on {n_samples} rows{how_often} takes about {duration} of one core, for time grows with "
        f"n_samples^{power}; a random sample of {n_affordable:.0f} rows takes {_LONG // 60} minutes",
        CostWarning,
    )


def warn_of_duration(estimator, seconds, remedy):
    """Warn, before the work, that it takes longer than five minutes, whatever the number of rows."""
    if seconds > _LONG:
        warn(f"{estimator!r} takes about {_shown(seconds)} of one core: {remedy}", CostWarning)


def _shown(seconds):
    return f"{seconds / 3600:.1f} hours" if seconds > 7200 else f"{seconds / 60:.0f} minutes"
