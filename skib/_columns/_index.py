"""The indexes of pandas arguments: rows are paired by their position, whatever the labels say."""

import numpy as np

from skib._warnings import MisalignedIndexWarning, warn


def warn_of_indexes(**arguments):
    """Warn if arguments that have an index of pandas, of as many rows, do not have the same one in the same order."""
    indexes = {name: values.index for name, values in arguments.items() if hasattr(values, "iloc")}
    first, *others = indexes or [None]
    for other in others:
        x, y = indexes[first], indexes[other]
        if len(x) != len(y) or x.equals(y):
            continue
        differ = np.array([a != b for a, b in zip(x, y, strict=True)])
        if not differ.any():  # labels of two types, or missing ones
            continue
        row = int(differ.argmax())
        warn(
            f"rows of {first} and {other} are paired by position, but {differ.sum()} of {len(x)} have other "
            f"labels in the index of {other} (row {row}: {x[row]!r} and {y[row]!r}); {_remedy(first, other, x, y)}",
            MisalignedIndexWarning,
        )


def _remedy(first, other, x, y):
    as_it_is = f"pass {other}.to_numpy() if the order of the rows is right"
    if x.is_unique and y.is_unique and not len(x.symmetric_difference(y, sort=False)):
        return f"pass {other}.loc[{first}.index] to pair them by label, or {as_it_is[5:]}"
    return as_it_is
