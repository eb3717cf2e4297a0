"""What all selectors of columns share: what they return of a frame keeps its types."""

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import get_tags
from sklearn.utils.validation import check_array, check_is_fitted

from skib._columns import is_frame, opened, record_features, selected_columns
from skib._sklearn import SelectorMixin, output_container
from skib._typing import TableLike
from skib._warnings import SkibWarning, warn


class ColumnSelectorMixin(SelectorMixin):
    """A selector whose ``transform`` keeps the types of the columns of any frame, and may return none.

    scikit-learn makes one array of a frame that is not of pandas, and of one of pandas without ``set_output``: of all
    columns, though few are selected. Here they are selected first. A class defines ``_get_support_mask``, and
    ``_why_none``, the reason that a warning gives if there are none.
    """

    def transform(self, X: TableLike) -> Any:
        """Keep the selected columns.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The rows, of an array or a frame.

        Returns
        -------
        X_selected : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_selected)
            The columns: as an array, of objects where they are not all numbers, or after
            ``set_output(transform="pandas")``, or "polars", as a frame of their types.
        """
        check_is_fitted(self)
        if issparse(X) or not is_frame(X):
            return super().transform(X)
        frame, columns = opened("X", X), self.get_support(indices=True).tolist()
        record_features(self, frame, reset=False)
        if not columns:
            return self._transform(frame if hasattr(frame, "iloc") else np.empty(frame.shape))
        container = output_container(self)
        selected = selected_columns(frame, columns, container)
        if container != "default":
            return selected
        finite = not get_tags(self).input_tags.allow_nan
        return check_array(
            selected, accept_sparse="csr", dtype=None, ensure_all_finite=finite, input_name="X", estimator=self
        )

    def _transform(self, X):
        if self._get_support_mask().any():
            return super()._transform(X)
        warn(f"No features were selected: {self._why_none()}", SkibWarning)
        return X.iloc[:, :0] if hasattr(X, "iloc") else X[:, :0]
