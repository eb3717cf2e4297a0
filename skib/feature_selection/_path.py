"""The path of a selection: what was taken, in order."""

from typing import Any, NamedTuple

import numpy as np

from skib.feature_selection._groups import Variables
from skib.feature_selection._picks import reason_of_number


class Path(NamedTuple):
    """The picks of a greedy search, and the variables that they are of."""

    picks: list  # of Pick
    variables: Variables
    names: Any  # of the columns, or None
    reason: str

    def columns(self):
        """Return the numbers of the selected columns, in order."""
        return np.array([j for pick in self.picks for j in self.variables.members[pick.column]], np.int64)

    def numbers(self):
        """Return score, relevance, redundancy, synergy and p-value of all picks: five arrays."""
        return np.array([pick[1:] for pick in self.picks], np.float64).reshape(-1, 5).T.copy()

    def first(self, n_picks):
        """Return the start of the path."""
        return self._replace(picks=self.picks[:n_picks], reason=reason_of_number(n_picks, n_picks))


def path_frame(path):
    """Return the path as a table with a row per pick."""
    from pandas import DataFrame

    labels = [path.variables.labels[pick.column] for pick in path.picks]
    names = "score", "relevance", "redundancy", "synergy", "pvalue"
    return DataFrame({"feature": labels, **dict(zip(names, path.numbers(), strict=True))})
