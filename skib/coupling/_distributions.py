"""Probability distributions as arguments, and as whole numbers of a unit, whose sums are exact."""

import numpy as np

from skib._columns import opened
from skib._kernels.coupling import N_DIGITS, N_VALUES, sort_falling
from skib._validation import check_weights

# Units of mass in 1. Whole numbers up to it are float64 without rounding, and so are their sums in any order.
UNITS = 2**53
# A sum that differs from 1 by no more is taken for rounding, such as that of a softmax in float32, and divided out.
_ROUNDING = 1e-6


def check_distribution(name, p):
    """Validate probabilities and return them, float64 of shape (n_states,), with a sum of 1."""
    p = opened(name, p)
    if len(getattr(p, "shape", (0,))) != 1:
        raise ValueError(f"{name} has shape {p.shape}; pass one dimension, with a probability for each state")
    p = check_weights(p, len(p), name)
    if not (p.min() >= 0 and p.max() < np.inf):
        wrong = int(np.argmax(~((p >= 0) & (p < np.inf))))
        raise ValueError(f"{name}[{wrong}] is {p[wrong]:g}; pass probabilities, which are finite and not negative")
    total = p.sum()
    if abs(total - 1) > _ROUNDING:
        raise ValueError(
            f"{name} has a sum of {total:.6g}, not 1; pass shares of the sum, such as {name} / {name}.sum()"
        )
    return p / total


def in_units(p):
    """Round probabilities to whole units with a sum of UNITS; returns them in falling order, int64, and the order.

    None that is positive is 0. None is off by more than a unit, but the largest where many would have been 0.
    """
    units = (p * UNITS).astype(np.int64)  # rounds down
    units[(units == 0) & (p > 0)] = 1
    missing = UNITS - int(units.sum())
    if missing < 0:  # many that would have been 0
        units[np.argmax(units)] += missing
    buffers = np.empty((2, len(units)), np.int64)
    units, order = sort_falling(units, np.arange(len(units)), *buffers, np.zeros((N_DIGITS, N_VALUES), np.int64))
    units[: max(missing, 0)] += 1  # of the largest, which remain in order
    units[0] += UNITS - int(units.sum())
    return units, order


def entropy_of(masses):
    """Compute the entropy of masses of which none is negative, and whose sum is 1, in nats."""
    masses = masses[masses > 0]
    return max(0.0, -float(masses @ np.log(masses)))  # 0.0 first, as max returns the first of 0.0 and -0.0
