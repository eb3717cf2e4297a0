"""What the selectors share that list the columns they select."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skib._column_selectors import ColumnSelectorMixin
from skib._typing import TableLike
from skib._warnings import SkibWarning, warn


class SelectedFeaturesMixin(ColumnSelectorMixin):
    """A selector whose fitted `selected_features_` are numbers of columns, which may be none."""

    def _get_support_mask(self):
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, bool)
        mask[self.selected_features_] = True
        return mask

    def inverse_transform(self, X: TableLike) -> Any:
        """Return the columns that were given, with 0 in place of those that were not selected.

        Parameters
        ----------
        X : array of shape (n_samples, n_features_out)
            The selected columns, possibly none.

        Returns
        -------
        X_original : array of shape (n_samples, n_features)
            The rows with all columns.
        """
        check_is_fitted(self)
        if len(self.selected_features_) or np.ndim(X) != 2 or np.shape(X)[1]:
            return super().inverse_transform(X)
        return np.zeros((len(X), self.n_features_in_), getattr(X, "dtype", None))


def number_of_columns(wanted, n_features):
    """Return how many columns a number or a share of them is, and warn of more than there are."""
    if not isinstance(wanted, Integral):
        return max(int(wanted * n_features), 1)
    if wanted > n_features:
        warn(f"n_features_to_select={wanted} exceeds the {n_features} columns of X; all are selected", SkibWarning)
    return int(wanted)
