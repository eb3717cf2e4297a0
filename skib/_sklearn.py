"""The names of scikit-learn that skib uses and that are private, or have no types. No other module imports one.

scikit-learn has no annotations. A class that derives from an unknown one may have any attribute for a type checker, so
that no misspelled one would be found; type checkers therefore see stand-ins of the bases.
"""

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, RealNotInt, StrOptions

from skib._interrupts import passing_interrupts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Method = TypeVar("_Method", bound=Callable[..., Any])

    class BaseEstimator:
        """What every estimator has."""

        n_features_in_: int
        feature_names_in_: NDArray[Any]

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """Return the parameters by name."""

        def set_params(self, **params: Any) -> Self:
            """Set parameters by name."""

        def get_metadata_routing(self) -> Any:
            """Return the requests of metadata."""

        def set_fit_request(self, **requests: bool | str | None) -> Self:
            """Request metadata for ``fit``."""

    class ClassifierMixin:
        """What every classifier has."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """Return the share of rows whose class is predicted."""

    class RegressorMixin:
        """What every regressor has."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            """Return the share of the variance of y that is predicted."""

    class TransformerMixin:
        """What every transformer has."""

        def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
            """Fit and transform the same rows."""

        def set_output(self, *, transform: str | None = None) -> Self:
            """Choose the container of what ``transform`` returns."""

    class ClassNamePrefixFeaturesOutMixin:
        """What a transformer has that names its columns after its class."""

        def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
            """Return the names of the columns of what ``transform`` returns."""

    class OneToOneFeatureMixin:
        """What a transformer has that returns a column for each column, under its name."""

        def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
            """Return the names of the columns of what ``transform`` returns."""

    class SelectorMixin(TransformerMixin):
        """What every selector of columns has."""

        def get_support(self, indices: bool = False) -> NDArray[Any]:
            """Return the mask of the selected columns, or their numbers in ascending order."""

        def transform(self, X: Any) -> Any:
            """Keep the selected columns."""

        def inverse_transform(self, X: Any) -> NDArray[Any]:
            """Put the selected columns back in their places, among columns of zeros."""

        def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
            """Return the names of the selected columns."""

    class CallbackSupportMixin:
        """What an estimator has that calls callbacks (scikit-learn >= 1.9)."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set the callbacks."""

    def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[_Method], _Method]:
        """Validate the parameters before ``fit``, whose signature stays as it is."""

else:
    from sklearn.base import (
        BaseEstimator,
        ClassifierMixin,
        ClassNamePrefixFeaturesOutMixin,
        OneToOneFeatureMixin,
        RegressorMixin,
        TransformerMixin,
        _fit_context,
    )

    def fit_context(*, prefer_skip_nested_validation):
        """Validate the parameters before ``fit``, which Ctrl-C ends as a KeyboardInterrupt."""
        validated = _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)
        return lambda fit: passing_interrupts(validated(fit))

    def __getattr__(name):
        """Import a base when the first class derives from it: selectors' loads all metrics, the other progress bars."""
        if name == "SelectorMixin":
            from sklearn.feature_selection import SelectorMixin as base
        elif name == "CallbackSupportMixin":
            base = _callback_support()
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals().setdefault(name, base)

    def _callback_support():
        try:  # scikit-learn >= 1.9
            from sklearn.callback import CallbackSupportMixin
        except ImportError:

            class CallbackSupportMixin:
                """Stand-in for a scikit-learn without callbacks."""

        return CallbackSupportMixin


__all__ = [
    "BaseEstimator",
    "CallbackSupportMixin",
    "ClassNamePrefixFeaturesOutMixin",
    "ClassifierMixin",
    "HasMethods",
    "Interval",
    "OneToOneFeatureMixin",
    "RealNotInt",
    "RegressorMixin",
    "SelectorMixin",
    "StrOptions",
    "TransformerMixin",
    "callbacks",
    "fit_context",
    "output_container",
    "require_valid_parameters",
    "safe_indexing",
]


def require_valid_parameters(estimator: Any) -> None:
    """Refuse parameters of wrong types or values, as ``fit`` does, of an object that has rules for them."""
    if isinstance(estimator, type):
        raise TypeError(f"{estimator.__name__} is a class; pass an instance, {estimator.__name__}()")
    if hasattr(estimator, "_parameter_constraints"):
        estimator._validate_params()


def output_container(estimator: Any) -> str:
    """Return which container ``transform`` is to return: "default", "pandas" or "polars"."""
    from sklearn.utils._set_output import _get_output_config

    return _get_output_config("transform", estimator)["dense"]


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
