"""Numbers that are labels by their looks: two values, identifiers, and labels most of which occur once."""

import numpy as np

from skib._columns._kinds import most_levels
from skib._warnings import UnreliableEstimateWarning, listed, warn

# Rows of a frequent label.
_FREQUENT = 6
# Values that show that a column does not have two values only.
_FIRST = 100
# Probability that numbers are distinct by chance, below which they are identifiers.
_DISTINCT_BY_CHANCE = 1e-3
# Share of the pairs of equal values that chance would give, below which identifiers were copied with their rows.
_FEW_EQUAL = 0.1


def two_valued_as_bools(columns):
    """Read numbers of two values as the bools that they are: their order and their distance have no meaning."""
    return [_as_bool(column) if column.source == "number" else column for column in columns]


def _as_bool(column):
    levels = column.levels
    if len(np.unique(levels[:_FIRST])) > 2:
        return column
    largest = levels == levels.max()
    if largest.all() or not ((levels == levels.min()) | largest).all():
        return column
    return column._replace(values=largest.astype(np.float64), source="bool", exact=None, offset=0.0, labels=levels)


def named_columns(name, columns):
    """Return (name for messages, column) for each column of an argument."""
    if len(columns) == 1 and columns[0].name is None:
        return [(name, columns[0])]
    labels = (j if column.name is None else column.name for j, column in enumerate(columns))
    return [(f"column {label!r} of {name}", column) for label, column in zip(labels, columns, strict=True)]


def warn_of_labels(named):
    """Warn of numbers that look like labels; `named` are pairs of a name for messages and a Column."""
    looks = [(name, _look_of_labels(column)) for name, column in named]
    for look in dict.fromkeys(look for _, look in looks if look):
        names = [str(name) for name, other in looks if other == look]
        warn(
            f"{listed(names)} {'hold' if len(names) > 1 else 'holds'} {look}: they are taken as numbers, and are "
            "informative by their order alone; leave identifiers out, and pass labels as text or as a category",
            UnreliableEstimateWarning,
        )


def _look_of_labels(column):
    """Describe numbers that look like labels; "" if they do not."""
    values, n_samples = column.values, len(column.values)
    if column.source != "number" or not all((part == np.rint(part)).all() for part in (values[:_FIRST], values)):
        return ""
    counts = np.unique(column.levels, return_counts=True)[1]
    if len(counts) <= most_levels(n_samples):
        return ""
    n_equal = np.sum(counts * (counts - 1)) / 2
    if _is_dense(values) and n_equal < _FEW_EQUAL * _equal_by_chance(values):
        few = "hardly any" if n_equal else "no"
        return f"whole numbers of which {few} two are equal, as identifiers do"
    if len(counts) == n_samples:
        return ""
    n_single, frequent = int(np.sum(counts == 1)), counts[counts >= _FREQUENT]
    if n_single > np.sqrt(n_samples) and 2 <= len(frequent) <= np.sqrt(n_samples) and 2 * frequent.sum() >= n_samples:
        return f"{n_single} whole numbers that occur once beside {len(frequent)} frequent ones, as rare labels do"
    return ""


def _is_dense(values):
    """Whether so many draws from the range of these whole numbers would hardly be distinct (the birthday problem)."""
    return _equal_by_chance(values) > -np.log(_DISTINCT_BY_CHANCE)


def _equal_by_chance(values):
    """Return the expected number of pairs of equal values among draws from the range of these: others have more."""
    n_pairs = len(values) * (len(values) - 1) / 2
    return n_pairs / (float(values.max()) - float(values.min()) + 1)  # a range that is infinite for the largest floats
