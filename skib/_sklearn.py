"""The private names of scikit-learn that skib uses. No other module imports or touches one."""

from contextlib import contextmanager

from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin
except ImportError:

    class CallbackSupportMixin:
        """Stand-in for a scikit-learn without callbacks."""


__all__ = ["CallbackSupportMixin", "HasMethods", "Interval", "StrOptions", "callbacks", "fit_context", "safe_indexing"]


@contextmanager
def callbacks(owner, total):
    """Yield a function that reports task `i` to scikit-learn's callbacks and returns whether to stop after it."""
    if not hasattr(owner, "_init_callback_context"):  # scikit-learn < 1.9, or no estimator
        yield lambda i: False
        return
    context = owner._init_callback_context(max_subtasks=total, sequential_subtasks=False)
    context.call_on_fit_task_begin(estimator=owner)

    def stops(i):
        task = context.subcontext(task_name="task", task_id=i)
        task.call_on_fit_task_begin(estimator=owner)
        return task.call_on_fit_task_end(estimator=owner)

    yield stops
    context.call_on_fit_task_end(estimator=owner)
