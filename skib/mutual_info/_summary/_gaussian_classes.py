"""Information of normal classes of one covariance matrix, from unbiased products of their means.

Directions that are estimated from few rows per column lose information in rows held out. How much they lose can be
told without them: the distances between the class means, in standard deviations, have an unbiased estimate.
"""

import numpy as np
from scipy.special import log_softmax

from skib.mutual_info._summary._class_ratios import class_sums
from skib.mutual_info._summary._folds import inverse_root

_DRAWS = 4000
_RIDGE = 1e-10


def whitened(x, *, overwrite_x=False):
    """Whiten rows by the covariance matrix of all of them; those that are not needed any more may be overwritten."""
    if not x.shape[1]:
        return x
    z = np.subtract(x, x.mean(axis=0), out=x if overwrite_x else None)
    covariance = z.T @ z / len(z)
    covariance[np.diag_indices(len(covariance))] += _RIDGE * np.trace(covariance) / len(covariance)
    return z @ inverse_root(covariance)


def class_information(z, codes, counts):
    """Estimate the information of normal classes, in nats, from whitened rows; 0 without columns."""
    if not z.shape[1]:
        return 0.0
    return information(mean_products(z, codes, len(counts)), counts / len(codes))


def mean_products(z, codes, n_classes):
    """Estimate the products of the centered class means, in units of the covariance matrix within the classes.

    Parameters
    ----------
    z : ndarray of shape (n_samples, n_columns)
        Whitened rows, more than columns and classes together.
    codes : ndarray of shape (n_samples,)
        The classes.
    n_classes : int
        Their number.

    Returns
    -------
    products : ndarray of shape (n_classes, n_classes)
        Unbiased for normal rows: the mean of an inverse Wishart matrix, and the noise of the means, are known.
    """
    n, d = z.shape
    counts = np.bincount(codes, minlength=n_classes)
    means = class_sums(z, codes, n_classes) / counts[:, None]
    products = means @ means.T
    within = products @ np.linalg.inv(np.eye(n_classes) - counts[:, None] / n * products)  # Woodbury
    return (n - n_classes - d - 1) / n * within - d * (np.diag(1 / counts) - 1 / n)


def noise_of_information(n_samples, n_columns, n_classes):
    """Return the standard error of the information by ``mean_products`` at independence, in nats."""
    return np.sqrt(0.5 * n_columns * (n_classes - 1) / (1 - n_columns / n_samples)) / n_samples


def information(products, shares):
    """Compute the information of normal classes of unit covariance, in nats, from the products of their means.

    Noise may leave products that no means have, with negative eigenvalues; what remains is as long as all of them
    together, and a total below 0 gives the value of first order, half of it, so that the mean at independence is 0.
    """
    roots = np.sqrt(shares)
    lengths, axes = np.linalg.eigh(roots[:, None] * products * roots)
    total = lengths.sum()
    if total <= 0:
        return 0.5 * total
    lengths = np.maximum(lengths, 0)
    means = axes * np.sqrt(lengths * total / lengths.sum()) / roots[:, None]
    rows = means[np.searchsorted(np.cumsum(shares)[:-1], (np.arange(_DRAWS) + 0.5) / _DRAWS, side="right")]
    noise = np.random.default_rng(0).normal(size=(_DRAWS // 2, len(shares)))
    rows = rows + np.random.default_rng(1).permutation(np.vstack([noise, -noise]))
    log_p = log_softmax(rows @ means.T - 0.5 * np.sum(means**2, axis=1) + np.log(shares), axis=1)
    return float(np.mean(np.sum(np.exp(log_p) * (log_p - np.log(shares)), axis=1)))
