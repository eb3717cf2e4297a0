"""The order of the datasets of an HDF5 file, where the file stores one: ``track_order``, or Keras' ``layer_names``."""

import numpy as np

from skib.dumps._naming import layer_key, split_key

# An attribute of a group that lists what is in it, as Keras writes it.
_LISTED = "layer_names"
_MAX_NAMES = 10_000


def ordered_names(file, keys):
    """Return those names of ``{name: path of a dataset}`` whose order is stored, in that order."""
    groups = {group: file[group] for group in {group for key in keys.values() for group in _groups_above(key)}}
    listed = {group: _listed(item) for group, item in groups.items()}
    position = {name: _position(listed, key) for name, key in keys.items()}
    if any(np.isfinite(list(position.values()))):
        return sorted(position, key=lambda name: (position[name], layer_key(split_key(name)[2])))
    tracked = {group for group, item in groups.items() if item.id.get_create_plist().get_link_creation_order()}
    return [name for name, key in keys.items() if _is_tracked(tracked, key)]


def _position(listed, key):
    """Return the position of a dataset in the list of names of the lowest group above it that has one, or infinity."""
    for group in reversed(_groups_above(key)):
        names = listed[group]
        if names:
            below = f"/{key.removeprefix(group).removeprefix('/')}/"
            return next((i for i, name in enumerate(names) if f"/{name}/" in below), np.inf)
    return np.inf


def _groups_above(key):
    parts = key.split("/")[:-1]
    return ["/", *("/".join(parts[: i + 1]) for i in range(len(parts)))]


def _is_tracked(tracked, key):
    """Whether the members of the groups above a dataset come back in the order in which they were made.

    The root of a file of several epochs holds the epochs, whose numbers order them.
    """
    groups = _groups_above(key)
    return tracked.issuperset(groups[1:] or groups)


def _listed(group):
    """Return the names that a group lists; none if the attribute holds something else."""
    if _LISTED not in group.attrs or np.prod(group.attrs.get_id(_LISTED).shape or (_MAX_NAMES + 1,)) > _MAX_NAMES:
        return []
    names = np.ravel(group.attrs[_LISTED]).tolist()
    return [name.decode(errors="replace") if isinstance(name, bytes) else str(name) for name in names]
