"""Nearest neighbors assisted by a model of known information.

The estimate is the information of a model fitted to the normal scores of the data, plus what the nearest neighbors
find in the data beyond what they find in samples of the same size drawn from the model:

    I = I(model) + w (KSG(data) - mean KSG(samples of the model))

The bias of nearest neighbors, which in ten dimensions is as large as the information, is nearly the same in both terms
of the difference and cancels; what the model misses, the neighbors supply. The weight
w = max(0, 1 - (se / difference)^2) shrinks a difference that is no larger than its noise.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.linalg import svd
from scipy.special import digamma
from scipy.stats import chi2

from skib._copies import NO_COPIES
from skib._marginals import transform_marginals
from skib._neighbors import (
    BoundedTerms,
    build_tree,
    ksg_terms,
    ksg_terms_given,
    nearest_neighbors,
)
from skib._parallel import one_blas_thread, run_tasks, spawn_generators
from skib._statistics import SATURATION, shrinkage_weight
from skib.mutual_info._auto._copula_models import RIDGE, GaussianScores
from skib.mutual_info._auto._selection import IndependentSides, select_model

# Rows to which a model is fitted; more would cost time, and gain little compared with the noise of the neighbors.
_MAX_FIT_ROWS = 10_000
# With fewer rows per column than this, no model can be compared with the data.
_ROWS_PER_COLUMN = 4
# Beyond so many joint columns the neighbors are searched among canonical variates.
_MAX_COLUMNS = 12
_MAX_PAIRS = 3
# Few columns, and independent variables, cost little bias: more neighbors halve the noise.
_UNBIASED_NEIGHBORS = 3
_BARTLETT_LEVEL = 0.01
# Length of the residual of a column on others, as a share of its own, that is nothing but rounding.
_REDUNDANT = 1e-6
# Nats by which the entropy of a variable may fall below that of the model before the model is rejected.
_ENTROPY_GAP = 1.75
_ENTROPY_ROWS = 2000
_ENTROPY_NEIGHBORS = 3
# Of what neighbors find beyond the model, their bias may have made or hidden such a share: where the model lacks the
# shape of the dependence, the bias on draws differs from that on the data.
_BIAS_SHARE = 0.5
# The standard deviation of the neighbors' estimate over draws is so many times the nominal standard error (0.8 to 1.4
# over models of 4 to 50 columns), which tells as much about it as so many draws do.
_ERROR_RATIO, _NOMINAL_DRAWS = 1.2, 4


class Rule(NamedTuple):
    """The choices of the method; the accuracy benchmark varies them."""

    n_neighbors: int = 1  # among the columns themselves
    n_draws: int = 4
    selection_errors: float = 1.0  # standard errors by which a simpler model may fall behind


class ModelAssisted(NamedTuple):
    """An estimate, its parts, and the candidates from which it was made."""

    value: float
    pointwise: np.ndarray
    std_error: float
    ceiling: float
    saturated: bool
    candidates: dict
    model: str
    excess: float  # what the neighbors find beyond the model
    excess_error: float
    bias: float  # standard error that stands for the bias of neighbors and model; not in `std_error`


def enough_rows(n_samples, n_columns):
    """Whether a model of so many joint columns can be fitted."""
    return n_samples >= _ROWS_PER_COLUMN * n_columns


def model_assisted(x, y, z, *, random_state=0, n_jobs=None, rule=None):
    """Estimate I(X;Y|Z) of continuous columns, none of them redundant, with the assistance of a model.

    Parameters
    ----------
    x, y, z : ndarray of shape (n_samples, n_columns)
        The two variables and the condition, which may have no columns.
    random_state : int, RandomState instance or None, default=0
        Seeds the draws and the mixtures.
    n_jobs : int, default=None
        Number of threads over the draws.
    rule : Rule, default=None
        The choices of the method.

    Returns
    -------
    estimate : ModelAssisted or None
        None if the columns of one variable lie on a curve or a surface. No model has that shape: the models treat such
        columns as independent given the others, and count the information of each as new.
    """
    rule = Rule() if rule is None else rule
    scaled = [transform_marginals(part, "rank") if part.shape[1] else part for part in (x, y, z)]
    variables, order = _canonical_order(scaled)
    columns, rows = _positions(variables), np.hstack(variables)
    choice, *draws, probe = spawn_generators(random_state, 2 + rule.n_draws)
    with one_blas_thread():  # many threads on matrices this small cost more than they gain
        selection, candidates = _models(rows, columns, choice, rule)
    model = selection.model
    if _is_degenerate(rows, model, columns, probe):
        return None
    independent = isinstance(model, IndependentSides)
    n_neighbors = _UNBIASED_NEIGHBORS if independent or rows.shape[1] > _MAX_COLUMNS else rule.n_neighbors
    statistic = _statistic(variables, n_neighbors, independent)
    terms, neighbor_ceiling, _ = statistic(*variables)
    drawn = run_tasks(_drawn, [(model, columns, statistic, len(x), rng) for rng in draws], n_jobs=n_jobs)
    excess, excess_error = np.mean(terms) - np.mean(drawn), _spread(terms, drawn) * np.sqrt(1 + 1 / rule.n_draws)
    weight = shrinkage_weight(excess, excess_error)
    unseen = min(selection.gain_error, excess_error) if independent else 0.0
    n_pairs = min(variables[0].shape[1], variables[1].shape[1])
    ceiling = max(neighbor_ceiling, n_pairs * -0.5 * np.log(2 * RIDGE))  # of the neighbors, or of the model
    value = min(candidates[model.name] + weight * excess, ceiling)
    pointwise = np.empty(len(x))
    pointwise[order] = (1 - weight) * model.pointwise(rows, columns) + weight * terms
    sampling, of_draws = np.std(pointwise, ddof=1) / np.sqrt(len(x)), weight * excess_error / np.sqrt(rule.n_draws + 1)
    # Of independent variables, what neither the likelihood nor the neighbors could tell from nothing.
    return ModelAssisted(
        value,
        pointwise + (value - pointwise.mean()),
        float(np.linalg.norm([sampling, of_draws, unseen])),
        ceiling,
        # More than neighbors could confirm.
        np.mean(terms) > SATURATION * neighbor_ceiling or value > neighbor_ceiling,
        {**_neighbor_candidates(variables, n_neighbors, terms), **candidates},
        model.name,
        excess,
        excess_error,
        float(np.hypot(_BIAS_SHARE * weight * excess, _misfit(candidates[model.name], selection))),
    )


def _spread(terms, drawn):
    """Return the standard deviation of the neighbors' estimate, by few draws and by its nominal standard error."""
    nominal = _ERROR_RATIO * np.std(terms) / np.sqrt(len(terms))
    n_free = len(drawn) - 1
    return np.sqrt((_NOMINAL_DRAWS * nominal**2 + n_free * np.var(drawn, ddof=1)) / (_NOMINAL_DRAWS + n_free))


def _misfit(information, selection):
    """Return by how much a model has more information than its likelihood of held-out rows shows, beyond chance."""
    difference = max(information - max(selection.gain, 0.0), 0.0)
    return difference * shrinkage_weight(difference, selection.gain_error)


def _canonical_order(variables):
    """Put rows, columns, and x and y in an order that depends on their values only; returns the order of rows, too.

    The estimate is then the same for rows, columns and variables in any order, though draws and splits depend on it.
    """
    total = np.hstack(variables).sum(axis=1)
    order = np.argsort(total)
    cubes = total * total**2
    keys = [cubes @ part for part in variables]
    variables = [part[order][:, np.argsort(key)] for part, key in zip(variables, keys, strict=True)]
    if (len(keys[0]), keys[0].sum()) > (len(keys[1]), keys[1].sum()):
        variables[:2] = variables[1::-1]
    return variables, order


def _positions(variables):
    """Return the positions of the columns of x, y and z in one array of all columns."""
    ends = np.cumsum([part.shape[1] for part in variables])
    return np.split(np.arange(ends[-1]), ends[:-1])


def _models(rows, columns, rng, rule):
    """Select a model, and return the selection with the information of every candidate."""
    fit_rows = rows if len(rows) <= _MAX_FIT_ROWS else rng.permutation(rows)[:_MAX_FIT_ROWS]
    selection = select_model(fit_rows, columns, rng, rule.selection_errors)
    models = [m for m in (GaussianScores(fit_rows), selection.mixture, selection.model) if m is not None]
    models = {model.name: model for model in models}  # of two mixtures the selected one, fitted to all rows
    return selection, {name: model.information(columns) for name, model in models.items()}


def _is_degenerate(rows, model, columns, rng):
    """Whether the nearest-neighbor entropy of any variable is far below that of the model."""
    rows = rows[rng.permutation(len(rows))[:_ENTROPY_ROWS]]
    drawn = transform_marginals(model.sample(len(rows), rng), "rank")
    parts = [part for part in columns if len(part) > 1]
    return any(_neighbor_entropy(drawn[:, part]) - _neighbor_entropy(rows[:, part]) > _ENTROPY_GAP for part in parts)


def _neighbor_entropy(rows):
    """Compute the nearest-neighbor entropy up to a constant; rows that repeat count as very close."""
    n_samples, d = rows.shape
    distances, _, _ = nearest_neighbors(build_tree(rows), min(_ENTROPY_NEIGHBORS, n_samples - 1), NO_COPIES)
    return d * np.mean(np.log(np.maximum(distances[:, -1], 1e-12)))


def _neighbor_candidates(variables, n_neighbors, terms):
    """Estimate with unassisted neighbors: of all columns, if they are few, and of correlated canonical variates.

    Where all variates are correlated nothing is left out, and only the axes would differ from those of the columns.
    """
    n_pairs, found = n_correlated(*variables), float(np.mean(terms))
    if sum(part.shape[1] for part in variables) > _MAX_COLUMNS:
        return {"cca_neighbors": found if n_pairs else 0.0}
    if n_pairs == variables[0].shape[1] == variables[1].shape[1]:
        return {"neighbors": found, "cca_neighbors": found}
    truncated = np.mean(_among_variates(variables, n_neighbors, n_pairs)(*variables).terms) if n_pairs else 0.0
    return {"neighbors": found, "cca_neighbors": float(truncated)}


def _drawn(model, columns, statistic, n_samples, rng):
    """Estimate from a sample of the model what the neighbors estimate from the data."""
    rows = transform_marginals(model.sample(n_samples, rng), "rank")
    return np.mean(statistic(*(rows[:, part] for part in columns)).terms)


def _statistic(variables, n_neighbors, independent):
    """Return the terms of the neighbors as a function of x, y and z, with as many variates for every draw."""
    if sum(part.shape[1] for part in variables) <= _MAX_COLUMNS:
        return partial(_neighbor_terms, n_neighbors)
    n_pairs = min(max(n_correlated(*variables), 1), _MAX_PAIRS)
    if independent:
        return partial(_among_own_variates, n_neighbors, n_pairs)
    return _among_variates(variables, n_neighbors, n_pairs)


def _among_variates(variables, n_neighbors, n_pairs):
    """Return the terms of the neighbors among the first canonical pairs of the data, whose directions are kept.

    Directions fitted to each draw would fit its noise as those of the data fit the noise of the data, in addition to
    the noise that the model, fitted to the data, already reproduces. (A product of models reproduces none of it.)
    """
    x, y, z = variables
    u, v, _ = _canonical(x, y, z)
    to_u, to_v = (np.linalg.lstsq(np.hstack([part, z]), w[:, :n_pairs])[0] for part, w in ((x, u), (y, v)))

    def terms(x, y, z):
        return _neighbor_terms(n_neighbors, np.hstack([x, z]) @ to_u, np.hstack([y, z]) @ to_v, z[:, :0])

    return terms


def _among_own_variates(n_neighbors, n_pairs, x, y, z):
    """Return the terms among the first canonical pairs of the rows themselves."""
    with one_blas_thread():
        return _among_variates((x, y, z), n_neighbors, n_pairs)(x, y, z)


def _neighbor_terms(n_neighbors, x, y, z):
    if z.shape[1]:
        return ksg_terms_given(x, y, z, n_neighbors)
    terms = ksg_terms(x, y, n_neighbors, variant=2)
    ceiling = digamma(len(x)) - digamma(n_neighbors) - 1 / n_neighbors
    return BoundedTerms(terms, ceiling, bool(np.mean(terms) > SATURATION * ceiling))


def _canonical(x, y, z):
    """Compute the canonical variates of the residuals of x and y on z, and their correlations."""
    x, y = _whitened(x, z), _whitened(y, z)
    left, correlations, right = svd(x.T @ y, full_matrices=False)
    scale = np.sqrt(len(x))
    return x @ left * scale, y @ right.T * scale, np.minimum(correlations, 1 - RIDGE)


def _whitened(rows, z):
    """Return orthonormal columns that span the residuals of the rows on z."""
    known = np.hstack([np.ones((len(rows), 1)), z])
    basis, _ = np.linalg.qr(known)
    q, factor = np.linalg.qr(rows - basis @ (basis.T @ rows))
    return q[:, np.abs(np.diag(factor)) > _REDUNDANT * np.sqrt(len(rows))]


def n_correlated(x, y, z):
    """Count the canonical pairs whose correlation is significant by Bartlett's test."""
    u, v, correlations = _canonical(x, y, z)
    p, q, n_samples = x.shape[1], y.shape[1], len(x) - z.shape[1]
    log_lambda = np.cumsum(np.log1p(-(correlations[::-1] ** 2)))[::-1]
    done = np.arange(len(correlations))
    tail = chi2.sf(-(n_samples - 1 - (p + q + 1) / 2) * log_lambda, (p - done) * (q - done))
    return int(np.argmax(np.r_[tail, 1] > _BARTLETT_LEVEL))
