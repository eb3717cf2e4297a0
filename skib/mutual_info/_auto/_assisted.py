"""Nearest neighbours assisted by a model of known information.

The estimate is the information of a model fitted to the normal scores of the data, plus what the nearest neighbours
find in the data beyond what they find in samples of the same size drawn from the model:

    I = I(model) + w (KSG(data) - mean KSG(samples of the model))

The bias of nearest neighbours, which in ten dimensions is as large as the information, is nearly the same on both sides
and cancels; what the model misses, the neighbours supply. The weight w = max(0, 1 - (se / difference)^2) shrinks a
difference that is no larger than its noise.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr, svd
from scipy.special import digamma
from scipy.stats import chi2
from threadpoolctl import threadpool_limits

from skib._copies import NO_COPIES
from skib._marginals import transform_marginals
from skib._neighbors import build_tree, nearest_neighbors, weighted_terms
from skib._parallel import run_tasks, spawn_generators
from skib._statistics import SATURATION, shrinkage_weight
from skib.mutual_info._auto._copula_models import RIDGE, GaussianScores, select_model
from skib.mutual_info._ksg import KSG

# Rows that a model is fitted to; more would cost time and win nothing beside the noise of the neighbours.
_MAX_FIT_ROWS = 10_000
# Fewer rows per column than this, and no model can be held against the data.
_ROWS_PER_COLUMN = 4
# Beyond so many joint columns the neighbours are sought among canonical variates.
_MAX_COLUMNS = 12
_MAX_PAIRS = 3
# So few columns cost little bias: more neighbours halve the noise.
_VARIATE_NEIGHBORS = 3
_BARTLETT_LEVEL = 0.01
# A column whose residual on the others of its side is smaller adds nothing to them.
_REDUNDANT = 1e-6
# Nats by which the rows of one side may be denser than those of the model before it is refused.
_DENSER = 1.75
_DENSITY_ROWS = 2000
_DENSITY_NEIGHBORS = 3
# Joint columns among which weighted neighbours are worth their noise.
_WEIGHTED_COLUMNS = 4, 10


class Rule(NamedTuple):
    """The choices of the method; the accuracy benchmark varies them."""

    n_neighbors: int = 1  # among the columns themselves
    n_draws: int = 8
    selection_errors: float = 1.0  # standard errors by which a simpler model may fall behind


class ModelAssisted(NamedTuple):
    """An estimate, its parts, and the candidates that it was made of."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    candidates: dict
    model: str
    excess: float  # what the neighbours find beyond the model
    excess_error: float


def enough_rows(n_samples, n_columns):
    """Whether a model of so many joint columns can be fitted."""
    return n_samples >= _ROWS_PER_COLUMN * n_columns


def without_redundant(x):
    """The columns whose normal scores are no linear combination of those of others."""
    if x.shape[1] < 2:
        return x
    scores = transform_marginals(x, "rank")
    factor, order = qr(scores / np.linalg.norm(scores, axis=0), mode="r", pivoting=True)
    diagonal = np.abs(np.diag(factor))
    return x[:, np.sort(order[: len(diagonal)][diagonal > _REDUNDANT])]


def model_assisted(x, y, z, *, random_state=0, n_jobs=None, rule=None):
    """Assisted estimate of I(X;Y|Z) of continuous columns, none of them redundant; z may have no columns.

    None if the columns of one side lie on a curve or a surface, which no model has: between the columns of such a side
    the models see no dependence, and count what each of them tells as if it were news.
    """
    rule = Rule() if rule is None else rule
    sides, order = _in_order([transform_marginals(part, "rank") if part.shape[1] else part for part in (x, y, z)])
    columns, rows = _places(sides), np.hstack(sides)
    choice, *draws, probe = spawn_generators(random_state, 2 + rule.n_draws)
    with threadpool_limits(1, user_api="blas"):  # many threads on matrices this small cost more than they bring
        model, candidates = _models(rows, columns, choice, rule)
    if _is_denser(rows, model, columns, probe):
        return None
    n_neighbors = rule.n_neighbors if rows.shape[1] <= _MAX_COLUMNS else _VARIATE_NEIGHBORS
    statistic = _statistic(sides, n_neighbors)
    terms = statistic(*sides)
    drawn = run_tasks(_drawn, [(model, columns, statistic, len(x), rng) for rng in draws], n_jobs=n_jobs)
    excess, excess_error = np.mean(terms) - np.mean(drawn), np.std(drawn, ddof=1) * np.sqrt(1 + 1 / rule.n_draws)
    weight = shrinkage_weight(excess, excess_error)
    reach = digamma(len(x)) - digamma(n_neighbors) - (not z.shape[1]) / n_neighbors
    top = max(reach, min(sides[0].shape[1], sides[1].shape[1]) * -0.5 * np.log(2 * RIDGE))
    value = min(candidates[model.name] + weight * excess, top)
    pointwise = np.empty(len(x))
    pointwise[order] = (1 - weight) * model.pointwise(rows, columns) + weight * terms
    sampling = np.std(pointwise, ddof=1) / np.sqrt(len(x))
    return ModelAssisted(
        value,
        pointwise + (value - pointwise.mean()),
        np.hypot(sampling, weight * excess_error / np.sqrt(rule.n_draws + 1)),  # and that of the draws' mean
        top,
        np.mean(terms) > SATURATION * reach or value > reach,  # more than neighbours could confirm
        {**_neighbors(sides, n_neighbors, terms), **candidates},
        model.name,
        excess,
        excess_error,
    )


def _in_order(sides):
    """The sides with rows, columns, and x and y in an order of their own, and that order of the rows.

    The answer is then the same for rows, columns and sides in any order, though draws and splits depend on it.
    """
    total = np.hstack(sides).sum(axis=1)
    order = np.argsort(total)
    keys = [total**3 @ part for part in sides]
    sides = [part[order][:, np.argsort(key)] for part, key in zip(sides, keys, strict=True)]
    if (len(keys[0]), keys[0].sum()) > (len(keys[1]), keys[1].sum()):
        sides[:2] = sides[1::-1]
    return sides, order


def _places(sides):
    """Columns of x, y and z once they stand side by side."""
    ends = np.cumsum([part.shape[1] for part in sides])
    return np.split(np.arange(ends[-1]), ends[:-1])


def _models(rows, columns, rng, rule):
    """The model of choice, and the information of every candidate."""
    fit_rows = rows if len(rows) <= _MAX_FIT_ROWS else rng.permutation(rows)[:_MAX_FIT_ROWS]
    model, mixture = select_model(fit_rows, rng, rule.selection_errors)
    others = [m for m in (GaussianScores(fit_rows), mixture) if m is not None]
    return model, {m.name: m.information(columns) for m in (*others, model)}


def _is_denser(rows, model, columns, rng):
    """Whether the nearest-neighbour entropy of any side is far below that of the model."""
    rows = rows[rng.permutation(len(rows))[:_DENSITY_ROWS]]
    drawn = transform_marginals(model.sample(len(rows), rng), "rank")
    sides = [part for part in columns if len(part) > 1]
    return any(_log_spacing(drawn[:, part]) - _log_spacing(rows[:, part]) > _DENSER for part in sides)


def _log_spacing(rows):
    """Nearest-neighbour entropy up to a constant; rows that repeat count as very close."""
    n_samples, d = rows.shape
    distances, _, _ = nearest_neighbors(build_tree(rows), min(_DENSITY_NEIGHBORS, n_samples - 1), NO_COPIES)
    return d * np.mean(np.log(np.maximum(distances[:, -1], 1e-12)))


def _neighbors(sides, n_neighbors, terms):
    """What the neighbours say unassisted: as they are, among correlated canonical variates, and as entropies."""
    n_pairs = n_correlated(*sides)
    truncated = np.mean(_among_variates(sides, n_neighbors, n_pairs)(*sides)) if n_pairs else 0.0
    n_columns = sum(part.shape[1] for part in sides)
    terms = terms if n_columns <= _MAX_COLUMNS else _terms(n_neighbors, *sides)
    found = {"neighbors": np.mean(terms), "cca_neighbors": truncated}
    if _WEIGHTED_COLUMNS[0] <= n_columns <= _WEIGHTED_COLUMNS[1]:
        found["weighted_entropies"] = _weighted(*sides)
    return {name: float(value) for name, value in found.items()}


def _weighted(x, y, z):
    """H(X,Z) + H(Y,Z) - H(Z) - H(X,Y,Z) by weighted nearest neighbours; NaN where rows of a side repeat."""
    parts = np.hstack([x, z]), np.hstack([y, z]), z, np.hstack([x, y, z])
    if any(len(np.unique(part, axis=0)) < len(part) for part in parts if part.shape[1]):
        return np.nan
    xz, yz, z, xyz = (np.mean(weighted_terms(part)) if part.shape[1] else 0.0 for part in parts)
    return xz + yz - z - xyz


def _drawn(model, columns, statistic, n_samples, rng):
    rows = transform_marginals(model.sample(n_samples, rng), "rank")
    return np.mean(statistic(*(rows[:, part] for part in columns)))


def _statistic(sides, n_neighbors):
    """What the neighbours are asked: a function of the three sides, with as many variates for every draw."""
    if sum(part.shape[1] for part in sides) <= _MAX_COLUMNS:
        return partial(_terms, n_neighbors)
    return _among_variates(sides, n_neighbors, min(max(n_correlated(*sides), 1), _MAX_PAIRS))


def _among_variates(sides, n_neighbors, n_pairs):
    """The neighbours among the first canonical pairs of the data, whose directions the draws keep.

    Directions of their own would fit each draw as those of the data fit the data, on top of what the model, fitted to
    the data, has of it already.
    """
    x, y, z = sides
    u, v, _ = _canonical(x, y, z)
    to_u, to_v = (np.linalg.lstsq(np.hstack([side, z]), w[:, :n_pairs])[0] for side, w in ((x, u), (y, v)))

    def terms(x, y, z):
        return _terms(n_neighbors, np.hstack([x, z]) @ to_u, np.hstack([y, z]) @ to_v, z[:, :0])

    return terms


def _terms(n_neighbors, x, y, z):
    if z.shape[1]:
        return KSG(n_neighbors, marginals=None)._terms_given(x, y, z)
    return KSG(n_neighbors, variant=2, marginals=None)._terms(x, y)


def _canonical(x, y, z):
    """Canonical variates of x and y, what z says linearly taken off first, and their correlations."""
    x, y = _whitened(x, z), _whitened(y, z)
    left, correlations, right = svd(x.T @ y, full_matrices=False)
    scale = np.sqrt(len(x))
    return x @ left * scale, y @ right.T * scale, np.minimum(correlations, 1 - RIDGE)


def _whitened(rows, z):
    """Orthonormal columns of the span of the rows' residuals on z."""
    known = np.hstack([np.ones((len(rows), 1)), z])
    basis, _ = np.linalg.qr(known)
    q, factor = np.linalg.qr(rows - basis @ (basis.T @ rows))
    return q[:, np.abs(np.diag(factor)) > _REDUNDANT * np.sqrt(len(rows))]


def n_correlated(x, y, z):
    """Number of canonical pairs that Bartlett's test tells from chance."""
    u, v, correlations = _canonical(x, y, z)
    p, q, n_samples = x.shape[1], y.shape[1], len(x) - z.shape[1]
    log_lambda = np.cumsum(np.log1p(-(correlations[::-1] ** 2)))[::-1]
    done = np.arange(len(correlations))
    tail = chi2.sf(-(n_samples - 1 - (p + q + 1) / 2) * log_lambda, (p - done) * (q - done))
    return int(np.argmax(np.r_[tail, 1] > _BARTLETT_LEVEL))
