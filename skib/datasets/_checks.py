"""Checks of the samplers' arguments."""

from math import isfinite
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar

# The smallest side of images on which blobs and rectangles differ in shape and position.
MIN_SIZE = 8


def check_count(value, name, low=1):
    """Return an integer of at least ``low``."""
    return int(check_scalar(value, name, Integral, min_val=low))


def check_real(value, name, **bounds):
    """Return a finite number within ``bounds``, those of `check_scalar`, which accepts NaN."""
    value = float(check_scalar(value, name, Real, **bounds))
    if not isfinite(value):
        raise ValueError(f"{name} == {value}, must be finite.")
    return value


def check_correlation(rho):
    """Return a correlation inside (-1, 1)."""
    return check_real(rho, "rho", min_val=-1, max_val=1, include_boundaries="neither")


def check_probabilities(values, name):
    """Return non-negative numbers that sum to 1; what rounding leaves of the sum is divided out."""
    if (values < 0).any():
        raise ValueError(f"{name} has the negative entry {values.min()}; probabilities are required.")
    total = values.sum()
    if not np.isclose(total, 1, rtol=0, atol=1e-6):
        raise ValueError(f"{name} sums to {total:.6g}, must sum to 1: pass {name} / {name}.sum().")
    return values / total


def check_images(n_samples, mutual_info, size):
    """Return the number of pairs, their information and the side of the images."""
    return (
        check_count(n_samples, "n_samples"),
        check_real(mutual_info, "mutual_info", min_val=0, max_val=30),
        check_count(size, "size", low=MIN_SIZE),
    )
