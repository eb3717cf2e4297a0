"""Measures on variables and representations that are no information: dependence on scales of their own."""

from skib.metrics._hsic import HSIC

__all__ = ["HSIC"]
