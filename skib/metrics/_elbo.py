"""What the mean KL of a variational autoencoder consists of: information, total correlation, and marginal KLs."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from skib._parallel import spawn_generators
from skib._statistics import SATURATION
from skib._typing import Seed, TableLike
from skib._validation import check_target
from skib._warnings import SaturatedEstimateWarning, warn
from skib.metrics._elbo_terms import gaussian_terms, kl_of_units, mixture_terms, permuted_correlation, variances_at_zero
from skib.metrics._measurement import Measurement

# Beyond this the variance or its inverse leaves the range of floats.
_LARGEST_LOGVAR = 700.0
# Nats of KL of one unit beyond which no digits are left for what the units share.
_LARGEST_KL = 1e10
# Nats of KL per unit below which its posterior is that of the prior for nearly all rows.
_VANISHING = 0.01


@dataclass(frozen=True)
class ELBODecomposition:
    """Parts of the mean KL between the posteriors of the rows and the prior, in nats.

    Attributes
    ----------
    mean_kl : Measurement
        Mean over the rows of KL(q(z|x) || p(z)): the sum of the three terms that follow.
    mutual_info : Measurement
        I(x;z) of the row and its code. The ceiling is log(n_samples) for the mixture.
    total_correlation : Measurement
        KL of q(z) from the product of its marginals. The null is the same after a permutation of each unit by itself.
    dimension_kl : Measurement
        Sum over the units of KL(q(z_j) || p(z_j)).
    group_total_correlation : Measurement or None
        Total correlation between the groups of units, each taken as one variable; None without groups.
    units : DataFrame of shape (n_units, 5)
        ``unit``, ``kl`` (mean KL of the posterior of the unit), ``mutual_info`` I(x;z_j), ``marginal_kl``
        KL(q(z_j) || p(z_j)), all in nats, and ``vanishing``: whether ``kl`` is below 0.01 nats.
    groups : DataFrame or None
        ``group``, ``n_units`` and ``total_correlation`` within each group, in nats.
    """

    mean_kl: Measurement
    mutual_info: Measurement
    total_correlation: Measurement
    dimension_kl: Measurement
    group_total_correlation: Measurement | None
    units: pd.DataFrame
    groups: pd.DataFrame | None


def elbo_decomposition(
    mu: TableLike,
    logvar: TableLike,
    *,
    groups: ArrayLike | None = None,
    aggregate: Literal["mixture", "gaussian"] = "mixture",
    random_state: Seed = None,
) -> ELBODecomposition:
    r"""Decompose the mean KL of a variational autoencoder from the parameters of its posteriors.

    With normal posteriors :math:`q(z|x_i)` of independent units, the prior :math:`p(z) = N(0, I)` and the aggregate
    posterior q(z),

    .. math:: \frac1n \sum_i \mathrm{KL}(q(z|x_i) \,\|\, p(z)) = I(x;z)
              + \mathrm{KL}\Bigl(q(z) \,\Big\|\, \prod_j q(z_j)\Bigr) + \sum_j \mathrm{KL}(q(z_j) \,\|\, p(z_j)).

    Parameters
    ----------
    mu : array-like of shape (n_samples, n_units)
        Means of the posteriors.
    logvar : array-like of shape (n_samples, n_units)
        Natural logarithms of their variances.
    groups : array-like of shape (n_units,), default=None
        Label of the group of each unit, for the total correlation between and within groups.
    aggregate : {"mixture", "gaussian"}, default="mixture"
        What q(z) is.

        - ``"mixture"`` of the posteriors of all rows: exact for these rows, evaluated at one draw from each posterior.
        - ``"gaussian"``: the normal distribution with the moments of the mixture. It has closed forms, takes no draws
          and is not limited by log(n_samples), and is exact for a linear encoder of normal data. For other data I(x;z)
          is too large, as the entropy of q(z) is.
    random_state : int, RandomState instance or None, default=None
        Seeds the draws and the permutation of the null. Pass an int for the same result at every call.

    Returns
    -------
    decomposition : ELBODecomposition
        The terms, each a :class:`Measurement`, and tables of the units and groups.

    See Also
    --------
    infomec : Whether single latents hold single sources, where these are known.

    Notes
    -----
    The mixture takes time of order n_samples^2 n_units, and memory for a block of rows. Its I(x;z) is at most
    log(n_samples), and a ``SaturatedEstimateWarning`` is issued beyond 90 % of that: the total correlation is then too
    large, since the sum is fixed. The terms of single rows have the known mean of the draws' log ratio as a control
    variate, with the same weights in the sum, so that the three terms add up to the mean KL without any noise.

    Standard errors are those of independent rows, from their terms or, with ``"gaussian"``, their influences. Closed
    forms that are 0 (no correlation between groups, units with the distribution of the prior) grow with the square of
    what the rows add, and the variance of influences, twice as large as that of such a form, is reduced by it. A term
    that is 0 for each row, of units that ignore the row, has an error of 0.

    References
    ----------
    .. [1] M. D. Hoffman, M. J. Johnson, "ELBO surgery", NIPS workshop on advances in approximate Bayesian inference,
       2016.
    .. [2] R. T. Q. Chen, X. Li, R. Grosse, D. Duvenaud, "Isolating sources of disentanglement in variational
       autoencoders", NeurIPS 2018, equation 2.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import elbo_decomposition
    >>> x = np.random.default_rng(0).normal(size=(500, 1))
    >>> mu = np.hstack([0.8 * x, 0.8 * x, 0 * x])  # two units with the same information, and one without any
    >>> logvar = np.full((500, 3), np.log([0.36, 0.36, 1.0]))
    >>> parts = elbo_decomposition(mu, logvar, random_state=0)
    >>> round(parts.mutual_info.value, 1), round(parts.total_correlation.value, 1)  # truth: 0.76 and 0.26
    (0.8, 0.3)
    >>> parts.units["vanishing"].tolist()
    [False, False, True]
    """
    mu, logvar, names = _check(mu, logvar)
    labels, codes = _codes_of_groups(groups, mu.shape[1])
    if aggregate not in ("mixture", "gaussian"):
        raise ValueError(f"aggregate must be 'mixture' or 'gaussian', got {aggregate!r}")
    center = mu.mean(axis=0)  # information does not depend on it, but its square would take the digits
    terms, null_of = _terms(mu - center, logvar, codes, aggregate, random_state)
    of_units = terms.kl - terms.marginal_kl
    information = of_units.sum(axis=1) - terms.total_correlation
    terms = _around(center, mu, terms)
    ceiling = float(np.log(len(mu))) if aggregate == "mixture" else np.nan
    _warn_if_saturated(information.mean(), ceiling, len(mu))
    least = variances_at_zero(codes, mu, logvar) if aggregate == "gaussian" else np.zeros(3)
    between = None
    if groups is not None:
        between = _mean(terms.total_correlation - terms.within.sum(axis=1), least[1], null=null_of(codes))
    return ELBODecomposition(
        _mean(terms.kl.sum(axis=1), null=0.0),
        _mean(information, null=0.0, ceiling=ceiling),
        _mean(terms.total_correlation, least[0], null=null_of(np.arange(mu.shape[1]))),
        _mean(terms.marginal_kl.sum(axis=1), least[2], null=0.0),
        between,
        _table_of_units(names, terms, of_units),
        None if groups is None else _table_of_groups(labels, codes, terms),
    )


def _check(mu, logvar):
    names = list(getattr(mu, "columns", []))
    mu = check_target(mu, len(mu), "mu")
    logvar = check_target(logvar, len(mu), "logvar")
    if logvar.shape != mu.shape:
        raise ValueError(f"logvar has shape {logvar.shape}; pass one for each entry of mu, of shape {mu.shape}")
    if len(mu) < 2:
        raise ValueError(f"elbo_decomposition needs at least 2 rows, got n_samples = {len(mu)}; pass more rows")
    if np.abs(logvar).max() > _LARGEST_LOGVAR:
        raise ValueError(
            f"logvar must be the natural logarithms of variances, between -{_LARGEST_LOGVAR:g} and "
            f"{_LARGEST_LOGVAR:g}, got up to {logvar.flat[np.abs(logvar).argmax()]:.3g}; pass np.log(variance)"
        )
    largest = kl_of_units(mu - mu.mean(axis=0), logvar).max()
    if not largest < _LARGEST_KL:
        raise ValueError(
            f"a unit has a KL of {largest:.3g} nats from the prior N(0, 1) around the mean of mu, and beyond "
            f"{_LARGEST_KL:g} the digits of its information are lost; pass mu and logvar in the units of the prior"
        )
    return mu, logvar, names or list(range(mu.shape[1]))


def _codes_of_groups(groups, n_units):
    """Return the labels and the codes of the groups; without any each unit is a group."""
    if groups is None:
        return None, np.arange(n_units)
    groups = np.asarray(groups)
    if groups.shape != (n_units,):
        raise ValueError(f"groups has shape {groups.shape}; pass one label for each of the {n_units} units")
    return np.unique(groups, return_inverse=True)


def _terms(mu, logvar, codes, aggregate, random_state):
    """Return the terms, and the function of the groups that returns the null of the correlation between them."""
    draws, shuffles = spawn_generators(random_state, 2)
    arrays = mu, logvar
    if aggregate == "mixture":
        arrays += (draws.standard_normal(mu.shape),)
    terms_of = gaussian_terms if aggregate == "gaussian" else mixture_terms

    def null_of(parts):
        return float(permuted_correlation(partial(terms_of, parts), parts, shuffles, *arrays))

    try:
        return terms_of(codes, *arrays), null_of
    except np.linalg.LinAlgError:
        raise ValueError(
            "a unit follows from the others but for rounding (copies with a tiny variance), so that the normal "
            "distribution has no density; leave it out, or pass aggregate='mixture'"
        ) from None


def _mean(terms, least=0.0, **known):
    """Return the mean of influences; the variance of their mean has twice in it that of the form where it is 0."""
    variance = max(terms.var(ddof=1) / len(terms) - least, least / 2)
    return Measurement(float(terms.mean()), float(np.sqrt(variance)), **known)


def _around(center, mu, terms):
    """Return the terms of posteriors around their center in place of 0: the KLs from the prior grow alike."""
    growth = center * (mu - center / 2)
    return terms._replace(kl=terms.kl + growth, marginal_kl=terms.marginal_kl + growth)


def _table_of_units(names, terms, information):
    kl, marginal = terms.kl.mean(axis=0), terms.marginal_kl.mean(axis=0)
    columns = {"unit": names, "kl": kl, "mutual_info": information.mean(axis=0), "marginal_kl": marginal}
    return pd.DataFrame(columns | {"vanishing": kl < _VANISHING})


def _table_of_groups(labels, codes, terms):
    sizes = np.bincount(codes)
    return pd.DataFrame({"group": labels, "n_units": sizes, "total_correlation": terms.within.mean(axis=0)})


def _warn_if_saturated(information, ceiling, n_samples):
    if information > SATURATION * ceiling:
        warn(
            f"I(x;z) is {information:.2f} nats, and the mixture of {n_samples} posteriors allows at most "
            f"{ceiling:.2f}: it is too small, and the total correlation too large; pass more rows, or "
            "aggregate='gaussian'",
            SaturatedEstimateWarning,
        )
