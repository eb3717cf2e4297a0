"""The terms of the mean KL, row by row, with the aggregate posterior as a mixture or as a normal distribution."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from skib._parallel import blocks

# Log densities that are held at once, of one unit after the other: 1 MB stays in the cache.
_BLOCK = 2**17
# Share of the variance of a unit that the others leave, below which its logarithm is one of rounding errors.
_LEAST_CONDITIONAL_VARIANCE = 1e-12


class Terms(NamedTuple):
    """Terms of every row, whose means are the parts of the mean KL."""

    kl: np.ndarray  # (n_samples, n_units), of the posterior of each unit
    marginal_kl: np.ndarray  # (n_samples, n_units), of the aggregate posterior of each unit
    total_correlation: np.ndarray  # (n_samples,)
    within: np.ndarray  # (n_samples, n_groups), the total correlation of the units of a group


def mixture_terms(codes, mu, logvar, noise):
    """Return the terms at one draw from the posterior of every row; `codes` are the groups of the units.

    The log ratio of the draw under its own posterior and the prior has the mean KL, which is known: what it exceeds
    that by is a control variate. Its weight is found from terms less the KL of their rows, which would only add noise.
    """
    kl = kl_of_units(mu, logvar)
    steps = np.exp(logvar / 2) * noise
    z = mu + steps
    joint, of_groups, of_units = _log_densities(steps, mu, logvar, codes)
    log_prior = -(z**2 + np.log(2 * np.pi)) / 2
    excess = -(noise**2 + logvar + np.log(2 * np.pi)) / 2 - log_prior - kl
    within = of_groups - _sums(of_units, codes)
    exceeding = of_units - log_prior - kl
    marginal = kl + np.column_stack([_less(t, r) for t, r in zip(exceeding.T, excess.T, strict=True)])
    return Terms(kl, marginal, _less(joint - of_units.sum(axis=1), excess.sum(axis=1)), within)


def gaussian_terms(codes, mu, logvar):
    """Return the closed forms as means of the terms of rows, which are the influences of the rows on them."""
    variances, centered = np.exp(logvar), mu - mu.mean(axis=0)
    spread = (centered**2 + variances).mean(axis=0)
    kl, ratio = kl_of_units(mu, logvar), (centered**2 + variances) / spread
    value = (spread + mu.mean(axis=0) ** 2 - 1 - np.log(spread)) / 2
    marginal = value + (spread - 1) * (ratio - 1) / 2 + mu.mean(axis=0) * centered
    parts = [np.flatnonzero(codes == group) for group in range(codes.max() + 1)]
    within = [_gaussian_correlation(centered[:, part], variances[:, part], spread[part]) for part in parts]
    return Terms(kl, marginal, _gaussian_correlation(centered, variances, spread), np.column_stack(within))


def variances_at_zero(codes, mu, logvar):
    """Return the variances of the closed forms where these are 0: of the correlation of units, of groups, and the KLs.

    A form that is 0 grows with the square of what rows add to the moments, whatever their influences are. With U these
    additions in units of the curvature, so that the form is |mean U|^2 / 2, its variance is |U'U / n|^2 / 2n^2. What
    one group adds to a correlation does not depend on the others then, and the variance is a sum over pairs of groups.
    """
    variances, centered = np.exp(logvar), mu - mu.mean(axis=0)
    spread, n_samples = (centered**2 + variances).mean(axis=0), len(mu)
    scaled, shares = centered / np.sqrt(spread), (variances / spread).mean(axis=0)
    of_groups = []
    for group in range(codes.max() + 1):
        part = np.flatnonzero(codes == group)
        products = scaled[:, part].T @ scaled[:, part] / n_samples
        moments = np.linalg.solve(products + np.diag(shares[part]), products)
        of_groups.append(np.sum(moments * moments.T))
    additions = np.hstack([centered, ((centered**2 + variances) / spread - 1) / np.sqrt(2)])
    found = [_sum_over_pairs(some) for some in ((scaled**2).mean(axis=0) ** 2, np.array(of_groups))]
    return np.array([*found, np.sum((additions.T @ additions / n_samples) ** 2)]) / (2 * n_samples**2)


def permuted_correlation(terms_of, codes, generator, *arrays):
    """Return the total correlation between groups of units once the rows of each group are permuted."""
    orders = np.array([generator.permutation(len(arrays[0])) for _ in range(codes.max() + 1)])[codes].T
    terms = terms_of(*(np.take_along_axis(values, orders, axis=0) for values in arrays))
    return (terms.total_correlation - terms.within.sum(axis=1)).mean()


def kl_of_units(mu, logvar):
    """Return KL(N(mu, exp(logvar)) || N(0, 1)), entry by entry."""
    return (mu**2 + np.expm1(logvar) - logvar) / 2


def _log_densities(steps, mu, logvar, codes):
    """Return the log densities of mu + steps under the mixture: of all units (n,), of groups, and of each unit.

    Both are apart, since steps of a tiny variance would be rounded off.
    """
    n_samples, n_units = mu.shape
    of_units, of_groups = np.empty((n_samples, n_units)), np.empty((n_samples, codes.max() + 1))
    joint = np.empty(n_samples)
    for rows in blocks(n_samples, max(1, _BLOCK // n_samples)):
        of_all = np.zeros((rows.stop - rows.start, n_samples))
        for group in range(of_groups.shape[1]):
            of_group = np.zeros_like(of_all)
            members = np.flatnonzero(codes == group)
            for j in members:
                log_p = mu[rows, j, None] - mu[:, j]
                log_p += steps[rows, j, None]
                log_p *= np.exp(-logvar[:, j] / 2)
                log_p *= log_p
                log_p += logvar[:, j] + np.log(2 * np.pi)
                log_p *= -0.5
                of_group += log_p
                of_units[rows, j] = _log_mean(log_p)
            of_all += of_group
            of_groups[rows, group] = of_units[rows, j] if len(members) == 1 else _log_mean(of_group)
        joint[rows] = _log_mean(of_all)
    return joint, of_groups, of_units


def _log_mean(log_p):
    """Return the logarithm of the mean density over the columns."""
    peak = log_p.max(axis=1)
    exponentials = np.exp(log_p - peak[:, None])
    return peak + np.log(exponentials.mean(axis=1))


def _less(terms, control):
    """Subtract a control of known mean 0 with the weight that leaves the least variance."""
    square = np.mean((control - control.mean()) ** 2)
    if not square > 0:
        return terms
    return terms - np.mean((control - control.mean()) * terms) / square * control


def _gaussian_correlation(centered, variances, spread):
    """Return -log det R / 2 for the correlation matrix R of the units, as a mean of the influences of rows.

    Raises LinAlgError if one unit follows from the others but for rounding.
    """
    scaled = centered / np.sqrt(spread)
    correlations = scaled.T @ scaled / len(scaled) + np.diag((variances / spread).mean(axis=0))
    factor = cho_factor(correlations)
    if np.diag(factor[0]).min() ** 2 < _LEAST_CONDITIONAL_VARIANCE:
        raise np.linalg.LinAlgError("the correlations are singular but for rounding")
    value = -np.log(np.diag(factor[0])).sum()
    inverse = cho_solve(factor, np.eye(len(correlations)))
    quadratic = np.einsum("ij,ij->i", scaled @ inverse, scaled) + (variances / spread) @ np.diag(inverse)
    return value + ((scaled**2 + variances / spread).sum(axis=1) - quadratic) / 2


def _sums(values, codes):
    return np.column_stack([values[:, codes == group].sum(axis=1) for group in range(codes.max() + 1)])


def _sum_over_pairs(values):
    return (values.sum() ** 2 - (values**2).sum()) / 2
