"""The reader of columns: every container of every library, taken apart into validated columns."""

from skib._columns._containers import opened, place, split
from skib._columns._foreign import to_array
from skib._columns._objects import unboxed
from skib._columns._repeated import repeated_classes
from skib._columns._typed import typed


def read_columns(name, values, *, table=False):
    """Read the columns of an argument.

    Parameters
    ----------
    name : str
        Name of the argument in messages.
    values : array, frame, column or sequence
        Numbers, dates, bools, text or categories, one row per sample. Columns of fixed-size arrays count as several.
    table : bool, default=False
        Whether a single column, which is no table, is refused.

    Returns
    -------
    columns : list of Column
        At least one, of at least one row. Text is taken for classes, even if it looks like numbers.

    Raises
    ------
    ValueError
        If values are missing, infinite, masked or complex, or there are none.
    TypeError
        If `values` is no table, or its cells are not single values.
    """
    columns = split(name, opened(name, values), table=table)
    return [read_column(place(name, label), column)._replace(name=label) for label, column in columns]


def read_column(where, column):
    """Read one column, which messages name by `where`."""
    repeated = repeated_classes(column)
    if repeated is not None:
        return repeated.column()
    array, category = read_array(where, column)
    return typed(where, array, category=category)


def read_array(where, column):
    """Return the values of one column in an array of their own dtype, and whether they are categories."""
    array, category = to_array(where, column)
    if array.dtype.kind == "O" and not category:
        array = unboxed(where, array)
    return array, category
