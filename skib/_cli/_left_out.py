"""A word on what a dump holds and is not measured."""

from skib._cli._console import notify


def tell_of_left_out(dump):
    """Print a line with the names of the columns and arrays that are left out, each with the reason."""
    if dump.left_out:
        named = ", ".join(f"{name} ({reason})" for name, reason in dump.left_out.items())
        notify("left out", f"{named}: neither layers nor y, X or ids")
