"""Distance between the train and test distributions of a layer: Kullback-Leibler and sliced Wasserstein."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from sklearn.utils import check_scalar

from skib._parallel import blocks, one_blas_thread, run_tasks, spawn_generators
from skib._typing import Floats, Seed
from skib._validation import check_target
from skib._warnings import ConstantInputWarning, DuplicateRowsWarning, UnreliableEstimateWarning, warn
from skib.dumps import open_dump
from skib.metrics._measurement import Measurement
from skib.metrics._neighbor_divergence import NeighborDivergence, atoms_of, modeled_ratio
from skib.metrics._sources import dense, is_dump

# Groups of rows, whose halves are compared for the standard errors. One more than a prime.
_GROUPS = 20
_N_DIVISIONS = 10
# Square of the spread of the bound where there is no difference, in units of (1/n + 1/m)^2: of max(z, 0)^2 / 2.
_BOUND_AT_ZERO = 5 / 16
# Components of which normal distributions are fitted at most, and rows of each sample for one of them.
_MOST_MODELED, _ROWS_PER_MODELED = 20, 4
# Share of rows of train with one copy in test and none in train. Independent rows of a few symbols reach a quarter.
_MOST_COMMON = 0.3
# Distance of equal rows by rounding of their principal components, in units of the spread of the layer.
_SAME = 1e-9
# Standard errors below the null from which on the samples are not independent.
_BELOW = 5
# Projections that are compared at a time, in values, which stay in the cache of the processor.
_VALUES_AT_ONCE = 2**16


@dataclass(frozen=True)
class LayerDivergence:
    """Divergences between two samples of the activations of one layer.

    Attributes
    ----------
    kl : Measurement
        Kullback-Leibler divergence of train from test in nats, of the principal components that were kept.
    kl_bound : Measurement
        A lower bound of it, from normal distributions that are fitted to other rows.
    sliced_wasserstein : Measurement
        Mean over directions of the 1-Wasserstein distance of the projections, in units of the spread of the layer.
    """

    kl: Measurement
    kl_bound: Measurement
    sliced_wasserstein: Measurement


def layer_divergence(
    train: Any,
    test: Any,
    *,
    n_neighbors: int = 3,
    n_components: int | None = 8,
    n_projections: int = 100,
    n_permutations: int = 10,
    random_state: Seed = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Any:
    r"""Estimate how far the distribution of a layer on training rows is from that on test rows.

    The Kullback-Leibler divergence is estimated by nearest neighbors. Around each training row, the smallest ball that
    holds at least `n_neighbors` others of train and as many rows of test has k and l of them, and

    .. math:: \hat D(P \,\|\, Q) = \frac{1}{n} \sum_{i=1}^{n} \big( \psi(k_i) - \psi(l_i) \big) + \log \frac{m}{n - 1}

    for n rows of train and m of test, where the sample that does not determine the radius counts one more. The share of
    train in a ball differs from that at its center by what normal distributions, fitted to other rows, make of it. Rows
    that repeat are atoms, whose counts take the place of k and l - 1. The sliced Wasserstein distance is

    .. math:: \int W_1(\theta^T P, \theta^T Q)\, d\theta

    over random directions :math:`\theta` of unit length.

    Parameters
    ----------
    train, test : array-like of shape (n_rows, n_units), or path, mapping or Dump
        Activations of the same layer, of rows that the network was trained on and of others; or two dumps of the same
        network, as :func:`skib.dumps.open_dump` opens them.
    n_neighbors : int, default=3
        Neighbors of each row. More of them lower the variance, and blur what is finer than their distance.
    n_components : int, default=8
        Number of principal components (of both samples together) that a wider layer is reduced to before neighbors are
        searched. What is left out can only lower the divergence. None: all units; in many of them the estimate is far
        too low.
    n_projections : int, default=100
        Number of directions.
    n_permutations : int, default=10
        Number of random divisions of all rows into train and test from which the nulls are computed; NaN for 0.
    random_state : int, RandomState instance or None, default=None
        Seeds the directions, divisions and groups. Pass an int for the same result at every call.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the cells of dumps; the result is the same for every value.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    divergence : LayerDivergence or DataFrame
        Of dumps, a table with three rows per epoch and layer that both have: ``epoch``, ``layer``, ``quantity``,
        ``value``, ``std_error``, ``null``, ``ceiling``. Of arrays, the estimates with their standard errors (by
        comparing halves of the rows, in each of which all is fitted again, and of the random directions) and nulls.

    Raises
    ------
    ValueError
        If the samples have different units, fewer than 40 rows each (or 4 times `n_neighbors` and 4),
        or missing values.

    Warns
    -----
    ConstantInputWarning
        If the layer is constant: both divergences are 0.
    DuplicateRowsWarning
        If train and test have many rows in common, for which the estimates are too low.
    UnreliableEstimateWarning
        If the divergence is below its null by 5 standard errors, as where rows of test are near copies of rows of
        train.

    Notes
    -----
    Where neither sample is near to normal the estimate of a divergence is too low in many columns: that of the cubes of
    normal samples of three columns, 2000 rows and a divergence of 0.375 averages 0.34 (of the normal samples, 0.375).
    It is 0 on average if there is none. What no row of test is near to has an infinite divergence, and a finite
    estimate.

    The bound is that of Donsker and Varadhan, :math:`E_P[g] - \log E_Q[e^g]` for g the log ratio of the normal
    distributions that are fitted to other rows, times the factor between 0 and 1 that makes it largest. They have the
    first 20 components, or one for each four rows of the smaller sample. It is 0 in half of all samples without any
    difference, where its standard error is up to a half too large.

    Halves know a standard error to a quarter, so that two of them cover 93 % at best. Leaving out few rows at a time
    instead gave errors of the divergence 1.5 times too large, since neighbors change with any row that is left out, and
    of spreads that differ 1.5 times too small, with the fitted distributions as they were.

    Units are centered and, as a whole, scaled: both estimates do not change with the scale of the layer, so that layers
    and epochs can be compared. A sliced Wasserstein distance is positive for two samples of one distribution; what
    counts is its difference from the null. Atoms, such as a layer of ReLU units that are all 0, are counted as they
    are.

    The bounds of [2]_ hold for the law of the training data given the learned weights, of which one training run is a
    single draw. The divergence of one dump shows where in the network train and test are told apart, and is not that
    bound.

    References
    ----------
    .. [1] Q. Wang, S. R. Kulkarni, S. Verdu, "Divergence estimation for multidimensional densities via
       k-nearest-neighbor distances", IEEE Transactions on Information Theory 55, 2009, section IV.
    .. [2] H. He, Z. Goldfeld, "Information-theoretic generalization bounds for deep neural networks",
       arXiv:2404.03176, theorems 1 and 2.
    .. [3] N. Bonneel, J. Rabin, G. Peyre, H. Pfister, "Sliced and Radon Wasserstein barycenters of measures", Journal
       of Mathematical Imaging and Vision 51, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import layer_divergence
    >>> rng = np.random.default_rng(0)
    >>> train, test = rng.normal(1, 1, size=(2000, 1)), rng.normal(0, 1, size=(2000, 1))
    >>> divergence = layer_divergence(train, test, random_state=0)
    >>> abs(divergence.kl.value - 0.5) < 3 * divergence.kl.std_error  # truth: 1/2
    True
    >>> round(divergence.sliced_wasserstein.value, 1)  # truth: 1 / sqrt(1.25) = 0.89
    0.9
    """
    for name, value in (("n_neighbors", n_neighbors), ("n_projections", n_projections)):
        check_scalar(value, name, Integral, min_val=1)
    check_scalar(n_permutations, "n_permutations", Integral, min_val=0)
    if n_components is not None:
        check_scalar(n_components, "n_components", Integral, min_val=1)
    options = n_neighbors, n_components, n_projections, n_permutations
    if not is_dump(train):
        return _divergence(train, test, *options, spawn_generators(random_state, 3))
    dumps = [open_dump(source) for source in (train, test)]
    cells = [cell for cell in dumps[0].cells() if cell in dumps[1]]
    if not cells:
        raise ValueError("train and test have no epoch and layer in common; pass two dumps of the same network")
    generators = spawn_generators(random_state, 3 * len(cells))
    tasks = [(*dumps, cell, options, generators[3 * k : 3 * k + 3]) for k, cell in enumerate(cells)]
    results = run_tasks(_cell, tasks, n_jobs=n_jobs, verbose=verbose, description="layers")
    return pd.DataFrame([row for rows in results for row in rows])


def _cell(train, test, cell, options, generators):
    """Return the rows of one cell of two dumps."""
    found = _divergence(dense(train[cell]), dense(test[cell]), *options, generators)
    place = {"epoch": cell[0], "layer": cell[1]}
    names = "D(train || test)", "lower bound of D(train || test)", "sliced Wasserstein distance"
    named = zip(names, (found.kl, found.kl_bound, found.sliced_wasserstein), strict=True)
    return [place | {"quantity": quantity} | vars(measured) for quantity, measured in named]


def _divergence(train, test, n_neighbors, n_components, n_projections, n_permutations, generators):
    """Return both divergences of one layer; the generators draw directions, divisions and groups."""
    rows, is_train = _pooled(train, test, n_neighbors)
    if not np.ptp(rows, axis=0).any():
        warn(f"the layer is constant over all {len(rows)} rows: its divergence is 0", ConstantInputWarning)
        return LayerDivergence(*[Measurement(0.0, 0.0, 0.0)] * 3)
    directions, divisions, groups = generators
    with one_blas_thread():
        slices = _slices(rows, n_projections, directions)
        code = _components(rows, n_components)
        modeled = _components(code, min(_MOST_MODELED, np.bincount(is_train).min() // _ROWS_PER_MODELED))
    have_common_rows = _warn_of_common_rows(code[is_train], code[~is_train])
    by_neighbors = NeighborDivergence(code, atoms_of(rows), n_neighbors, is_train.mean())
    group = _balanced_groups(is_train, groups)

    def measured(is_train, kept):
        ratio = np.zeros(len(rows))
        ratio[kept], bound = modeled_ratio(
            modeled[kept], is_train[kept], np.unique(group[kept], return_inverse=True)[1]
        )
        samples = kept & is_train, kept & ~is_train
        return by_neighbors.of(*samples, ratio), bound, slices.distances(*samples).mean()

    every = np.ones(len(rows), bool)
    values = measured(is_train, every)
    null = [measured(divisions.permutation(is_train), every) for _ in range(n_permutations)]
    null = np.mean(null, axis=0) if null else np.full(3, np.nan)
    variances = _variances_by_halves(lambda kept: measured(is_train, kept), group)
    variances[1] = _less_than_at_zero(variances[1], *np.bincount(is_train))
    variances[2] += np.var(slices.distances(is_train, ~is_train)) / n_projections
    found = [Measurement(*map(float, numbers)) for numbers in zip(values, np.sqrt(variances), null, strict=True)]
    if not have_common_rows:
        _warn_of_pairs(found[0])
    return LayerDivergence(*found)


def _pooled(train, test, n_neighbors):
    """Return the rows of both samples, centered and scaled as a whole, and which are of train."""
    samples = [check_target(rows, len(rows), name) for name, rows in (("train", train), ("test", test))]
    if samples[0].shape[1] != samples[1].shape[1]:
        raise ValueError(
            f"train has {samples[0].shape[1]} units and test {samples[1].shape[1]}; pass the same layer of both"
        )
    least = max(2 * _GROUPS, 4 * n_neighbors + 4)  # so that halves have neighbors
    for name, sample in zip(("train", "test"), samples, strict=True):
        if len(sample) < least:
            raise ValueError(f"{name} has {len(sample)} rows; pass at least {least}, or lower n_neighbors")
    rows = np.concatenate(samples)
    largest = np.abs(rows).max()
    rows = rows / (largest or 1.0)  # so that no square overflows
    rows -= rows.mean(axis=0)
    spread = np.sqrt(np.mean(rows**2))
    return rows / (spread or 1.0), np.arange(len(rows)) < len(samples[0])


def _components(rows, n_components):
    """Return the first principal components of the rows, or the rows if they are few columns."""
    if n_components is None or rows.shape[1] <= n_components:
        return rows
    if rows.shape[1] <= len(rows):
        axes = np.linalg.eigh(rows.T @ rows)[1][:, : -n_components - 1 : -1]
        return rows @ axes
    values, vectors = np.linalg.eigh(rows @ rows.T)
    return vectors[:, : -n_components - 1 : -1] * np.sqrt(np.maximum(values[: -n_components - 1 : -1], 0))


def _warn_of_common_rows(p, q):
    """Warn if rows of p occur in q, and are no atoms, which occur in p repeatedly; returns whether this is so."""
    own, other = cKDTree(p).query(p, 2)[0][:, 1], cKDTree(q).query(p)[0]
    share = np.mean((other < _SAME) & (own > _SAME))
    if share > _MOST_COMMON:
        warn(
            f"{share:.0%} of the rows of train are rows of test as well: the divergence is too low, and may be below "
            "0; leave these rows out of one of both",
            DuplicateRowsWarning,
        )
    return share > _MOST_COMMON


def _warn_of_pairs(kl):
    """Warn if a divergence is below its null beyond chance: rows lie nearer to those of the other sample."""
    distance = (kl.null - kl.value) / kl.std_error if kl.std_error else 0.0
    if distance > _BELOW:
        warn(
            f"the divergence, {kl.value:.3g} nats, is {distance:.0f} standard errors below its null, as where rows of "
            "test are near copies of rows of train (the same inputs at another epoch, or with noise): it is too low; "
            "pass rows of different inputs",
            UnreliableEstimateWarning,
        )


class _Slices:
    """Sorted projections of all rows, of which any two samples are compared without sorting again."""

    def __init__(self, projections: Floats):
        columns = np.ascontiguousarray(projections.T)
        self.order = np.argsort(columns, axis=1, kind="stable")
        self.gaps = np.diff(np.take_along_axis(columns, self.order, axis=1), axis=1)

    def distances(self, first, second):
        """Return for each projection the area between the distribution functions of two samples."""
        steps = first / first.sum() - second / second.sum()
        areas = np.empty(len(self.order))
        for part in blocks(len(areas), max(_VALUES_AT_ONCE // len(steps), 1)):
            difference = np.cumsum(steps[self.order[part]], axis=1)[:, :-1]
            areas[part] = np.sum(np.abs(difference) * self.gaps[part], axis=1)
        return areas


def _slices(rows, n_projections, generator):
    directions = generator.normal(size=(rows.shape[1], n_projections))
    return _Slices(rows @ (directions / np.linalg.norm(directions, axis=0)))


def _balanced_groups(is_train, generator):
    """Return a group for each row, each with its share of train and test."""
    group = np.empty(len(is_train), np.int64)
    for side in (is_train, ~is_train):
        group[side] = generator.permutation(np.arange(side.sum()) % _GROUPS)
    return group


def _variances_by_halves(function, groups):
    """Return the variance of a function of the rows that are kept, from its differences between halves of the groups.

    Leaving out few rows at a time would count the noise of single neighbors twice. The halves are those of the design
    of R. L. Plackett and J. P. Burman (Biometrika 33, 1946), whose divisions are orthogonal, so that their differences
    are independent (P. J. McCarthy, Review of the International Statistical Institute 37, 1969).
    """
    prime = _GROUPS - 1
    squares = np.isin(np.arange(prime), np.arange(prime) ** 2 % prime)
    halves = [np.append(np.roll(squares, i), False)[groups] for i in range(_N_DIVISIONS)]
    differences = np.array([np.subtract(function(half), function(~half)) for half in halves])
    return np.mean(differences**2, axis=0) / 4


def _less_than_at_zero(variance, n, m):
    """Return the variance of the bound: halves have twice that which it has without any difference, too much by one."""
    at_zero = _BOUND_AT_ZERO * (1 / n + 1 / m) ** 2
    return max(variance - at_zero, at_zero / 2)
