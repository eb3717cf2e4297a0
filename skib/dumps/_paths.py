"""A check of the paths that a dump may read."""


def check_inside(path, root):
    """Raise for a link that leaves the dump's folder, and for a path that is neither file nor folder.

    Reading from a pipe would wait for ever.
    """
    if not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path} is neither a file nor a folder (a pipe, a device or a broken link); remove it")
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(
            f"{path} links to {path.resolve()}, outside the dump {root}; links must stay inside the dump: copy "
            "the file into it"
        )
