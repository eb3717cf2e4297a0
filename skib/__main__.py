"""``python -m skib``: the ``skib`` command."""

import sys

from skib._cli import command

if __name__ == "__main__":
    sys.exit(command())
