"""``skib plane``: the information plane of dumped activations."""

import sys

import numpy as np

from skib._cli import _report
from skib._validation import is_discrete
from skib.dumps import open_dump
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Binned, Ross


def plane(arguments):
    """Open, fit, write, print."""
    dump = open_dump(arguments.dump)
    y = dump.y if arguments.y is None else _load(arguments.y, "--y")
    if y is None:
        raise ValueError(f"{arguments.dump} holds no y; pass the targets with --y Y.npy")
    estimator = Ross(arguments.neighbors) if is_discrete(y) else KSG(arguments.neighbors)
    fitted = InformationPlane(
        estimator,
        Binned(arguments.bins),
        n_permutations=arguments.permutations,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=int(sys.stderr.isatty()),
    ).fit(dump, y, None if arguments.x is None else _load(arguments.x, "--x"))
    paths = _report.write(fitted, arguments.output, arguments.plot, arguments.units)
    _report.show(fitted, arguments.units)
    _report.tell_significance(fitted)
    print("written: " + ", ".join(str(path) for path in paths))
    return _report.exit_code(fitted)


def _load(path, option):
    try:
        return np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{option} {path}: {error}") from None
