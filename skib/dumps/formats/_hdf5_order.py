"""The order of the datasets of an HDF5 file, where the file stores one: ``track_order``, or Keras' ``layer_names``."""

import numpy as np

# An attribute of a group that lists what is in it, as Keras writes it.
_LISTED = "layer_names"
_MAX_NAMES = 10_000


def ordered_names(file, keys):
    """Return those names of ``{name: path of a dataset}`` whose order is stored, in that order."""
    rank = {name: _rank(file, key) for name, key in keys.items()}
    return sorted((name for name in rank if rank[name] is not None), key=rank.get)


def _rank(file, key):
    """Return the position of a dataset in a list of names; 0 if its groups have an order, None if there is none."""
    groups = _groups_above(key)
    for group in reversed(groups):
        names = _listed(file[group])
        if names:
            return _position(names, key.removeprefix(group).removeprefix("/"))
    # The root of a file of several epochs holds the epochs, which are in the order of their numbers.
    return 0 if all(map(_is_tracked, [file[group] for group in groups[1:] or groups])) else None


def _groups_above(key):
    parts = key.split("/")[:-1]
    return ["/", *("/".join(parts[: i + 1]) for i in range(len(parts)))]


def _is_tracked(group):
    """Whether the members of a group come back in the order in which they were made."""
    return group.id.get_create_plist().get_link_creation_order() > 0


def _listed(group):
    """Return the names that a group lists; none if the attribute holds something else."""
    if _LISTED not in group.attrs or np.prod(group.attrs.get_id(_LISTED).shape or (_MAX_NAMES + 1,)) > _MAX_NAMES:
        return []
    names = np.ravel(group.attrs[_LISTED]).tolist()
    return [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]


def _position(names, path):
    """Return the position of the first name that is a part of the path below the group."""
    parts = f"/{path}/"
    return next((i for i, name in enumerate(names) if f"/{name}/" in parts), len(names))
