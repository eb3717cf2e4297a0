"""``skib inspect``: what a dump holds, from its headers alone."""

from skib.dumps import open_dump


def inspect(path):
    """Print a summary of the dump and of each of its layers."""
    dump = open_dump(path)
    table = dump.summary()
    print(f"{path}: {len(dump.cells())} cells, {len(dump.epochs)} epochs from {dump.epochs[0]} to {dump.epochs[-1]}")
    print(f"rows: {dump.n_samples}, {table['bytes'].sum() / 2**20:.1f} MiB in all")
    for name in ("y", "X", "ids"):
        array = getattr(dump, name)
        print(f"{name}: {'absent' if array is None else f'{array.dtype} of shape {array.shape}'}")
    layers = table.groupby("layer", sort=False).agg(
        epochs=("epoch", "size"), units=("n_units", "max"), dtype=("dtype", "first"), bytes=("bytes", "sum")
    )
    print(layers.loc[list(dump.layers)].to_string())
    return 0
