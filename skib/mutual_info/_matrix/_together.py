"""Pairs of columns of numbers that one estimator is fitted to: what the pairs share is computed once.

The estimates are those of fits to single pairs.
"""

import numpy as np

from skib._copies import warn_if_copied
from skib._marginals import sort_columns, warn_of_atom_columns
from skib._neighbors import digamma_table, planar_ksg_terms
from skib._parallel import blocks, run_tasks
from skib._sklearn import require_valid_parameters
from skib._validation import check_target, require_samples
from skib.mutual_info._base import warn_if_negative
from skib.mutual_info._gaussian_copula import GaussianCopula
from skib.mutual_info._ksg import KSG
from skib.mutual_info._matrix._copula import LEAST_ROWS, copula_estimates
from skib.mutual_info._matrix._pairs import ROWS_PER_TASK, summary


def estimate_together(estimator, columns, asked, estimates, *, n_jobs=None, verbose=0):
    """Estimate the pairs that share work, in place, and return the mask of those that do not.

    Parameters
    ----------
    estimator : estimator
        Any one; pairs share work of ``GaussianCopula`` and of variant 1 of ``KSG``.
    columns : list of DiscreteColumn or ContinuousColumn
        The columns; those of numbers without missing ones share work.
    asked : ndarray of bool of shape (n_columns, n_columns)
        Marks the pairs, each once above the diagonal or on it.
    estimates : Estimates
        Arrays of shape (n_columns, n_columns).
    """
    together = _function_of(estimator, columns[0].n_samples)
    chosen = np.array([together is not None and _are_numbers(column) for column in columns])
    if np.count_nonzero(chosen) < 2:
        return asked
    require_valid_parameters(estimator)
    values = [_values(column) for column, is_chosen in zip(columns, chosen, strict=True) if is_chosen]
    found = together(estimator, values, asked[np.ix_(chosen, chosen)], n_jobs=n_jobs, verbose=verbose)
    pairs = np.logical_and.outer(chosen, chosen) & asked
    for whole, part in zip(estimates, found, strict=True):
        whole[pairs] = part
        whole.T[pairs] = part
    return asked & ~pairs


def _function_of(estimator, n_samples):
    """Return what estimates many pairs at once as the estimator does, None if nothing does."""
    if type(estimator) is GaussianCopula and n_samples >= LEAST_ROWS:  # a subclass may fit otherwise
        return _by_copula
    if type(estimator) is KSG and estimator.variant == 1:
        return _by_neighbors
    return None


def _are_numbers(column):
    return column.complete is None and column.dtype.kind in "biufmMV"


def _values(column):
    """Return the numbers of a column as ``fit`` reads them."""
    return column.values if column.kind == "continuous" else check_target(column.raw, column.n_samples)[:, 0]


def _by_copula(estimator, columns, asked, **run):
    found, atoms = copula_estimates(columns, asked, bias_correction=estimator.bias_correction, **run)
    n_atoms = np.add.outer(atoms.astype(int), atoms)
    own, others = np.diag(asked), np.triu(asked, 1)
    for count in dict.fromkeys(np.r_[np.diag(n_atoms)[own], n_atoms[others]].tolist()):
        warn_of_atom_columns(count, 2)
    return [part[asked] for part in found]


def _by_neighbors(estimator, columns, asked, **run):
    """Sort every column once, for all pairs."""
    n_samples, n_neighbors = len(columns[0]), estimator.n_neighbors
    require_samples(estimator, n_samples, n_neighbors + 1)
    psi, in_order = digamma_table(n_samples), sort_columns(columns, estimator.marginals)
    pairs = np.argwhere(asked)
    parts = blocks(len(pairs), max(ROWS_PER_TASK // n_samples, 1))
    tasks = [(estimator, columns, in_order, pairs[part].tolist(), psi) for part in parts]
    results = run_tasks(_neighbor_estimates, tasks, description="pairs of columns", **run)
    return np.concatenate(results).T


def _neighbor_estimates(estimator, columns, in_order, pairs, psi):
    """Estimate some pairs of columns, which are given as they are and sorted."""
    found = np.zeros((len(pairs), 3))
    for estimate, (i, j) in zip(found, pairs, strict=True):
        source, target = in_order[i], in_order[j]
        if source.constant or target.constant:
            continue
        if source.tied and target.tied:
            warn_if_copied(columns[i][:, None], columns[j])
        terms = planar_ksg_terms(source, target, estimator.n_neighbors, psi)[target.rank]  # in the order of the rows
        estimate[:] = summary(terms, psi[-1] - psi[estimator.n_neighbors])
        warn_if_negative(estimator, *estimate[:2], len(terms))
    return found
