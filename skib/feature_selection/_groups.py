"""The variables among which a selector chooses: single columns, or groups of columns that are taken whole."""

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np

from skib._warnings import listed


class Variables(NamedTuple):
    """The variables that may be selected, in the order of their first columns."""

    members: list  # the columns of each
    labels: list  # how the path names each
    included: tuple  # those that are selected first


def variables_of(names, n_features, *, groups=None, include=(), exclude=()):
    """Group columns; `names` are those of the columns, or None, and `include` and `exclude` numbers of columns."""
    labels = range(n_features) if groups is None else _group_labels(groups, n_features)
    included, excluded = [labels[j] for j in include], [labels[j] for j in exclude]
    both = [label for label in included if label in excluded]
    if both:
        what = "group" if groups is not None else "column"
        shared = both[0] if groups is not None or names is None else names[both[0]]
        raise ValueError(f"include and exclude share the {what} {shared!r}; leave it out of one of them")
    columns = {}
    for j, label in enumerate(labels):
        columns.setdefault(label, []).append(j)
    members = {label: part for label, part in columns.items() if label not in excluded}
    if not members:
        raise ValueError(
            f"none of the {n_features} columns of X is left: exclude names them, or they are identifiers; exclude fewer"
        )
    place = {label: i for i, label in enumerate(members)}
    shown = [names[label] for label in members] if groups is None and names is not None else list(members)
    return Variables(list(members.values()), shown, tuple(dict.fromkeys(place[label] for label in included)))


def column_numbers(name, wanted, names, n_features):
    """Return the numbers of the columns that a parameter lists by name, by number, or as a mask."""
    wanted = [] if wanted is None else [wanted] if isinstance(wanted, str) else list(wanted)
    if wanted and all(isinstance(item, bool | np.bool_) for item in wanted):
        if len(wanted) != n_features:
            raise ValueError(f"{name} is a mask of {len(wanted)} bools, but X has {n_features} columns; pass one each")
        return np.flatnonzero(wanted).tolist()
    known = {} if names is None else {label: j for j, label in enumerate(names)}
    numbers = [known.get(item) if isinstance(item, str) else _number(item, n_features) for item in wanted]
    unknown = [repr(item) for item, number in zip(wanted, numbers, strict=True) if number is None]
    if unknown:
        raise ValueError(
            f"{name} has [{listed(unknown)}], which are no columns of X; pass names of columns, or numbers from 0 to "
            f"{n_features - 1}"
        )
    return numbers


def discrete_mask(discrete_features, names, n_features):
    """Return one bool for each column, of one bool for all, of a mask, or of the names or numbers of columns."""
    if np.ndim(discrete_features) == 0:
        return np.full(n_features, bool(discrete_features))
    wanted = np.asarray(discrete_features).tolist()
    return np.isin(np.arange(n_features), column_numbers("discrete_features", wanted, names, n_features))


def _number(item, n_features):
    is_number = isinstance(item, int | np.integer) and not isinstance(item, bool)
    return int(item) if is_number and 0 <= item < n_features else None


def _group_labels(groups, n_features):
    from pandas import isna
    from pandas.api.types import is_scalar

    labels = list(groups)
    if len(labels) != n_features:
        raise ValueError(f"groups has {len(labels)} labels but X has {n_features} columns; pass one label per column")
    labels = [label.item() if isinstance(label, np.generic) else label for label in labels]
    if any(is_scalar(label) and isna(label) for label in labels):
        raise ValueError("groups has missing labels; pass one label per column, of its own for one of no group")
    unhashable = [label for label in labels if not isinstance(label, Hashable)]
    if unhashable:
        raise ValueError(f"groups has the label {unhashable[0]!r}; pass numbers or text, one label per column")
    return labels
