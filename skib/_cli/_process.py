"""The command as a process of its own, whose garbage collector it may set; a program that calls `main` sets its own."""

import gc

from skib._cli._main import main

# Objects that are made between two looks of the garbage collector. Imports make many that live until the end, and each
# look at them finds little to free.
_OBJECTS = 50_000


def command():
    """Run the command line as a process and return its exit code: collect rarely, and at the end not at all.

    What is left when a process ends goes with its memory; files are closed before, by their context managers.
    """
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    try:
        return main()
    finally:
        gc.freeze()
