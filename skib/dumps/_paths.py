"""Which paths a dump may read."""


def check_inside(path, root):
    """Refuse a link that leaves the dump's folder, and what is neither file nor folder (a pipe would wait for ever)."""
    if not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path} is neither a file nor a folder (a pipe, a device or a broken link); remove it")
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise ValueError(
            f"{path} links to {path.resolve()}, outside the dump {root}; a dump may not reach out of its folder: "
            "copy the file into it"
        )
