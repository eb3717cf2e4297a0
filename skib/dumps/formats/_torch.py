"""A .pt or .pth file: a zip archive of one pickle (data.pkl) and the numbers of the tensors (data/0, data/1, ...).

It is read without torch, and the pickle without running it: see `skib.dumps.formats._unpickle`.
"""

from contextlib import suppress

from skib.dumps.formats._globals import NumpyArray, Sparse, Tensor
from skib.dumps.formats._headers import ScalarError, errors_at
from skib.dumps.formats._inline import inline_array
from skib.dumps.formats._shards import join_shards
from skib.dumps.formats._sparse import SparseMatrix
from skib.dumps.formats._storages import Storages
from skib.dumps.formats._unpickle import read_pickle
from skib.dumps.formats._zip import open_archive

_MAX_DEPTH = 8
# Outputs of transformers: a tuple of the tensors of all layers, where a list has those of batches.
_PER_LAYER = ("hidden_states", "attentions")
_ARRAYS = (Tensor, Sparse, NumpyArray)


def torch_members(path, max_bytes):
    """Map names (the keys of nested dicts, joined by slashes) to tensors; a lone tensor has the name "".

    A list of tensors, one per batch, is one array; arrays of NumPy and sparse tensors are read, too. Other values (an
    epoch's number, a loss) are ignored.
    """
    members = {}
    with open(path, "rb") as stream, errors_at(path):
        if stream.read(4) != b"PK\x03\x04":
            raise ValueError(
                "no zip archive: either damaged or a bare pickle, as torch.save wrote before version 1.6, which could "
                "run code and is refused; if you trust it, load it in torch and torch.save it again"
            )
    with open_archive(path) as archive:
        with errors_at(path):
            storages = Storages(archive)
            leaves = _leaves(read_pickle(storages.pickle()))
        for name, leaf in leaves.items():
            with suppress(ScalarError):
                members[name] = _array(storages, name, leaf, max_bytes)
        with errors_at(path):
            storages.check_overlaps()
    return members


def _leaves(root):
    """Map names to tensors and to lists of tensors."""
    if type(root) in (list, tuple) and any(isinstance(part, dict) for part in root):
        raise ValueError(
            "a list of dicts may be epochs or batches: save epochs as {epoch: {layer: tensor}}, and batches as "
            "{layer: [tensor, ...]}"
        )
    leaves, seen, waiting = {}, set(), [((), root)]
    while waiting:
        keys, value = waiting.pop()
        if (inner := _inside(keys, value)) is not None:
            # A dict that occurs twice in another, which does so too, makes a small file an endless tree.
            if len(keys) >= _MAX_DEPTH or id(value) in seen:
                raise ValueError(f"its dicts are nested {_MAX_DEPTH} deep or occur twice; save {{layer: tensor}}")
            seen.add(id(value))
            waiting += [((*keys, str(key)), part) for key, part in reversed(inner)]
        elif isinstance(value, _ARRAYS) or _is_batches(value):
            if "/".join(keys) in leaves:
                raise ValueError(f"two tensors are called {'/'.join(keys)!r}")
            leaves["/".join(keys)] = value
    return leaves


def _inside(keys, value):
    """List the names and the values of a dict, or of the tuple of a transformer; None for another value."""
    if isinstance(value, dict):
        return list(value.items())
    if type(value) is tuple and value and keys and keys[-1] in _PER_LAYER:
        return list(enumerate(value))
    return None


def _is_batches(value):
    # A Tensor is a tuple itself, of another type.
    return type(value) in (list, tuple) and any(isinstance(part, _ARRAYS) for part in value)


def _array(storages, name, leaf, max_bytes):
    if type(leaf) in (list, tuple):
        batches = {i: _whole(storages, f"{name}[{i}]", batch, max_bytes) for i, batch in enumerate(leaf)}
        return join_shards(name, batches, max_bytes)
    return _whole(storages, name, leaf, max_bytes)


def _whole(storages, name, leaf, max_bytes):
    where = f"{storages.path}[{name!r}]"
    if isinstance(leaf, NumpyArray):
        if leaf.array is None:
            raise ValueError(f"{where}: an array of NumPy without its values; the file is damaged")
        return inline_array(where, leaf.array, max_bytes)
    if isinstance(leaf, Sparse):
        parts = [storages.place(name, part, max_bytes) for part in (*leaf.indices, leaf.values)]
        return SparseMatrix.place(where, leaf.layout, parts[:-1], parts[-1], leaf.shape, max_bytes, sums=True)
    return storages.place(name, leaf, max_bytes)
