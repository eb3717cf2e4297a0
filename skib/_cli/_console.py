"""What goes to standard error: one line each, however long the message is."""

import sys
import textwrap


def say(kind, message):
    """Print ``skib: kind: message`` in one line."""
    print(f"skib: {kind}: {one_line(message)}", file=sys.stderr)


def one_line(message, width=600):
    """Join the lines, and cut what is longer than `width`: a message may quote an entire array."""
    return textwrap.shorten("; ".join(str(message).splitlines()), width, placeholder=" ...")
