"""Messages on standard error: one line each, for a message of any length."""

import re
import sys
import textwrap

# Parameters of functions that messages name, and how the command is told the same.
_OPTIONS = {re.compile(r"\breduce='(\w+)'"): r"--reduce [NAME=]\1"}


def notify(kind, message):
    """Print ``skib: kind: message`` in one line on standard error, in the terms of the command."""
    message = str(message)
    for parameter, option in _OPTIONS.items():
        message = parameter.sub(option, message)
    print(f"skib: {kind}: {one_line(message)}", file=sys.stderr)


def one_line(message, width=600):
    """Join the lines, and cut the text at `width`: a message may contain an entire array."""
    return textwrap.shorten("; ".join(str(message).splitlines()), width, placeholder=" ...")
