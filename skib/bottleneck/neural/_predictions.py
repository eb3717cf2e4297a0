"""What bottlenecks of classes, and those of numbers, say of new rows, from the outputs of their networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from skib._sklearn import ClassifierMixin, RegressorMixin
from skib._typing import Floats, TableLike
from skib._warnings import listed


def known_codes(labels, classes, remedy):
    """Return the places of labels among sorted classes; refuse others."""
    codes = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    unknown = np.unique(labels[classes[codes] != labels])
    if len(unknown):
        others, known = (listed(list(map(repr, values.tolist()))) for values in (unknown, classes))
        raise ValueError(f"y has labels [{others}] that are not among the classes [{known}]; {remedy}")
    return codes


class ClassPredictions(ClassifierMixin):
    """A classifier whose ``_outputs`` are logits of its `classes_`."""

    classes_: NDArray[Any]

    def predict_proba(self, X: TableLike) -> Floats:
        """Return the probabilities of the classes at the mean of the code.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return softmax(self._outputs(X), axis=1)

    def predict(self, X: TableLike) -> NDArray[Any]:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Members of `classes_`.
        """
        outputs = self._outputs(X)
        return self.classes_[np.argmax(outputs, axis=1)]


class NumberPredictions(RegressorMixin):
    """A regressor whose ``_outputs`` are numbers in the units of ``_y_scale``."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: TableLike) -> Floats:
        """Return the output for the mean of the code of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers.

        Returns
        -------
        predictions : ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the units of y.
        """
        outputs = self._outputs(X)
        predictions = self._y_scale.means_of(outputs, 0.0)
        return predictions[:, 0] if self._is_flat else predictions
