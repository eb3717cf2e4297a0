"""Which columns of X make up each source."""

import numpy as np

from skib._kernels.counts import joint_codes


def source_codes(columns, sources, names, most):
    """Return the codes of each source."""
    groups = source_groups(len(columns), sources, names, most)
    return [joint_codes([columns[j] for j in group]) for group in groups]


def source_groups(n_columns, sources, names, most):
    """Return the numbers of the columns of each source; `sources` are columns or groups, by number or by name."""
    groups = _default(n_columns) if sources is None else [_group(one, names, n_columns) for one in sources]
    if not 2 <= len(groups) <= most:
        allowed = {2: "two", 3: "two or three"}.get(most, f"two to {most}")
        raise ValueError(f"sources has {len(groups)} entries, but {allowed} are required; group some of the columns")
    return groups


def _default(n_columns):
    if n_columns < 2:
        raise ValueError(f"X has n_features = {n_columns}, but two sources need at least 2 columns; pass one for each")
    return [[0], list(range(1, n_columns))]


def _group(entry, names, n_columns):
    items = [entry] if isinstance(entry, str | int | np.integer) else list(entry)
    if not items:
        raise ValueError("sources has an empty group; list at least one column in each")
    return [_number(item, names, n_columns) for item in items]


def _number(item, names, n_columns):
    known = [] if names is None else list(names)
    if isinstance(item, str) and item in known:
        return known.index(item)
    if isinstance(item, int | np.integer) and not isinstance(item, bool) and 0 <= item < n_columns:
        return int(item)
    raise ValueError(
        f"sources has {item!r}, which is no column of X; pass names of columns, or numbers from 0 to {n_columns - 1}"
    )
