"""One thread for linear algebra: its sums have other last bits with other numbers of threads."""

import threading
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

_lock = threading.Lock()
_n_inside = 0
_limits = None


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread for as long as any thread of this process is inside."""
    _count(+1)
    try:
        yield
    finally:
        _count(-1)


def _count(change):
    global _n_inside, _limits
    with _lock:
        if _n_inside == 0:
            _limits = threadpool_limits(1, user_api="blas")
        _n_inside += change
        if _n_inside == 0:
            _limits.restore_original_limits()
