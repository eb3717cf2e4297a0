"""Arguments that are a layer or a whole dump."""

from collections.abc import Mapping

from scipy.sparse import issparse


def is_dump(source):
    """Whether an argument is what ``open_dump`` opens: a path, a mapping or a dump, and no array."""
    return isinstance(source, Mapping | str) or hasattr(source, "cells") or hasattr(source, "__fspath__")


def dense(activations):
    """Return a layer as a dense table."""
    return activations.toarray() if issparse(activations) else activations
