"""The ``skib`` command."""

from skib._cli._main import main
from skib._cli._process import command

__all__ = ["command", "main"]
