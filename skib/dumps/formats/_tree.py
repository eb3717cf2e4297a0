"""Names of the arrays in a tree of groups (HDF5, zarr)."""


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
