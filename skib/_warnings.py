"""Warnings of skib: their classes, where they point, and how they are collected."""

import inspect
import threading
import warnings
from contextlib import contextmanager

from sklearn.exceptions import ConvergenceWarning


class SkibWarning(UserWarning):
    """Base of every warning that skib gives about a number."""


class DuplicateRowsWarning(SkibWarning):
    """Rows of continuous data are repeated: neighbours at distance zero inflate the estimate."""


class SaturatedEstimateWarning(SkibWarning):
    """The estimate is near the largest value that the estimator can return on this many rows."""


class UnreliableEstimateWarning(SkibWarning):
    """The data cannot support the estimate: too few rows per class, cell or dimension."""


class ConstantInputWarning(SkibWarning):
    """An input has one value only, so it carries no information."""


# Frames of these packages stand between the line of the user and the one that warns.
_INSIDE = {"skib", "sklearn", "joblib"}
_COLLECTED = SkibWarning, ConvergenceWarning
_thread = threading.local()
_lock = threading.Lock()
_n_collecting = 0
_undiverted = warnings.warn


def warn(message, category):
    """Issue a warning that points at the innermost line outside of skib, scikit-learn and joblib."""
    frame, level = inspect.currentframe().f_back, 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


@contextmanager
def collect_warnings():
    """Yield a list that receives the text of every warning of skib given in this thread, which is then not displayed.

    scikit-learn's ConvergenceWarning of a compressor or predictor is collected, too.

    ``warnings.catch_warnings`` cannot do this: it swaps filters and a hook that all threads share, as does
    scikit-learn's Parallel around every task, so cells that run side by side would lose each other's warnings or turn
    them into errors. Instead ``warnings.warn``, which nobody else swaps, asks which thread is calling for as long as
    any thread collects. Other warnings, and other threads, notice nothing.
    """
    outer, _thread.collected = getattr(_thread, "collected", None), []
    _count(+1)
    try:
        yield _thread.collected
    finally:
        _count(-1)
        _thread.collected = outer


@contextmanager
def without_warnings(*categories):
    """Take out again what was collected meanwhile of these categories."""
    yield
    names = tuple(f"{category.__name__}:" for category in categories)
    _thread.collected[:] = [text for text in _thread.collected if not text.startswith(names)]


def _count(change):
    global _n_collecting, _undiverted
    with _lock:
        if _n_collecting == 0:
            _undiverted = warnings.warn
            warnings.warn = _warn
        _n_collecting += change
        if _n_collecting == 0:
            warnings.warn = _undiverted


def _warn(message, category=None, stacklevel=1, *args, **kwargs):
    collected = getattr(_thread, "collected", None)
    kind = type(message) if isinstance(message, Warning) else category
    if collected is not None and isinstance(kind, type) and issubclass(kind, _COLLECTED):
        text = f"{kind.__name__}: {message}"
        if text not in collected:
            collected.append(text)
    else:
        _undiverted(message, category, stacklevel + 1, *args, **kwargs)
