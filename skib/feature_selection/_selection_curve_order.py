"""The order in which a selector of any make ranks the columns, and where it ranks several as equals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skib.feature_selection._groups import column_numbers


class FeatureOrder(NamedTuple):
    """Numbers of columns, the best first; columns that are not ranked are left out."""

    columns: NDArray[np.int64]
    ends: NDArray[np.int64]  # the numbers of first columns that are well defined: no tie is cut there

    def first(self, n_columns):
        """Return the first columns in ascending order, so that equal sets are equal tuples."""
        return tuple(sorted(self.columns[:n_columns].tolist()))


def order_of_ranking(name, ranking, names, n_features):
    """Return the order that an array lists: numbers or names of columns, or a mask of selected ones."""
    ranking = np.asarray(ranking)
    if ranking.ndim != 1:
        raise ValueError(f"the ranking of {name!r} has shape {ranking.shape}; pass one row of columns, the best first")
    columns = column_numbers(f"the ranking of {name!r}", ranking.tolist(), names, n_features)
    repeated = sorted({j for j in columns if columns.count(j) > 1}) if len(set(columns)) < len(columns) else []
    if repeated:
        raise ValueError(f"the ranking of {name!r} lists column {repeated[0]} more than once; list each at most once")
    if ranking.dtype.kind == "b":
        return _of_support(ranking)
    return _without_ties(columns)


def order_of_selector(name, selector, n_features):
    """Return the order of a fitted selector, from the first of these that it has.

    `selected_features_`, `ranking_`, `scores_`, the importances or coefficients of the model in it, and its support.
    """
    if isinstance(selector, Pipeline):
        return _order_of_pipeline(name, selector, n_features)
    order = _order_of_attributes(name, selector)
    described = max(getattr(selector, "n_features_in_", 0), order.columns.max(initial=-1) + 1)
    if described != n_features:
        raise ValueError(
            f"selector {name!r} ranks {described} columns, but X has {n_features}; fit it to the columns of X"
        )
    return order


def _order_of_pipeline(name, pipeline, n_features):
    """Return the order of the last step, in numbers of the columns of X: the steps before may move or drop columns."""
    columns = _columns_before_the_last_step(pipeline, n_features)
    if columns is None:
        raise ValueError(
            f"the steps before the last one of {name!r} make other columns than those of X, or rename them; pass the "
            "ranking of the columns of X as an array, the best first"
        )
    order = order_of_selector(name, pipeline[-1], len(columns))
    return FeatureOrder(np.array(columns, np.int64)[order.columns], order.ends)


def _columns_before_the_last_step(pipeline, n_features):
    """Return which columns of X reach the last step by their names, None if others do."""
    every = list(range(n_features))
    try:
        names = pipeline[:-1].get_feature_names_out().tolist() if len(pipeline) > 1 else None
    except AttributeError:  # a function of arrays, which names nothing
        names = None
    if names is None:
        return every
    places = dict(zip(getattr(pipeline, "feature_names_in_", [f"x{j}" for j in every]), every, strict=True))
    columns = [places.get(name) for name in names]
    return None if None in columns or len(set(columns)) < len(columns) else columns


def is_fitted(selector):
    """Whether a selector has been fitted."""
    try:
        check_is_fitted(selector)
    except NotFittedError:
        return False
    return True


def _order_of_attributes(name, selector):
    if hasattr(selector, "selected_features_"):
        return _without_ties(selector.selected_features_)
    if hasattr(selector, "ranking_"):
        return _ascending(selector.ranking_)
    if np.ndim(getattr(selector, "scores_", None)) == 1:
        return _ascending(-np.asarray(selector.scores_, np.float64))
    for model in (selector, getattr(selector, "estimator_", None)):
        importances = _importances(model)
        if importances is not None:
            return _ascending(-importances)
    if hasattr(selector, "get_support"):
        return _of_support(selector.get_support())
    raise TypeError(
        f"selector {name!r} ({type(selector).__name__}) has no ranking: no selected_features_, ranking_, scores_, "
        "feature_importances_, coef_ or get_support; pass its ranking as an array, the best column first"
    )


def _importances(model):
    if hasattr(model, "feature_importances_"):
        return np.asarray(model.feature_importances_, np.float64)
    if hasattr(model, "coef_"):
        return np.abs(np.atleast_2d(model.coef_)).sum(axis=0)
    return None


def _without_ties(columns):
    columns = np.array(columns, np.int64)
    return FeatureOrder(columns, np.arange(1, len(columns) + 1))


def _ascending(values):
    """Rank columns by ascending values, NaN last; columns of equal values are equals."""
    values = np.nan_to_num(np.asarray(values, np.float64), nan=np.inf)
    columns = np.argsort(values, kind="stable")
    sorted_values = values[columns]
    ends = np.flatnonzero(np.r_[sorted_values[1:] != sorted_values[:-1], True]) + 1
    return FeatureOrder(columns, ends)


def _of_support(support):
    return _ascending(~np.asarray(support, bool))
