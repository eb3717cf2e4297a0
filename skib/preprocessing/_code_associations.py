"""Which code stands for which label: a table of information, precision and recall."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, issparse
from scipy.special import xlogy
from scipy.stats import hypergeom

from skib._class_labels import class_labels
from skib._columns import read_columns
from skib._statistics import benjamini_hochberg_adjust
from skib._typing import TableLike


def code_associations(codes: TableLike, y: TableLike) -> pd.DataFrame:
    r"""Compute which codes stand for which labels.

    .. math::
        \text{precision} = p(y \mid t), \qquad \text{recall} = p(t \mid y), \qquad
        I = \sum_{a, b \in \{0, 1\}} p(a, b) \log \frac{p(a, b)}{p(a)\, p(b)}

    a says whether code t is active, and b whether the label is y.

    Parameters
    ----------
    codes : {DataFrame, array-like, sparse matrix} of shape (n_samples, n_codes)
        A column for each code, which is active where the value is not 0: what ``CodebookBottleneck(encode="onehot")``
        or :class:`NeuralCode` returns, or the latents of a sparse autoencoder.
    y : array-like of shape (n_samples,)
        The labels: classes, of any number. For a behavior that may be there or not, pass bools.

    Returns
    -------
    associations : DataFrame of shape (n_codes * n_labels, 8)
        One row per code and label, in their order:

        - ``code``: name of the column, or its number if it has no name;
        - ``label``: the label;
        - ``n_active``: rows where the code is active;
        - ``precision``: share of these rows that have the label; NaN without any;
        - ``recall``: share of the rows of the label where the code is active;
        - ``mutual_info``: information of whether the code is active about whether a row has the label, in nats, of the
          plug-in estimate. It is large for a code that avoids the label, too;
        - ``pvalue``: probability that so many rows of the label or more have the code if both are independent, by
          Fisher's exact test. It is that of all permutations of the labels;
        - ``pvalue_bh``: adjusted for all rows of the table by the method of Benjamini and Hochberg.

    See Also
    --------
    CodebookBottleneck : Codes of rows.
    skib.mutual_info.mutual_info_screen : Columns of any kind with one target.

    Notes
    -----
    The plug-in information of independent binary variables is about 1 / (2 n_samples) on average.

    The codes of a codebook that was fitted to other rows, or without y, are tested rightly. Rows that depend on each
    other, as the tokens of a text do, make p-values too small.

    References
    ----------
    .. [1] A. Tamkin, M. Taufeeque, N. D. Goodman, "Codebook features: sparse and discrete interpretability for neural
       networks", ICML 2024: precision and recall of single codes.

    Examples
    --------
    >>> from skib.preprocessing import code_associations
    >>> codes = [[1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 0]]
    >>> labels = ["cat", "cat", "dog", "dog", "cat", "dog"]
    >>> table = code_associations(codes, labels).set_index(["code", "label"])
    >>> table.loc[(1, "dog"), ["precision", "recall"]].round(2).tolist()  # 2 of 3 and 2 of 3
    [0.67, 0.67]
    >>> round(float(table.loc[(0, "cat"), "pvalue"]), 4)  # 3 of 15 pairs of rows are of cats alone
    0.2
    """
    active, names = _active(codes)
    n_samples, n_codes = active.shape
    labels, places = np.unique(class_labels(y, n_samples, of="codes"), return_inverse=True)
    members = csr_array((np.ones(n_samples), places, np.arange(n_samples + 1)), (n_samples, len(labels)))
    both = np.asarray((active.T @ members).toarray())
    n_active, n_label = (np.asarray(marks.sum(axis=0)).ravel() for marks in (active, members))
    precision = np.divide(both, n_active[:, None], out=np.full(both.shape, np.nan), where=n_active[:, None] > 0)
    pvalue = hypergeom.sf(both - 1, n_samples, n_label, n_active[:, None]).clip(max=1.0)
    columns = {
        "code": np.repeat(names, len(labels)),
        "label": np.tile(labels, n_codes),
        "n_active": np.repeat(n_active.astype(np.int64), len(labels)),
        "precision": precision.ravel(),
        "recall": (both / n_label).ravel(),
        "mutual_info": _information(both, n_active[:, None], n_label, n_samples).ravel(),
        "pvalue": pvalue.ravel(),
        "pvalue_bh": benjamini_hochberg_adjust(pvalue.ravel()),
    }
    return pd.DataFrame(columns)


def _active(codes):
    """Return where codes are active, as a sparse array of ones, and their names."""
    if issparse(codes):
        values, names = csr_array(codes), np.arange(codes.shape[1])
    else:
        columns = read_columns("codes", codes, table=True)
        _require_numbers(columns)
        values = csr_array(np.column_stack([column.values + column.offset for column in columns]))
        names = np.array([j if column.name is None else column.name for j, column in enumerate(columns)], dtype=object)
    values.eliminate_zeros()
    return csr_array((np.ones(values.nnz), values.indices, values.indptr), values.shape), names


def _require_numbers(columns):
    """Refuse text, categories and dates, whose numbers do not say whether a code is active."""
    for j, column in enumerate(columns):
        if column.source not in ("number", "bool"):
            kind = {"date": "dates", "category": "categories"}.get(column.source, column.source)
            where = f"column {j if column.name is None else repr(column.name)} of codes"
            raise ValueError(f"{where} holds {kind}; pass numbers or bools, such as a column for each value")


def _information(both, n_active, n_label, n_samples):
    """Plug-in information of two binary variables from the counts of both, of each, and of all rows."""
    terms = 0.0
    for count, row, column in (
        (both, n_active, n_label),
        (n_active - both, n_active, n_samples - n_label),
        (n_label - both, n_samples - n_active, n_label),
        (n_samples - n_active - n_label + both, n_samples - n_active, n_samples - n_label),
    ):
        expected = row * column / n_samples
        terms = terms + xlogy(count, np.where(count > 0, count, 1.0)) - xlogy(count, np.where(count > 0, expected, 1.0))
    return np.maximum(terms / n_samples, 0.0)
