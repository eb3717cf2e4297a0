"""``skib plane``: the information plane of dumped activations."""

from skib._cli import _report
from skib._cli._choices import COMPRESSORS, ESTIMATORS, INPUT_ESTIMATORS, choose
from skib._cli._cluster import workers
from skib._cli._console import notify
from skib._cli._outputs import require_new, require_writable
from skib._cli._sources import open_source
from skib._columns import is_discrete
from skib.dumps import load_array
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Ross


def plane(arguments):
    """Open the dump, fit the plane, write and print its results."""
    dump = open_source(arguments.dump, arguments.reduce, arguments.layers)
    y = dump.y if arguments.y is None else load_array(arguments.y)
    if y is None:
        raise ValueError(f"{arguments.dump} holds no y; pass the targets with --y Y.npy")
    X, groups = (None if path is None else load_array(path) for path in (arguments.x, arguments.groups))
    _report.check_alpha(arguments.alpha)
    _report.check_plot(arguments.plot)
    outputs = [path for path in (arguments.output, arguments.plot) if path is not None]
    require_new(outputs, arguments.force)  # fail before the work
    for path in filter(None, (*outputs, arguments.resume)):
        require_writable(path)
    with workers(arguments.dask):
        fitted = _information_plane(arguments, y).fit(dump, y, X, groups=groups)
    paths = _report.report(fitted, arguments.output, arguments.plot, arguments.units, arguments.alpha)
    print("written: " + ", ".join(str(path) for path in paths))
    return _report.exit_code(fitted)


def _information_plane(arguments, y):
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
        checkpoint=arguments.resume,
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
