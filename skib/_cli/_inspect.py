"""``skib inspect``: the contents of a dump, from its headers; values are read to compare layers of one shape."""

from skib._cli._equal_layers import tell_of_equal_layers
from skib._cli._left_out import tell_of_left_out
from skib._cli._sources import open_source


def inspect(path, reduce=(), layers=()):
    """Print a summary of the dump and of each of its layers."""
    dump = open_source(path, reduce, layers)
    table = dump.summary()
    print(f"{path}: {dump.layout}")
    print(f"epochs: {_listed(dump.epochs)}")
    print(f"cells: {len(table)}, {dump.n_samples} rows each, {table['bytes'].sum() / 2**20:.1f} MiB in all")
    for name in ("y", "X", "ids"):
        array = getattr(dump, name)
        print(f"{name}: {'absent' if array is None else f'{array.dtype} of shape {array.shape}'}")
    table["shape"] = [dump.shape(epoch, layer) for epoch, layer in zip(table["epoch"], table["layer"], strict=True)]
    by_layer = table.groupby("layer", sort=False).agg(
        epochs=("epoch", "size"), shape=("shape", "last"), dtype=("dtype", "last"), bytes=("bytes", "sum")
    )
    print(by_layer.loc[list(dump.layers)].reset_index().to_string(index=False))
    tell_of_left_out(dump)
    tell_of_equal_layers(dump)
    return 0


def _listed(epochs, most=24):
    shown = epochs if len(epochs) <= most else (*epochs[: most // 2], "...", *epochs[-most // 2 :])
    return f"{len(epochs)} ({', '.join(map(str, shown))})"
