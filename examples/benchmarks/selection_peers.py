"""The other selectors that ``bench_selection.py`` and ``bench_cardinality.py`` run beside skib, if they are installed.

Each takes its own container, made by `frame_for` before the clock starts, and returns the numbers of the selected
columns. ``Missing`` is raised by those that are not installed.
"""

import contextlib
import io
import math
import warnings
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.ensemble import RandomForestClassifier

PACKAGES = ("mrmrs", "feature_engine", "mrmr_selection", "scikit-lego", "fast-select", "fastcan", "Boruta")
OF_SCORES = ("outrank", "PyIFS")


class Missing(Exception):
    """The package is not installed."""


def versions(packages=PACKAGES):
    """Name the packages that are installed, with their versions, and those that are missing."""
    found, missing = [], []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    return found, missing


def frame_for(name, X, y):
    """Return X and y in the container that a selector takes."""
    if name == "mrmrs":
        polars = _module("polars")
        return polars.DataFrame(X, schema=[str(j) for j in range(X.shape[1])]), polars.Series("y", y)
    if name in ("feature_engine", "mrmr_selection"):
        return pd.DataFrame(X, columns=[str(j) for j in range(X.shape[1])]), pd.Series(y)
    return X, y


def select(name, X, y, k):
    """Select k columns; X and y are as `frame_for` makes them."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return [int(j) for j in _SELECTORS[name](X, y, k)]


def outrank_scores(X, y):
    """Score columns of codes as the heuristic "MI-numba-randomized" of outrank does."""
    numba = _module("outrank.algorithms.feature_ranking.ranking_mi_numba")
    y = y.astype(np.int32)
    columns = [np.ascontiguousarray(column, np.int32) for column in X.T]
    return np.array([numba.mutual_info_estimator_numba(y, x, np.float32(1.0), True) for x in columns])


def inf_fs_scores(X, y, alpha):
    """Score columns as the unsupervised mode of PyIFS does, whose two missing imports are put in."""
    module = _module("PyIFS.InfFS")
    module.stats, module.math = stats, math
    return module.InfFS().infFS(X, y, alpha, False, False)[1]


def _module(name):
    try:
        return __import__(name, fromlist=["_"])
    except ImportError as error:
        raise Missing(name) from error


def _mrmrs(X, y, k):
    return [feature.name for feature in _module("mrmrs").mrmr(X, y, k, "classification")]


def _feature_engine(X, y, k):
    MRMR = _module("feature_engine.selection").MRMR
    return MRMR(method="FCQ", max_features=k, regression=False).fit(X, y).get_feature_names_out()


def _mrmr_selection(X, y, k):
    return _module("mrmr").mrmr_classif(X=X, y=y, K=k, n_jobs=1, show_progress=False)


def _scikit_lego(X, y, k):
    MaximumRelevance = _module("sklego.feature_selection").MaximumRelevanceMinimumRedundancy
    return MaximumRelevance(k=k, kind="classification").fit(X, y).selected_features_


def _fast_select(X, y, k):
    return _module("fast_select").mRMR(n_features_to_select=k, backend="cpu").fit(X, y).top_features_


def _multisurf(X, y, k):
    return _module("fast_select").MultiSURF(n_features_to_select=k, backend="cpu", n_jobs=1).fit(X, y).top_features_


def _fastcan(X, y, k):
    return _module("fastcan").FastCan(k, verbose=0).fit(X, y).indices_


def _random_forest(X, y, k):
    forest = RandomForestClassifier(500, random_state=0, n_jobs=1).fit(X, y)
    return np.argsort(-forest.feature_importances_)[:k]


def _boruta(X, y, k):
    BorutaPy = _module("boruta").BorutaPy
    forest = RandomForestClassifier(max_depth=5, class_weight="balanced", random_state=0, n_jobs=1)
    return np.flatnonzero(BorutaPy(forest, n_estimators="auto", random_state=0).fit(X, y).support_)


_SELECTORS = {
    "mrmrs": _mrmrs,
    "feature_engine": _feature_engine,
    "mrmr_selection": _mrmr_selection,
    "scikit-lego": _scikit_lego,
    "fast-select": _fast_select,
    "fast-select MultiSURF": _multisurf,
    "fastcan": _fastcan,
    "random forest": _random_forest,
    "Boruta": _boruta,
}
