"""CPU time of functions that take turns, and the row of a table that every benchmark of speed offers."""

import time
from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
    """One capability: CPU seconds of skib, of the fastest peer that is installed, and of the limit, such as a sort.

    `peer` and `limit` are names, with the version of a peer; an empty name goes with NaN seconds.
    """

    task: str
    skib: float
    peer: str = ""
    of_peer: float = np.nan
    limit: str = ""
    of_limit: float = np.nan


def cpu_seconds(functions, rounds=3):
    """Return the median CPU seconds of each function, after one call of each that is not counted and compiles.

    The functions take turns within each round, so that a change in the speed of the machine meets all of them.
    """
    for function in functions.values():
        function()
    seconds = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.process_time()
            function()
            seconds[name].append(time.process_time() - start)
    return {name: float(np.median(spent)) for name, spent in seconds.items()}
