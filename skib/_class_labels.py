"""Class labels as they are, where those of later rows must be comparable with them."""

import numpy as np
import pandas as pd
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skib._columns import require_finite, require_same_length
from skib._warnings import warn


def class_labels(y, n_samples, *, of="X"):
    """Validate one class label for each of n_samples rows; returns them in an array of their own type.

    `of` names the rows in messages.
    """
    labels = column_or_1d(y)
    if np.asarray(y).ndim == 2:
        warn("A column-vector y was passed when a 1d array was expected; pass y.ravel()", DataConversionWarning)
    if labels.dtype.kind == "f":
        require_finite("y", labels)
    if labels.dtype.kind == "O" and pd.isna(labels).any():
        missing = np.flatnonzero(pd.isna(labels))
        raise ValueError(
            f"y has no label in {len(missing)} of {len(labels)} rows, first in row {missing[0]}; drop those rows, or "
            "name a class for them"
        )
    check_classification_targets(labels)
    require_same_length(n_samples, len(labels), "y", of)
    return labels.astype(str) if labels.dtype == object and all(isinstance(v, str) for v in labels) else labels


def joined_classes(*labels):
    """Return the sorted distinct labels of several arrays; numbers and text are no classes of one target."""
    kinds = {np.asarray(some).dtype.kind in "US" for some in labels if len(some)}
    if len(kinds) > 1:
        raise ValueError("y holds numbers and text in different calls; pass labels of one type")
    return np.unique(np.concatenate([np.asarray(some) for some in labels if len(some)]))
