"""``skib inspect``: what a dump holds, from its headers alone."""

from skib.dumps import open_dump
from skib.dumps._naming import epoch_number


def inspect(path, reduce=None):
    """Print a summary of the dump and of each of its layers."""
    dump = open_dump(path, reduce=reduce)
    table = dump.summary()
    print(f"{path}: {_layout(path)}")
    print(f"epochs: {_listed(dump.epochs)}")
    print(f"cells: {len(table)}, {dump.n_samples} rows each, {table['bytes'].sum() / 2**20:.1f} MiB in all")
    for name in ("y", "X", "ids"):
        array = getattr(dump, name)
        print(f"{name}: {'absent' if array is None else f'{array.dtype} of shape {array.shape}'}")
    table["shape"] = [dump.shape(epoch, layer) for epoch, layer in zip(table["epoch"], table["layer"], strict=True)]
    layers = table.groupby("layer", sort=False).agg(
        epochs=("epoch", "size"), shape=("shape", "last"), dtype=("dtype", "last"), bytes=("bytes", "sum")
    )
    print(layers.loc[list(dump.layers)].reset_index().to_string(index=False))
    return 0


def _layout(path):
    if path.is_file():
        return f"one {path.suffix} file with keys epoch/layer"
    if path.suffix == ".zarr":
        return "one .zarr store with keys epoch/layer"
    kinds = {
        "a folder of files" if child.is_dir() and not child.suffix else f"a {child.suffix} file"
        for child in path.iterdir()
        if epoch_number(child.stem) is not None
    }
    return " and ".join(f"{kind} per epoch" for kind in sorted(kinds))


def _listed(epochs, most=24):
    shown = epochs if len(epochs) <= most else (*epochs[: most // 2], "...", *epochs[-most // 2 :])
    return f"{len(epochs)} ({', '.join(map(str, shown))})"
