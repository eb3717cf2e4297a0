"""The choice of a model: of all columns jointly, or of the columns of x and of y alone, as if they were independent.

Columns that depend only within their variable need many parameters of a joint model, which then sees information
between x and y as well. The product of a model of x and one of y (both with z, if there is one) has none, and is the
simplest of all candidates.
"""

from functools import partial
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
    product = _independent(train, test, columns, seed)
    candidates = [product, *joint]
    densities = np.array([candidate.densities for candidate in candidates])
    best = np.argmax(densities.mean(axis=1))
    behind = densities[best] - densities
    errors = behind.std(axis=1) / np.sqrt(len(test))
    chosen = int(np.flatnonzero(behind.mean(axis=1) <= selection_errors * errors)[0])
    mixtures = [candidate for candidate in joint if isinstance(candidate.model, MixtureScores)]
    mixture = max(mixtures, key=_mean_density).model if mixtures else None
    gain = max(joint, key=_mean_density).densities - product.densities
    return Selection(
        _refitted(candidates[chosen].model, rows),
        mixture,
        float(np.mean(gain)),
        float(np.std(gain) / np.sqrt(len(test))),
    )


class _Candidate(NamedTuple):
    model: object  # fitted to the training rows
    densities: np.ndarray  # log densities of the others


def _mean_density(candidate):
    return candidate.densities.mean()


def _candidates(train, test, seed):
    """Fit the models to some rows, the simplest first, and compute their log densities of others."""
    n_columns = train.shape[1]
    kinds = [GaussianScores]
    if 1 < n_columns <= _MAX_STUDENT_COLUMNS:
        kinds.append(StudentScores)
    if n_columns > 1:
        kinds += [partial(MixtureScores.of_size, n_components=k, seed=seed) for k in _component_numbers(*train.shape)]
    models = [kind(train) for kind in kinds]
    return [_Candidate(model, model.log_density(test, np.arange(n_columns))) for model in models]


def _independent(train, test, columns, seed):
    """Return the product of the best models of either variable, with z, over that of z."""
    sides = _sides(columns)
    x, y = (max(_candidates(train[:, part], test[:, part], seed), key=_mean_density) for part in sides)
    densities = x.densities + y.densities
    if len(columns[2]):
        densities -= y.model.log_density(test[:, sides[1]], np.arange(len(columns[1]), len(sides[1])))
    return _Candidate(IndependentSides(x.model, y.model, columns), densities)


def _sides(columns):
    """Return the positions of the columns of x and z, and of y and z."""
    x, y, z = columns
    return np.r_[x, z], np.r_[y, z]


def _refitted(model, rows):
    return model.refitted(rows) if hasattr(model, "refitted") else type(model)(rows)


def _component_numbers(n_samples, n_columns):
    if n_columns > _MAX_MIXTURE_COLUMNS:
        return []
    per_component = n_columns * (n_columns + 3) / 2
    return [k for k in _N_COMPONENTS if k * per_component < _PARAMETER_SHARE * n_samples]
