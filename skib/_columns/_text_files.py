"""Files of text that hold a table (CSV), whose columns have no types of their own."""

from contextlib import contextmanager

from skib._columns._arguments import are_dates
from skib._warnings import listed


def read_text(path):
    """Read a file of text as a frame, whose dates become dates."""
    from pandas import read_csv, to_datetime
    from pandas.api.types import is_numeric_dtype

    options = {"sep": "\t" if ".tsv" in path.suffixes else ",", "low_memory": False}
    with reading(path):
        frame = read_csv(path, **options)
        header = read_csv(path, header=None, nrows=1, dtype=str, **options).iloc[0].dropna()
    if header.duplicated().any():  # pandas gives them other names
        repeated = listed([repr(name) for name in header[header.duplicated()].unique()])
        raise ValueError(f"columns [{repeated}] of {path} occur more than once; give each its own name")
    for name in frame.columns[[not is_numeric_dtype(dtype) for dtype in frame.dtypes]]:
        known = frame[name].dropna()
        if len(known) and are_dates(known):
            frame[name] = to_datetime(frame[name], format="ISO8601", utc=True)
    return frame


@contextmanager
def reading(path):
    """Name the file that a library cannot read."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}); save it in UTF-8") from error
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
