"""Supervised summaries: a cross-fitted statistic s(X) of few columns that keeps what X tells about y."""

from skib.mutual_info._summary._estimate import SummarizedEstimate, summarized_classes, summarized_number
from skib.mutual_info._summary._summarize import Summary, summarize_classes, summarize_number

__all__ = [
    "SummarizedEstimate",
    "Summary",
    "summarize_classes",
    "summarize_number",
    "summarized_classes",
    "summarized_number",
]
