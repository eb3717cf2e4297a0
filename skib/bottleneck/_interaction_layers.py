"""The layers that a basis is fitted to: named matrices of the same rows, centered and read with noise."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skib._validation import check_numbers, check_target
from skib.dumps import Dump


class Layer(NamedTuple):
    """A layer in units of its own spread: the root mean square of its centered units."""

    rows: np.ndarray  # (n_samples, d), centered
    covariance: np.ndarray  # (d, d), of the rows
    noisy: np.ndarray  # (d, d), of the rows with noise
    mean: np.ndarray  # (d,), of the layer as it is
    unit: float


def layer_of(values, noise_ratio):
    """Center and scale a layer; the noise of each unit has `noise_ratio` times its spread."""
    largest = np.abs(values).max()
    rows = values / largest  # so that no square leaves the range of floats
    rows = rows - rows.mean(axis=0)
    spread = np.sqrt(np.mean(rows**2))
    rows = rows / spread
    covariance = rows.T @ rows / len(rows)
    noisy = covariance + noise_ratio**2 * np.eye(len(covariance))
    return Layer(rows, covariance, noisy, largest * (values / largest).mean(axis=0), float(largest * spread))


def read_layers(estimator, X, y, epoch):
    """Return the layers in their order, {name: float64 of shape (n_samples, n_units)}; y is the last one."""
    layers = named_layers(X, epoch)
    if layers is None:
        if y is None:
            raise ValueError(
                f"This {type(estimator).__name__} requires y to be passed, but the target y is None: a single array X "
                "is the first of two layers; pass a list or dict of layers, or a Dump"
            )
        layers = {"X": check_numbers(estimator, X)}
    if y is not None:
        if "y" in layers:
            raise ValueError("there is a layer called 'y', and y is passed, too; rename the layer, or leave y out")
        layers = {**layers, "y": y}
    if len(layers) < 2:
        raise ValueError(f"a basis needs at least 2 layers, got {list(layers)}; pass the layer after, or y")
    return checked_layers(layers)


def checked_layers(layers):
    """Validate layers of the same rows; returns float64 of shape (n_samples, n_units) for each."""
    n_samples = len(next(iter(layers.values())))
    return {name: check_target(layer, n_samples, f"layer {name!r}") for name, layer in layers.items()}


def named_layers(X, epoch=None):
    """Return the layers of a Dump, mapping or sequence of matrices by name; None for a single matrix."""
    if issparse(X):  # some sparse arrays are mappings
        return None
    if isinstance(X, Dump):
        epoch = X.epochs[-1] if epoch is None else epoch
        names = [layer for layer in X.layers if (epoch, layer) in X]
        if not names:
            raise ValueError(f"{X!r} has no layer at epoch={epoch!r}; its epochs are {list(X.epochs)}")
        return {name: np.asarray(X[epoch, name]) for name in names}
    if epoch is not None:
        raise ValueError(f"epoch={epoch!r} is that of a Dump, but X is a {type(X).__name__}; leave epoch out")
    if isinstance(X, Mapping):
        return dict(X)
    if isinstance(X, list | tuple) and len(X) and np.ndim(X[0]) >= 2:
        return {f"layer{i}": layer for i, layer in enumerate(X)}
    return None


def require_varying(layers):
    """Refuse layers that are constant."""
    for name, layer in layers.items():
        if (layer == layer[0]).all():
            raise ValueError(f"layer {name!r} is constant over all {len(layer)} rows; leave it out")


def check_jacobians(jacobians, layers):
    """Validate one array of Jacobians, of shape (n_samples, n_units of the next layer, n_units), for each layer."""
    names = list(layers)
    if isinstance(jacobians, Mapping):
        missing = [name for name in names[:-1] if name not in jacobians]
        if missing:
            raise ValueError(f"jacobians has none of the layers {missing}; pass one array for each of {names[:-1]}")
        jacobians = [jacobians[name] for name in names[:-1]]
    if len(jacobians) != len(names) - 1:
        raise ValueError(f"got {len(jacobians)} arrays of jacobians for {len(names)} layers; pass {len(names) - 1}")
    checked = {}
    for name, following, jacobian in zip(names, names[1:], jacobians, strict=False):
        jacobian = np.asarray(jacobian, dtype=np.float64)
        required = len(layers[name]), layers[following].shape[1], layers[name].shape[1]
        if jacobian.shape != required:
            raise ValueError(
                f"the jacobians of layer {name!r} have shape {jacobian.shape}, required is {required}: row, unit of "
                f"{following!r}, unit of {name!r}"
            )
        if not np.isfinite(jacobian).all():
            raise ValueError(f"the jacobians of layer {name!r} contain NaN or infinity; leave these rows out")
        checked[name] = jacobian
    return checked
