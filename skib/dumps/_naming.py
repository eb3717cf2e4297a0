"""How epochs are spelled, and the order in which a person reads layer names."""

import re
from numbers import Integral

PER_SAMPLE = ("y", "X", "ids")
# 18 digits fit an int64, so that an epoch can always be a column of a data frame.
_EPOCH = re.compile(r"(?:epoch|ep|step|iter|ckpt)[-_=]?0*(\d{1,18})", re.ASCII | re.IGNORECASE)


def epoch_number(name):
    """Return the epoch that a whole name spells (``epoch_00010`` is 10) or None; a non-negative integer is itself."""
    if isinstance(name, Integral):
        return int(name) if name >= 0 else None
    match = _EPOCH.fullmatch(name) if isinstance(name, str) else None
    return int(match[1]) if match else None


def natural_key(name):
    """Sort key that puts ``layer10`` after ``layer2``."""
    parts = re.split(r"(\d+)", name)
    # The name itself breaks the tie between layer1 and layer01.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def tree_names(paths):
    """Map the paths of arrays in a tree of groups to names; ``10/activations/fc1`` is ``10/fc1``.

    Where an epoch has a group ``activations``, its other arrays (weights, losses) are left out.
    """
    names, marked = {}, set()
    for path in paths:
        epoch, _, rest = path.partition("/")
        names[path] = epoch, rest.removeprefix("activations/")
        if rest != names[path][1]:
            marked.add(epoch)
    return {
        path: "/".join(filter(None, name))
        for path, name in names.items()
        if name[0] not in marked or path.startswith(f"{name[0]}/activations/")
    }
