"""``skib plane``: the information plane of dumped activations."""

import warnings

from skib._cli import _report
from skib._cli._choices import COMPRESSORS, ESTIMATORS, INPUT_ESTIMATORS, choose
from skib._cli._cluster import workers
from skib._cli._console import notify
from skib._cli._equal_layers import tell_of_equal_layers
from skib._cli._left_out import tell_of_left_out
from skib._cli._outputs import require_format, require_new, require_writable
from skib._cli._runs import exit_code, open_runs, path_of_run, report_runs
from skib._columns import is_discrete
from skib._warnings import UnreliableEstimateWarning
from skib.dumps import load_array
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Ross


def plane(arguments):
    """Open the dumps, fit a plane to each, write and print the results."""
    dumps = open_runs(arguments.dump, arguments.reduce, arguments.layers)
    targets = {name: _targets(arguments.y, dump) for name, dump in dumps.items()}
    X, groups = (None if path is None else load_array(path) for path in (arguments.x, arguments.groups))
    _report.check_alpha(arguments.alpha)
    _report.check_plot(arguments.plot)
    _check_files(arguments, dumps)
    # The report lists what failed.
    warnings.filterwarnings("ignore", r"\d+ of \d+ estimates failed", UnreliableEstimateWarning)
    with workers(arguments.dask):
        planes = {}
        for name, dump in dumps.items():
            if name is not None:
                notify("run", f"{name}, {len(planes) + 1} of {len(dumps)}")
            tell_of_left_out(dump)
            tell_of_equal_layers(dump)
            unfitted = _information_plane(arguments, targets[name], _of_run(arguments.resume, name))
            planes[name] = unfitted.fit(dump, targets[name], X, groups=groups)
    if len(planes) == 1:
        (fitted,) = planes.values()
        written = _report.report(fitted, arguments.output, arguments.plot, arguments.units, arguments.alpha)
    else:
        written = report_runs(planes, arguments.output, arguments.plot, arguments.units, arguments.alpha)
    print("written: " + ", ".join(map(str, written)))
    return exit_code(planes)


def _targets(path, dump):
    y = dump.y if path is None else load_array(path)
    if y is None:
        raise ValueError(f"{dump.source} holds no y; pass the targets with --y Y.npy")
    return y


def _check_files(arguments, names):
    """Raise, before the work, if a file cannot be written, or would be written over."""
    require_format(arguments.output)
    tables = dict.fromkeys([arguments.output, *(_of_run(arguments.output, name) for name in names)])
    outputs = [path for path in (*tables, arguments.plot) if path is not None]
    require_new(outputs, arguments.force)
    for path in (*outputs, *(_of_run(arguments.resume, name) for name in names)):
        if path is not None:
            require_writable(path)


def _of_run(path, name):
    """Return the path of a file of one of several runs; a single one has no name."""
    return path if path is None or name is None else path_of_run(path, name)


def _information_plane(arguments, y, checkpoint):
    return InformationPlane(
        _estimator(arguments, y),
        choose(INPUT_ESTIMATORS, arguments.input_estimator or f"bins:{arguments.bins}"),
        compressor=None if arguments.compress is None else choose(COMPRESSORS, arguments.compress),
        compressor_fit="last" if arguments.freeze else "each",
        conditional=arguments.conditional,
        n_permutations=arguments.permutations,
        shuffle=arguments.shuffle,
        chain=not arguments.no_chain,
        confidence_level=arguments.confidence_level,
        checkpoint=checkpoint,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=1,
    )


def _estimator(arguments, y):
    """Return the estimator of I(T;Y) that the options specify, or None for the default of the plane.

    Between class labels there is no distance: with them KSG stands for Ross of the same number of neighbors.
    """
    if arguments.estimator in (None, "auto"):
        if arguments.neighbors is None:
            return None
        return Ross(arguments.neighbors, marginals=None) if is_discrete(y) else KSG(arguments.neighbors)
    estimator = choose(ESTIMATORS, arguments.estimator)
    if not isinstance(estimator, KSG) or not is_discrete(y):
        return estimator
    ross = Ross(estimator.n_neighbors, marginals=None)
    notify("estimator", f"y holds class labels, and KSG takes numbers: I(T;Y) is estimated by {ross}")
    return ross
