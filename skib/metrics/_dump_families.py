"""The families of measures that `dump_metrics` takes: to which layers each applies, and what it measures there."""

import re
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skib._warnings import ConstantInputWarning, warn
from skib.metrics._attention import attention_entropy
from skib.metrics._cka import alignment
from skib.metrics._classifier_information import classifier_information
from skib.metrics._elbo import elbo_decomposition
from skib.metrics._intrinsic_dimension import (
    N_NEIGHBORS,
    dimension_of,
    has_few_columns,
)
from skib.metrics._measurement import Measurement
from skib.metrics._neural_collapse import neural_collapse
from skib.metrics._representation_geometry import geometry_of

# Of the labels, for the nulls of collapse: half as many as its default, of which there are hundreds in a dump.
_N_PERMUTATIONS = 5
_COLLAPSE = "nc1", "nc2", "nc4"
ONE_CLASS = "y has one class: what is measured between classes is NaN"
# By how much the sums of probabilities in half precision differ from 1.
_SUM_ERROR = 0.02
_MEAN, _LOG_VARIANCES = re.compile(r"(^|[._/])mu$"), ("logvar", "log_var", "log_variance")


class Family(NamedTuple):
    """Measures of one kind: the layers that they take, in words and as a test, and the function of a cell."""

    takes: str
    applies: Callable
    measure: Callable


def _similarity(cell, seed):
    others = cell.compared.tables | {name: cell.compared.layer(key) for name, key in cell.others().items()}
    layer = cell.compared.layer(cell.key)
    return {f"cka(T, {name})": alignment(layer, other) for name, other in others.items()}


def _geometry(cell, seed):
    return _measurements(geometry_of(cell.rows)) | {"intrinsic_dimension": _dimension(cell, seed)}


def _dimension(cell, seed):
    layer, normal = cell.compared.layer(cell.key), partial(cell.compared.gaussian_rows, seed)
    return dimension_of(layer.rows, N_NEIGHBORS, normal, None if has_few_columns(layer.rows) else layer.gram)


def _collapse(cell, seed):
    if not cell.labels.any():
        warn(ONE_CLASS, ConstantInputWarning)
        return dict.fromkeys(_COLLAPSE, Measurement(np.nan))
    found = _measurements(neural_collapse(cell.rows, cell.labels, n_permutations=_N_PERMUTATIONS, random_state=seed))
    return {name: found[name] for name in _COLLAPSE}  # to the frame of the limit, without a classifier


def _outputs(cell, seed):
    return _measurements(classifier_information(cell.activations, cell.labels))


def _attention(cell, seed):
    return _measurements(attention_entropy(cell.stored.load()))


def _posterior(cell, seed):
    logvar = cell.dump[cell.epoch, _partner(cell)]
    return _measurements(elbo_decomposition(cell.activations, logvar, random_state=seed))


def _measurements(result):
    """Return the fields of a result that are measurements, by name."""
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    return {name: value for name, value in values.items() if isinstance(value, Measurement)}


def _is_layer(cell):
    """Whether this is no attention map. A layer of more than two dimensions that is not reduced fails when read."""
    return not _are_attention_maps(cell)


def _has_classes(cell):
    return _is_layer(cell) and cell.labels is not None


def _are_probabilities(cell):
    if cell.labels is None or not cell.labels.any() or cell.shape[1:] != (cell.labels.max() + 1,):
        return False
    return _are_distributions(cell.head())


def _are_attention_maps(cell):
    return len(cell.shape) == 4 and cell.shape[2] == cell.shape[3] and _are_distributions(cell.head())


def _are_distributions(rows):
    if issparse(rows):
        rows = rows.toarray()
    sums = rows.sum(axis=-1, dtype=np.float64)
    return bool(rows.min() >= 0 and (np.abs(sums - 1) < _SUM_ERROR).all())


def _partner(cell):
    """Return the name of the layer of log variances that belongs to a layer of means, or None."""
    names = [layer for epoch, layer in cell.dump.cells() if epoch == cell.epoch]
    for ending in _LOG_VARIANCES:
        name = _MEAN.sub(rf"\1{ending}", cell.layer)
        if name != cell.layer and name in names and cell.dump.shape(cell.epoch, name) == cell.shape:
            return name
    return None


FAMILIES = {
    "similarity": Family("layers", _is_layer, _similarity),
    "geometry": Family("layers", _is_layer, _geometry),
    "collapse": Family("layers, with class labels as y", _has_classes, _collapse),
    "outputs": Family("one probability for each class of y", _are_probabilities, _outputs),
    "attention": Family(
        "arrays (n_samples, n_heads, n_tokens, n_tokens) whose rows sum to 1", _are_attention_maps, _attention
    ),
    "posterior": Family("layers mu and logvar of one width", lambda cell: _partner(cell) is not None, _posterior),
}
