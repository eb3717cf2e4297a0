"""The fingerprint of a run: all that the rows of its checkpoint depend on."""

import hashlib
import os
from pickle import PicklingError

import joblib
import numpy as np
from scipy.sparse import issparse

import skib


def fingerprint(plane, schedule, quantities, groups):
    """Return parameters, seed and data as JSON values.

    A dump in files is identified by its path, so that it may gain epochs; a dump in memory by its values.
    """
    dump = schedule.dump
    parts = {
        "skib": skib.__version__,
        "compressor": _described(plane.compressor),
        "compressor_fit": plane.compressor_fit,
        "null": plane.null,
        "n_permutations": plane.n_permutations,
        "shuffle": plane.shuffle,
        "groups": None if groups is None else _digest(groups),
        "confidence_level": plane.confidence_level,
        "seed": schedule.entropy,
        "dump": _source(dump),
        "n_samples": dump.n_samples,
        "ids": None if dump.ids is None else _digest(dump.ids),
        "fitted at epochs": schedule.fitted_at,
    }
    for quantity in quantities:
        arrays = [_digest(a) for a in (quantity.target, quantity.given) if a is not None]
        parts[quantity.name] = [_described(quantity.estimator), *arrays]
    return parts


def _described(estimator):
    """Return the text that shows an estimator, and a digest of its parameters: the text shortens arrays."""
    if estimator is None:
        return None
    try:
        return [repr(estimator), joblib.hash(estimator)]
    except (PicklingError, AttributeError, TypeError):  # a parameter that cannot be pickled, such as a lambda
        return [repr(estimator)]


def _source(dump):
    if dump.source != "memory":
        return os.path.abspath(dump.source)
    return {f"{epoch}/{layer}": _digest(dump[epoch, layer]) for epoch, layer in dump.cells()}


def _digest(values):
    if issparse(values):
        return [_digest(part) for part in (values.data, values.indices, values.indptr)] + [values.shape[1]]
    values = np.asarray(values)
    digest = hashlib.sha256(f"{values.dtype} {values.shape} ".encode())
    # The bytes of an array are read where they are.
    text = values.dtype.kind == "O"
    digest.update(repr(values.tolist()).encode() if text else np.ascontiguousarray(values).reshape(-1).view(np.uint8))
    return digest.hexdigest()[:16]
