"""Warnings about the columns of a matrix, or about features and their target; rows that an estimate needs."""

import numpy as np

from skib._columns import complete_pair, complete_rows
from skib._copies import share_of_copies, warn_if_copied, warn_if_matched
from skib._kernels.counts import joint_codes
from skib._validation import require_samples
from skib._warnings import (
    MOST_LISTED,
    DuplicateRowsWarning,
    UnreliableEstimateWarning,
    listed,
    warn,
)
from skib.mutual_info._auto import N_NEIGHBORS, Auto
from skib.mutual_info._base import NEGATIVE_NATS, WHY_NEGATIVE, negative_beyond_chance
from skib.mutual_info._rare_classes import rare_classes


def require_rows(columns):
    """Require one row more than neighbors for numbers; classes without order are counted in a table."""
    numbers = any(column.dtype.kind in "iufmM" for column in columns)
    require_samples(Auto(), columns[0].n_samples, N_NEIGHBORS + 1 if numbers else 2)


def warn_of_rare_symbols(columns, others):
    """Warn of classes of few rows in columns that are estimated with others, some of which hold numbers."""
    if not any(other.kind == "continuous" for other in others):
        return
    rare = [c for c in columns if c.kind == "discrete" and not c.constant and c.counts.min() <= N_NEIGHBORS]
    if not rare:
        return
    shown = rare[: MOST_LISTED + 1]  # one more, for the ellipsis
    described = [f"{c.name!r} has {rare_classes(c.codes, c.counts, c.label, N_NEIGHBORS)}" for c in shown]
    empty = [repr(c.name) for c in rare if c.counts.max() == 1]
    returned = f" (all rows of [{listed(empty)}]: 0 is returned)" if empty else ""
    warn(
        f"{listed(described)}: no more than the {N_NEIGHBORS} neighbors of estimates with a column of numbers. Their "
        "part of the information is estimated too low, and rows alone in their class were left "
        f"out{returned}; merge rare classes, or convert a column that holds numbers",
        UnreliableEstimateWarning,
    )


def warn_of_negative_pairs(columns, estimates, n_complete):
    """Warn of pairs of columns whose estimate is a value that no information has, beyond its noise."""
    low = np.nonzero(np.triu(estimates.mutual_info < -NEGATIVE_NATS, 1))  # mostly none, of a million
    n_samples = columns[0].n_samples if n_complete is None else n_complete[low]
    found = negative_beyond_chance(estimates.mutual_info[low], estimates.std_error[low], n_samples)
    cells = np.transpose(low)[found]
    names = [f"{columns[i].name!r} and {columns[j].name!r}" for i, j in cells[: MOST_LISTED + 1]]
    _warn_of_negative("pair", names, estimates.mutual_info[low][found])


def warn_of_negative_features(columns, estimates, n_complete):
    """Warn of columns whose estimate with a target is a value that no information has, beyond its noise."""
    n_samples = columns[0].n_samples if n_complete is None else np.maximum(np.ravel(n_complete), 1)
    found = np.flatnonzero(negative_beyond_chance(estimates.mutual_info, estimates.std_error, n_samples))
    names = [f"{columns[j].name!r} and y" for j in found[: MOST_LISTED + 1]]
    _warn_of_negative("column", names, estimates.mutual_info[found])


def _warn_of_negative(what, names, values):
    if names:
        warn(
            f"the estimates of {len(values)} {what}{'s' * (len(values) > 1)} ({listed(names)}) are {values.min():.3g} "
            f"nats{' and more' * (len(values) > 1)}, {WHY_NEGATIVE}",
            UnreliableEstimateWarning,
        )


def warn_of_copied_rows(columns):
    """Warn if rows of all columns of tied numbers are copies, or matched across classes."""
    rows = complete_rows([column for column in columns if _is_tied(column)])
    if rows is not None:
        if rows.sum() <= N_NEIGHBORS:
            return
        columns = [column.taken(rows) for column in columns if column.kind == "discrete" or _is_tied(column)]
    tied = [column for column in columns if _is_tied(column)]
    classes = [column for column in columns if column.kind == "discrete" and not column.constant]
    if len(tied) > 1:
        warn_if_copied(tied[0].values[:, None], np.column_stack([column.values for column in tied[1:]]))
    elif tied and classes:
        warn_if_copied(tied[0].values[:, None], joint_codes([column.codes for column in classes]), classes=True)
    for column in tied:
        for other in classes:
            _warn_if_matched(column, other)


def warn_of_copied_features(columns, target):
    """Warn of features whose rows, with those of the target, are copies, or matched across classes."""
    shares = {column.name: _share_of_copies(column, target) for column in columns}
    copied = [repr(name) for name, share in shares.items() if share]
    if copied:
        warn(
            f"up to {max(shares.values()):.1%} of the rows of {len(copied)} of {len(columns)} columns "
            f"({listed(copied)}) and y are exact copies of other rows, which inflates nearest-neighbor estimates; pass "
            "each row once (never a bootstrap sample or upsampled rows)",
            DuplicateRowsWarning,
        )


def _share_of_copies(column, target):
    """Return the share of complete rows that are copies, if neighbors are looked for; warn of matched rows."""
    column, target = complete_pair(column, target)
    if column.n_samples <= N_NEIGHBORS:
        return 0.0
    numbers, other = (column, target) if column.kind == "continuous" else (target, column)
    if not _is_tied(numbers) or other.constant:
        return 0.0
    if other.kind == "discrete":
        _warn_if_matched(numbers, other)
        return share_of_copies(numbers.values[:, None], other.codes, classes=True)
    return share_of_copies(numbers.values[:, None], other.values) if _is_tied(other) else 0.0


def _warn_if_matched(numbers, classes):
    names = f"column {numbers.name!r}", f"column {classes.name!r}"
    warn_if_matched(numbers.values[:, None], classes.codes, names=names)


def _is_tied(column):
    return column.kind == "continuous" and column.tied_share > 0
