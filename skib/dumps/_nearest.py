"""What a source without epochs may have been meant to be, for the error that refuses it."""

import re
from pathlib import Path

from skib._warnings import listed
from skib.dumps._naming import epoch_number
from skib.dumps.formats import CONTAINER_FORMATS

_MOST_RUNS = 1000  # subfolders that are looked into


def nearest_guess(source, names):
    """Return a sentence that says what to do with a source of these names, or "" if nothing comes near."""
    folder, runs = Path(source), []
    if folder.is_absolute() and folder.is_dir():  # the name of a source in memory is no path
        runs = runs_in(folder) or [name for name in names if Path(name).suffix in CONTAINER_FORMATS]
    if runs:
        return f"; these look like runs, open one of these: {', '.join(runs[:10])}{', ...' if len(runs) > 10 else ''}"
    for name in names:
        if folder.is_absolute() and epoch_number(name) is not None and (folder / name).is_dir():
            inside = listed(sorted(path.name for path in (folder / name).iterdir())) or "nothing"
            return (
                f"; {name!r} contains {inside}, and none of it is a layer: save one as <layer>.npy, or all by np.savez "
                "(a dict that np.save has pickled is not read)"
            )
        numbers = re.findall(r"\d{1,18}", Path(name).stem)
        if len(numbers) == 1 and not Path(name).suffix:
            return f"; if {numbers[0]} is the epoch of {name!r}, rename it to 'epoch_{numbers[0]}'"
    return ""


def has_epochs(folder):
    """Whether a folder contains folders or files that are called as epochs are."""
    return any(epoch_number(path.stem) is not None for path in folder.iterdir())


def runs_in(folder):
    """List the names of the folders in a folder that contain epochs."""
    paths = sorted(folder.iterdir())[:_MOST_RUNS]
    return [path.name for path in paths if path.is_dir() and not path.is_symlink() and has_epochs(path)]
