"""The default estimator, and the models that assist it."""

from skib.mutual_info._auto._drift import N_NEIGHBORS
from skib.mutual_info._auto._estimator import ROWS_PER_CELL, Auto
from skib.mutual_info._auto._two_columns import two_column_estimate, two_column_value

__all__ = ["N_NEIGHBORS", "ROWS_PER_CELL", "Auto", "two_column_estimate", "two_column_value"]
