"""Supervised summaries: a cross-fitted statistic s(X) of few columns that keeps what X tells about y."""

from skib.mutual_info._summary._estimate import SummarizedEstimate, permuted_summarized_classes, summarized_classes
from skib.mutual_info._summary._number_estimate import permuted_summarized_number, summarized_number

__all__ = [
    "SummarizedEstimate",
    "permuted_summarized_classes",
    "permuted_summarized_number",
    "summarized_classes",
    "summarized_number",
]
