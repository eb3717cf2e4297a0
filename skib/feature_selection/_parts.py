"""Tables in parts, each read when it is needed: Parquet files larger than memory, and frames."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skib._columns import read_text, reading

if TYPE_CHECKING:
    from pandas import DataFrame

# Values that are in memory at once, of a batch of rows.
_VALUES_PER_BATCH = 2_000_000
# Rows of a part of a frame: the work of a task.
_ROWS_PER_PART = 500_000


class Batch(NamedTuple):
    """Some rows of a table."""

    start: int  # number of the first of them in the table
    frame: "DataFrame"


class FrameParts:
    """A frame of pandas in blocks of rows."""

    def __init__(self, frame):
        self.names, self.n_samples = list(frame.columns), len(frame)
        self._frame = frame

    def __len__(self):
        return max(1, -(-self.n_samples // _ROWS_PER_PART))

    def batches(self, part, names) -> Iterator[Batch]:
        """Yield the rows of a part, of the named columns, in batches."""
        first = part * _ROWS_PER_PART
        last = min(first + _ROWS_PER_PART, self.n_samples)
        size = _rows_per_batch(names)
        for start in range(first, last, size):
            yield Batch(start, self._frame[names].iloc[start : min(start + size, last)])


class ParquetParts:
    """Parquet files of equal columns, row group by row group."""

    def __init__(self, paths):
        parquet_file = _reader()
        self._groups, self.names, self.n_samples = [], None, 0
        for path in paths:
            with reading(path):
                file = parquet_file(path)
            with file:
                self._add(path, file)

    def _add(self, path, file):
        names = file.schema_arrow.names
        if self.names is None:
            self.names = names
        elif set(names) != set(self.names):
            different = sorted(set(names) ^ set(self.names))
            raise ValueError(f"{path} and the files before it differ in the columns {different}; rank them apart")
        for group in range(file.metadata.num_row_groups):
            self._groups.append((str(path), group, self.n_samples))
            self.n_samples += file.metadata.row_group(group).num_rows

    def __len__(self):
        return len(self._groups)

    def batches(self, part, names) -> Iterator[Batch]:
        """Yield the rows of a part, of the named columns, in batches."""
        path, group, start = self._groups[part]
        # Without the buffer the pages of a column are read as they are needed, not all of a row group at once.
        with _reader()(path, pre_buffer=False, buffer_size=2**20) as file:
            for rows in file.iter_batches(_rows_per_batch(names), [group], names, use_threads=False):
                yield Batch(start, rows.to_pandas()[names])
                start += rows.num_rows


def open_parts(table):
    """Return the parts of a table: the path of a .parquet or .csv file or of a folder of Parquet files, or a frame."""
    if hasattr(table, "iloc"):
        return FrameParts(table)
    if hasattr(table, "to_pandas"):
        return FrameParts(table.to_pandas())
    path = Path(table)
    if path.is_dir():
        files = sorted(path.rglob("*.parquet"))
        if not files:
            raise ValueError(f"{path} holds no .parquet file; name a table")
        return ParquetParts(files)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; name a .parquet or .csv file")
    if path.suffix in (".parquet", ".pq"):
        return ParquetParts([path])
    if path.suffixes[-2:-1] == [".csv"] or path.suffix in (".csv", ".tsv", ".txt"):
        return FrameParts(read_text(path))
    raise ValueError(
        f"{path} is no table that can be ranked; name a .parquet or .csv file, or a folder of Parquet files"
    )


def _reader():
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ImportError("Parquet files need pyarrow, which is not installed: pip install 'skib[arrow]'") from None
    return ParquetFile


def _rows_per_batch(names):
    return int(np.clip(_VALUES_PER_BATCH // max(len(names), 1), 1024, 2**16))
