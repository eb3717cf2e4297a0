"""Numbers in all variables: two columns, more with the assistance of a model, one number and a summary, and atoms."""

import numpy as np
from scipy.special import digamma

from skib._copies import warn_if_copied
from skib._marginals import sort_column
from skib._neighbors import ksg_terms, ksg_terms_given
from skib._ties import break_ties
from skib._warnings import UnreliableEstimateWarning, collect_warnings, warn
from skib.mutual_info._auto._assisted import enough_rows, model_assisted
from skib.mutual_info._auto._drift import N_NEIGHBORS
from skib.mutual_info._auto._estimate import (
    Estimate,
    neighbor_estimate,
    warn_if_few_rows,
    warn_if_many_columns,
    with_summary,
)
from skib.mutual_info._auto._two_columns import two_column_estimate, two_column_value
from skib.mutual_info._redundant import condition_without_redundant, without_redundant
from skib.mutual_info._summary import permuted_summarized_number

# Columns up to which one number is left to the neighbors and the model.
FEW_COLUMNS = 3
# The model and the neighbors disagree where they differ by so many nats and by so many standard errors.
_DISAGREEMENT = 0.05, 2.5
# Unassisted neighbors among several continuous columns: one, in variant 2, has the least bias.
_ALONE = {"n_neighbors": 1, "variant": 2}
_CURVED = (
    "the columns of one variable lie on a curve or surface of fewer dimensions, which no model here has: the estimate "
    "is that of nearest neighbors alone, which is too low if those dimensions are many"
)


def continuous_estimate(x, y, z, **run):
    """Estimate I(X;Y|Z) of continuous columns, none of them constant; z may have no columns.

    Returns
    -------
    estimate : Estimate or str
        "X" or "y" where the condition determines that variable.
    """
    z, z_curved = condition_without_redundant(z)
    (x, x_curved), (y, y_curved) = without_redundant(x, z), without_redundant(y, z)
    if not (x.shape[1] and y.shape[1]):
        return "y" if x.shape[1] else "X"
    if x.shape[1] == y.shape[1] == 1 and not z.shape[1]:
        return planar_estimate(x[:, 0], y[:, 0])
    warn_if_copied(np.hstack([x, z]), y)
    curved = x_curved or y_curved or z_curved
    summary = next(iter(_summaries(x, y, z, [np.arange(len(x))], run)))
    estimate = _joint_estimate(x, y, z, curved, summary, run)
    warn_if_few_rows(estimate, max(x.shape[1], y.shape[1]))
    return estimate


def tied_estimate(x, y, z, **run):
    """Estimate I(X;Y|Z) of columns of numbers that may have atoms: by neighbors, and one number by a summary, too."""
    warn_if_copied(np.hstack([x, z]), y)
    summary = _summaries(x, y, z, [np.arange(len(x))], run)[0]
    if z.shape[1]:
        bounded = ksg_terms_given(x, y, z, N_NEIGHBORS, marginals="rank")
        found = neighbor_estimate("KSG", bounded.terms, bounded.ceiling, saturated=bounded.saturated)
    else:
        terms = ksg_terms(x, y, N_NEIGHBORS, marginals="rank")
        found = neighbor_estimate("KSG", terms, digamma(len(x)) - digamma(N_NEIGHBORS))
    if summary is not None:
        return with_summary(found, summary)
    warn_if_many_columns(x.shape[1] + y.shape[1] + z.shape[1])
    return found


def permuted_continuous_values(x, y, orders, **run):
    """Return the values of ``continuous_estimate(x, y[order])`` for several orders; None for two columns with ties.

    What depends on either variable alone is found once, and all summaries together.
    """
    (x, x_curved), (y, y_curved) = without_redundant(x), without_redundant(y)
    if x.shape[1] == y.shape[1] == 1:
        return _permuted_planar_values(x[:, 0], y[:, 0], orders)
    with collect_warnings():
        summaries = _summaries(x, y, x[:, :0], orders, run)
        pairs = zip(orders, summaries, strict=True)
        return np.array([_joint_estimate(x, y[o], x[:, :0], x_curved or y_curved, s, run).value for o, s in pairs])


def _permuted_planar_values(x, y, orders):
    """Return the values of ``planar_estimate(x, y[order])``, each column sorted once; None if they have ties."""
    source = sort_column(x, "rank")
    target = sort_column(y, "rank", scores_of=source)
    if source.tied or target.tied:  # which are broken by a hash of whole rows
        return None
    return np.array([two_column_value(x, y[order], source, target.permuted(order)) for order in orders])


def planar_estimate(x, y, target=None):
    """Return the estimate of two columns; see ``two_column_estimate``."""
    target = sort_column(y, "rank") if target is None else target
    source = sort_column(x, "rank", scores_of=target)
    if source.tied and target.tied:
        warn_if_copied(x[:, None], y)
    found = two_column_estimate(x, y, target, source)
    value = float(np.mean(found.pointwise))
    rest = found.pointwise, value, found.std_error, found.ceiling, found.saturated
    return Estimate("KSG + gaussian", found.candidates, *rest)


def _summaries(x, y, z, orders, run):
    """Summarize the many columns of one variable for each order of the other, one number; else return None for each."""
    many, one = (x, y) if y.shape[1] == 1 else (y, x)
    if z.shape[1] or one.shape[1] > 1 or many.shape[1] <= FEW_COLUMNS:
        return [None for _ in orders]
    if one is x:  # y in some order is y with x in the inverse one, and the terms in the order of y
        orders = [np.argsort(order) for order in orders]
    return permuted_summarized_number(many, one[:, 0], orders, **run)


def _joint_estimate(x, y, z, curved, summary, run):
    n_columns = x.shape[1] + y.shape[1] + z.shape[1]
    x, y, z = break_ties([x, y, z])
    enough = enough_rows(len(x), n_columns)
    assisted = model_assisted(x, y, z, **run) if enough and not curved else None
    if summary is not None and not enough:  # neighbors of few rows among many columns are noise
        return with_summary(None, summary)
    if assisted is None:
        found = _alone(x, y, z)
        estimate = found if summary is None else with_summary(found, summary)
        if estimate is found:
            warn(_CURVED if enough else _few_rows(len(x), n_columns), UnreliableEstimateWarning)
        return estimate
    found = Estimate(
        f"KSG + {assisted.model}",
        assisted.candidates,
        assisted.pointwise,
        assisted.value,
        float(np.hypot(assisted.std_error, assisted.bias)),
        assisted.ceiling,
        assisted.saturated,
    )
    estimate = found if summary is None else with_summary(found, summary, assisted.std_error)
    if estimate.method == found.method:
        _warn_if_contradicted(assisted)
    return estimate


def _alone(x, y, z):
    """Estimate by nearest neighbors alone."""
    if z.shape[1]:
        bounded = ksg_terms_given(x, y, z, N_NEIGHBORS, marginals="rank")
        return neighbor_estimate("KSG", bounded.terms, bounded.ceiling, saturated=bounded.saturated)
    k = _ALONE["n_neighbors"]
    ceiling = digamma(len(x)) - digamma(k) - 1 / k
    return neighbor_estimate("KSG", ksg_terms(x, y, **_ALONE, marginals="rank"), ceiling)


def _few_rows(n_samples, n_columns):
    return (
        f"{n_samples} rows of {n_columns} columns are too few for a model to assist the nearest neighbors, which lose "
        f"most of the information among so many columns; pass {4 * n_columns} rows or more, or fewer columns"
    )


def _warn_if_contradicted(assisted):
    nats, errors = _DISAGREEMENT
    if abs(assisted.excess) > max(nats, errors * assisted.excess_error):
        candidates = ", ".join(f"{name} {value:.3f}" for name, value in assisted.candidates.items())
        warn(
            f"nearest neighbors find {assisted.excess:+.3f} nats (standard error {assisted.excess_error:.3f}) beyond "
            f"those of the best model, {assisted.model}: no model here has the shape of the dependence, and the "
            f"estimate {assisted.value:.3f} may be wrong by a good part of the difference; candidates: {candidates}",
            UnreliableEstimateWarning,
        )
