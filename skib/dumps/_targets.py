"""The targets of a dump that are stored under another usual name than y."""

from skib.dumps._naming import LABELS, PER_SAMPLE
from skib.dumps.formats import Refused


class AmbiguousTargetWarning(UserWarning):
    """An array has a usual name of the targets, and it is not clear that it holds them."""


def with_targets(entries):
    """Return the entries with the only array of labels as y, and a message for each doubt which array is y.

    The messages are to be issued as AmbiguousTargetWarning once the dump is found to be in order.

    An array of labels has one of the names LABELS and is one column of whole numbers, text or bools. It is no layer,
    whether it is taken for y or not: the information of such a layer would be H(Y).
    """
    n_samples = _n_samples(entries)
    labels = [_are_labels(entry, n_samples) for entry in entries]
    names = dict.fromkeys(entry.name for entry, are_labels in zip(entries, labels, strict=True) if are_labels)
    rivals = [*(["y"] if any(entry.name == "y" for entry in entries) else []), *names]
    others = [entry for entry, are_labels in zip(entries, labels, strict=True) if not are_labels]
    doubts = _doubts_of_others(others, clear=len(rivals) > 0)
    if len(rivals) == 1 and names:
        return [entry._replace(name="y") if entry.name in names else entry for entry in entries], doubts
    if names:
        where = next(entry.stored.where for entry, are_labels in zip(entries, labels, strict=True) if are_labels)
        doubts.append(
            f"{where}: the dump has {' and '.join(map(repr, rivals))}, each a usual name of the targets; "
            f"{'y is used' if 'y' in rivals else 'none is used'}. Save the targets as y, and rename the rest"
        )
    return others, doubts


def _n_samples(entries):
    layers = (entry.stored for entry in entries if entry.epoch is not None and entry.name not in (*PER_SAMPLE, *LABELS))
    return next((stored.header.shape[0] for stored in layers if not isinstance(stored, Refused)), None)


def _are_labels(entry, n_samples):
    if entry.name not in LABELS or isinstance(entry.stored, Refused):
        return False
    shape, dtype, *_ = entry.stored.header
    return dtype.kind in "biuUS" and shape in ((n_samples,), (n_samples, 1))


def _doubts_of_others(entries, *, clear):
    """Return messages of arrays named as targets that are no labels: of layers, and of others unless y is clear."""
    named = [entry for entry in entries if entry.name in LABELS and not isinstance(entry.stored, Refused)]
    doubts = []
    for entry in [entry for entry in named if entry.epoch is not None or not clear][:1]:
        shape, dtype, *_ = entry.stored.header
        use = "left out" if entry.epoch is None else "taken for a layer"
        doubts.append(
            f"{entry.stored.where}: {entry.name!r} is a usual name of the targets, but shape {shape} of {dtype} is no "
            f"column of labels, one per row; it is {use}. Save targets as y, and other arrays under another name"
        )
    return doubts
