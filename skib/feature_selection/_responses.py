"""The target of an influence score: classes or numbers, as outputs to sum over cells, and tested within strata."""

import numpy as np
from scipy.special import chdtrc

from skib._columns import distinct, target_columns
from skib._kernels.counts import joint_codes
from skib.feature_selection._contingency import contingency, likelihood_ratio


def read_response(y, rows):
    """Validate the target, and return its Response on the rows that count.

    Several columns of classes are taken jointly. Numbers on many levels must be the only column.
    """
    columns = target_columns(y, len(rows.kept))
    weights = None if rows.weights is None else rows.weights * (rows.n_effective / rows.weights.sum())
    codes = [distinct(column.levels[rows.kept])[1] for column in columns]
    most = max(2.0, np.sqrt(rows.n_effective))
    if all(column.nominal or values.max() < most for column, values in zip(columns, codes, strict=True)):
        return ClassResponse(joint_codes(codes), weights)
    if len(columns) > 1:
        raise ValueError(
            f"y has {len(columns)} columns, some of them of numbers on many levels; pass one column of numbers, or "
            "columns of classes, which are taken jointly"
        )
    return NumberResponse(columns[0].values[rows.kept], weights)


class ClassResponse:
    """Classes: an output for each, which indicates it, or one for two classes; tested by the likelihood ratio."""

    def __init__(self, codes, weights=None):
        self.codes, self.weights, self.n_classes = codes, weights, int(codes.max()) + 1
        first = 1 if self.n_classes == 2 else 0
        indicators = codes == np.arange(first, self.n_classes)[:, None]
        self.outputs, self.means, self.variation = _summed(indicators.astype(np.int64), weights)

    @property
    def is_constant(self):
        """Whether there is one class."""
        return self.n_classes == 1

    def statistic(self, x, strata):
        """Return the likelihood ratio G of x and y, summed over strata, and its degrees of freedom.

        G is divided by its mean over all permutations of y within strata, over the degrees of freedom, if that is above
        1: where few rows are expected per cell.
        """
        table = contingency(strata, x, self.codes, self.weights)
        statistic, dof, mean = likelihood_ratio(table, table.sum())
        return float(statistic * (dof / mean if mean > dof else 1.0)), int(dof)


class NumberResponse:
    """Numbers: the values are the one output; their ranks are tested, as Kruskal and Wallis do."""

    def __init__(self, values, weights=None):
        self.weights = weights
        scale = np.abs(values - np.median(values)).max()
        self.outputs, self.means, self.variation = _summed((values - np.median(values))[None] / (scale or 1.0), weights)
        codes = distinct(values)[1]
        masses = np.bincount(codes, weights)
        self.ranks = (np.cumsum(masses) - masses / 2)[codes]

    @property
    def is_constant(self):
        """Whether all values are equal."""
        return bool((self.ranks == self.ranks[0]).all())

    def statistic(self, x, strata):
        """Return the statistic of Kruskal and Wallis, of the ranks among all rows, summed over strata, and its dof.

        They are its mean over all permutations of y within strata, exactly.
        """
        cells, stratum_of = _cells(x, strata)
        weights = np.ones(len(x)) if self.weights is None else self.weights
        sizes = np.bincount(strata, weights)
        residuals = self.ranks - (np.bincount(strata, weights * self.ranks) / sizes)[strata]
        within = np.bincount(strata, weights * residuals**2)
        between = np.bincount(stratum_of, np.bincount(cells, weights * residuals) ** 2 / np.bincount(cells, weights))
        varies = within > 1e-12 * sizes * self.ranks.max() ** 2
        ratios = np.divide(between, within, out=np.zeros_like(between), where=varies)
        return float(np.maximum(sizes - 1, 0) @ ratios), int((np.bincount(stratum_of) - 1)[varies].sum())


def _cells(x, strata):
    """Return the cell of each row, a code of its stratum and x, and the stratum of each cell."""
    cells = joint_codes([strata, x.astype(np.int64)])
    stratum_of = np.empty(int(cells.max()) + 1, np.int64)
    stratum_of[cells] = strata
    return cells, stratum_of


def _summed(outputs, weights):
    """Return outputs to sum over cells, their means, and their sum of squares about these.

    Whole outputs remain whole. Weighted ones are centered, so that the counts of rows do not matter.
    """
    weight = np.ones(outputs.shape[1]) if weights is None else weights
    means = outputs @ weight / weight.sum()
    centered = outputs - means[:, None]
    variation = float((weight * centered**2).sum())
    if weights is None and outputs.dtype.kind == "i":
        return outputs, means, variation
    return np.ascontiguousarray(weight * centered), np.zeros(len(outputs)), variation


def independence_pvalue(response, x, strata):
    """Return the p-value of the independence of a column of codes and the target within strata."""
    statistic, dof = response.statistic(x, strata)
    return float(chdtrc(dof, statistic)) if dof else 1.0
