"""What is estimated of every layer: I(T;Y) and I(X;T), each with its estimator and the kind of target that it takes."""

import numpy as np
from sklearn.base import clone

from skib._validation import check_target, is_discrete, target_codes
from skib.entropy import PlugIn
from skib.information_plane._cell import ABOUT_X, ABOUT_Y, Quantity
from skib.mutual_info import KSG, Binned, Ross


def about_target(estimator, y, n_samples):
    """I(T;Y): class codes for an estimator that takes classes, otherwise y as numbers."""
    if y is None:
        raise ValueError("InformationPlane needs y, and the dump has none; pass y=..., or save y.npy in the dump")
    _require_rows("y", y, n_samples)
    classes = is_discrete(y)
    default = Ross() if classes else KSG()
    estimator = clone(default if estimator is None else estimator)
    validate = target_codes if classes and _takes_classes(estimator) else check_target
    return Quantity(ABOUT_Y, estimator, validate(y, n_samples))


def about_input(estimator, X, n_samples):
    """I(X;T): one symbol per distinct input for an estimator that takes classes, otherwise X as numbers."""
    estimator = clone(Binned(n_bins=30) if estimator is None else estimator)
    if X is not None:
        _require_rows("X", X, n_samples)
        X = np.reshape(X, (n_samples, -1)) if np.ndim(X) > 2 else X
    if _takes_classes(estimator):
        symbols = np.arange(n_samples) if X is None else target_codes(X, n_samples, "X")
        counts = np.bincount(symbols)
        return Quantity(ABOUT_X, estimator, symbols, PlugIn().entropy_of_counts(counts), len(counts) == n_samples)
    if X is None:
        raise ValueError(
            f"input_estimator={estimator!r} needs the numeric input of the network, and the dump has no X; pass X=..., "
            "save X.npy in the dump, or take an input_estimator for classes, such as Binned"
        )
    return Quantity(ABOUT_X, estimator, check_target(X, n_samples, "X"))


def class_entropy(y, n_samples):
    """Plug-in H(Y) in nats of class labels; None for a continuous y."""
    return PlugIn().entropy_of_counts(np.bincount(target_codes(y, n_samples))) if is_discrete(y) else None


def _takes_classes(estimator):
    return getattr(estimator, "_takes_classes", False)


def _require_rows(name, values, n_samples):
    if np.shape(values)[:1] != (n_samples,):
        raise ValueError(
            f"{name} has shape {np.shape(values)}, but the layers have {n_samples} rows; pass one row of {name} per "
            "row of the layers, in the same order"
        )
