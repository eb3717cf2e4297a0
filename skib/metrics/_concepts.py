"""Concept bottlenecks: whether a layer holds concepts, what they leak, and what they miss."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_scalar

from skib._columns import holds_classes, read_columns, require_same_length
from skib._dependence import fit_information, seed_estimator
from skib._kernels.counts import joint_codes
from skib._parallel import spawn_generators
from skib._typing import Estimator, MutualInfoEstimator, Seed, TableLike
from skib._validation import check_class_columns, check_target
from skib._warnings import hold_warnings, warn
from skib.metrics._measurement import Measurement
from skib.mutual_info import Auto, UsableInformation

_REMEDY = "pass the annotated classes of the concept, or bin it"


@dataclass(frozen=True)
class ConceptLeakage:
    """What predicted concepts tell about the target beyond the annotated ones, in nats.

    Attributes
    ----------
    leakage : Measurement
        I(c_hat;Y|c) of all predicted columns together.
    columns : DataFrame of shape (n_columns, 5)
        The same of each predicted column by itself, given all annotated concepts: ``column``, ``value``,
        ``std_error``, ``null`` and ``ceiling``.
    """

    leakage: Measurement
    columns: pd.DataFrame


def concept_existence(
    X: TableLike,
    concepts: TableLike,
    *,
    probe: Estimator | None = None,
    n_permutations: int = 5,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Measure which share of the entropy of each concept a probe extracts from a layer.

    .. math:: I_{\mathcal V}(T \to c) / H_{\mathcal V}(c)

    is 1 for a concept that the probes :math:`\mathcal V` read off the layer without error, and 0 for one that is not
    there. Every row is held out.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        Activations of a layer T.
    concepts : array-like of shape (n_samples, n_concepts)
        Annotated concepts: a column of classes each.
    probe : classifier with ``predict_proba``, default=None
        The family of probes. ``None`` means a logistic regression of standardized units.
    n_permutations : int, default=5
        Shuffles of the concepts, whose mean is the null: below 0 where probes overfit.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds and the shuffles. Pass an int for the same result at every call.

    Returns
    -------
    existence : DataFrame of shape (n_concepts, 5)
        ``concept``, ``value``, ``std_error``, ``null`` and ``ceiling``; not clipped, so that values may be negative.

    See Also
    --------
    skib.preprocessing.ConceptBottleneck : The concepts as columns.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import concept_existence
    >>> rng = np.random.default_rng(0)
    >>> concepts = rng.integers(0, 2, size=(500, 2))
    >>> layer = np.column_stack([5 * concepts[:, 0] + rng.normal(size=500), rng.normal(size=500)])
    >>> concept_existence(layer, concepts, random_state=0)["value"].round(1).abs().tolist()  # the second is not there
    [0.9, 0.0]
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=1)
    x = check_target(X, len(X), "X")
    names, columns = check_class_columns(concepts, len(x), "concepts", "X", _REMEDY)
    folds, shuffles = spawn_generators(random_state, 2)
    estimator = seed_estimator(UsableInformation(_probe() if probe is None else probe), folds)
    rows = []
    for name, column in zip(names, columns, strict=True):
        found = _share(estimator, x, column.codes())
        with hold_warnings():
            null = [_share(estimator, x, shuffles.permutation(column.codes()))[0] for _ in range(n_permutations)]
        rows.append((name, *found, np.mean(null), 1.0))
    return pd.DataFrame(rows, columns=["concept", "value", "std_error", "null", "ceiling"])


def concept_leakage(
    predicted: TableLike,
    concepts: TableLike,
    y: TableLike,
    *,
    estimator: MutualInfoEstimator | None = None,
    n_permutations: int = 10,
    random_state: Seed = None,
) -> ConceptLeakage:
    r"""Measure what predicted concepts leak: :math:`I(\hat c; Y \mid c)`.

    A concept bottleneck predicts Y from concepts alone only if its predicted concepts :math:`\hat c` tell nothing about
    Y that the annotated ones c do not. Probabilities do, where their values encode more than the concept.

    Parameters
    ----------
    predicted : array-like of shape (n_samples, n_columns)
        Predicted concepts, of rows that they were not fitted to: what
        :meth:`skib.preprocessing.ConceptBottleneck.transform` returns.
    concepts : array-like of shape (n_samples, n_concepts)
        Annotated concepts: a column of classes each.
    y : array-like of shape (n_samples,)
        The target: class labels or numbers.
    estimator : mutual-information estimator, default=None
        Estimator of I(X;Y|Z), whose ``fit`` takes `given`. ``None`` means :class:`skib.mutual_info.Auto`, or the
        :class:`skib.mutual_info.UsableInformation` of linear predictors (a logistic regression for classes) where that
        is larger by more than two standard errors.
    n_permutations : int, default=10
        Shuffles of the predicted concepts among rows of the same annotated ones, whose mean is the null.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffles and an estimator without a seed of its own. Pass an int for the same result at every call.

    Returns
    -------
    leakage : ConceptLeakage
        The leakage in nats, not clipped at 0, and that of each column.

    See Also
    --------
    concept_residual : What the concepts miss of the layer.

    Notes
    -----
    The annotated concepts are taken together, in cells. Neighbors find little where these hold few rows: of 0.365 nats
    in eight columns and 256 cells of 2000 rows 0.02, where the predictors find 0.35. These see linear leakage alone,
    from below. Where nearly every row is a cell of its own, shuffles change nothing, and the null is as large as the
    value.

    References
    ----------
    .. [1] P. W. Koh et al., "Concept bottleneck models", ICML 2020.
    .. [2] A. Mahinpei, J. Clark, I. Lage, F. Doshi-Velez, W. Pan, "Promises and pitfalls of black-box concept learning
       models", arXiv:2106.13314, 2021 (leakage).

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import concept_leakage
    >>> rng = np.random.default_rng(0)
    >>> concept, hidden = rng.integers(0, 2, size=(2, 1000))
    >>> y = 2 * concept + hidden
    >>> soft = 0.8 * concept + 0.1 * hidden  # a probability that encodes another variable
    >>> round(concept_leakage(soft[:, None], concept, y).leakage.value, 2)  # log 2
    0.69
    >>> round(concept_leakage((soft > 0.5)[:, None], concept, y).leakage.value, 2)
    0.0
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=1)
    names, predicted, _ = _predicted(predicted)
    _, columns = check_class_columns(concepts, len(predicted), "concepts", "predicted", _REMEDY)
    seeds, shuffles = spawn_generators(random_state, 2)
    cells = joint_codes([column.codes() for column in columns])
    orders = _orders(cells, n_permutations, shuffles)
    # In cells, repeated concepts change nothing; other estimators may not take classes, or use each concept linearly.
    pairs = [(seed_estimator(_linear(y) if estimator is None else estimator, seeds), _indicators(columns))]
    if estimator is None:
        pairs.insert(0, (seed_estimator(Auto(), seeds), pd.Categorical(cells)))
    total = _leakage(pairs, predicted, y, orders)
    rows = []
    for name, column in zip(names, predicted.T, strict=True):
        single = total if len(names) == 1 else _leakage(pairs, column[:, None], y, orders)
        rows.append((name, *vars(single).values()))
    return ConceptLeakage(total, pd.DataFrame(rows, columns=["column", "value", "std_error", "null", "ceiling"]))


def concept_residual(
    X: TableLike,
    predicted: TableLike,
    y: TableLike,
    *,
    estimator: MutualInfoEstimator | None = None,
    n_permutations: int = 5,
    random_state: Seed = None,
) -> Measurement:
    r"""Measure what a layer tells about the target beyond its concepts: :math:`I(T; Y \mid \hat c)`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_units)
        Activations of a layer T.
    predicted : array-like of shape (n_samples, n_columns)
        Predicted concepts, or annotated ones.
    y : array-like of shape (n_samples,)
        The target: class labels or numbers.
    estimator : mutual-information estimator, default=None
        Estimator of I(X;Y|Z), whose ``fit`` takes `given`. ``None`` means :class:`skib.mutual_info.UsableInformation`
        of linear predictors (a logistic regression for classes), which suits many units: held out, and from below.
    n_permutations : int, default=5
        Shuffles of the rows of X, whose mean is the null: below 0 where predictors overfit. Rows are shuffled among
        those of the same concepts where these are classes, else among all.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, the shuffles and an estimator without a seed of its own. Pass an int for the same result at
        every call.

    Returns
    -------
    residual : Measurement
        The information in nats; not clipped at 0.

    See Also
    --------
    concept_leakage : What the concepts tell that they should not.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import concept_residual
    >>> rng = np.random.default_rng(0)
    >>> concept, hidden = rng.integers(0, 2, size=(2, 1000))
    >>> layer = np.column_stack([concept, hidden]) + 0.1 * rng.normal(size=(1000, 2))
    >>> 0.6 < concept_residual(layer, concept, hidden ^ 1, random_state=0).value < 0.7  # log 2 = 0.69
    True
    >>> abs(concept_residual(layer, concept, concept, random_state=0).value) < 0.01
    True
    """
    check_scalar(n_permutations, "n_permutations", Integral, min_val=1)
    x = check_target(X, len(X), "X")
    _, given, columns = _predicted(predicted)
    require_same_length(len(x), len(given), "predicted")
    seeds, shuffles = spawn_generators(random_state, 2)
    estimator = seed_estimator(_linear(y) if estimator is None else estimator, seeds)
    cells = np.zeros(len(x), np.int64)
    if all(holds_classes(column) for column in columns):
        cells = joint_codes([column.codes() for column in columns])
    return _conditional(estimator, x, y, given, _orders(cells, n_permutations, shuffles))


def _probe():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def _linear(y):
    """Return the usable information of linear predictors of y."""
    return UsableInformation(_probe() if holds_classes(read_columns("y", y)[0]) else None)


def _leakage(pairs, x, y, orders):
    """Return I(X;Y|Z) by the first pair of an estimator and Z, or by the second if it finds significantly more."""
    fitted, issued = [], []
    for estimator, given in pairs:
        with hold_warnings() as held:
            fitted.append(fit_information(estimator, x, y, given))
        issued.append(held)
    more = len(pairs) > 1 and fitted[1].mutual_info_ - fitted[0].mutual_info_ > 2 * fitted[1].std_error_
    for category, message in issued[more]:  # those of the other one are of no concern
        warn(message, category)
    return _measured(fitted[more], *pairs[more], x, y, orders)


def _share(estimator, x, codes):
    fitted = fit_information(estimator, x, pd.Categorical(codes))
    return fitted.mutual_info_ / fitted.ceiling_, fitted.std_error_ / fitted.ceiling_


def _predicted(values):
    """Return the names of predicted concepts, numbers or the codes of classes, and the Columns."""
    columns = read_columns("predicted", values)
    names = [j if column.name is None else column.name for j, column in enumerate(columns)]
    return names, np.column_stack([c.codes() if c.nominal else c.values for c in columns]).astype(float), columns


def _indicators(columns):
    """Return whether each concept is of each of its classes but the first."""
    codes = [column.codes() for column in columns]
    return np.column_stack([code == level for code in codes for level in range(1, code.max() + 1)]).astype(float)


def _orders(cells, n_permutations, generator):
    """Return orders of the rows that exchange rows of one cell only."""
    rows = np.argsort(cells, kind="stable")
    orders = np.empty((n_permutations, len(cells)), np.int64)
    for order in orders:
        order[rows] = rows[np.lexsort((generator.random(len(cells)), cells[rows]))]
    return orders


def _conditional(estimator, x, y, given, orders):
    """Return I(X;Y|Z), with the mean over shuffled rows of x as its null."""
    return _measured(fit_information(estimator, x, y, given), estimator, given, x, y, orders)


def _measured(fitted, estimator, given, x, y, orders):
    """Return the estimate of a fitted estimator, with the mean over shuffled rows of x as its null."""
    with hold_warnings():  # they repeat those of the estimate
        null = [fit_information(estimator, x[order], y, given).mutual_info_ for order in orders]
    error, ceiling = (float(getattr(fitted, name, np.nan)) for name in ("std_error_", "ceiling_"))
    return Measurement(float(fitted.mutual_info_), error, float(np.mean(null)), ceiling)
