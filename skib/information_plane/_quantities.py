"""What is estimated of every layer: I(T;Y), I(X;T) and I(X;T|Y), each with its estimator and the target it takes."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from skib._columns import few_levels, is_discrete
from skib._kernels.counts import joint_codes
from skib._validation import check_target, target_codes
from skib.entropy import PlugIn
from skib.information_plane._conditional import WithinClasses
from skib.information_plane._results import ABOUT_X, ABOUT_X_GIVEN_Y, ABOUT_Y
from skib.mutual_info import Auto, Binned, Compressed, Ross


class Quantity(NamedTuple):
    """An information that is estimated between a layer and one value of the target per row."""

    name: str
    estimator: Any
    target: np.ndarray
    ceiling: float | None = None  # entropy of a target of symbols; None leaves ceiling and saturation to the estimator
    all_distinct: bool = False  # every row its own symbol: shuffling the target renames the symbols, no more
    given: np.ndarray | None = None
    strata: np.ndarray | None = None  # codes of equal rows of `given`, where it holds classes

    def fit(self, estimator, x, order=slice(None)):
        """Fit a clone to the layer x and the target, in another order of its rows if there is one."""
        condition = {} if self.given is None else {"given": self.given}
        return clone(estimator).fit(x, self.target[order], **condition)


def about_target(estimator, y, n_samples, *, compressed=False):
    """I(T;Y): class codes for an estimator that takes classes, otherwise y as numbers."""
    if y is None:
        raise ValueError("InformationPlane needs y, and the dump has none; pass y=..., or save y.npy in the dump")
    _require_rows("y", y, n_samples)
    classes = is_discrete(y)
    if estimator is None:
        # The columns of a code share a unit, in which those that hardly vary are noise: no ranks there.
        estimator = Ross(marginals=None if compressed else "rank") if classes else Auto()
    estimator = clone(estimator)
    return Quantity(ABOUT_Y, estimator, _target(y, n_samples, classes and takes_classes(estimator)))


def about_input(estimator, X, n_samples):
    """I(X;T): one symbol per distinct input for an estimator that takes classes, otherwise X as numbers."""
    estimator = clone(Binned(n_bins=30) if estimator is None else estimator)
    if X is not None:
        _require_rows("X", X, n_samples)
        X = np.reshape(X, (n_samples, -1)) if np.ndim(X) > 2 else X
    if takes_classes(estimator) and not _prefers_numbers(estimator):
        symbols = np.arange(n_samples) if X is None else target_codes(X, n_samples, "X")
        counts = np.bincount(symbols)
        return Quantity(ABOUT_X, estimator, symbols, PlugIn().entropy_of_counts(counts), len(counts) == n_samples)
    if X is None:
        raise ValueError(
            f"input_estimator={estimator!r} needs the numeric input of the network, and the dump has no X; pass X=..., "
            "save X.npy in the dump, or take an input_estimator for classes, such as Binned"
        )
    return Quantity(ABOUT_X, estimator, check_target(X, n_samples, "X"))


def about_input_given_target(about_x, y, n_samples):
    """I(X;T|Y), with the estimator of I(X;T)."""
    if is_discrete(y):
        return _given_classes(about_x._replace(name=ABOUT_X_GIVEN_Y), target_codes(y, n_samples))
    if not has_fit_parameter(about_x.estimator, "given"):
        raise ValueError(
            f"conditional=True needs an input_estimator that can condition on a continuous y, got {about_x.estimator!r}"
            ", whose fit takes no `given`; pass one such as Binned or KSG, or leave conditional=False"
        )
    given = check_target(y, n_samples)
    return about_x._replace(name=ABOUT_X_GIVEN_Y, ceiling=None, given=given)


def class_entropy(y, n_samples):
    """Plug-in H(Y) in nats of class labels; None for a continuous y."""
    return PlugIn().entropy_of_counts(np.bincount(target_codes(y, n_samples))) if is_discrete(y) else None


def _given_classes(quantity, codes):
    quantity = quantity._replace(given=codes, strata=codes)
    if quantity.ceiling is None:  # of numbers; a distance between classes has no meaning
        return quantity._replace(estimator=WithinClasses(quantity.estimator))
    entropy, pairs = PlugIn().entropy_of_counts, joint_codes([quantity.target, codes])
    return quantity._replace(ceiling=entropy(np.bincount(pairs)) - entropy(np.bincount(codes)))


def _target(y, n_samples, as_classes):
    """One code per row, or numbers; codes of so many classes that they look like numbers are spelled out."""
    if not as_classes:
        return check_target(y, n_samples)
    codes = target_codes(y, n_samples)
    return codes if few_levels(codes) else np.char.add("class ", codes.astype(str))


def takes_classes(estimator):
    return getattr(estimator, "takes_classes", False)


def _prefers_numbers(estimator):
    """Whether distinct inputs would be numbers to an estimator that takes classes, too."""
    if isinstance(estimator, Compressed):
        return estimator.estimator is None or _prefers_numbers(estimator.estimator)
    return isinstance(estimator, Auto)


def _require_rows(name, values, n_samples):
    if np.shape(values)[:1] != (n_samples,):
        raise ValueError(
            f"{name} has shape {np.shape(values)}, but the layers have {n_samples} rows; pass one row of {name} per "
            "row of the layers, in the same order"
        )
