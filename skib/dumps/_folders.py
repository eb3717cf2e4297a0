"""The folder of one epoch: files of one layer, files of several layers, and both of them in parts."""

from skib.dumps._naming import PER_SAMPLE, natural_key
from skib.dumps._paths import check_inside
from skib.dumps.formats import ARRAYS, CONTAINERS, LONE, join, pick, shard_number

_FORMATS = ARRAYS | CONTAINERS


def folder_members(folder, max_bytes):
    """Map layer names to what is stored; hidden files, other files and folders are passed over."""
    pieces = {}
    for path, layer, number in _picked(folder):
        check_inside(path, folder.parent)
        for key, stored in _FORMATS[path.suffix](path, max_bytes).items():
            numbered = pieces.setdefault(key or layer, {})
            if number in numbered:
                raise ValueError(f"{stored.where} and {numbered[number].where} are both {key or layer!r}; remove one")
            numbered[number] = stored
    return {name: join(name, numbered, max_bytes) for name, numbered in pieces.items()}


def _picked(folder):
    """List (path, layer, number of the part) of the files of one format, and of y, X and ids."""
    found = []
    for path in _visible(folder):
        layer, number = shard_number(path.stem)
        if path.is_dir() and path.suffix not in CONTAINERS:
            check_inside(path, folder.parent)
            parts = [(part, *shard_number(part.stem)) for part in _visible(path)]
            found += [(part, path.name, number) for part, layer, number in parts if number is not None and not layer]
        elif path.suffix in ARRAYS:
            # part-0.npy without a folder that names its layer is the layer part-0.
            found.append((path, layer or path.stem, number if layer else None))
        elif number is not None or path.suffix in LONE:
            found.append((path, layer, number))
    beside = {path for path, layer, _ in found if path.suffix in ARRAYS and layer in PER_SAMPLE}
    picked = pick([path for path, _, _ in found if path not in beside], ARRAYS, folder)
    return [piece for piece in found if piece[0] in beside.union(picked)]


def _visible(folder):
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted(paths, key=lambda path: natural_key(path.name))
