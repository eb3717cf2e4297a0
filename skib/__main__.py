"""``python -m skib``: the ``skib`` command."""

import sys

from skib._cli import main

if __name__ == "__main__":
    sys.exit(main())
