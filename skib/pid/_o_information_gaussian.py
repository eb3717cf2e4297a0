r"""O-information of sets of columns with a Gaussian copula: one inverse of a correlation matrix for each set.

With R the correlations of k columns, P its inverse and :math:`h(X_{-j}) = h(X) + \log(P_{jj})/2` + const.,

.. math:: TC = -\tfrac12 \log\det R, \qquad DTC = \tfrac12 \log\det R + \tfrac12 \sum_j \log P_{jj}, \qquad
          \Omega = TC - DTC.

*Errors.* Let W be the noise of the covariance matrix, whitened: :math:`R^{1/2} W R^{1/2}` is added to R, where a
symmetric A has :math:`\langle A, W \rangle` of variance :math:`2 |A|^2 / n`. The terms of order one and two in W of the
three quantities have variances that are sums of powers of the correlations, of the partial correlations and of
:math:`1/P_{jj}`; where both vanish, at independence, :math:`\Omega` is the sum of the products of the three
correlations of each triple, of variance :math:`\binom{k}{3} / n^3`.
"""

from math import comb

import numpy as np

from skib._linear_algebra import log_det_bias
from skib._parallel import blocks

# Numbers in the matrices of the sets that are inverted at a time: they stay in the cache.
_NUMBERS_PER_BLOCK = 100_000


def resolved_correlations(scores):
    """Compute the correlations of columns of scores (n_samples, n_columns), those of constant columns being 0.

    Ranks resolve correlations up to 1 - 1 / n^2; all are shrunk by this much, so that copies of a column have a finite
    information.
    """
    n_samples = len(scores)
    scores = scores - scores.mean(axis=0)
    norms = np.sqrt(np.sum(scores**2, axis=0))
    scores = scores / np.where(norms > 0, norms, 1.0)
    correlations = (1 - float(n_samples) ** -2) * (scores.T @ scores)
    np.fill_diagonal(correlations, 1.0)
    return correlations


def gaussian_values(correlations, multiplets, n_samples):
    """Return the O-information, total and dual total correlation of each row of `multiplets`: (3, n_sets).

    Their bias, exact for Gaussian rows, is subtracted if there are `n_samples`, and nothing if it is None.
    """
    values = np.empty((3, len(multiplets)))
    for part in _parts(multiplets):
        values[:, part] = _quantities(*_inverted(_submatrices(correlations, multiplets[part])))
    return _without_bias(values, n_samples, multiplets.shape[1])


def gaussian_values_and_errors(correlations, multiplets, n_samples, *, bias_correction):
    """Return the same quantities, and their standard errors: (3, n_sets) twice."""
    values, errors = np.empty((2, 3, len(multiplets)))
    for part in _parts(multiplets):
        matrices = _submatrices(correlations, multiplets[part])
        log_det, precision = _inverted(matrices)
        values[:, part] = _quantities(log_det, precision)
        errors[:, part] = np.sqrt(_variances(matrices, precision, n_samples))
    return _without_bias(values, n_samples if bias_correction else None, multiplets.shape[1]), errors


def _quantities(log_det, precision):
    log_precision = np.log(_diagonals(precision)).sum(axis=0)
    return -log_det - 0.5 * log_precision, -0.5 * log_det, 0.5 * (log_det + log_precision)


def _without_bias(values, n_samples, size):
    if n_samples is not None:
        of_total, of_dual = _biases(n_samples, size)
        values -= np.array([of_total - of_dual, of_total, of_dual])[:, None]
    return values


def gaussian_gradients(correlations, multiplets, targets, n_samples):
    """Return the O-information of each set with the target columns, as one variable, less that without: (n_sets,)."""
    n_targets, size = len(targets), multiplets.shape[1]
    log_det_y = np.linalg.slogdet(correlations[np.ix_(targets, targets)])[1]
    gradients = np.empty(len(multiplets))
    for part in _parts(multiplets):
        sets = multiplets[part]
        with_y = np.hstack([sets, np.broadcast_to(targets, (len(sets), n_targets))])
        log_det, precision = _inverted(_submatrices(correlations, sets))
        log_det_joint, precision_joint = _inverted(_submatrices(correlations, with_y))
        ratios = _diagonals(precision) / _diagonals(precision_joint)[:size]
        gradients[part] = 0.5 * (log_det + log_det_y - log_det_joint + np.log(ratios).sum(axis=0))
    return gradients if n_samples is None else gradients - _gradient_bias(n_samples, size, n_targets)


def _parts(multiplets):
    return blocks(len(multiplets), max(_NUMBERS_PER_BLOCK // multiplets.shape[1] ** 2, 1))


def _submatrices(correlations, multiplets):
    """Return the correlations of each set; the sets stand in the last axis: (size, size, n_sets)."""
    members = multiplets.T
    return correlations[members[:, None], members[None]]


def _inverted(matrices):
    """Return the log determinants and the inverses of positive definite matrices, swept column by column."""
    inverse, log_det = matrices.copy(), 0.0
    for j in range(len(matrices)):
        pivot = inverse[j, j].copy()
        row, column = inverse[j] / pivot, inverse[:, j].copy()
        inverse -= column[:, None] * row
        inverse[j], inverse[:, j], inverse[j, j] = row, -column / pivot, 1 / pivot
        log_det = log_det + np.log(pivot)
    return log_det, inverse


def _diagonals(matrices):
    places = np.arange(len(matrices))
    return matrices[places, places]


def _biases(n_samples, size):
    """Return the bias of the total correlation and of the dual total correlation."""
    one, rest, joint = (log_det_bias(n_samples, d) for d in (1, size - 1, size))
    return size * one - joint, size * rest - (size - 1) * joint


def _gradient_bias(n_samples, size, n_targets):
    """Return the bias of (1 - k) I(X;Y) + sum_j I(X_-j;Y)."""

    def of_information(k):
        b_x, b_y, b_xy = (log_det_bias(n_samples, d) for d in (k, n_targets, k + n_targets))
        return b_x + b_y - b_xy

    return (1 - size) * of_information(size) + size * of_information(size - 1)


def _variances(matrices, precision, n_samples):
    """Return the variances of the three quantities up to order two, and of order three where the O-information has."""
    size = len(matrices)
    scale = _diagonals(precision)
    squares, partial_squares = matrices**2, precision**2 / (scale[:, None] * scale)
    r2, p2 = squares.sum(axis=(0, 1)), partial_squares.sum(axis=(0, 1))
    r4, p4 = np.einsum("ijk,ijk->k", squares, squares), np.einsum("ijk,ijk->k", partial_squares, partial_squares)
    share, share2 = (1 / scale).sum(axis=0), (scale**-2.0).sum(axis=0)
    first = 0.5 * np.array([r2 + p2 - 4 * size + 2 * share, r2 - size, p2 - size])
    dimension = size * (size + 1) / 2
    left = ((size + 2) * p2 + size**2) / 16  # |L|^2 / 4 of the mean of the products with U on either side
    crossed = -dimension / 2 - size / 8 - share2 / 16 + share / 8 - p2 / 8
    second = 8 * np.array(
        [
            dimension / 4 + (r4 + p4) / 16 + left + 2 * crossed,
            dimension / 16 + r4 / 16 - size / 8,
            dimension / 16 + p4 / 16 + left + size / 8 - dimension / 4 - p2 / 4,
        ]
    )
    third = np.array([comb(size, 3), 0, 0])[:, None] / n_samples**3
    second = np.maximum(second, 0) / n_samples**2 + third  # rounding may leave less than 0
    # The noise of the correlations adds twice the term of order two to the estimate of that of order one.
    return np.maximum(first / n_samples - second, second)
