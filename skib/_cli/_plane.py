"""``skib plane``: the information plane of dumped activations."""

import sys
from contextlib import contextmanager

from skib._cli import _choices, _report
from skib._columns import is_discrete
from skib.dumps import load_array, open_dump
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Ross


def plane(arguments):
    """Open, fit, write, print."""
    dump = open_dump(arguments.dump, reduce=arguments.reduce)
    y = dump.y if arguments.y is None else load_array(arguments.y)
    if y is None:
        raise ValueError(f"{arguments.dump} holds no y; pass the targets with --y Y.npy")
    X = None if arguments.x is None else load_array(arguments.x)
    _report.check_plot(arguments.plot)
    for path in filter(None, (arguments.output, arguments.plot, arguments.resume)):  # fails here, not after the work
        path.parent.mkdir(parents=True, exist_ok=True)
    with _workers(arguments.dask):
        fitted = _made(arguments, y).fit(dump, y, X)
    paths = _report.report(fitted, arguments.output, arguments.plot, arguments.units)
    print("written: " + ", ".join(str(path) for path in paths))
    return _report.exit_code(fitted)


def _made(arguments, y):
    return InformationPlane(
        _estimator(arguments, y),
        _choices.input_estimator(arguments.input_estimator or f"bins:{arguments.bins}"),
        compressor=None if arguments.compress is None else _choices.compressor(arguments.compress),
        compressor_fit="last" if arguments.freeze else "each",
        conditional=arguments.conditional,
        n_permutations=arguments.permutations,
        checkpoint=arguments.resume,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=int(sys.stderr.isatty()),
    )


def _estimator(arguments, y):
    """None, what the plane takes by default, unless one is named or the number of neighbours is."""
    if arguments.estimator is not None:
        return _choices.estimator(arguments.estimator)
    if arguments.neighbors is None:
        return None
    return Ross(arguments.neighbors) if is_discrete(y) else KSG(arguments.neighbors)


@contextmanager
def _workers(address):
    """Cells run on the user's Dask cluster, if an address is given."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("--dask needs Dask, which is not installed: pip install distributed") from None
    from joblib import parallel_config

    with Client(address), parallel_config(backend="dask"):
        yield
