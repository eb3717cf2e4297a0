"""What a command reads: a dump, by its path, ``--reduce`` and ``--layers``, or a table."""

from difflib import get_close_matches
from fnmatch import fnmatchcase

import pandas as pd

from skib._cli._outputs import format_of
from skib._columns import read_text
from skib.dumps import open_dump

_READERS = {".csv": read_text, ".parquet": pd.read_parquet}


def read_table(path):
    """Read a table in a file."""
    read = _READERS.get(format_of(path))
    if read is None:
        raise ValueError(f"{path} is no table that is read: name a {' or '.join(_READERS)} file")
    return read(path)


def open_source(path, reduce=(), layers=()):
    """Open a dump with its layers reduced and chosen.

    Parameters
    ----------
    path : Path
        The dump.
    reduce : sequence of str, default=()
        How layers above two dimensions become tables: "gap" for all, "NAME=gap" for those whose names match a pattern
        of the shell; of several that match a layer the last one counts.
    layers : sequence of str, default=()
        Patterns of the layers to read; none for all.

    Returns
    -------
    dump : Dump
    """
    return chosen(open_path(path), reduce, layers)


def open_path(path):
    """Open a dump as it is; of a path that does not exist, name the nearest one."""
    if not path.exists() and (guess := nearest(path.name, _names_beside(path))):
        raise FileNotFoundError(f"{path} does not exist; did you mean {path.with_name(guess)}?")
    return open_dump(path)


def chosen(dump, reduce, layers):
    """Return a dump with its layers reduced and chosen, see ``open_source``."""
    dump = open_dump(dump, reduce=_reduction(dump, reduce))
    if not layers:
        return dump
    return dump.select([name for name in dump.layers if any(name in _matching(p, dump.layers) for p in layers)])


def nearest(name, names):
    """Return the one of the names that is most like a name, or None if none is like it."""
    return next(iter(get_close_matches(name, names, 1)), None)


def _reduction(dump, reduce):
    """Return what `open_dump` takes: one reduction for all layers, or one for each."""
    named = [text.rpartition("=")[::2] for text in reduce]
    if not any(pattern for pattern, _ in named):
        if len(named) > 1:
            raise ValueError(f"--reduce is given for all layers more than once: {', '.join(reduce)}")
        return named[0][1] if named else None
    layers = dump.layers
    return {layer: how for pattern, how in named for layer in (_matching(pattern, layers) if pattern else layers)}


def _matching(pattern, layers):
    """Return the layers of a name or a pattern; a pattern without any is a mistake."""
    found = [layer for layer in layers if layer == pattern or fnmatchcase(layer, pattern)]
    if not found:
        guess = nearest(pattern, layers)
        meant = f"; did you mean {guess!r}?" if guess else f": they are {', '.join(layers)}"
        raise ValueError(f"no layer of the dump is named {pattern!r}{meant}")
    return found


def _names_beside(path):
    return [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
