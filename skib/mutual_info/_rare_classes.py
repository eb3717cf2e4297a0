"""Classes of so few rows that their part of the information cannot be estimated."""

import numpy as np

from skib._columns import Variable
from skib._warnings import MOST_LISTED, UnreliableEstimateWarning, listed, warn


def warn_of_rare_classes(name, codes, label_of, n_neighbors, *, left_out=False):
    """Warn of classes of no more rows than the neighbors of an estimate.

    Parameters
    ----------
    name : str
        What has the classes, in the message.
    codes : ndarray of int64 of shape (n_samples,)
        Dense codes of the classes.
    label_of : callable
        Called with the number of a row; returns its label as text.
    n_neighbors : int
        Neighbors of the estimate.
    left_out : bool, default=False
        Whether the estimate leaves out rows that are alone in their class.
    """
    counts = np.bincount(codes)
    if counts.min() > n_neighbors:
        return
    n_alone = int(np.sum(counts == 1)) if left_out else 0
    rows = f"{n_alone} of {len(codes)} rows are alone in their class and were left out"
    listed = rare_classes(codes, counts, label_of, n_neighbors)
    if n_alone == len(codes):
        what = f"{rows}: no information can be estimated, and 0 is returned"
    else:
        what = "their part of the information is estimated too low" + (f", and {rows}" if n_alone else "")
        what = f"{name} has {listed}, no more than the {n_neighbors} neighbors of the estimate: {what}"
    remedy = ", or use KSG if y is a number rather than a label" if left_out else ", or pass more rows"
    warn(f"{what}; merge rare classes{remedy}", UnreliableEstimateWarning)


def warn_of_rare_categories(variables, n_neighbors):
    """Warn of values of all columns without order together that few rows share: no ball of theirs is within them."""
    columns = [column for variable in variables for column in variable.columns if column.nominal]
    if columns:
        categories = Variable(columns)
        name = "the category" if len(columns) == 1 else f"the {len(columns)} categories and bools, taken together,"
        warn_of_rare_classes(name, categories.codes, categories.label, n_neighbors)


def rare_classes(codes, counts, label_of, n_neighbors):
    """Describe the classes of no more rows than neighbors: their number, and the labels and rows of the rarest."""
    rare = np.flatnonzero(counts <= n_neighbors)
    shown = rare[np.argsort(counts[rare], kind="stable")][: MOST_LISTED + 1]
    texts = [f"{label_of(int(np.argmax(codes == code)))}: {_rows(counts[code])}" for code in shown]
    return f"{len(rare)} class{'es' if len(rare) > 1 else ''} of few rows ({listed(texts)})"


def _rows(count):
    return f"{count} row{'s' if count > 1 else ''}"
