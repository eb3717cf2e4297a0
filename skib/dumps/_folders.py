"""The folder of one epoch: files of one layer, files of several layers, and both of them in parts."""

from skib.dumps._naming import PER_SAMPLE, natural_key
from skib.dumps._paths import check_inside
from skib.dumps.formats import ARRAY_FORMATS, CONTAINER_FORMATS, MAY_BE_UNNAMED, join_shards, pick_format, shard_number

_FORMATS = ARRAY_FORMATS | CONTAINER_FORMATS


def folder_members(folder, max_bytes):
    """Map layer names to arrays; hidden files, other files and folders are ignored."""
    pieces = {}
    for path, layer, number in _picked(folder):
        check_inside(path, folder.parent)
        for key, stored in _FORMATS[path.suffix](path, max_bytes).items():
            numbered = pieces.setdefault(key or layer, {})
            if number in numbered:
                raise ValueError(f"{stored.where} and {numbered[number].where} are both {key or layer!r}; remove one")
            numbered[number] = stored
    return {name: join_shards(name, numbered, max_bytes) for name, numbered in pieces.items()}


def _picked(folder):
    """List (path, layer, number of the part) of the files of one format, and of y, X and ids."""
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
        elif number is not None or path.suffix in MAY_BE_UNNAMED:
            pieces.append((path, layer, number))
    per_sample = {path for path, layer, _ in pieces if path.suffix in ARRAY_FORMATS and layer in PER_SAMPLE}
    picked = pick_format([path for path, _, _ in pieces if path not in per_sample], ARRAY_FORMATS, folder)
    return [piece for piece in pieces if piece[0] in per_sample.union(picked)]


def _visible(folder):
    paths = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return sorted(paths, key=lambda path: natural_key(path.name))
