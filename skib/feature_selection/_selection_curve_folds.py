"""One fold of a selection curve: columns are ranked and predictors are fitted by its training rows."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from skib._columns import take_columns, take_rows
from skib._typing import Floats
from skib.feature_selection._selection_curve_order import FeatureOrder
from skib.mutual_info import UsableInformation

PARTS = "first", "others"


class Fold(NamedTuple):
    """Pointwise information of the test rows, for each order of the rows of y."""

    total: Floats  # (order, row)
    gains: dict[str, Floats]  # (order, part, size, row) of each selector
    ends: dict[str, set[int]]  # the numbers of columns that all rankings of a selector define
    ceiling: float


class Comparison(NamedTuple):
    """What the folds have in common."""

    rankings: dict[str, list[Callable[..., FeatureOrder]]]  # functions of rows of X, of y and of a generator
    sizes: NDArray[np.int64]
    X: Any
    y: Any
    orders: list[NDArray[np.int64]]  # of the rows of y; the first is that of the data
    usable: UsableInformation

    def of_fold(self, train, test, generator):
        """Return the pointwise information of all columns and of each ranking on the test rows."""
        used = _Used(self, train, test, int(generator.integers(2**31)))
        X, y = take_rows(self.X, train), take_rows(self.y, train)
        gains, ends = {}, {}
        for name, functions in self.rankings.items():
            children = generator.spawn(len(functions))
            orders = [rank(X, y, child) for rank, child in zip(functions, children, strict=True)]
            gains[name] = np.mean([self._gains(order, used) for order in orders], axis=0)
            ends[name] = set.intersection(*(set(order.ends.tolist()) for order in orders))
        return Fold(used.gains(tuple(range(self.X.shape[1]))), gains, ends, used.ceiling)

    def _gains(self, order, used):
        """Return an array (permutation, part, size, test row), NaN where the order is not defined."""
        every = tuple(range(self.X.shape[1]))
        gains = np.full((len(self.orders), len(PARTS), len(self.sizes), len(used.test)), np.nan)
        for i in np.flatnonzero(np.isin(self.sizes, [*order.ends, len(every)])):
            first = order.first(self.sizes[i]) if self.sizes[i] < len(every) else every
            gains[:, 0, i] = used.gains(first)
            gains[:, 1, i] = used.gains(tuple(sorted(set(every) - set(first))))
        return gains


class _Used:
    """The information that the predictor of one fold uses of sets of columns, each of which is fitted once."""

    def __init__(self, comparison, train, test, seed):
        self.comparison, self.test = comparison, test
        self.usable = clone(comparison.usable).set_params(cv=[(train, test)], random_state=seed)
        self.ceiling = np.nan
        self._known = {}

    def gains(self, columns):
        """Return the pointwise information of a set of columns on the test rows, for each order of the rows of y."""
        if columns not in self._known:
            self._known[columns] = np.array([self._gain(columns, order) for order in self.comparison.orders])
        return self._known[columns]

    def _gain(self, columns, order):
        if not columns:
            return np.zeros(len(self.test))
        fitted = self.usable.fit(take_columns(self.comparison.X, list(columns)), take_rows(self.comparison.y, order))
        if order is self.comparison.orders[0]:
            self.ceiling = fitted.ceiling_
        return fitted.pointwise_[self.test]
