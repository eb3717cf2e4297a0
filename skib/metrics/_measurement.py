"""A measured value with what is needed to read it: its error, its null and its ceiling."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """A value with its standard error, and with what it would be without any relation and at most.

    ``float(measurement)`` and format codes such as ``f"{measurement:.2f}"`` take the value.

    Attributes
    ----------
    value : float
        The estimate, in the unit that the function names.
    std_error : float
        Standard error of the value; NaN where none is known.
    null : float
        Mean of the value, for as many rows and columns, where there is nothing to find (independent variables, noise);
        NaN where no null applies.
    ceiling : float
        The largest possible value; NaN where there is none.
    """

    value: float
    std_error: float = math.nan
    null: float = math.nan
    ceiling: float = math.nan

    def __float__(self) -> float:
        return float(self.value)

    def __format__(self, code: str) -> str:
        return format(float(self.value), code) if code else str(self)


def share_std_error(share, n):
    """Return the standard error of a share of n rows, with one more row of each kind: not 0 where none was counted."""
    share = (share * n + 1) / (n + 2)
    return math.sqrt(share * (1 - share) / n)
