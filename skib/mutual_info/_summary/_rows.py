"""Rows as predictors take them, and their folds."""

import numpy as np

from skib._marginals import transform_marginals
from skib._parallel import spawn_generators
from skib.mutual_info._summary._folds import fold_members, whitened_fold, whitening_of_fold

N_FOLDS = 4
# Values of whitened rows that are kept: 8 MB. Of more the matrices are, by which they are whitened anew.
_MOST_KEPT = 2**20


class Rows:
    """Scaled rows, the fold of each, and the whitened rows of each fold, for any number of labelings of them."""

    def __init__(self, x, members, raw):
        self.x, self.members, self.raw = x, members, raw
        self.n_folds = int(members.max()) + 1
        self._whitenings, self._folds = {}, {}

    def fold(self, k):
        """Return fold k with whitened rows, which are kept if they are few."""
        if k in self._folds:
            return self._folds[k]
        if k not in self._whitenings:
            self._whitenings[k] = whitening_of_fold(self.x, self.members, k)
        fold = whitened_fold(self.x, self.members, k, self._whitenings[k])
        if self.x.size * self.n_folds <= _MOST_KEPT:
            self._folds[k] = fold
        return fold

    def with_columns(self, x):
        """Return other columns of the same rows, in the same folds."""
        return Rows(x, self.members, self.raw)


def prepared_rows(x, *, marginals="rank", n_folds=N_FOLDS, members=None, random_state=0):
    """Scale the columns that vary, and draw the folds unless `members` is the fold of every row."""
    raw, varies = x, (x != x[0]).any(axis=0)
    x = x if varies.all() else x[:, varies]
    x = _in_common_units(x) if marginals is None else transform_marginals(x, marginals)
    if members is None:
        members = fold_members(x, n_folds, spawn_generators(random_state, 1)[0])
    return Rows(x, members, raw)


def _in_common_units(x):
    x = x - x.mean(axis=0)
    x /= max(x.max(), -x.min())
    x /= np.sqrt(np.mean(x**2))
    return x
