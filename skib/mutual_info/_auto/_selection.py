"""The choice of a model: of all columns jointly, or of the columns of x and of y alone, as if they were independent.

Columns that depend only within their variable need many parameters of a joint model, which then sees information
between x and y as well. The product of a model of x and one of y (both with z, if there is one) has none, and is the
simplest of all candidates. Where the best joint model has surely more than the product of its own marginals on held-out
rows (less, if x and y are independent), these marginals, fitted on, are all that is tried beside a Gaussian.
"""

from typing import NamedTuple

import numpy as np

from skib.mutual_info._auto._copula_models import GaussianScores, StudentScores
from skib.mutual_info._auto._mixture import MixtureScores

_MAX_STUDENT_COLUMNS = 64  # beyond, each step takes seconds
_N_COMPONENTS = 2, 4, 8, 16, 32
_MAX_MIXTURE_COLUMNS = 12
# Parameters of a mixture per row, at most.
_PARAMETER_SHARE = 0.25
_TRAIN_SHARE = 0.7
# Mixtures in a row that are no better than the best model before them, after which none of more components is fitted:
# two alone, of 2 and 4 components, may be too small for a shape that takes more.
_MOST_BEHIND = 3
# Standard errors of what the best joint model has beyond its own marginals, above which it is surely more; over the
# families of independent variables it is less, by up to 30 of them.
_SURELY_JOINT = 10.0


class IndependentSides:
    """A model of x and z times one of y given z: without information."""

    name = "independent"

    def __init__(self, x, y, columns):
        self.models, self.columns = (x, y), columns

    def refitted(self, rows):
        """Fit the models of the same kinds to other rows."""
        parts = _sides(self.columns)
        models = (_refitted(model, rows[:, part]) for model, part in zip(self.models, parts, strict=True))
        return IndependentSides(*models, self.columns)

    def information(self, columns):
        """Return 0, the information of x and y."""
        return 0.0

    def pointwise(self, rows, columns):
        """Return the pointwise information of some rows, which is 0."""
        return np.zeros(len(rows))

    def sample(self, n_samples, rng):
        """Draw rows of x and z from the one model, and y given z from the other."""
        rows = np.empty((n_samples, sum(map(len, self.columns))))
        (x, y), z = self.models, self.columns[2]
        rows[:, _sides(self.columns)[0]] = x.sample(n_samples, rng)
        rows[:, self.columns[1]] = y.sample_given(rows[:, z], rng) if len(z) else y.sample(n_samples, rng)
        return rows


class Selection(NamedTuple):
    """A model, and what the others say."""

    model: object  # fitted to all rows
    mixture: MixtureScores | None  # the best one; None where every mixture has too many parameters
    gain: float  # mean log-likelihood of held-out rows by which the best joint model is above the independent one
    gain_error: float


def select_model(rows, columns, rng, selection_errors=1.0):
    """Select the simplest model whose log-likelihood of held-out rows is within some standard errors of the best.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_columns)
        Normal scores.
    columns : list of three ndarrays
        The positions of the columns of x, y and z.
    rng : Generator
        Splits the rows and starts the mixtures.
    selection_errors : float
        The number of standard errors.
    """
    rows = rng.permutation(rows)
    train, test = np.split(rows, [int(_TRAIN_SHARE * len(rows))])
    seed = int(rng.integers(2**31))
    joint = _candidates(train, test, seed)
    best = max(joint, key=_mean_density)
    product = _independent(test, columns, _side_candidates(best.model, train, test, columns, seed))
    candidates, gain = [product, *joint], best.densities - product.densities
    densities = np.array([candidate.densities for candidate in candidates])
    behind = densities[np.argmax(densities.mean(axis=1))] - densities
    chosen = int(np.flatnonzero(behind.mean(axis=1) <= selection_errors * _standard_error(behind))[0])
    mixtures = [candidate for candidate in joint if isinstance(candidate.model, MixtureScores)]
    mixture = max(mixtures, key=_mean_density).model if mixtures else None
    model = _refitted(candidates[chosen].model, rows)
    return Selection(model, mixture, float(np.mean(gain)), float(_standard_error(gain)))


def _standard_error(densities):
    return densities.std(axis=-1) / np.sqrt(densities.shape[-1])


class _Candidate(NamedTuple):
    model: object  # fitted to the training rows
    densities: np.ndarray  # log densities of the others


def _mean_density(candidate):
    return candidate.densities.mean()


def _candidates(train, test, seed):
    """Fit the models to some rows, the simplest first, and compute their log densities of others."""
    n_columns = train.shape[1]
    candidates = [_candidate(GaussianScores(train), test)]
    if 1 < n_columns <= _MAX_STUDENT_COLUMNS:
        candidates.append(_candidate(StudentScores(train), test))
    return [*candidates, *_mixtures(train, test, seed, max(map(_mean_density, candidates)))]


def _mixtures(train, test, seed, best):
    """Fit mixtures until several in a row are no better than the best model so far."""
    mixtures, n_behind = [], 0
    for n_components in _component_numbers(*train.shape):
        model = mixtures[-1].model.doubled(train) if mixtures else MixtureScores.of_size(train, n_components, seed)
        mixtures.append(_candidate(model, test))
        n_behind = 0 if _mean_density(mixtures[-1]) > best else n_behind + 1
        if n_behind == _MOST_BEHIND:
            break
        best = max(best, _mean_density(mixtures[-1]))
    return mixtures


def _candidate(model, test):
    return _Candidate(model, model.log_density(test, np.arange(test.shape[1])))


def _side_candidates(joint, train, test, columns, seed):
    """Fit models to x and z, and to y and z: few if a joint model is surely the best."""
    gain = joint.pointwise(test, columns)
    if np.mean(gain) <= _SURELY_JOINT * _standard_error(gain):
        return [_candidates(train[:, side], test[:, side], seed) for side in _sides(columns)]
    return [_few_candidates(joint, train, test, side) for side in _sides(columns)]


def _few_candidates(joint, train, test, side):
    """Fit a Gaussian to some columns and, if it is better, the part of a joint model."""
    gaussian = _candidate(GaussianScores(train[:, side]), test[:, side])
    if len(side) == 1 or joint.log_density(test, side).mean() <= _mean_density(gaussian):
        return [gaussian]
    return [gaussian, _candidate(joint.marginal(train[:, side], side), test[:, side])]


def _independent(test, columns, candidates):
    """Return the product of the best models of either variable, with z, over that of z."""
    x, y = (max(side, key=_mean_density) for side in candidates)
    densities = x.densities + y.densities
    if len(columns[2]):
        of_z = np.arange(len(columns[1]), len(columns[1]) + len(columns[2]))
        densities -= y.model.log_density(test[:, _sides(columns)[1]], of_z)
    return _Candidate(IndependentSides(x.model, y.model, columns), densities)


def _sides(columns):
    """Return the positions of the columns of x and z, and of y and z."""
    x, y, z = columns
    return np.r_[x, z], np.r_[y, z]


def _refitted(model, rows):
    return model.refitted(rows) if hasattr(model, "refitted") else type(model)(rows)


def _component_numbers(n_samples, n_columns):
    if not 1 < n_columns <= _MAX_MIXTURE_COLUMNS:
        return []
    per_component = n_columns * (n_columns + 3) / 2
    return [k for k in _N_COMPONENTS if k * per_component < _PARAMETER_SHARE * n_samples]
