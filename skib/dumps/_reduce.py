"""Activations above two dimensions as a table. The reduction decides what is measured, so none is the default."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from skib.dumps.formats import Header, Stored

REDUCTIONS = {
    "flatten": "any shape: every number of a sample is a unit",
    "gap": "(n, channels, *positions): the mean over all positions",
    "mean_tokens": "(n, tokens, units): the mean over the tokens",
    "last_token": "(n, tokens, units): the last token",
}
Reduction: TypeAlias = Literal["flatten", "gap", "mean_tokens", "last_token"] | dict[str, str] | None


@dataclass(frozen=True)
class Reduced(Stored):
    """An array of more than two dimensions, converted to a table block by block when it is read."""

    stored: Stored
    how: str

    @property
    def where(self):
        """The place of the whole array."""
        return self.stored.where

    @property
    def ordered(self):
        """Whether the source has an order of its own."""
        return self.stored.ordered

    @property
    def header(self):
        """Shape and dtype of the table; means of integers and half precision are floats."""
        header = self.stored.header
        n_samples, *rest = header.shape
        n_units = {"flatten": math.prod(rest), "gap": rest[0]}.get(self.how, rest[-1])
        is_mean = self.how in ("gap", "mean_tokens")
        return Header((n_samples, n_units), np.result_type(header.dtype, "f4") if is_mean else header.dtype)

    def load(self):
        """Return the table, read-only."""
        if self.how != "flatten":
            return super().load()
        table = self.stored.load().reshape(self.header.shape)  # a view of a mapped file
        table.flags.writeable = False
        return table

    def blocks(self):
        """Yield the table of each block of rows."""
        dtype = self.header.dtype
        for block in self.stored.blocks():
            # Sums of float16 overflow and sums of float32 over large images lose digits.
            yield _APPLY[self.how](block).astype(dtype, copy=False)


def reduced(catalogue, reduce):
    """Return the catalogue with the layers above two dimensions as tables, according to `reduce`."""
    cells = dict(catalogue.cells)
    for (epoch, layer), stored in cells.items():
        how = reduce.get(layer) if isinstance(reduce, dict) else reduce
        n_dimensions = len(stored.header.shape)
        # Layers that the reduction does not fit stay as they are, and raise an error when they are read.
        if n_dimensions > 2 and (how in ("flatten", "gap") or (how and n_dimensions == 3)):
            cells[epoch, layer] = Reduced(stored, how)
    per_sample = dict(catalogue.per_sample)
    if reduce is not None and "X" in per_sample and len(per_sample["X"].header.shape) > 2:
        per_sample["X"] = Reduced(per_sample["X"], "flatten")
    return catalogue._replace(cells=cells, per_sample=per_sample)


_APPLY = {
    "flatten": lambda block: block.reshape(len(block), -1),
    "gap": lambda block: block.reshape(*block.shape[:2], -1).mean(axis=2, dtype=np.float64),
    "mean_tokens": lambda block: block.mean(axis=1, dtype=np.float64),
    "last_token": lambda block: block[:, -1],
}


def check_reduce(reduce):
    """Raise if `reduce` contains the name of no reduction."""
    for name in reduce.values() if isinstance(reduce, dict) else [reduce]:
        if name is not None and name not in list(REDUCTIONS):
            raise ValueError(f"reduce={name!r} is unknown, required is one of {', '.join(map(repr, REDUCTIONS))}")
