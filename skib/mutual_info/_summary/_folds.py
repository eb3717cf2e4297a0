"""Folds that depend on x alone, and rows whitened by the training rows of each: what all labelings of x share."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky
from scipy.linalg.blas import dtrmm
from scipy.linalg.lapack import dtrtri

# Least share of a spherical covariance matrix that is mixed in, against rounding.
_LEAST_SHRINKAGE = 1e-6


class Fold(NamedTuple):
    """The rows to fit to and those held out, both whitened by the former."""

    train: np.ndarray  # places of the rows
    test: np.ndarray
    train_rows: np.ndarray
    test_rows: np.ndarray
    train_squares: np.ndarray  # squared lengths
    test_squares: np.ndarray


def fold_members(x, n_folds, generator):
    """Draw the fold of every row; it is the same in any order of the rows and columns."""
    members = np.empty(len(x), np.int64)
    members[np.argsort(x.sum(axis=1), kind="stable")] = generator.permutation(len(x)) % n_folds
    return members


class Whitening(NamedTuple):
    """The mean of the training rows of a fold, and the matrix that whitens them."""

    mean: np.ndarray
    matrix: np.ndarray


def whitening_of_fold(x, members, k):
    """Whiten by the covariance matrix of the rows outside of fold k; columns vary."""
    rows = x[members != k]
    mean = rows.mean(axis=0)
    rows -= mean
    return Whitening(mean, _whitening(rows))


def whitened_fold(x, members, k, whitening=None):
    """Hold out fold k of rows of varying columns, and whiten all rows by the covariance matrix of the others."""
    mean, matrix = whitening_of_fold(x, members, k) if whitening is None else whitening
    train, test = np.flatnonzero(members != k), np.flatnonzero(members == k)
    parts = [_whitened(x[rows], mean, matrix) for rows in (train, test)]
    return Fold(train, test, *parts, *map(_squares, parts))


def _whitened(rows, mean, matrix):
    """Center rows and multiply them by an upper triangular matrix; the rows are overwritten."""
    rows -= mean
    return dtrmm(1.0, matrix.T, rows.T, lower=True, overwrite_b=True).T


def _whitening(rows):
    """Return the matrix that whitens centered rows by their covariance matrix, shrunk as in Ledoit and Wolf (2004)."""
    n, d = rows.shape
    covariance = rows.T @ rows / n
    scale, size = np.trace(covariance) / d, np.sum(covariance**2)
    noise = (np.mean(np.einsum("ij,ij->i", rows, rows) ** 2) - size) / n
    distance = size - d * scale**2
    share = min(max(noise / distance, _LEAST_SHRINKAGE), 1.0) if distance > 0 else 1.0
    covariance *= 1 - share
    covariance[np.diag_indices(d)] += share * scale
    return inverse_root(covariance)


def inverse_root(covariance):
    """Return the upper triangular matrix by which rows are multiplied to have a unit covariance matrix."""
    return np.ascontiguousarray(dtrtri(cholesky(covariance, lower=True, check_finite=False), lower=1)[0].T)


def _squares(rows):
    return np.einsum("ij,ij->i", rows, rows)
