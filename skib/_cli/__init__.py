"""The ``skib`` command."""

from skib._cli._main import main

__all__ = ["main"]
