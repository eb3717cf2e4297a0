"""The estimate from nearest neighbors under many permutations of y: what depends on x or on y alone is found once."""

from functools import partial

import numpy as np

from skib._marginals import sort_column, transform_marginals
from skib._neighbors._permuted_balls import permuted_balls
from skib._neighbors._terms import digamma_table, ksg_terms_of_balls, planar_ksg_terms


def permuted_ksg_terms(x, y, n_neighbors, *, marginals=None):
    """Return a function of an order of the rows of y: ``ksg_terms(x, y[order], n_neighbors)``, to the last bit.

    Single columns are sorted once; of several, the neighbors within x, or within y if it has more columns, are found
    once. The function may be called by several threads.
    """
    psi = digamma_table(len(x))
    if x.shape[1] == y.shape[1] == 1:
        source = sort_column(x[:, 0], marginals)
        target = sort_column(y[:, 0], marginals, scores_of=source)
        return partial(_planar_terms, source, target, n_neighbors, psi)
    balls_of = permuted_balls(transform_marginals(x, marginals), transform_marginals(y, marginals), n_neighbors)
    return partial(_terms_of_balls, balls_of, psi)


def permuted_means(terms_of, orders):
    """Return the means of the terms for some orders: the estimates."""
    return np.array([np.mean(terms_of(order)) for order in orders])


def _planar_terms(source, target, n_neighbors, psi, order):
    permuted = target.permuted(order)
    return planar_ksg_terms(source, permuted, n_neighbors, psi)[permuted.rank]


def _terms_of_balls(balls_of, psi, order):
    return ksg_terms_of_balls(balls_of(order), psi)
