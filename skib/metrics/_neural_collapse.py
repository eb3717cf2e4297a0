"""Neural collapse of a layer: within classes, of class means to a frame, of the classifier to these, of decisions."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chisquare

from skib._columns import opened, require_same_length
from skib._parallel import spawn_generators
from skib._typing import Floats, Seed, TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.metrics._layer_rows import check_layer
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse_frames import OrthogonalFrame, simplex

Frame: TypeAlias = Literal["simplex", "orthogonal"] | None
Loss: TypeAlias = Literal["log_loss", "squared_error"]

# Parts of the rows that are left out in turn for the standard errors.
_N_PARTS = 10
# Class sizes of smaller p-value than this are no sample of equal ones.
_UNEQUAL = 1e-3
_LARGEST = {"nc1": np.nan, "nc2_simplex": 2**0.5, "nc2_orthogonal": 2**0.5, "nc3": 2.0, "nc4": 1.0}


@dataclass(frozen=True)
class NeuralCollapse:
    """How far a layer has collapsed; all measures are 0 in the limit.

    Attributes
    ----------
    nc1 : Measurement
        Variance within classes relative to that between their means.
    nc2 : Measurement
        Distance of the class means from the frame of the limit, `nc2_simplex` or `nc2_orthogonal`.
    nc3 : Measurement
        Distance of the classifier from the class means; NaN without a classifier.
    nc4 : Measurement
        Share of the rows at which the nearest class mean and the classifier (without one, the label) disagree.
    nc2_simplex : Measurement
        Distance of the class means, about their mean, from the equiangular tight frame.
    nc2_orthogonal : Measurement
        Distance of the class means from orthogonal vectors of lengths that follow from the class sizes.
    frame : str
        The frame of the limit, ``"simplex"`` or ``"orthogonal"``.
    classes : ndarray of shape (n_classes,)
        The labels, in ascending order.
    class_sizes : ndarray of shape (n_classes,)
        Their numbers of samples in training.
    """

    nc1: Measurement
    nc2: Measurement
    nc3: Measurement
    nc4: Measurement
    nc2_simplex: Measurement
    nc2_orthogonal: Measurement
    frame: str
    classes: NDArray[np.generic]
    class_sizes: Floats


def neural_collapse(
    H: TableLike,
    y: TableLike,
    W: ArrayLike | None = None,
    b: ArrayLike | None = None,
    *,
    class_sizes: ArrayLike | None = None,
    frame: Frame = None,
    loss: Loss = "log_loss",
    n_permutations: int = 10,
    random_state: Seed = None,
) -> NeuralCollapse:
    r"""Measure the neural collapse of a layer: NC1 to NC4.

    With the class means :math:`\mu_k`, their mean :math:`\bar\mu`, and the covariances within and between the K
    classes, :math:`\Sigma_W` and :math:`\Sigma_B = \frac1K \sum_k (\mu_k - \bar\mu)(\mu_k - \bar\mu)^T` [1]_,

    .. math:: NC1 = \frac1K \mathrm{tr}\, \Sigma_W \Sigma_B^+, \qquad
              NC2 = \Bigl\| \frac{G}{\|G\|_F} - \frac{G^*}{\|G^*\|_F} \Bigr\|_F, \qquad
              NC3 = \Bigl\| \frac{W}{\|W\|_F} - \frac{W^*}{\|W^*\|_F} \Bigr\|_F,

    where G is the Gram matrix of the class means, :math:`G^*` its limit, and :math:`W^*` what the classifier is in the
    limit, given the class means. For equal classes the limit is the simplex, the equiangular tight frame of the
    centered means, and :math:`W^*` is their matrix. For unequal ones it is orthogonal vectors of the uncentered means,
    whose lengths follow from the class sizes and one unknown strength of regularization, which is fitted [2]_, [3]_;
    :math:`W^*` has the rows :math:`\sqrt{n_k} \mu_k`, about their mean for cross-entropy.

    Parameters
    ----------
    H : array-like of shape (n_samples, n_units)
        The last layer before the classifier, or any other.
    y : array-like of shape (n_samples,)
        Class labels.
    W : array-like of shape (n_classes, n_units), default=None
        The weights of the classifier, rows in the order of the sorted labels; or, of an earlier linear layer, the
        product of the weights that follow.
    b : array-like of shape (n_classes,), default=None
        Its bias, which NC4 takes into account.
    class_sizes : array-like of shape (n_classes,), default=None
        Numbers of samples of the classes in training, where H holds a part of these only. ``None`` counts `y`.
    frame : {"simplex", "orthogonal"}, default=None
        The limit. ``None`` takes the simplex unless the class sizes differ by more than chance (chi-squared test at
        .001).
    loss : {"log_loss", "squared_error"}, default="log_loss"
        The loss of the training, which changes the lengths of the orthogonal limit.
    n_permutations : int, default=10
        Number of permutations of the labels, whose mean is the null; 0 leaves it NaN.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    collapse : NeuralCollapse
        The measures, each with a standard error (by leaving out tenths of the rows), a null and a ceiling.

    See Also
    --------
    deep_neural_collapse : All linear layers of a network.

    Notes
    -----
    The orthogonal limit holds for features that are not below 0 (behind a rectifier) and cross-entropy [3]_, and for
    any features and squared error without bias [2]_. For other networks with unequal classes there is no closed form:
    compare `nc2_simplex` and `nc2_orthogonal`.

    NC1 is computed among the K - 1 directions of the means, so that layers of many units need no large matrix. It is
    larger in few rows per class than in many.

    References
    ----------
    .. [1] V. Papyan, X. Y. Han, D. L. Donoho, "Prevalence of neural collapse during the terminal phase of deep learning
       training", PNAS 117, 2020.
    .. [2] H. Dang, T. Tran, S. Osher, H. Tran-The, N. Ho, T. Nguyen, "Neural collapse in deep linear networks: from
       balanced to imbalanced data", ICML, 2023.
    .. [3] H. Dang, T. Tran, T. Nguyen, N. Ho, "Neural collapse for cross-entropy class-imbalanced learning with
       unconstrained ReLU feature model", ICML, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import neural_collapse
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(np.arange(4), 100)
    >>> means = np.eye(4, 20) - np.eye(4, 20).mean(axis=0)  # a simplex
    >>> H = means[y] + 0.1 * rng.normal(size=(400, 20))
    >>> collapse = neural_collapse(H, y, means, random_state=0)
    >>> f"{collapse.nc1:.3f}"  # truth: 0.01 (K - 1)
    '0.029'
    >>> f"{collapse.nc2:.2f} of {collapse.nc2.null:.2f}"
    '0.02 of 0.56'
    """
    layer = read_layer(H, y, W, b)
    sizes = _check_sizes(class_sizes, layer)
    frame = check_frame(frame, sizes)
    return measure_layer(layer, sizes, frame, OrthogonalFrame(sizes, check_loss(loss)), n_permutations, random_state)


class Layer(NamedTuple):
    """Rows, codes of their classes, and the classifier that follows, if it is known."""

    rows: np.ndarray
    codes: np.ndarray
    classes: np.ndarray
    weights: np.ndarray | None
    bias: np.ndarray | float


def read_layer(H, y, W=None, b=None, name="H"):
    """Validate a layer, its labels and the classifier that follows."""
    rows = check_layer(name, H)
    labels = np.asarray(opened("y", y))
    if labels.ndim != 1:
        raise ValueError(f"y has shape {labels.shape}; pass one class label for each row of {name}")
    require_same_length(len(rows), len(labels), "y", name)
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        raise ValueError("y holds NaN or numbers that are not whole; pass one class label for each row")
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y has one class, {classes[0]!r}; collapse is measured between two or more")
    if len(rows) <= len(classes):
        raise ValueError(f"{len(rows)} rows of {len(classes)} classes; pass two rows or more of most classes")
    return Layer(rows, codes, classes, *_check_classifier(W, b, len(classes), rows.shape[1]))


def _check_classifier(W, b, n_classes, n_units):
    weights = None if W is None else np.asarray(W, np.float64)
    bias = 0.0 if b is None else np.asarray(b, np.float64)
    if weights is not None and weights.shape != (n_classes, n_units):
        raise ValueError(
            f"W has shape {weights.shape}, required is ({n_classes}, {n_units}), one row for each class in y; take the "
            "rows of the classes that occur, or transpose W"
        )
    if b is not None and bias.shape != (n_classes,):
        raise ValueError(f"b has shape {bias.shape}, required is ({n_classes},)")
    if weights is not None and not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ValueError("W or b holds NaN or infinity; pass finite weights")
    return weights, bias


def _check_sizes(class_sizes, layer):
    if class_sizes is None:
        return np.bincount(layer.codes).astype(np.float64)
    sizes = np.asarray(class_sizes, np.float64)
    if sizes.shape != layer.classes.shape or not (sizes > 0).all():
        raise ValueError(
            f"class_sizes must hold a number above 0 for each of the {len(layer.classes)} classes, got {class_sizes!r}"
        )
    return sizes


def check_frame(frame, sizes):
    """Validate the frame, and choose that of these class sizes if it is None."""
    if frame not in ("simplex", "orthogonal", None):
        raise ValueError(f"frame must be 'simplex', 'orthogonal' or None, got {frame!r}")
    return frame or ("orthogonal" if chisquare(sizes).pvalue < _UNEQUAL else "simplex")


def check_loss(loss):
    """Validate the loss."""
    if loss not in ("log_loss", "squared_error"):
        raise ValueError(f"loss must be 'log_loss' or 'squared_error', got {loss!r}")
    return loss


def measure_layer(layer, sizes, frame, orthogonal, n_permutations, random_state):
    """Return the collapse of a layer with the errors and nulls of all measures."""
    values = _values(layer, frame, orthogonal)
    errors = _std_errors(layer, frame, orthogonal)
    nulls = [
        _values(layer._replace(codes=generator.permutation(layer.codes)), frame, orthogonal)
        for generator in spawn_generators(random_state, n_permutations)
    ]
    found = {
        name: Measurement(
            values[name], errors[name], float(np.mean([null[name] for null in nulls])) if nulls else np.nan, ceiling
        )
        for name, ceiling in _LARGEST.items()
    }
    if np.isnan(values["nc1"]):
        warn("the class means are equal: the layer holds nothing of the classes", ConstantInputWarning)
    return NeuralCollapse(**found, nc2=found[f"nc2_{frame}"], frame=frame, classes=layer.classes, class_sizes=sizes)


def _values(layer, frame, orthogonal):
    """Return the measures by name, from rows and codes of which each class has some."""
    means = _class_means(layer)
    centered = means - means.mean(axis=0)
    distances = _distances(means, centered, orthogonal)
    return {
        "nc1": _nc1(layer, means, centered),
        **distances,
        "nc3": _nc3(layer, means, centered, frame, orthogonal),
        "nc4": _nc4(layer, means),
    }


def _class_means(layer):
    counts = np.bincount(layer.codes, minlength=len(layer.classes))
    members = np.zeros((len(counts), len(layer.rows)))
    members[layer.codes, np.arange(len(layer.rows))] = 1 / counts[layer.codes]
    return members @ layer.rows


def _nc1(layer, means, centered):
    """Return the mean of the squares of the deviations within classes, in units of the spread of the means."""
    _, sizes, axes = np.linalg.svd(centered, full_matrices=False)
    kept = sizes > sizes[0] * max(centered.shape) * np.finfo(float).eps
    if not kept.any() or sizes[0] <= np.abs(means).max() * 1e-13:
        return np.nan
    scaled = axes[kept].T / sizes[kept]
    deviations = layer.rows @ scaled - (means @ scaled)[layer.codes]
    return float((deviations**2).sum() / len(deviations))


def _distances(means, centered, orthogonal):
    """Return the distances of the class means from both frames."""
    found = {}
    expected = np.diag(orthogonal.lengths(orthogonal.fitted(np.linalg.norm(means, axis=1)))[0] ** 2)
    frames = {"simplex": (centered, simplex(len(means))), "orthogonal": (means, expected)}
    for name, (vectors, limit) in frames.items():
        found[f"nc2_{name}"] = _distance(vectors @ vectors.T, limit)
    return found


def _nc3(layer, means, centered, frame, orthogonal):
    if layer.weights is None:
        return np.nan
    if frame == "simplex":
        return _distance(layer.weights, centered)
    strength = orthogonal.fitted(np.linalg.norm(means, axis=1))
    expected = orthogonal.lengths(strength)[1][:, None] * means
    return _distance(layer.weights, expected - (orthogonal.loss == "log_loss") * expected.mean(axis=0))


def _distance(a, b):
    """Return the Frobenius norm of the difference of two matrices of norm 1, NaN if one of them is 0."""
    norms = np.linalg.norm(a), np.linalg.norm(b)
    return float(np.linalg.norm(a / norms[0] - b / norms[1])) if min(norms) > 0 else np.nan


def _nc4(layer, means):
    nearest = np.argmin((means**2).sum(axis=1) - 2 * layer.rows @ means.T, axis=1)
    if layer.weights is None:
        return float(np.mean(nearest != layer.codes))
    return float(np.mean(nearest != np.argmax(layer.rows @ layer.weights.T + layer.bias, axis=1)))


def _std_errors(layer, frame, orthogonal):
    """Return the standard errors of the jackknife over parts of the rows, each with the same share of every class."""
    n_parts = min(_N_PARTS, int(np.bincount(layer.codes).min()))
    if n_parts < 2:
        return dict.fromkeys(_LARGEST, np.nan)
    order = np.argsort(layer.codes, kind="stable")
    parts = np.empty(len(order), np.int64)
    parts[order] = np.arange(len(order)) % n_parts
    without = []
    for part in range(n_parts):
        kept = parts != part
        without.append(_values(layer._replace(rows=layer.rows[kept], codes=layer.codes[kept]), frame, orthogonal))
    scale = np.sqrt(n_parts - 1)
    return {name: float(scale * np.std([values[name] for values in without])) for name in _LARGEST}
