"""Scales of columns that new rows are put on: standard units, or the normal scores of the ranks among fitted rows."""

import numpy as np
from scipy.special import ndtr, ndtri

# Nodes of the quadrature of E[y|T] over the quantiles of y.
_N_NODES = 64


class StandardScale:
    """Columns of mean 0 and standard deviation 1; a constant column is all 0.

    Columns are divided by powers of 2 first, so that no square leaves the range of floats.
    """

    def __init__(self, x):
        self.exponents = np.frexp(np.abs(x).max(axis=0))[1]
        small = np.ldexp(x, -self.exponents)
        self.means = small.mean(axis=0)
        self.varying = np.ptp(x, axis=0) > 0
        self.sizes = np.where(self.varying, small.std(axis=0), 1.0)

    def scaled(self, x):
        """Put rows on the scale."""
        small = np.ldexp(x, -self.exponents) - self.means
        return np.where(self.varying, small / self.sizes, 0.0)

    def means_of(self, z, spreads):
        """Return the means, in units of the data, of normal variables of means z (n, d) and these deviations (d,)."""
        return np.ldexp(z * self.sizes * self.varying + self.means, self.exponents)

    def per_unit(self, weights):
        """Return weights (k, d) of scaled columns as weights of the columns of the data."""
        return np.ldexp(weights * self.varying / self.sizes, -self.exponents)


class RankScale:
    """Columns of normal scores of ranks among the fitted rows, with mean 0 and standard deviation 1.

    A new value has the rank of the place between the fitted values where it would stand.
    """

    def __init__(self, x):
        self.values = np.sort(x, axis=0)
        self.varying = self.values[0] < self.values[-1]
        scores = self._scores(x)
        self.means = scores.mean(axis=0)
        self.sizes = np.where(self.varying, scores.std(axis=0), 1.0)

    def scaled(self, x):
        """Put rows on the scale."""
        return np.where(self.varying, (self._scores(x) - self.means) / self.sizes, 0.0)

    def means_of(self, z, spreads):
        """Return the means, in units of the data, of the quantiles of normal variables of means z and these deviations.

        The quantile function is linear between the fitted values.
        """
        levels = (np.arange(_N_NODES) + 0.5) / _N_NODES
        steps = ndtri(levels)
        levels = (np.arange(len(self.values)) + 1) / (len(self.values) + 1)
        means = np.empty(z.shape)
        for j, values in enumerate(self.values.T):
            scores = z[:, j, None] * self.sizes[j] + self.means[j] + steps * (spreads[j] * self.sizes[j])
            means[:, j] = np.interp(ndtr(scores), levels, values).mean(axis=1)
        return means

    def per_unit(self, weights):
        """Return weights (k, d) of scaled columns: they have no unit of the data."""
        return weights * self.varying

    def _scores(self, x):
        n_samples, ranks = len(self.values), np.empty(x.shape)
        for j, (fitted, new) in enumerate(zip(self.values.T, x.T, strict=True)):
            ranks[:, j] = (np.searchsorted(fitted, new) + np.searchsorted(fitted, new, side="right") + 1) / 2
        lower = ndtri(np.minimum(ranks, n_samples + 1 - ranks) / (n_samples + 1))
        return np.where(ranks > (n_samples + 1) / 2, -lower, lower)


SCALES = {"standard": StandardScale, "rank": RankScale}
