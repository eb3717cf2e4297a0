"""The usual calls on samples of every kind: all kernels that they need are compiled, and cached where possible."""

import warnings
from functools import partial

import numpy as np

from skib.feature_selection import InformationSelector
from skib.information_plane import InformationPlane
from skib.mutual_info import KSG, Auto, Ross, mutual_info_matrix, permutation_test

_N_SAMPLES = 600
# One column, the few that are searched point by point, and more: each has kernels of its own.
_N_COLUMNS = 1, 3, 9


def usual_calls():
    """Yield names and functions without arguments, whose results are of no interest."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(_N_SAMPLES, max(_N_COLUMNS)))
    y = x[:, 0] + rng.normal(size=_N_SAMPLES)
    classes = (y > 0).astype(int)
    for d in _N_COLUMNS:
        yield f"KSG, Ross and Auto, {d} + 1 columns", partial(_estimate, x[:, :d], y, classes)
    yield "the same of rounded numbers", partial(_estimate, x[:, :3].round(1), y.round(1), classes)
    yield "permutation test", partial(permutation_test, KSG(), x[:, :3], y, n_permutations=10, random_state=0)
    yield "matrix of numbers and classes", partial(_quietly, mutual_info_matrix, np.column_stack([x[:, :3], classes]))
    yield "selection of columns", partial(_quietly, InformationSelector().fit, x, classes)
    plane = InformationPlane(n_permutations=5, random_state=0)
    yield "information plane", partial(_quietly, plane.fit, x[:, :3], classes)


def _estimate(x, y, classes):
    for estimator in KSG(), Auto():
        _quietly(estimator.fit, x, y)
    for estimator in Ross(), Auto():
        _quietly(estimator.fit, x, classes)


def _quietly(function, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of samples that are small, rounded and made up
        function(*arguments)
