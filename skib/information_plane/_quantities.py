"""Quantities of every layer, I(T;Y), I(X;T) and I(X;T|Y), each with its estimator and its target."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.special import digamma
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from skib._columns import is_discrete, opened, require_same_length
from skib._dependence import fit_information, require_estimator
from skib._kernels.counts import joint_codes
from skib._row_orders import check_shuffle
from skib._validation import check_target, target_codes
from skib.entropy import PlugIn
from skib.information_plane._conditional import WithinClasses
from skib.information_plane._results import ABOUT_X, ABOUT_X_GIVEN_Y, ABOUT_Y
from skib.mutual_info import Auto, Binned, Compressed

# Rows per level of numbers from which on their entropy is known, within a tenth of a nat.
_ROWS_PER_LEVEL = 5


class Quantity(NamedTuple):
    """Information between a layer and a target, one row of the target per row of the layer."""

    name: str
    estimator: Any
    target: Any  # rows that an array of their numbers can index
    ceiling: float | None = None  # entropy of a target of symbols; None leaves ceiling and saturation to the estimator
    all_distinct: bool = False  # every row is a symbol of its own: a permutation of the target renames the symbols
    given: Any = None
    strata: np.ndarray | None = None  # codes of equal rows of `given`, where it holds classes
    classes: np.ndarray | None = None  # codes of a target of class labels
    most: float = np.inf  # entropy of a target of numbers whose levels repeat
    draw: Callable | None = None  # draws an order of the rows under the null from a generator

    def fit(self, estimator, x, order=slice(None)):
        """Fit a clone to the layer x and the target, whose rows are taken in the given order."""
        return fit_information(estimator, x, self.target[order], self.given)


def about_target(estimator, y, n_samples):
    """I(T;Y): class labels for an estimator that takes classes, otherwise y as numbers."""
    if y is None:
        raise ValueError("InformationPlane needs y, and the dump has none; pass y=..., or save y.npy in the dump")
    y = _opened("y", y, n_samples)
    classes = is_discrete(y)
    if estimator is None:
        # The units of a layer, and of its code, share a unit, in which those that hardly vary are noise: no ranks.
        estimator = Auto(marginals=None if classes else "rank")
    require_estimator(estimator)
    estimator = clone(estimator)
    if classes and not getattr(estimator, "takes_classes", True):
        raise ValueError(
            f"estimator={estimator!r} takes y for numbers, and y holds class labels, between which there is no "
            "distance; pass an estimator for classes, such as Ross() or Auto()"
        )
    target = _target(y, n_samples, classes and takes_classes(estimator))
    if classes:
        return Quantity(ABOUT_Y, estimator, target, classes=target_codes(y, n_samples))
    return Quantity(ABOUT_Y, estimator, target, most=_entropy_of_levels(y, n_samples))


def about_input(estimator, X, n_samples):
    """I(X;T): one symbol per distinct input for an estimator that takes classes, otherwise X as numbers."""
    estimator = Binned(n_bins=30) if estimator is None else estimator
    require_estimator(estimator)
    estimator = clone(estimator)
    if X is not None:
        X = _opened("X", X, n_samples)
        X = np.reshape(X, (n_samples, -1)) if isinstance(X, np.ndarray) and X.ndim > 2 else X
    if takes_classes(estimator) and not _prefers_numbers(estimator):
        symbols = np.arange(n_samples) if X is None else target_codes(X, n_samples, "X")
        counts = np.bincount(symbols)
        ceiling = PlugIn().entropy_of_counts(counts)
        return Quantity(ABOUT_X, estimator, _labels(symbols), ceiling, len(counts) == n_samples)
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


def group_codes(groups, n_samples):
    """Return one code per row of the labels of groups; None for none."""
    return None if groups is None else target_codes(_opened("groups", groups, n_samples), n_samples, "groups")


def with_null(quantity, n_samples, groups, shuffle):
    """Return the quantity with the orders of the rows that are equally likely under its null."""
    strata = None if quantity.all_distinct else quantity.strata  # of distinct symbols no order changes the estimate
    return quantity._replace(draw=check_shuffle(n_samples, strata=strata, groups=groups, shuffle=shuffle, given="y"))


def target_entropy(y, n_samples):
    """Plug-in H(Y) in nats of class labels, and of numbers whose levels repeat; None for other numbers."""
    counts = np.bincount(target_codes(y, n_samples))
    return PlugIn().entropy_of_counts(counts) if is_discrete(y) or _repeat(counts) else None


def _repeat(counts):
    return _ROWS_PER_LEVEL * len(counts) <= counts.sum()


def _entropy_of_levels(y, n_samples):
    """Entropy of numbers whose levels repeat, corrected for its bias as in the ceiling of nearest neighbors."""
    counts = np.bincount(target_codes(y, n_samples))
    return float(digamma(n_samples) - counts @ digamma(counts) / n_samples) if _repeat(counts) else np.inf


def takes_classes(estimator):
    """Whether the y of an estimator may hold class labels."""
    return getattr(estimator, "takes_classes", False)


def _given_classes(quantity, codes):
    quantity = quantity._replace(given=codes, strata=codes)
    if quantity.ceiling is None:  # of numbers; a distance between classes has no meaning
        return quantity._replace(estimator=WithinClasses(quantity.estimator))
    entropy = PlugIn().entropy_of_counts
    pairs = joint_codes([target_codes(quantity.target, len(codes)), codes])
    ceiling = entropy(np.bincount(pairs)) - entropy(np.bincount(codes))
    return quantity._replace(given=_labels(codes), ceiling=ceiling)


def _target(y, n_samples, as_classes):
    """Numbers for an estimator of numbers; else class labels, which every estimator takes for such."""
    return _labels(target_codes(y, n_samples)) if as_classes else check_target(y, n_samples)


def _labels(codes):
    """Class labels that are classes whatever their number, as codes on many levels are not."""
    from pandas import Categorical

    return Categorical.from_codes(codes, np.arange(codes.max() + 1))


def _prefers_numbers(estimator):
    """Whether an estimator that takes classes uses distinct inputs as numbers."""
    if isinstance(estimator, Compressed):
        return estimator.estimator is None or _prefers_numbers(estimator.estimator)
    return isinstance(estimator, Auto)


def _opened(name, values, n_samples):
    values = opened(name, values)
    require_same_length(n_samples, len(values), name, of="every layer")
    return values
