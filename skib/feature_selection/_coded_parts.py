"""The parts of a table as batches of codes, which are counted."""

from typing import Any, NamedTuple

import numpy as np

from skib.feature_selection._summaries import rows_with_target


class CodedPart(NamedTuple):
    """A part of a table as codes: a function that reads it, and can be sent to another machine.

    Rows without a target are left out.
    """

    parts: Any  # FrameParts or ParquetParts
    number: int
    coders: dict  # of the columns by name, and of the target
    names: list
    target: str

    def __call__(self):
        """Yield the codes (n_features, n_rows) of the columns, and those of the target, batch by batch."""
        for _, frame in self.parts.batches(self.number, [*self.names, self.target]):
            columns, _ = rows_with_target(frame, self.target)
            if columns:
                codes = [self.coders[name].codes(column) for name, column in columns.items()]
                yield np.array(codes[:-1]), codes[-1]
