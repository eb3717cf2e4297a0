"""The spellings of epochs, and the natural order of layer names."""

import re
from numbers import Integral

PER_SAMPLE = ("y", "X", "ids")
# Other usual names of y.
LABELS = ("label", "labels")
# 18 digits fit an int64, so that an epoch can always be a column of a data frame.
_EPOCH = re.compile(r"(?:epoch|ep|step|iter|ckpt)[-_=]?0*(\d{1,18})", re.ASCII | re.IGNORECASE)


def epoch_number(name):
    """Return the epoch that a whole name spells (``epoch_00010`` is 10) or None; non-negative integers are epochs."""
    if isinstance(name, Integral):
        return int(name) if name >= 0 else None
    match = _EPOCH.fullmatch(name) if isinstance(name, str) else None
    return int(match[1]) if match else None


def natural_key(name):
    """Sort key that puts ``layer10`` after ``layer2``."""
    parts = re.split(r"(\d+)", name)
    # The name itself breaks the tie between layer1 and layer01.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name
