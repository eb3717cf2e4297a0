"""Contingency tables of a column and the target within the values of a context, for tests of independence."""

from typing import NamedTuple

import numpy as np

from skib._kernels.counts import dense_codes, joint_codes
from skib._kernels.likelihood_ratio import likelihood_ratios

# Tables with more cells per row than this have mostly empty ones.
_CELLS_PER_ROW = 16


def contingency(strata, column, target, weights=None):
    """Return the number of rows, or their weight, of each (stratum, value, class), an array of three dimensions.

    The codes of a stratum may stand for other values than those of the next, so that many values need no large table.
    """
    shape = [int(codes.max()) + 1 for codes in (strata, column, target)]
    if np.prod(shape, dtype=np.float64) > _CELLS_PER_ROW * len(target):
        column = _places(strata, column, shape)
        shape[1] = int(column.max()) + 1
    cells = (strata.astype(np.int64) * shape[1] + column) * shape[2] + target
    return np.bincount(cells, weights, minlength=np.prod(shape)).reshape(shape).astype(np.float64)


def _places(strata, column, shape):
    """Return the place of each row's value among those that occur in its stratum."""
    dense = [dense_codes(part.astype(np.int64), n) for part, n in zip((strata, column), shape[:2], strict=True)]
    codes = joint_codes(dense)
    stratum_of = np.zeros(int(codes.max()) + 1, np.int64)
    stratum_of[codes] = strata
    order = np.argsort(stratum_of, kind="stable")
    starts = np.searchsorted(stratum_of[order], np.arange(shape[0]))
    places = np.empty_like(order)
    places[order] = np.arange(len(order)) - starts[stratum_of[order]]
    return places[codes]


def permuted_within(strata, target, generator):
    """Return the target with its rows permuted within the rows of each stratum."""
    permuted = np.empty_like(target)
    permuted[np.argsort(strata, kind="stable")] = target[np.lexsort((generator.random(len(target)), strata))]
    return permuted


def likelihood_ratio(table, n_effective):
    """Return G of a table, its degrees of freedom and its mean over permutations within the strata.

    A table of weights counts as one of `n_effective` rows.
    """
    return all_likelihood_ratios([table], n_effective)[0]


def all_likelihood_ratios(tables, n_effective):
    """Return ``likelihood_ratio`` of each of some tables of the same rows, in an array of three columns."""
    return stacked_ratios(stacked(tables), n_effective / tables[0].sum())


class Stack(NamedTuple):
    """Tables whose strata are of equal shapes, one after the other."""

    places: list  # of these tables among all
    strata: np.ndarray  # (n_strata of all tables, n_values, n_classes)
    starts: np.ndarray  # the first stratum of each table

    def sums(self, of_strata):
        """Return the sums over the strata of each table."""
        return np.add.reduceat(of_strata, self.starts)

    def cell_sums(self, of_cells):
        """Return the sums over all cells of each table."""
        return np.add.reduceat(of_cells.ravel(), self.starts * of_cells[0].size)


def stacked(tables):
    """Return the Stack of each shape of strata."""
    places = {}
    for i, table in enumerate(tables):
        places.setdefault(table.shape[1:], []).append(i)
    stacks = []
    for same in places.values():
        parts = [tables[i] for i in same]
        stacks.append(Stack(same, np.concatenate(parts), np.cumsum([0, *map(len, parts[:-1])])))
    return stacks


def stacked_ratios(stacks, scale):
    """Return ``likelihood_ratio`` of each table, of cells times a scale, in the order of their places."""
    ratios = np.empty((sum(len(stack.places) for stack in stacks), 3))
    for stack in stacks:
        ratios[stack.places] = stack.sums(likelihood_ratios(stack.strata * scale))
    return ratios
