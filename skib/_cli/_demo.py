"""``skib demo``: train a network and show its information plane."""

import numpy as np
from sklearn.datasets import load_digits

from skib._cli import _report
from skib._cli._outputs import require_writable
from skib.datasets import dump_training_run
from skib.information_plane import InformationPlane
from skib.mutual_info import Binned, Ross

HIDDEN = (64, 16, 6)
# A tenth of the time of the default, which fits predictors as well and, in layer 2 before epoch 25, finds .1 nats more.
ESTIMATOR = Ross(marginals=None)
# Off, between and on, over the range of the hyperbolic tangent: so coarse that the estimates of the narrow layers stay
# below log n, and their changes are visible.
BINS = Binned(3, range=(-1, 1))
LEARNING_RATE = 3e-4  # so slow that the first epochs show the rise


def demo(arguments):
    """Train on half of scikit-learn's digits, dump the other half, measure and draw it."""
    output, seed = arguments.output, arguments.random_state
    csv, png = output / "plane.csv", output / "plane.png"
    require_writable(csv)
    require_writable(png)
    X, y = load_digits(return_X_y=True)
    if arguments.shuffle_labels:
        y = np.random.default_rng(seed).permutation(y)  # independent of the split of the rows
    labels = "shuffled labels" if arguments.shuffle_labels else "ten digits"
    print(f"training {'-'.join(map(str, HIDDEN))} tanh units for {arguments.epochs} epochs on {labels} ...")
    dump = dump_training_run(
        output / "dump",
        X / 16,
        y,
        hidden=HIDDEN,
        epochs=arguments.epochs,
        learning_rate=LEARNING_RATE,
        random_state=seed,
    )
    print("measuring every layer and epoch on the held-out half ...")
    plane = InformationPlane(
        ESTIMATOR,
        BINS,
        n_permutations=arguments.permutations,
        n_jobs=arguments.jobs,
        random_state=seed,
        verbose=1,
    ).fit(dump)
    paths = _report.report(plane, csv, png, arguments.units)
    print("written: " + ", ".join(str(path) for path in (*paths, dump)))
    return _report.exit_code(plane)
