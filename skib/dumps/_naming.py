"""The spellings of epochs, and the natural order of layer names."""

import re
from numbers import Integral

PER_SAMPLE = ("y", "X", "ids")
# Other usual names of y.
LABELS = ("label", "labels", "target", "targets")
_WORD = "(?:epoch|ep|step|iter|ckpt)[-_=]?"
# 18 digits fit an int64, so that an epoch can always be a column of a data frame.
_NUMBER = r"0*(?P<epoch>\d{1,18})"
_FLAGS = re.ASCII | re.IGNORECASE
_EPOCH = re.compile(_WORD + _NUMBER, _FLAGS)
# Spellings of trainers, and numbers alone; of checkpoints rather than of dumps, so that the one above comes first.
_OTHERS = (
    re.compile(rf"(?:checkpoint|global_?step)[-_=]?{_NUMBER}", _FLAGS),
    re.compile(rf"epoch={_NUMBER}(?:-\w+=[\w.+-]+)+", _FLAGS),
    re.compile(_NUMBER, _FLAGS),
    re.compile(rf"(?P<rest>.+?)[-_.]{_WORD}{_NUMBER}", _FLAGS),
)
_JOINED_KEY = re.compile(rf"(?P<spelling>{_WORD}{_NUMBER})[._](?P<layer>.+)", _FLAGS)
# Below one group that all keys share, and at the end. There a step may be one of time, so that only the word epoch
# counts; a number alone is the number of a layer nearly everywhere (hidden_states/0, blocks/0/mlp).
_LATE_KEYS = (
    re.compile(rf"(?P<above>.+?)/(?P<spelling>{_WORD}{_NUMBER})/(?P<layer>.+)", _FLAGS),
    re.compile(rf"(?P<above>activations|acts|epochs?|steps?)/(?P<spelling>{_NUMBER})/(?P<layer>.+)", _FLAGS),
    re.compile(rf"(?P<above>)(?P<layer>.+?)[-_.](?P<spelling>epoch[-_=]?{_NUMBER})", _FLAGS),
)

# Layers that stand first and last in nearly every network, and whose names sort elsewhere: the input, embeddings (as of
# TransformerLens and of other transformers, before blocks.0, h.0 and layers.0), what pools a whole input, and the head.
_PREFIX = r"(?:hook_|model\.|module\.|transformer\.)?"
_ENDS = tuple(
    (place, re.compile(_PREFIX + names, _FLAGS))
    for place, names in (
        (-2, r"(?:inputs?|pixel_values)"),
        (-1, r"(?:(?:\w+_)?embed(?:ding|dings|s)?|w[tp]e)"),
        (1, r"(?:avg_?pool|global_?(?:avg_?)?pool|pooler)"),
        (2, r"(?:(?:lm_)?head|fc|classifier|outputs?|out|unembed)"),
        (3, r"(?:logits?|soft_?max|log_?soft_?max|prob(?:s|abilities)|predictions?)"),
    )
)


def epoch_number(name):
    """Return the epoch that a whole name spells (``epoch_00010`` is 10) or None; non-negative integers are epochs."""
    if isinstance(name, Integral):
        return int(name) if name >= 0 else None
    match = _EPOCH.fullmatch(name) if isinstance(name, str) else None
    return int(match["epoch"]) if match else None


def key_epoch(name):
    """Return the epoch that the first part of a key spells, in any spelling but one with something before it."""
    for pattern in (_EPOCH, *_OTHERS[:-1]):
        if match := pattern.fullmatch(name):
            return int(match["epoch"])
    return None


def epoch_numbers(names):
    """Map the names beside each other that spell epochs to their numbers.

    The other spellings (``checkpoint-500``, ``global_step500``, ``epoch=0-step=100``, ``10``, ``acts_epoch10``) count
    only if no name has the usual one, and one of them alone: weights often lie beside activations.

    Raises
    ------
    ValueError
        If names differ in more than the number, as in ``train_epoch1`` and ``test_epoch1``.
    """
    for pattern in (_EPOCH, *_OTHERS):
        matches = {name: match for name in names if (match := pattern.fullmatch(name))}
        rests = {match.groupdict().get("rest"): name for name, match in matches.items()}
        if len(rests) > 1:
            first, second, *_ = rests.values()
            raise ValueError(
                f"{first!r} and {second!r} differ in more than the epoch; keep one kind of arrays in a folder, "
                "or name a folder or file per epoch epoch_00010"
            )
        if matches:
            return {name: int(match["epoch"]) for name, match in matches.items()}
    return {}


def split_key(key):
    """Split a key into the spelling of the epoch, the epoch and the layer; the first two are None without an epoch.

    Read are ``epoch_10/fc1``, split at the first slash, ``fc1/epoch_10``, ``epoch10_fc1`` and ``epoch_10.fc1``.
    """
    spelling, _, layer = key.partition("/")
    if layer and (epoch := key_epoch(spelling)) is not None:
        return spelling, epoch, layer
    layer, _, spelling = key.rpartition("/")
    if layer and (epoch := epoch_number(spelling)) is not None:
        return spelling, epoch, layer
    if match := _JOINED_KEY.fullmatch(key):
        return match["spelling"], int(match["epoch"]), match["layer"]
    return None, None, key


def split_keys(keys):
    """Map the keys of one file to what `split_key` returns, or, if none has an epoch there, to an epoch further down.

    Read are ``train/epoch_10/fc1`` and ``acts/10/fc1``, below one group that all layers share, and ``fc1_epoch10``.
    """
    cells = {key: split_key(key) for key in keys}
    layers = [key for key in keys if key not in (*PER_SAMPLE, *LABELS)]
    if any(epoch is not None for _, epoch, _ in cells.values()):
        return cells
    for pattern in _LATE_KEYS:
        matches = {key: pattern.fullmatch(key) for key in layers}
        if all(matches.values()) and len({match["above"] for match in matches.values()}) == 1:
            return cells | {
                key: (match["spelling"], int(match["epoch"]), match["layer"]) for key, match in matches.items()
            }
    return cells


def layer_key(name):
    """Sort key of layers without an order of their own: the natural one, between inputs and heads."""
    return next((place for place, names in _ENDS if names.fullmatch(name)), 0), natural_key(name)


def natural_key(name):
    """Sort key that puts ``layer10`` after ``layer2``."""
    parts = re.split(r"(\d+)", name)
    # The name itself breaks the tie between layer1 and layer01.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name
