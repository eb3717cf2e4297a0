"""Class labels as they are, where those of later rows must be comparable with them."""

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skib._columns import require_finite, require_same_length


def class_labels(y, n_samples):
    """Validate one class label for each of n_samples rows; returns them in an array of their own type."""
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f":
        require_finite("y", labels)
    check_classification_targets(labels)
    require_same_length(n_samples, len(labels), "y")
    return labels.astype(str) if labels.dtype == object and all(isinstance(v, str) for v in labels) else labels


def joined_classes(*labels):
    """Return the sorted distinct labels of several arrays; numbers and text are no classes of one target."""
    kinds = {np.asarray(some).dtype.kind in "US" for some in labels if len(some)}
    if len(kinds) > 1:
        raise ValueError("y holds numbers and text in different calls; pass labels of one type")
    return np.unique(np.concatenate([np.asarray(some) for some in labels if len(some)]))
