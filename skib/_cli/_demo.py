"""``skib demo``: train a network on the spot and show its information plane."""

import sys

from sklearn.datasets import load_digits
from sklearn.utils import check_random_state

from skib._cli import _report
from skib.datasets import dump_training_run
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned

HIDDEN = (64, 16, 6)
# Few enough for the narrow layer to stay below log n, over the range of the hyperbolic tangent.
BINS = Binned(6, range=(-1, 1))


def demo(arguments):
    """Train on half of scikit-learn's digits, dump the other half, analyse and draw it."""
    X, y = load_digits(return_X_y=True)
    if arguments.shuffle_labels:
        y = check_random_state(arguments.random_state).permutation(y)
    labels = "shuffled labels" if arguments.shuffle_labels else "ten digits"
    print(f"training {'-'.join(map(str, HIDDEN))} tanh units for {arguments.epochs} epochs on {labels} ...")
    dump = dump_training_run(
        arguments.output / "dump",
        X / 16,
        y,
        hidden=HIDDEN,
        epochs=arguments.epochs,
        random_state=arguments.random_state,
    )
    print("measuring every layer and epoch on the held-out half ...")
    plane = InformationPlane(
        input_estimator=BINS,
        n_permutations=arguments.permutations,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=int(sys.stderr.isatty()),
    ).fit(dump)
    csv, png = arguments.output / "plane.csv", arguments.output / "plane.png"
    paths = _report.write(plane, csv, png, arguments.units)
    _report.show(plane, arguments.units)
    _report.tell_significance(plane)
    print("written: " + ", ".join(str(path) for path in (*paths, dump)))
    return _report.exit_code(plane)
