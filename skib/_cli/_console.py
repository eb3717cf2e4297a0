"""Messages on standard error, one line each, for a message of any length; and streams whose reader may go."""

import os
import re
import sys
import textwrap
from contextlib import contextmanager, redirect_stderr, redirect_stdout

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


@contextmanager
def readers_may_go():
    """Go on, without output, where its reader has gone, as ``head`` does: the files are still to be written."""
    if sys.stdout is None or sys.stderr is None:  # closed from the start
        yield
        return
    with redirect_stdout(_Output(sys.stdout)) as out, redirect_stderr(_Output(sys.stderr)) as errors:
        try:
            yield
        finally:
            out.flush()
            errors.flush()


class _Output:
    """A stream that leads nowhere once nobody reads it."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            return self._lead_nowhere()

    def flush(self):
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._lead_nowhere()

    def _lead_nowhere(self):
        """Put the null device into the place of the pipe, so that what is in the buffer of the stream has a place."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
        return 0
