"""Messages on standard error: one line each, for a message of any length."""

import sys
import textwrap


def notify(kind, message):
    """Print ``skib: kind: message`` in one line on standard error."""
    print(f"skib: {kind}: {one_line(message)}", file=sys.stderr)


def one_line(message, width=600):
    """Join the lines, and cut the text at `width`: a message may contain an entire array."""
    return textwrap.shorten("; ".join(str(message).splitlines()), width, placeholder=" ...")
