"""The other estimators that the benchmarks run beside skib, those that are installed, with their versions.

Each takes rows x (n, p) and y (n, q) of numbers, and rows `given` (n, r) to condition on or None. It returns nats, or
raises ``NotCovered`` where it takes no such data.
``pip install ennemi infomeasure`` completes the list.
"""

from importlib.metadata import version

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.neighbors import KDTree

try:
    import ennemi
except ImportError:
    ennemi = None
try:
    import infomeasure
except ImportError:
    infomeasure = None


class NotCovered(Exception):
    """The peer is not made for such data."""


def scikit_learn(x, y, classes=False, given=None):
    """Nearest neighbours of one column each, after adding noise."""
    _unconditional(given)
    _one_column(x, y)
    estimate = mutual_info_classif if classes else mutual_info_regression
    return estimate(x, y[:, 0], random_state=0)[0]


def ennemi_knn(x, y, classes=False, given=None):
    """Nearest neighbours of one column each."""
    _one_column(x, y)
    return float(np.squeeze(ennemi.estimate_mi(y[:, 0], x[:, 0], cond=given, discrete_y=classes)))


def infomeasure_knn(x, y, classes=False, given=None):
    """Nearest neighbours, columns as they are."""
    if given is not None:
        return infomeasure.conditional_mutual_information(x, y, cond=given, approach="metric")
    return infomeasure.mutual_information(x, y, approach="metric")


def infomeasure_normalised(x, y, classes=False, given=None):
    """Nearest neighbours of one column each, standardised."""
    _one_column(x, y)
    options = {"approach": "metric", "normalize": True}
    if given is not None:
        _one_column(given, given)
        return infomeasure.conditional_mutual_information(x[:, 0], y[:, 0], cond=given[:, 0], **options)
    return infomeasure.mutual_information(x[:, 0], y[:, 0], **options)


def kd_tree(x, y, classes=False, given=None, n_neighbors=3):
    """Kraskov's first estimator as usually written in Python: noise of 1e-10, then scipy's trees."""
    _unconditional(given)
    rng = np.random.default_rng([0, 1])
    x, y = (part + 1e-10 * rng.normal(size=part.shape) for part in (x, y))
    rows = np.hstack([x, y])
    radius = cKDTree(rows).query(rows, n_neighbors + 1, p=np.inf)[0][:, -1]
    inside = np.nextafter(radius, 0)
    counts = [cKDTree(part).query_ball_point(part, inside, p=np.inf, return_length=True) for part in (x, y)]
    return digamma(n_neighbors) + digamma(len(x)) - np.mean(digamma(counts[0]) + digamma(counts[1]))


def npeet_style(x, y, n_neighbors=3):
    """The same with scikit-learn's trees, as NPEET has it."""
    rng = np.random.default_rng([0, 1])
    x, y = (part + 1e-10 * rng.normal(size=part.shape) for part in (x, y))
    rows = np.hstack([x, y])
    radius = KDTree(rows, metric="chebyshev").query(rows, n_neighbors + 1)[0][:, -1]
    inside = np.nextafter(radius, 0)
    counts = [KDTree(part, metric="chebyshev").query_radius(part, inside, count_only=True) for part in (x, y)]
    return digamma(n_neighbors) + digamma(len(x)) - np.mean(digamma(counts[0]) + digamma(counts[1]))


def peers():
    """Name and version -> function."""
    found = {f"scikit-learn {version('scikit-learn')}": scikit_learn}
    if ennemi:
        found[f"ennemi {version('ennemi')}"] = ennemi_knn
    if infomeasure:
        found[f"infomeasure {version('infomeasure')}"] = infomeasure_knn
        found[f"infomeasure {version('infomeasure')}, normalize"] = infomeasure_normalised
    return found | {f"KSG by scipy {version('scipy')} trees": kd_tree}


def _unconditional(given):
    if given is not None:
        raise NotCovered("no condition")


def _one_column(x, y):
    if x.shape[1] != 1 or y.shape[1] != 1:
        raise NotCovered("one column each")
