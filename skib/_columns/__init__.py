"""Columns of a table: how they are read, which hold classes and which numbers, and how they are binned."""

from skib._columns._arguments import (
    are_dates,
    check_columns,
    check_table,
    classes_and_numbers,
    is_discrete,
    record_features,
    target_columns,
    words_among_numbers,
)
from skib._columns._binning import adaptive_edges, digitize, quantile_edges, spaced_edges, uniform_edges
from skib._columns._block import byte_offsets
from skib._columns._codes import as_codes
from skib._columns._column import (
    DiscreteColumn,
    column_of,
    columns_of,
    complete_pair,
    complete_rows,
    null_representative,
    warn_of_columns,
)
from skib._columns._complete import complete_arguments, complete_counts, warn_of_missing
from skib._columns._containers import opened
from skib._columns._incomplete import check_incomplete, incomplete_columns
from skib._columns._index import warn_of_indexes
from skib._columns._kinds import few_levels, holds_classes
from skib._columns._labels import named_columns, two_valued_as_bools, warn_of_labels
from skib._columns._levels import as_keys, distinct, require_like_keys
from skib._columns._missing import check_missing, require_finite, require_none, require_same_length
from skib._columns._order import are_unordered, read_labels, repeated_levels, scores_of_classes, scores_of_numbers
from skib._columns._reader import read_columns
from skib._columns._rows import as_table, feature_table, indexable, single_columns, take_rows
from skib._columns._selected import is_frame, selected_columns, take_columns
from skib._columns._series import is_series, warn_of_like_rows, warn_of_series, warn_of_series_columns
from skib._columns._sparse import SparseColumns, sparse_columns_of
from skib._columns._text_files import read_text, reading
from skib._columns._typed import is_wide
from skib._columns._variable import Variable

__all__ = [
    "DiscreteColumn",
    "SparseColumns",
    "Variable",
    "adaptive_edges",
    "are_dates",
    "are_unordered",
    "as_codes",
    "as_keys",
    "as_table",
    "byte_offsets",
    "check_columns",
    "check_incomplete",
    "check_missing",
    "check_table",
    "classes_and_numbers",
    "column_of",
    "columns_of",
    "complete_arguments",
    "complete_counts",
    "complete_pair",
    "complete_rows",
    "digitize",
    "distinct",
    "feature_table",
    "few_levels",
    "holds_classes",
    "incomplete_columns",
    "indexable",
    "is_discrete",
    "is_frame",
    "is_series",
    "is_wide",
    "named_columns",
    "null_representative",
    "opened",
    "quantile_edges",
    "read_columns",
    "read_labels",
    "read_text",
    "reading",
    "record_features",
    "repeated_levels",
    "require_finite",
    "require_like_keys",
    "require_none",
    "require_same_length",
    "scores_of_classes",
    "scores_of_numbers",
    "selected_columns",
    "single_columns",
    "spaced_edges",
    "sparse_columns_of",
    "take_columns",
    "take_rows",
    "target_columns",
    "two_valued_as_bools",
    "uniform_edges",
    "warn_of_columns",
    "warn_of_indexes",
    "warn_of_labels",
    "warn_of_like_rows",
    "warn_of_missing",
    "warn_of_series",
    "warn_of_series_columns",
    "words_among_numbers",
]
