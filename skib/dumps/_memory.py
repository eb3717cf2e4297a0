"""Arrays in memory, with the interface of those in a file."""

import math

import numpy as np
from scipy.sparse import issparse

from skib._columns import read_columns
from skib._warnings import drop_warnings
from skib.dumps.formats import MemoryArray, MemoryMatrix, check_header, errors_at, join_shards


def wrap(values, where):
    """Convert to an array of numbers or strings, as numpy does, and join a list of batches."""
    if _are_batches(values):
        return join_shards(where, {i: _array(batch, f"{where}[{i}]") for i, batch in enumerate(values)}, math.inf)
    return _array(values, where)


def _are_batches(values):
    """Whether this is a list of arrays with an axis of samples; vectors of one length are the rows of one array."""
    if not (isinstance(values, (list, tuple)) and values and all(hasattr(part, "shape") for part in values)):
        return False
    shapes = [tuple(part.shape) for part in values]
    return len({len(shape) for shape in shapes}) == 1 and (len(shapes[0]) > 1 or len(set(shapes)) > 1)


def _are_categories(values):
    """Whether these are categories of pandas, or a dictionary of pyarrow."""
    return str(getattr(values, "dtype", getattr(values, "type", ""))).startswith(("category", "dictionary"))


def _as_text(where, values):
    """Return categories as text: the numbers that they may stand for are labels."""
    (column,) = read_columns("of categories", values)
    return np.array([str(label) for label in column.labels])


def _require_no_nan(objects):
    """Refuse NaN among text, which numpy would spell."""
    n_missing = int(np.sum(objects != objects))
    if n_missing:
        raise ValueError(f"{n_missing} of {objects.size} values are NaN among text; drop those rows first")


def _array(values, where):
    if issparse(values):
        return MemoryMatrix.place(where, values)
    with errors_at(where), drop_warnings("Warning: converting a masked element"):  # to NaN, as other values are
        if np.ma.is_masked(values):
            raise ValueError("masked values are no data; fill or drop them first")
        array = np.asarray(_as_text(where, values) if _are_categories(values) else values)
        if array.dtype.kind in "US" and isinstance(values, (list, tuple)):
            _require_no_nan(np.asarray(values, dtype=object))
        if array.dtype.hasobject and array.ndim == 0:
            raise ValueError(f"a {type(values).__name__} is no array; leave it out, or put it into meta")
        wrapped = MemoryArray(where, array)
        check_header(wrapped.header)
    return wrapped
