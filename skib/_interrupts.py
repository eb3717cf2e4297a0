"""Ctrl-C while compiled code hands over a result: numba puts a SystemError in the place of the KeyboardInterrupt."""

from functools import wraps


def passing_interrupts(function):
    """Let a KeyboardInterrupt out of calls of `function` as such, whatever error was raised from it on the way."""

    @wraps(function)
    def called(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except SystemError as error:
            if _is_from_interrupt(error):
                raise KeyboardInterrupt from error
            raise

    return called


def _is_from_interrupt(error):
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None
