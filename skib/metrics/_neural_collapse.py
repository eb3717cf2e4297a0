"""Neural collapse of a layer: within classes, of class means to a frame, of the classifier to these, of decisions."""

from dataclasses import dataclass
from numbers import Integral
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pandas import isna
from scipy.sparse import csr_array
from scipy.stats import chisquare

from skib._columns import opened, require_none, require_same_length
from skib._parallel import blocks, spawn_generators
from skib._typing import Floats, Seed, TableLike
from skib._warnings import ConstantInputWarning, warn
from skib.metrics._layer_rows import CenteredRows
from skib.metrics._measurement import Measurement, share_std_error
from skib.metrics._neural_collapse_frames import OrthogonalFrame, simplex

Frame: TypeAlias = Literal["simplex", "orthogonal"] | None
Loss: TypeAlias = Literal["log_loss", "squared_error"]

# Parts of the rows that are left out in turn for the standard errors.
_N_PARTS = 10
# Class sizes of smaller p-value than this are no sample of equal ones.
_UNEQUAL = 1e-3
# Class means that are multiplied with the rows at once.
_MEANS_PER_PRODUCT = 256
# Relative size of an eigenvalue that is 0 but for rounding.
_ROUNDING = 1e-14
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
        Numbers of samples of the classes in training. ``None`` counts `y`, as those of a sample unless they are equal:
        the standard errors of what depends on them, such as the orthogonal limit, contain their spread. Pass the
        numbers if they are known, also where H holds all rows of the training.
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
        The measures, each with a standard error (by leaving out tenths of the rows; that of NC4 is at least that of a
        share with one more row of each kind, and that without a classifier), a null and a ceiling.

    See Also
    --------
    deep_neural_collapse : All linear layers of a network.

    Notes
    -----
    The orthogonal limit holds for features that are not below 0 (behind a rectifier) and cross-entropy [3]_, and for
    any features and squared error without bias [2]_. For other networks with unequal classes there is no closed form:
    compare `nc2_simplex` and `nc2_orthogonal`.

    Tenths know a standard error to a quarter, so that two of them cover 92 % at best. Those of NC2 and NC3 are too
    large, by up to a half, where the distance itself is hardly more than noise.

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
    layer = layer._replace(known_sizes=_check_sizes(class_sizes, layer))
    frame = check_frame(frame, layer.sizes)
    return measure_layer(layer, frame, OrthogonalFrame(layer.sizes, check_loss(loss)), n_permutations, random_state)


class Layer(NamedTuple):
    """Rows about their mean, codes of their classes, and the classifier that follows, if it is known."""

    rows: CenteredRows
    center: np.ndarray  # in units of the rows
    codes: np.ndarray
    classes: np.ndarray
    weights: np.ndarray | None
    decisions: np.ndarray  # of the classifier or, without one, the labels
    known_sizes: np.ndarray | None = None  # of the classes in training

    @property
    def sizes(self):
        """The sizes of the classes in training, counted in the rows if they are not known."""
        return np.bincount(self.codes).astype(np.float64) if self.known_sizes is None else self.known_sizes


class Split(NamedTuple):
    """Rows that are kept, as a mask, with labels, the decisions to which these are compared, class means and sizes."""

    codes: np.ndarray
    decisions: np.ndarray
    kept: np.ndarray
    means: np.ndarray
    sizes: np.ndarray


def read_layer(H, y, W=None, b=None, name="H"):
    """Validate a layer, its labels and the classifier that follows."""
    rows = H if isinstance(H, CenteredRows) else CenteredRows(name, H)
    labels = _check_labels(y, len(rows), name)
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y has one class, {classes[0]}; collapse is measured between two or more")
    if len(rows) <= len(classes):
        raise ValueError(f"{len(rows)} rows of {len(classes)} classes; pass two rows or more of most classes")
    weights, bias = _check_classifier(W, b, len(classes), rows.shape[1])
    decisions = codes if weights is None else _decisions(rows, weights, bias)
    return Layer(rows, rows.center / rows.scale, codes, classes, weights, decisions)


def _check_labels(y, n_samples, name):
    labels = np.asarray(opened("y", y))
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(f"y has shape {labels.shape}; pass one class label for each row of {name}")
    require_same_length(n_samples, len(labels), "y", name)
    require_none("y", isna(labels), "NaN or None")
    if labels.dtype.kind == "f" and not (labels == np.rint(labels)).all():
        raise ValueError("y holds numbers that are not whole; pass one class label for each row")
    if labels.dtype == object and len(kinds := {type(label).__name__ for label in labels}) > 1:
        raise ValueError(f"y holds labels of several types, {', '.join(sorted(kinds))}; pass labels of one type")
    return labels


def _decisions(rows, weights, bias):
    return np.concatenate(
        [np.argmax(rows.values[part].astype(np.float64) @ weights.T + bias, axis=1) for part in rows.parts()]
    )


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
        return None
    sizes = np.asarray(class_sizes, np.float64)
    if sizes.shape != layer.classes.shape or not ((sizes > 0) & np.isfinite(sizes)).all():
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


def measure_layer(layer, frame, orthogonal, n_permutations, random_state):
    """Return the collapse of a layer with the errors and nulls of all measures."""
    if not isinstance(n_permutations, Integral) or n_permutations < 0:
        raise ValueError(f"n_permutations must be a whole number, 0 or more, got {n_permutations!r}")
    whole, *parts = splits = _splits(layer, layer.codes, layer.decisions)
    for generator in spawn_generators(random_state, n_permutations):
        codes = generator.permutation(layer.codes)
        splits += _splits(layer, codes, codes if layer.weights is None else layer.decisions, 1)
    values, *others = _values(layer, whole.means, splits, frame, orthogonal)
    without, nulls = others[: len(parts)], others[len(parts) :]
    found = {}
    for name, ceiling in _LARGEST.items():
        error = np.sqrt(len(parts) - 1) * np.std([one[name] for one in without]) if parts else np.nan
        if name == "nc4" and parts:  # the boundaries have no influence where errors are least, as without a classifier
            of_share = share_std_error(values[name], len(layer.codes))
            error = of_share if layer.weights is None else max(error, of_share)
        null = np.mean([one[name] for one in nulls]) if nulls else np.nan
        found[name] = Measurement(values[name], float(error), float(null), ceiling)
    if np.isnan(values["nc1"]):
        warn("the class means are equal: the layer holds nothing of the classes", ConstantInputWarning)
    return NeuralCollapse(
        **found, nc2=found[f"nc2_{frame}"], frame=frame, classes=layer.classes, class_sizes=layer.sizes
    )


def _splits(layer, codes, decisions, n_parts=_N_PARTS):
    """Return the split that keeps all rows, and those that leave out each part of the rows in turn.

    Class sizes that were counted are those of the rows that are kept. There is no part if a class has one row.
    """
    counts, sizes = np.bincount(codes), layer.sizes
    are_chosen = np.array_equal(counts, np.full_like(counts, counts[0]) if layer.known_sizes is None else sizes)
    n_parts = min(n_parts, counts.min() if are_chosen or counts.min() == 1 else len(codes))
    parts = _parts(codes, counts, n_parts, are_chosen)
    groups = codes * n_parts + parts
    numbers = _table(groups, counts, n_parts)
    sums = _sums(layer.rows, groups, numbers.size).reshape(*numbers.shape, -1)
    total = sums.sum(axis=1)
    splits = [Split(codes, decisions, np.ones(len(codes), bool), total / counts[:, None], sizes)]
    for i in range(n_parts if n_parts > 1 else 0):
        left = counts - numbers[:, i]
        means = (total - sums[:, i]) / left[:, None]
        splits.append(Split(codes, decisions, parts != i, means, left if layer.known_sizes is None else sizes))
    return splits


def _parts(codes, counts, n_parts, have_equal_shares):
    """Return the part of each row: of equal shares of each class, or drawn over all rows, as classes are in samples.

    Drawn parts have equal shares of classes that one of them would hold as a whole.
    """
    order = np.argsort(codes, kind="stable")
    parts = np.empty(len(order), np.int64)
    parts[order] = (np.arange(len(order)) - (np.cumsum(counts) - counts)[codes[order]]) % n_parts
    if n_parts == 1 or have_equal_shares:
        return parts
    drawn = np.random.default_rng(0).permutation(len(codes)) % n_parts
    is_whole = _table(codes * n_parts + drawn, counts, n_parts).max(axis=1) == counts
    return np.where(is_whole[codes], parts, drawn)


def _table(groups, counts, n_parts):
    """Return the numbers of rows of each class in each part."""
    return np.bincount(groups, minlength=len(counts) * n_parts).reshape(-1, n_parts)


def _sums(rows, groups, n_groups):
    """Return the sums of the rows of each group."""
    sums = np.zeros((n_groups, rows.shape[1]))
    for part in rows.parts():
        values, some = rows[part], groups[part]
        members = csr_array((np.ones(len(some), values.dtype), (some, np.arange(len(some)))), (n_groups, len(some)))
        sums += members @ values
    return sums


def _values(layer, class_means, splits, frame, orthogonal):
    """Return the measures of each split by name."""
    found, n_splits = [], max(_MEANS_PER_PRODUCT // len(class_means), 1)
    for batch in blocks(len(splits), n_splits):
        some = splits[batch]
        frames = _values_of_means(layer, some, frame, orthogonal)
        within = _values_within(layer, class_means, some)
        found += [one | other for one, other in zip(frames, within, strict=True)]
    return found


def _values_of_means(layer, splits, frame, orthogonal):
    """Return NC2 and NC3 of the class means of several splits, from their inner products."""
    means = np.array([split.means for split in splits])
    shifted = means + layer.center
    grams, uncentered = (some @ some.transpose(0, 2, 1) for some in (means, shifted))
    limits = orthogonal.of_sizes(np.array([split.sizes for split in splits])[:, None])
    strengths = limits.fitted(np.sqrt(np.diagonal(uncentered, axis1=1, axis2=2)))
    found, to_classifier = [], layer.weights is not None
    for i, (lengths, scale) in enumerate(zip(*limits.lengths(strengths[:, None, None]), strict=True)):
        lengths, scale = lengths[0], scale[0]
        found.append(
            {
                "nc2_simplex": _distance(_about_mean(grams[i]), simplex(len(lengths))),
                "nc2_orthogonal": _distance(uncentered[i], np.diag(lengths**2)),
                "nc3": _nc3(layer, means[i], scale, frame, orthogonal.loss) if to_classifier else np.nan,
            }
        )
    return found


def _nc3(layer, means, scale, frame, loss):
    """Return the distance of the classifier from its limit, given the class means."""
    to_mean = np.eye(len(means)) - 1 / len(means)
    limit = to_mean if frame == "simplex" else np.diag(scale)
    if frame == "orthogonal" and loss == "log_loss":
        limit = to_mean @ limit
    return _distance(layer.weights, limit @ (means + layer.center))


def _about_mean(gram):
    """Return the inner products of class means about their mean."""
    gram = gram - gram.mean(axis=0)
    return gram - gram.mean(axis=1, keepdims=True)


def _values_within(layer, class_means, splits):
    """Return NC1 and NC4 of each split, from inner products of the rows with its class means.

    Those of all splits are one product: of the rows about the means of their classes, so that its rounding is relative
    to the distance from these.
    """
    means = [split.means for split in splits]
    stacked, about = np.concatenate(means).astype(layer.rows[:1].dtype), class_means.astype(layer.rows[:1].dtype)
    offsets = about.astype(np.float64) @ stacked.T.astype(np.float64)
    grams = [one @ one.T for one in means]
    scales = [_inverse_spread(_about_mean(gram)) for gram in grams]
    totals = np.zeros((len(splits), 2))
    for part in layer.rows.parts():
        own = layer.codes[part]
        products = ((layer.rows[part] - about[own]) @ stacked.T + offsets[own]).reshape(len(own), len(splits), -1)
        for i, inner in enumerate(np.ascontiguousarray(products.transpose(1, 0, 2))):
            codes, kept = splits[i].codes[part], splits[i].kept[part]
            disagree = np.argmin(np.diag(grams[i]) - 2 * inner, axis=1) != splits[i].decisions[part]
            scaled = (inner - grams[i][codes]) @ scales[i]
            totals[i] += np.einsum("ij,ij->i", scaled, scaled) @ kept, np.count_nonzero(disagree & kept)
    values = totals / np.array([[np.count_nonzero(split.kept)] for split in splits])
    return [
        {"nc1": float(nc1) if scale.size else np.nan, "nc4": float(nc4)}
        for (nc1, nc4), scale in zip(values, scales, strict=True)
    ]


def _inverse_spread(gram):
    """Return a map of inner products with the class means to coordinates in units of the spread of the means.

    `gram` holds the inner products of the means about their mean. Without any spread the map has no columns.
    """
    sizes, axes = np.linalg.eigh(gram)
    kept = (sizes > sizes[-1] * len(sizes) * _ROUNDING) & (sizes > 0)
    return axes[:, kept] / sizes[kept]


def _distance(a, b):
    """Return the Frobenius norm of the difference of two matrices of norm 1, NaN if one of them is 0."""
    largest = np.abs(a).max(), np.abs(b).max()
    if not min(largest) > 0:
        return np.nan
    a, b = a / largest[0], b / largest[1]  # so that no square overflows
    return float(np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b)))
