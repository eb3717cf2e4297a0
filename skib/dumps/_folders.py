"""The folder of one epoch: files of one layer, files of several layers, and both of them in parts."""

from contextlib import suppress

from skib._warnings import warn
from skib.dumps._naming import LABELS, PER_SAMPLE, epoch_numbers, natural_key
from skib.dumps._paths import check_inside
from skib.dumps.formats import (
    ARRAY_FORMATS,
    CONTAINER_FORMATS,
    MAY_BE_UNNAMED,
    IncompleteDumpWarning,
    LeftOut,
    ScalarError,
    is_sparse_npz,
    join_shards,
    pick_format,
    shard_number,
    shard_total,
)

_FORMATS = ARRAY_FORMATS | CONTAINER_FORMATS


def folder_members(folder, max_bytes, *, root=None, is_last=False):
    """Map layer names to arrays; hidden files, other files and folders are ignored, as are empty ones if `is_last`."""
    root = root or folder.parent
    pieces, left_out, picked = {}, {}, _picked(folder, root)
    for path, _, _ in picked:
        check_inside(path, root)
    for path, layer, number in _without_empty(picked) if is_last else picked:
        with suppress(ScalarError):
            for key, stored in _FORMATS[path.suffix](path, max_bytes).items():
                if isinstance(stored, LeftOut):
                    left_out[key] = stored
                    continue
                numbered = pieces.setdefault(key or layer, {})
                if number in numbered:
                    raise ValueError(
                        f"{stored.where} and {numbered[number].where} are both {key or layer!r}; remove one"
                    )
                numbered[number] = stored
    if _are_disjoint_shards([path for path, _, _ in picked], pieces):
        pieces = {name: {None: stored} for name, numbered in pieces.items() for stored in numbered.values()}
    return {name: join_shards(name, numbered, max_bytes) for name, numbered in pieces.items()} | left_out


def _are_disjoint_shards(paths, pieces):
    """Whether files acts-00001-of-00002 hold other layers each, rather than other rows; none may be missing."""
    totals = {total for path in paths if (total := shard_total(path.stem)) is not None}
    if not totals:
        return False
    numbers = {shard_number(path.stem)[1] for path in paths if shard_total(path.stem) is not None}
    if len(totals) > 1 or sorted(numbers) not in (list(range(max(totals))), list(range(1, max(totals) + 1))):
        raise ValueError(
            f"{paths[0].parent} has the shards {sorted(numbers)} of {max(totals)}; bring in those that are missing, "
            "and keep the shards of one set in a folder"
        )
    return len(numbers) > 1 and all(len(numbered) == 1 for numbered in pieces.values())


def layer_cells(folder, root, max_bytes):
    """Yield (epoch, spelling, layer, array) of a folder that is a layer, with one array in the file of an epoch."""
    paths = _visible(folder)
    files = {path: path.stem for path in paths if path.suffix in (*ARRAY_FORMATS, *MAY_BE_UNNAMED)}
    files |= {path: path.stem for path in paths if _is_matrix(path, root)}
    epochs = epoch_numbers(list(files.values()))
    for path, stem in files.items():
        if stem in epochs:
            check_inside(path, root)
            with suppress(ScalarError):
                members = _FORMATS[path.suffix](path, max_bytes)
                # Several names: the folder is a run, and the file is an epoch of it.
                if list(members) == [""]:
                    yield epochs[stem], None, folder.name, members[""]


def warn_of_empty(paths):
    """Warn of empty files of the last epoch, which are left out."""
    others = f", as are {len(paths) - 1} other files of the last epoch" if len(paths) > 1 else ""
    message = f"{paths[0]} is empty, as when a run dies while it writes; it is left out{others}"
    warn(message, IncompleteDumpWarning)


def is_empty(path):
    """Whether this is a file of no bytes."""
    return path.is_file() and path.stat().st_size == 0


def _without_empty(pieces):
    """Leave out empty files, and the other parts of what they are a part of."""
    empty = [piece for piece in pieces if is_empty(piece[0])]
    if not empty:
        return pieces
    warn_of_empty([path for path, _, _ in empty])
    cut = {layer for _, layer, number in empty if number is not None}
    return [piece for piece in pieces if piece not in empty and not (piece[2] is not None and piece[1] in cut)]


def _picked(folder, root):
    """List (path, layer, number of the part) of the files of one format, of matrices of scipy, and of y, X and ids."""
    pieces = []
    for path in _visible(folder):
        layer, number = shard_number(path.stem)
        if path.is_dir() and path.suffix not in CONTAINER_FORMATS:
            check_inside(path, folder.parent)
            parts = [(part, *shard_number(part.stem)) for part in _visible(path)]
            pieces += [(part, path.name, number) for part, layer, number in parts if number is not None and not layer]
        elif path.suffix in ARRAY_FORMATS:
            # part-0.npy outside of a folder with the name of a layer is the layer part-0.
            pieces.append((path, layer or path.stem, number if layer else None))
        elif number is not None or path.suffix in MAY_BE_UNNAMED or _is_matrix(path, root):
            pieces.append((path, layer, number))
    per_sample = {path for path, layer, _ in pieces if path.suffix in ARRAY_FORMATS and layer in (*PER_SAMPLE, *LABELS)}
    matrices = {path for path, _, _ in pieces if _is_matrix(path, root)}
    others = [path for path, _, _ in pieces if path not in per_sample | matrices]
    picked = per_sample.union(matrices, pick_format(others, ARRAY_FORMATS, folder))
    return [piece for piece in pieces if piece[0] in picked]


def _is_matrix(path, root):
    """Whether this is one matrix of scipy, a layer as a .npy file is; an empty file is none."""
    if path.suffix != ".npz" or is_empty(path):
        return False
    check_inside(path, root)
    return is_sparse_npz(path)


def _visible(folder):
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted(paths, key=lambda path: natural_key(path.name))
