"""Warnings of skib: their classes, the line they point at, and how they are collected."""

import contextlib
import functools
import inspect
import os
import threading
import warnings
from contextlib import contextmanager
from typing import NamedTuple

import joblib
import sklearn
from sklearn.exceptions import ConvergenceWarning

# Names or labels that a message lists.
MOST_LISTED = 5


class SkibWarning(UserWarning):
    """Base of every warning that skib issues about a number, or about the time that it takes."""


class DuplicateRowsWarning(SkibWarning):
    """Rows of continuous data are repeated: neighbors at distance zero inflate the estimate."""


class SaturatedEstimateWarning(SkibWarning):
    """The estimate is near the largest value that the estimator can return for this number of rows."""


class UnreliableEstimateWarning(SkibWarning):
    """The data do not support the estimate: too few rows per class, cell or dimension."""


class ConstantInputWarning(SkibWarning):
    """An input has a single value and therefore carries no information."""


class MissingValuesWarning(SkibWarning):
    """Rows were left out of an estimate because a number is missing in them."""


class MisalignedIndexWarning(SkibWarning):
    """Rows are paired by their position, as everywhere in skib, although their pandas indexes differ."""


class CostWarning(SkibWarning):
    """The work that begins takes longer than five minutes, or more than 4 GB. Nothing is said about the number."""


class CollectedWarning(NamedTuple):
    """A warning that was collected instead of displayed; ``warn(record.message, record.category)`` issues it."""

    category: type[Warning]
    message: str

    def __str__(self) -> str:
        return f"{self.category.__name__}: {self.message}"


# Frames of these files may stand between the line of the user and the one that warns. Names of modules would not do:
# a doctest runs under the name of the module that it belongs to.
_INSIDE = (
    *(os.path.dirname(path) + os.sep for path in (__file__, sklearn.__file__, joblib.__file__)),
    contextlib.__file__,
    functools.__file__,
)
_COLLECTED = SkibWarning, ConvergenceWarning
_thread = threading.local()
_lock = threading.Lock()
_n_collecting = 0
_undiverted = warnings.warn


def warn(message, category):
    """Issue a warning that points at the innermost line outside of skib, scikit-learn and joblib."""
    if _hold(category, message):
        return
    frame, level = inspect.currentframe().f_back, 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def listed(texts):
    """Join texts by commas; after the first `MOST_LISTED` an ellipsis stands for the others."""
    return ", ".join([*texts[:MOST_LISTED], *["..."] * (len(texts) > MOST_LISTED)])


@contextmanager
def hold_warnings():
    """Yield a list that receives each distinct warning of skib in this thread, as a CollectedWarning; none is issued.

    A worker holds the warnings of its task, for its thread has no line of the user, and the calling thread issues them.
    """
    outer, _thread.held = getattr(_thread, "held", None), []
    try:
        yield _thread.held
    finally:
        _thread.held = outer


@contextmanager
def collect_warnings():
    """Hold the warnings of this thread, also ConvergenceWarning and those that other code issues with skib's classes.

    ``warnings.catch_warnings`` cannot do this: it swaps filters and a hook that all threads share, as does
    scikit-learn's Parallel around every task, so that cells that run in parallel would lose each other's warnings or
    turn them into errors. Instead ``warnings.warn``, which no other code swaps, looks up the collection of its thread
    for as long as any thread collects. Other warnings and other threads are not affected.
    """
    _count(+1)
    try:
        with hold_warnings() as records:
            yield records
    finally:
        _count(-1)


@contextmanager
def drop_warnings(start):
    """Drop the warnings of this thread that begin with `start`, a text or several: those of packages that skib calls.

    As in ``collect_warnings`` no filter is swapped, which all threads share.
    """
    outer, _thread.dropped = getattr(_thread, "dropped", None), start
    _count(+1)
    try:
        yield
    finally:
        _count(-1)
        _thread.dropped = outer


@contextmanager
def warn_once(*, excluded=()):
    """Issue each distinct warning of the body once, when it ends or fails; none of the `excluded` categories."""
    try:
        with hold_warnings() as records:
            yield
    finally:
        for category, message in records:
            if not issubclass(category, excluded):
                warn(message, category)


def _hold(category, message):
    """Add a warning to those that this thread holds, and return whether it holds any."""
    held = getattr(_thread, "held", None)
    if held is None or category is CostWarning:  # the cost is of use before the work alone
        return False
    record = CollectedWarning(category, str(message))
    if record not in held:
        held.append(record)
    return True


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
    dropped = getattr(_thread, "dropped", None)
    if dropped is not None and str(message).startswith(dropped):
        return
    kind = type(message) if isinstance(message, Warning) else category
    if isinstance(kind, type) and issubclass(kind, _COLLECTED) and _hold(kind, message):
        return
    _undiverted(message, category, stacklevel + 1, *args, **kwargs)
