"""Sparse codes stored as a pair of arrays: the indices of the k latents that fire in a row, and their values."""

import re
from dataclasses import dataclass

import numpy as np

from skib.dumps.formats import Header, Sparse, Stored, errors_at, rows_of, sparse_header

# Names that sparsify and latent-scope give the pair: alone, or after the name of a layer.
_INDICES = re.compile(r"(?P<layer>.*?)(?P<joint>[/._-]?)top_indices")
_VALUES = "top_acts", "top_values", "top_activations"
_UNNAMED = "codes"


@dataclass(frozen=True)
class TopCodes(Sparse):
    """The k latents of every row that fire the most, and how much; the index of a value of 0 is not used."""

    header: Header
    indices: Stored
    values: Stored

    @property
    def where(self):
        """Place of the indices, for errors."""
        return self.indices.where

    @property
    def ordered(self):
        """Whether the source has an order of its own."""
        return self.indices.ordered

    @property
    def nbytes(self):
        """Size of what is stored."""
        return self.indices.nbytes + self.values.nbytes

    def load(self):
        """Return the codes as a csr_array, read-only."""
        with errors_at(self.where):
            indices, values = self.indices.load(), self.values.load()
            rows = np.repeat(np.arange(len(indices)), indices.shape[1])
            return rows_of(rows, indices.ravel(), values.ravel(), self.header)


def with_codes(entries, meta, max_bytes):
    """Return the entries with every pair of indices and values as one sparse layer; matrices without a name get one.

    ``meta["n_latents"]``, a number or a dict ``{layer: number}``, is the width of the layers. Without it the last
    latent is the one of the largest index at any epoch.
    """
    stored = {(entry.epoch, entry.name): entry.stored for entry in entries}
    pairs, codes = _pairs(stored), {}
    for layer in dict.fromkeys(layer for layer, _ in pairs.values()):
        parts = {place: (stored[place], stored[values]) for place, (name, values) in pairs.items() if name == layer}
        codes |= _of_layer(layer, parts, meta.get("n_latents"), max_bytes)
    used = {values for _, values in pairs.values()}
    merged = []
    for entry in entries:
        place = entry.epoch, entry.name
        if place in codes:
            merged.append(entry._replace(name=pairs[place][0], stored=codes[place]))
        elif place not in used:
            merged.append(entry._replace(name=_UNNAMED) if entry.stored.is_sparse and not entry.name else entry)
    return merged


def _pairs(places):
    """Map (epoch, name) of the indices to the name of their layer and to (epoch, name) of the values."""
    pairs = {}
    for epoch, name in places:
        if epoch is None or not (match := _INDICES.fullmatch(name)):
            continue
        partners = [(epoch, match["layer"] + match["joint"] + values) for values in _VALUES]
        found = [place for place in partners if place in places]
        if len(found) == 1:
            pairs[epoch, name] = match["layer"] or _UNNAMED, found[0]
    return pairs


def _of_layer(layer, parts, n_latents, max_bytes):
    """Map the places of the indices of a layer to its codes, which have one width at all epochs."""
    for indices, values in parts.values():
        _check_pair(indices, values)
    n_latents = n_latents.get(layer) if isinstance(n_latents, dict) else n_latents
    if n_latents is None:
        n_latents = 1 + max(_largest_index(*pair) for pair in parts.values())
    elif type(n_latents) is not int or n_latents < 1:
        raise ValueError(f"meta: 'n_latents' must be a positive whole number, or one per layer, got {n_latents!r}")
    codes = {}
    for place, (indices, values) in parts.items():
        with errors_at(indices.where):
            shape, stored_bytes = (indices.header.shape[0], n_latents), indices.nbytes + values.nbytes
            header = sparse_header(shape, values.header.dtype, stored_bytes, max_bytes)
        codes[place] = TopCodes(header, indices, values)
    return codes


def _check_pair(indices, values):
    shapes = indices.header.shape, values.header.shape
    if indices.header.dtype.kind not in "iu":
        raise ValueError(f"{indices.where}: the indices of latents must be integers, got {indices.header.dtype}")
    if shapes[0] != shapes[1] or len(shapes[0]) != 2:
        raise ValueError(
            f"{indices.where} and {values.where} have the shapes {shapes[0]} and {shapes[1]}; required are the indices "
            "and the values of the latents that fire in every row, both of shape (n_samples, k). Tokens become rows by "
            "a.reshape(-1, a.shape[-1])"
        )


def _largest_index(indices, values):
    """Return the largest index of a value other than zero."""
    used = np.asarray(indices.load())[np.asarray(values.load()) != 0]
    return int(used.max(initial=0))
