"""Boosted trees, for dependence that no line and no quadratic form follows."""

from skib._parallel import one_openmp_thread
from skib.mutual_info._summary._products import telling_products, with_products

# Trees of all classes together, and the fewest rounds that are worth trying.
_N_TREES, _FEWEST_ROUNDS = 100, 5
# In more columns trees cost more than nearest neighbors; with fewer rows they learn too little.
_MOST_COLUMNS, _ROWS_PER_CLASS, _LEAST_ROWS = 128, 100, 200
_OPTIONS = {
    "max_leaf_nodes": 15,
    "max_bins": 63,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}


def tree_classifier(x, n_classes):
    """Return boosted trees for so many classes; None where they are not worth trying."""
    if len(x) < _ROWS_PER_CLASS * n_classes or x.shape[1] > _MOST_COLUMNS or n_classes > _N_TREES // _FEWEST_ROUNDS:
        return None
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

    return HistGradientBoostingClassifier(max_iter=_N_TREES // n_classes, learning_rate=0.3, **_OPTIONS)


def trees_learn(x):
    """Whether boosted trees for numbers are worth trying."""
    return len(x) >= _LEAST_ROWS and x.shape[1] <= _MOST_COLUMNS


def tree_mean(x, target, members, k):
    """Grow trees of the columns, and of products of them that tell something, outside of fold k; predict the fold."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    train = members != k
    x = with_products(x, telling_products(x[train], target[train]))
    trees = HistGradientBoostingRegressor(max_iter=60, learning_rate=0.15, **_OPTIONS)
    with one_openmp_thread():
        return trees.fit(x[train], target[train]).predict(x[~train])
