"""Counts of coded columns with a context and a target: the entropies that every criterion is made of."""

from typing import NamedTuple, Protocol

import numpy as np


class Joint(NamedTuple):
    """Entropies of some candidates X_k with a context X_S, the joint value of some columns, and the target Y.

    Plug-in estimates in nats. The context may be empty: X_S is then a constant, whose entropy is 0.
    """

    with_target: np.ndarray  # H(X_k, X_S, Y) of each candidate
    without: np.ndarray  # H(X_k, X_S) of each candidate
    context_with_target: float  # H(X_S, Y)
    context: float  # H(X_S)
    # Degrees of freedom of I(X_k; Y | X_S): the sum over the values of X_S that occur of
    # (values of X_k there - 1) (values of Y there - 1).
    dof: np.ndarray
    cells: np.ndarray  # number of triples (X_k, X_S, Y) that occur

    @property
    def information(self):
        """I(X_k; Y | X_S) of each candidate."""
        return (self.without - self.context) + (self.context_with_target - self.with_target)


class Counts(Protocol):
    """What a selector asks of a table of codes and a target."""

    n_samples: int  # rows of positive weight
    n_effective: float  # (sum of weights)^2 / sum of their squares: the rows, if all weights are equal
    levels: np.ndarray  # number of values of each column that occur
    n_classes: int  # number of classes of the target that occur

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        ...


def best_pair(counts, columns, n_jobs=None):
    """Return the columns i < j, of those given, whose I(X_i X_j; Y) is largest, and it; of ties, the first pair."""
    best = (-1, -1, -np.inf)
    columns = np.sort(columns)
    for place, i in enumerate(columns[:-1]):
        others = columns[place + 1 :]
        joint = counts.joint((int(i),), others, n_jobs=n_jobs)
        information = joint.without - joint.with_target
        j = int(np.argmax(information))
        if information[j] > best[2]:
            best = (int(i), int(others[j]), information[j])
    target = counts.joint((), columns[:1]).context_with_target
    return best[0], best[1], float(best[2] + target)


class DenseCounts:
    """Counts of a table of codes in memory.

    Parameters
    ----------
    codes : ndarray of shape (n_features, n_samples), uint8 or uint16
        Whole numbers from 0 that stand for the values of each column.
    target : ndarray of shape (n_samples,)
        Whole numbers from 0 that stand for the classes.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights of the rows; those of weight 0 count as absent.
    """

    def __init__(self, codes, target, sample_weight=None):
        weights = np.ones(len(target)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        rows = weights > 0
        self._codes, self._target, self._weights = np.asarray(codes)[:, rows], np.asarray(target)[rows], weights[rows]
        self.n_samples = len(self._weights)
        self.n_effective = self._weights.sum() ** 2 / (self._weights**2).sum()
        self.levels = np.array([len(np.unique(column)) for column in self._codes])
        self.n_classes = len(np.unique(self._target))

    def joint(self, context, candidates, n_jobs=None):
        """Return the Joint of each of some candidates, an array of columns, with a context, a tuple of columns."""
        strata = np.unique(self._codes[list(context)], axis=1, return_inverse=True)[1].reshape(-1)
        if not context:
            strata = np.zeros(self.n_samples, np.int64)
        table = self._table(strata, self._target)
        rows = [self._candidate(strata, self._codes[k], (table > 0).sum(axis=1)) for k in candidates]
        with_target, without, dof, cells = np.array(rows).reshape(len(rows), 4).T
        dof, cells = dof.astype(int), cells.astype(int)
        return Joint(with_target, without, _entropy(table), _entropy(table.sum(axis=1)), dof, cells)

    def _candidate(self, strata, column, n_classes):
        table = self._table(strata, column, self._target)
        without = table.sum(axis=2)
        dof = ((without > 0).sum(axis=1) - 1) @ (n_classes - 1)
        return _entropy(table), _entropy(without), dof, (table > 0).sum()

    def _table(self, *columns):
        table = np.zeros([int(column.max()) + 1 for column in columns])
        np.add.at(table, tuple(columns), self._weights)
        return table


def _entropy(table):
    total, cells = table.sum(), table[table > 0]
    return np.log(total) - cells @ np.log(cells) / total
