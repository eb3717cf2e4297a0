"""``skib plane``: the information plane of dumped activations."""

import math
import sys

from skib._cli import _report
from skib._validation import is_discrete
from skib.dumps import open_dump
from skib.dumps._npy import NpyFile
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Binned, Ross


def plane(arguments):
    """Open, fit, write, print."""
    dump = open_dump(arguments.dump)
    y = dump.y if arguments.y is None else _load(arguments.y)
    if y is None:
        raise ValueError(f"{arguments.dump} holds no y; pass the targets with --y Y.npy")
    X = None if arguments.x is None else _load(arguments.x)
    for path in filter(None, (arguments.output, arguments.plot)):  # fails here rather than after the work
        path.parent.mkdir(parents=True, exist_ok=True)
    estimator = Ross(arguments.neighbors) if is_discrete(y) else KSG(arguments.neighbors)
    fitted = InformationPlane(
        estimator,
        Binned(arguments.bins),
        n_permutations=arguments.permutations,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=int(sys.stderr.isatty()),
    ).fit(dump, y, X)
    paths = _report.report(fitted, arguments.output, arguments.plot, arguments.units)
    print("written: " + ", ".join(str(path) for path in paths))
    return _report.exit_code(fitted)


def _load(path):
    """Map one .npy file; its header is checked as those of a dump are, and no pickle is read."""
    return NpyFile.peek(path, math.inf).load()
