"""Gaussian Gram matrices of two variables: their means, and the measures of dependence that follow from these."""

from skib._gram._matrices import BANDWIDTH_CONSTRAINTS, kernel_rows, median_distance, row_means
from skib._gram._measure import GramMeasureMixin

__all__ = ["BANDWIDTH_CONSTRAINTS", "GramMeasureMixin", "kernel_rows", "median_distance", "row_means"]
