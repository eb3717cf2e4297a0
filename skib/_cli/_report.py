"""What the commands say of a fitted plane: files, a short table, and the cells that failed."""

import sys

import numpy as np

import skib
from skib.information_plane import InformationPlaneDisplay


def write(plane, csv, png, units):
    """Write the table and, if `png` is given and matplotlib is installed, the plot; returns the paths written."""
    csv.parent.mkdir(parents=True, exist_ok=True)
    plane.results_.to_csv(csv, index=False)
    if png is None:
        return [csv]
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print(f"skib: no {png}: matplotlib is not installed (pip install matplotlib)", file=sys.stderr)
        return [csv]
    png.parent.mkdir(parents=True, exist_ok=True)
    ax = Figure(figsize=(8, 5)).add_subplot()  # of its own, so that no display is needed and no pyplot state is left
    display = InformationPlaneDisplay.from_estimator(plane).plot(ax=ax, units=units)
    display.figure_.savefig(png, dpi=120, bbox_inches="tight")
    return [csv, png]


def show(plane, units):
    """Print the first and the last epoch of every layer."""
    results, scale = plane.results_, 1.0 if units == "nats" else skib.in_bits(1.0)
    about_y = results[results["quantity"] == "I(T;Y)"].set_index(["epoch", "layer"])
    about_x = results[results["quantity"] == "I(X;T)"].set_index(["epoch", "layer"])
    print(f"{'layer':12s} {'epoch':>6s} {'I(T;Y) - null [' + units + ']':>22s} {'I(X;T) [' + units + ']':>15s}")
    for layer in plane.layers_:
        epochs = [e for e in plane.epochs_ if (e, layer) in about_y.index]
        for epoch in dict.fromkeys([epochs[0], epochs[-1]]):
            y, x = about_y.loc[(epoch, layer)], about_x.loc[(epoch, layer)]
            null = 0.0 if np.isnan(y["null_mean"]) else y["null_mean"]
            about = f"{scale * (y['mutual_info'] - null):.3f} +- {scale * y['std_error']:.3f}"
            mark = "*" if x["saturated"] else " "
            print(f"{layer:12s} {epoch:6d} {about:>22s} {scale * x['mutual_info']:14.3f}{mark}")
    log_n = f"log n = {scale * np.log(plane.n_samples_):.3f}"
    h_y = "" if plane.target_entropy_ is None else f"H(Y) = {scale * plane.target_entropy_:.3f}, "
    print(f"ceilings [{units}]: {h_y}{log_n}   (*: saturated, as fine as the rows themselves)")


def tell_significance(plane, level=0.01):
    """Print which layers are told from their label-permutation null."""
    if not plane.n_permutations:
        return
    cells = plane.significance(level=level)
    n_told = int(cells["significant"].sum())
    print(f"told from the null (permuted labels, Holm-corrected p < {level}): {n_told} of {len(cells)} cells")
    by_layer = cells.groupby("layer", sort=False)["significant"].sum()
    told = [f"{layer} at {by_layer[layer]} epochs" for layer in plane.layers_ if by_layer[layer]]
    print("  " + (", ".join(told) if told else "no layer knows anything about these labels"))


def exit_code(plane):
    """0, or 1 with a list of the failed cells."""
    failed = plane.results_[plane.results_["status"] == "failed"]
    for row in failed.itertuples():
        print(f"skib: failed: {row.quantity} of {row.layer} at epoch {row.epoch}: {row.message}", file=sys.stderr)
    return int(len(failed) > 0)
