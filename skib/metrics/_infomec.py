"""InfoMEC: modularity, explicitness and compactness of latents against known sources."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.stats import entropy
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_scalar

from skib._cross_fitting import shuffled_folds
from skib._parallel import spawn_generators
from skib._typing import Estimator, Seed, TableLike
from skib._validation import check_class_columns, check_target
from skib._warnings import hold_warnings
from skib.metrics._measurement import Measurement
from skib.mutual_info import Auto, UsableInformation

# Standard deviations of its null beyond which a pair counts (with ten draws, a pair without information exceeds them
# with a probability of .0004), and how often the largest deviation of all latents from their nulls: for many pairs.
_DEVIATIONS = 5.0
_LARGEST_DEVIATIONS = 1.5
_REMEDY = "bin it, for example by sklearn.preprocessing.KBinsDiscretizer: a share of its entropy is not defined"
# Inverse penalty of the logistic regression: ten levels in a row, which need large coefficients, lose .1 % of their
# information by it (5000 rows).
_WEAK_PENALTY = 1e4
# Groups of rows that are left out in turn, for standard errors.
_GROUPS = 10


@dataclass(frozen=True)
class InfoMEC:
    """Modularity, explicitness and compactness, from 0 to 1, and what they are made of.

    Attributes
    ----------
    modularity : Measurement
        InfoM: whether each latent holds information about a single source.
    explicitness : Measurement
        InfoE: share of the entropies of the sources that a linear predictor extracts from all latents, held out. It may
        be negative; the null is the same with shuffled sources.
    compactness : Measurement
        InfoC: whether each source is held by a single latent.
    nmi : DataFrame of shape (n_sources, n_latents)
        I(s_i;z_j) / H(s_i), without the bias of counts; not clipped at 0.
    informative : DataFrame of shape (n_sources, n_latents)
        Which of these are beyond what shuffled rows show. Only those count.
    """

    modularity: Measurement
    explicitness: Measurement
    compactness: Measurement
    nmi: pd.DataFrame
    informative: pd.DataFrame


def infomec(
    latents: TableLike,
    sources: TableLike,
    *,
    classifier: Estimator | None = None,
    n_permutations: int = 10,
    random_state: Seed = None,
) -> InfoMEC:
    r"""Measure the disentanglement of latents where the sources of the data are known.

    With :math:`N_{ij} = I(s_i; z_j) / H(s_i)` of :math:`n_s` sources and :math:`n_z` latents,

    .. math::
        \text{InfoM} &= \Bigl(\Bigl\langle \frac{\max_i N_{ij}}{\sum_i N_{ij}} \Bigr\rangle_j - \frac1{n_s}\Bigr)
        \Big/ \Bigl(1 - \frac1{n_s}\Bigr), \\
        \text{InfoC} &= \Bigl(\Bigl\langle \frac{\max_j N_{ij}}{\sum_j N_{ij}} \Bigr\rangle_i - \frac1{n_z}\Bigr)
        \Big/ \Bigl(1 - \frac1{n_z}\Bigr), \\
        \text{InfoE} &= \bigl\langle I_{\mathcal V}(z \to s_i) / H(s_i) \bigr\rangle_i.

    Parameters
    ----------
    latents : array-like of shape (n_samples, n_latents)
        The units of a code: numbers, continuous or quantized.
    sources : array-like of shape (n_samples, n_sources)
        The factors that generated the rows: classes, or numbers on few levels.
    classifier : classifier with ``predict_proba``, default=None
        The predictor :math:`\mathcal V` of explicitness. ``None`` means a logistic regression of standardized latents
        with next to no penalty, as in the paper.
    n_permutations : int, default=10
        Shuffles of the sources, from which the information that counts is told from chance.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffles and the folds. Pass an int for the same result at every call.

    Returns
    -------
    scores : InfoMEC
        The three scores, each a :class:`Measurement`, and the table that they come from.

    See Also
    --------
    elbo_decomposition : Total correlation of the latents, without sources.

    Notes
    -----
    Three things differ from the code of the authors. The information has no bias of counts. Only pairs far above
    shuffled rows count (by five standard deviations, and half more than any latent): latents without such a pair are
    inactive and left out, and so are sources in InfoC; without any informative pair InfoM and InfoC are 0. InfoE is
    held out by five-fold cross-validation; the paper measures it on the training rows, where it is near 1 for noise in
    many latents. Standard errors take the pairs that count as fixed.

    With a single active latent InfoC is 1 because there is no other, and so is InfoM with a single source: the null
    is 1 then.

    References
    ----------
    .. [1] K. Hsu, W. Dorrell, J. Whittington, J. Wu, C. Finn, "Disentanglement via latent quantization", NeurIPS 2023,
       section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import infomec
    >>> rng = np.random.default_rng(0)
    >>> sources = rng.integers(0, 4, size=(1000, 2))
    >>> latents = sources + 0.1 * rng.normal(size=(1000, 2))
    >>> scores = infomec(latents, sources, random_state=0)
    >>> round(scores.modularity.value, 2), round(scores.explicitness.value, 2), round(scores.compactness.value, 2)
    (1.0, 1.0, 1.0)
    >>> rotated = infomec(latents @ [[1, 1], [1, -1]], sources, random_state=0)
    >>> rotated.modularity.value < 0.1, round(rotated.explicitness.value, 1)
    (True, 1.0)
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=5)
    latent_names = list(getattr(latents, "columns", []))
    z = check_target(latents, len(latents), "latents")
    names, columns = check_class_columns(sources, len(z), "sources", "latents", _REMEDY)
    codes = [column.codes() for column in columns]
    varying = np.flatnonzero((z != z[0]).any(axis=0))
    if not len(varying):
        raise ValueError("all latents are constant, so that none has any information; pass latents that vary")
    shuffles, folds, seeds = spawn_generators(random_state, 3)
    nmi, informative = np.zeros((len(codes), z.shape[1])), np.zeros((len(codes), z.shape[1]), bool)
    z = z[:, varying]
    nmi[:, varying] = found = _nmi(z, codes)
    informative[:, varying] = counted = found > _limit_of_chance(z, codes, n_permutations, shuffles)
    active = counted.any(axis=0)
    with hold_warnings():  # they repeat those of all rows
        groups = shuffled_folds(len(z), _GROUPS, folds)
        kept = z[:, active]
        without = [_nmi(kept[rows], [code[rows] for code in codes]) * counted[:, active] for rows, _ in groups]
    frame = {"index": names, "columns": latent_names or list(range(len(nmi.T)))}
    return InfoMEC(
        _concentration((found * counted).T, [one.T for one in without], len(codes)),
        _explicitness(z, codes, classifier, seeds),
        _concentration(found * counted, without, np.count_nonzero(active)),
        pd.DataFrame(nmi, **frame),
        pd.DataFrame(informative, **frame),
    )


def _nmi(z, codes):
    """Return I(s_i;z_j) / H(s_i) of all sources and latents."""
    if not z.shape[1]:
        return np.zeros((len(codes), 0))
    return np.array([Auto().score_features(z, pd.Categorical(code)) / entropy(np.bincount(code)) for code in codes])


def _limit_of_chance(z, codes, n_permutations, generator):
    """Return the value for each pair that independent ones do not exceed."""
    orders = [generator.permutation(len(z)) for _ in range(n_permutations)]
    with hold_warnings():
        null = np.array([_nmi(z, [code[order] for code in codes]) for order in orders])
    largest = (null - null.mean(axis=0)).max(axis=(0, 2))[:, None]
    return null.mean(axis=0) + np.maximum(_DEVIATIONS * null.std(axis=0, ddof=1), _LARGEST_DEVIATIONS * largest)


def _concentration(nmi, without, n_places):
    """Return how much of each row stands in one of `n_places` columns: 1 if all of it, 0 if it is spread evenly."""
    values = [_concentration_of(one, n_places) for one in without]
    error = np.std(values) * np.sqrt(_GROUPS - 1)
    return Measurement(float(_concentration_of(nmi, n_places)), float(error), float(n_places == 1), 1.0)


def _concentration_of(nmi, n_places):
    nmi = nmi[(nmi > 0).any(axis=1)]
    if not nmi.size:
        return 0.0
    if n_places == 1:
        return 1.0
    chance = 1 / n_places
    return (np.mean(nmi.max(axis=1) / nmi.sum(axis=1)) - chance) / (1 - chance)


def _explicitness(z, codes, classifier, generator):
    """Return the mean share of the entropies of the sources that the predictor extracts, held out."""
    if classifier is None:
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=_WEAK_PENALTY, max_iter=1000))
    seed = int(generator.integers(2**31))
    order = generator.permutation(len(z))
    shares = np.mean([_shares(z, code, classifier, seed) for code in codes], axis=0)
    with hold_warnings():
        null = np.mean([_shares(z, code[order], classifier, seed).mean() for code in codes])
    return Measurement(float(shares.mean()), float(shares.std(ddof=1) / np.sqrt(len(z))), float(null), 1.0)


def _shares(z, code, classifier, seed):
    usable = UsableInformation(classifier, random_state=seed).fit(z, pd.Categorical(code))
    return usable.pointwise_ / usable.ceiling_
