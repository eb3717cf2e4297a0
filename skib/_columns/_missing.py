"""Rows that are missing, or hold missing and infinite values: refused, with their number and the first of them."""

import numpy as np


def require_finite(where, values):
    """Refuse NaN and infinity in an array of one or two dimensions; `where` names it in the message."""
    if np.isfinite(values).all():
        return
    nan = np.isnan(values)
    what, bad = ("NaN", nan) if nan.any() else ("infinity", np.isinf(values))
    require_none(where, bad.reshape(len(bad), -1).any(axis=1), what)


def require_none(where, rows, what):
    """Refuse rows that hold `what`, given as a mask."""
    n_rows = int(np.sum(rows))
    if n_rows:
        takers = "" if what == "infinity" else " (mutual_info and mutual_info_screen take missing values as they are)"
        raise ValueError(
            f"Input {where} contains {what} in {n_rows} of {len(rows)} rows, first in row {np.argmax(rows)}; "
            f"drop those rows or fill them first{takers}"
        )


def check_missing(missing):
    """Validate the parameter `missing`."""
    if missing not in ("auto", "error"):
        raise ValueError(f"missing must be 'auto' or 'error', got {missing!r}")


def require_same_length(n_samples, n_other, name, of="X"):
    """Refuse a `name` that has not one row per row of X, or of what `of` names."""
    if n_other != n_samples:
        raise ValueError(f"{of} has {n_samples} rows but {name} has {n_other}; pass one row of {name} per row of {of}")
