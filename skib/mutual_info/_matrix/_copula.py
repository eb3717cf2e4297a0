r"""Gaussian copulas of all pairs of columns of numbers, from products of matrices.

With z the normal scores of a column, centered and scaled to unit variance, and r the correlation of two of them, the
terms of the estimate are :math:`t = (r z z' - r^2 (z^2 + z'^2) / 2) / (1 - r^2)`. Their variance consists of moments of
order four, each of which is a product of two matrices for all pairs at once:

.. math:: (1 - r^2)^2 \, \langle t^2 \rangle = r^2 \langle z^2 z'^2 \rangle
          - r^3 \big( \langle z^3 z' \rangle + \langle z z'^3 \rangle \big)
          + \tfrac14 r^4 \big( \langle z^4 \rangle + \langle z'^4 \rangle + 2 \langle z^2 z'^2 \rangle \big).
"""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from skib._class_tables import Estimates
from skib._marginals import are_atoms, normal_score_rows
from skib._parallel import blocks, run_tasks
from skib._statistics import SATURATION
from skib.mutual_info._gaussian_copula import copula_bias, directions, estimate_of_directions, information

# Fewest rows of an estimate.
LEAST_ROWS = 4
# The moments of a pair cancel to 1 - r^2 squared. Where this is less, the variance is that of its terms.
_STRONG = 0.05
# Rows times columns of a task, and of one factor of its products, which stays in the cache.
_NUMBERS_PER_TASK, _NUMBERS_PER_PRODUCT = 250_000, 30_000
_LEAST_COLUMNS = 8  # of a task, whatever its rows


def copula_estimates(columns, asked, *, bias_correction, n_jobs=None, verbose=0):
    """Estimate pairs of columns as ``GaussianCopula`` does.

    Parameters
    ----------
    columns : list of ndarray of shape (n_samples,)
        Numbers, or the ranks of their levels, of `LEAST_ROWS` rows or more.
    asked : ndarray of bool of shape (n_columns, n_columns)
        Marks the pairs, each once above the diagonal or on it.
    bias_correction : bool
        As in ``GaussianCopula``.

    Returns
    -------
    estimates : Estimates
        Arrays of shape (n_columns, n_columns), of which the pairs asked for are filled.
    atoms : ndarray of bool of shape (n_columns,)
        Marks the columns of so many equal values that a Gaussian copula does not describe them.
    """
    n_samples, run = len(columns[0]), {"n_jobs": n_jobs, "verbose": verbose}
    bias = copula_bias(n_samples, 1, 1) if bias_correction else 0.0
    scores = normal_score_rows(columns)
    center, scale = _moments(scores)
    r_squared, std_error = _from_moments(scores, center, scale, run)
    value = information(r_squared, n_samples)
    estimates = Estimates(value - bias, std_error, value > SATURATION * np.log(n_samples))
    _fill_strong(estimates, scores, asked & (r_squared > 1 - _STRONG), bias, run)
    for part in estimates:
        part[scale == 0] = part[:, scale == 0] = 0
    return estimates, are_atoms(scale**2, n_samples)


def _moments(scores):
    """Return the mean and the standard deviation of each row, which is 0 of constant ones."""
    n_samples = scores.shape[1]
    center = scores @ np.full(n_samples, 1 / n_samples)
    square = np.einsum("ij,ij->i", scores, scores) / n_samples
    varying = (scores != scores[:, :1]).any(axis=1)
    return center, np.where(varying, np.sqrt(np.maximum(square - center**2, 0)), 0.0)


def _from_moments(scores, center, scale, run):
    """Compute the squared correlations of the pairs of rows above the diagonal, and the errors of their information."""
    n_columns, n_samples = scores.shape
    parts = blocks(n_columns, max(_NUMBERS_PER_TASK // n_samples, _LEAST_COLUMNS))
    pairs = list(combinations_with_replacement(range(len(parts)), 2))
    tables = scores, center[:, None], np.where(scale > 0, scale, 1.0)[:, None]
    of_part = [tuple(table[part] for table in tables) for part in parts]
    tasks = [(of_part[i], of_part[j] if i < j else None) for i, j in pairs]
    results = run_tasks(_block, tasks, description="pairs of columns", **run)
    whole = np.zeros((2, n_columns, n_columns))
    for (i, j), found in zip(pairs, results, strict=True):
        whole[:, parts[i], parts[j]] = found
    return whole


def _block(of_rows, of_others):
    """Compute the squared correlations and the standard errors of rows with others, None for the same rows."""
    n_samples = of_rows[0].shape[1]
    parts = blocks(n_samples, max(_NUMBERS_PER_PRODUCT // len(of_rows[0]), 1))
    r, of_squares, of_cubes, of_fourths = sum(_products(of_rows, of_others, part) for part in parts) / n_samples
    square = r**2
    moment = square * of_squares - r * square * of_cubes + 0.25 * square**2 * (of_fourths + 2 * of_squares)
    rest = np.maximum(1 - square, _STRONG)  # of the others the caller computes it otherwise
    variance = np.maximum(moment, 0) / rest**2 * (n_samples / (n_samples - 1))
    return square, np.sqrt(variance / n_samples + 0.5 / n_samples**2)


def _products(of_rows, of_others, part):
    """Sum z z', z^2 z'^2, z^3 z' + z z'^3 and z^4 + z'^4 of every pair over a part of the columns."""
    x = _powers(*of_rows, part)
    y = _powers(*of_others, part) if of_others else x
    of_cubes = x.cubes @ y.scores.T
    of_cubes = of_cubes + (x.scores @ y.cubes.T if of_others else of_cubes.T)
    of_fourths = np.add.outer(*(np.einsum("ij,ij->i", z.squares, z.squares) for z in (x, y)))
    return np.stack([x.scores @ y.scores.T, x.squares @ y.squares.T, of_cubes, of_fourths])


class _Powers(NamedTuple):
    """Standardized rows and their powers."""

    scores: np.ndarray
    squares: np.ndarray
    cubes: np.ndarray


def _powers(scores, center, scale, part):
    scores = (scores[:, part] - center) / scale
    squares = scores**2
    return _Powers(scores, squares, squares * scores)


def _fill_strong(estimates, scores, strong, bias, run):
    """Estimate the pairs of a mask one by one."""
    basis = {j: directions(scores[j][:, None]) for j in np.flatnonzero(strong.any(axis=0) | strong.any(axis=1))}
    chosen = [(i, np.flatnonzero(row)) for i, row in enumerate(strong) if row.any()]
    tasks = [(basis[i], [basis[j] for j in others], bias) for i, others in chosen]
    results = run_tasks(_one_by_one, tasks, description="strongly dependent pairs", **run)
    for (i, others), found in zip(chosen, results, strict=True):
        for part, values in zip(estimates, found, strict=True):
            part[i, others] = values


def _one_by_one(x, others, bias):
    found = [estimate_of_directions(x, y, bias) for y in others]
    return np.array([(one.value, one.std_error, one.saturated) for one in found]).T
