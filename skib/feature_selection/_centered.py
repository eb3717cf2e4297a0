"""Columns about their mean, in units in which no square overflows or vanishes."""

import numpy as np

# Deviations of so many roundings of the largest value are rounding: the column is constant.
_ROUNDINGS = 8


def centered(x):
    """Return columns about their mean divided by 2^e, so that the largest is near 1, and e of each column.

    A constant column is 0. Offsets cost no digits, as a value is subtracted before anything is rounded.
    """
    largest = np.abs(x).max(axis=0)
    x = 0.5 * x - 0.5 * x[len(x) // 2]  # halved, differences of the largest floats do not overflow
    span = np.abs(x).max(axis=0)
    varying = span > _ROUNDINGS * np.finfo(float).eps * largest
    exponents = np.where(varying, np.frexp(span)[1], 0)
    x = np.where(varying, np.ldexp(x, -exponents), 0.0)
    return x - x.mean(axis=0), exponents + 1
