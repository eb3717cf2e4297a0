"""A compressor of twice as many components."""

from numbers import Integral
from typing import Any, NamedTuple

from sklearn.base import clone

# What scikit-learn, and others, call the number of columns of a code.
_NUMBERS = "n_components", "n_latent"


class Doubled(NamedTuple):
    """An unfitted compressor of more components, and how many there were and are."""

    compressor: Any
    before: int
    after: int


def doubled(name, fitted):
    """Return a Doubled of a fitted compressor: 2k components for its k, or as many as its input has columns."""
    step, parameter = _number_of(name, fitted)
    k = fitted.get_params()[parameter]
    if not isinstance(k, Integral) or isinstance(k, bool):
        raise ValueError(f"{name} has {parameter}={k!r}; pass a whole number, which can be doubled")
    most = getattr(step, "n_features_in_", 2 * k)
    return Doubled(clone(fitted).set_params(**{parameter: min(2 * k, most)}), int(k), int(min(2 * k, most)))


def _number_of(name, compressor):
    """Return the last step of a compressor, through pipelines, and the name of its number of components."""
    prefix = ""
    while hasattr(compressor, "steps"):
        label, compressor = compressor.steps[-1]
        prefix += f"{label}__"
    for number in _NUMBERS:
        if number in compressor.get_params(deep=False):
            return compressor, prefix + number
    raise ValueError(
        f"{name} has no parameter {' or '.join(_NUMBERS)} to be doubled (got {type(compressor).__name__}); pass a "
        "compressor that has one, or a pipeline that ends in one"
    )
