"""The report on a fitted plane: files, a short table, and the cells that failed."""

import re

import numpy as np
import pandas as pd

import skib
from skib._cli._console import notify
from skib._cli._outputs import table_writer, write_whole
from skib._warnings import listed
from skib.information_plane import InformationPlaneDisplay

ALPHA = 0.01  # family-wise, the default of InformationPlane.significance
_GIVEN = "I(X;T|Y)"
_AT_LEAST = "at least"


def report(plane, csv, png, units, alpha=ALPHA):
    """Print the table, write the files, and return their paths."""
    print(estimators(plane))
    table = summary(plane, units, alpha)
    print(table.to_string(index=False))
    if _AT_LEAST in table:
        print(f"{_AT_LEAST}: I(T;Y) of a deeper layer, a function of this one, or held out; the estimate is too low")
        print(f"the order is {listed(plane.layers_)}; if the network's is another, list it in meta.json, or --no-chain")
    print(f"{_ceilings(plane, units)}   (*: saturated, within 10% of log n)")
    if plane.n_permutations:
        _print_verdict(plane, alpha)
    write(csv, table_writer(csv, plane.results_), plane.checkpoint)
    if png is None or not draw(InformationPlaneDisplay.from_estimator(plane), png, units, plane.checkpoint):
        return [csv]
    return [csv, png]


def write(path, content, checkpoint):
    """Write a file whole, or raise with its name and with what remains of the work."""
    try:
        write_whole(path, content)
    except OSError as error:
        if checkpoint is None:
            remedy = "with --resume RUN.jsonl the finished cells would be kept"
        else:
            remedy = f"the finished cells are in {checkpoint}: repeat the command with another file"
        raise OSError(f"{path} cannot be written: {error.strerror or error}; {remedy}") from error


def summary(plane, units, alpha=ALPHA):
    """Return the first and the last epoch of every layer, in `units`, as a table of text."""
    about_y, about_x, given = (cells_of(plane.results_, name) for name in ("I(T;Y)", "I(X;T)", _GIVEN))
    given = given if plane.conditional else None
    tests = cells_of(plane.significance(alpha=alpha)) if plane.n_permutations else None
    rows = [
        _row(cell, *(None if table is None else table.loc[cell] for table in (about_y, about_x, given, tests)), units)
        for layer in plane.layers_
        for cell in ends(about_y.index, layer)
    ]
    table = pd.DataFrame(rows)
    return table if table[_AT_LEAST].any() else table.drop(columns=_AT_LEAST)


def exit_code(plane):
    """Return 0, or 1 after a list of the failed cells, those that failed alike in one line."""
    failed = plane.results_[plane.results_["status"] == "failed"]
    for _, rows in failed.groupby([_cause(row) for row in failed.itertuples()], sort=False):
        notify("failed", f"{_together(rows)}: {rows['message'].iloc[0]}")
    return int(len(failed) > 0)


def _cause(row):
    """Return the message of a failed row without what differs between its cells: names, places and numbers."""
    message = row.message.replace(repr(row.layer), "")
    return re.sub(r"\([^()]*\)|\S*/\S*|\d+(\.\d+)?", "", message)


def _together(rows):
    """Return what failed: the quantities, and the cell, or how many layers and epochs."""
    quantities = " and ".join(rows["quantity"].unique())
    layers, epochs = (list(rows[name].unique()) for name in ("layer", "epoch"))
    if len(layers) == len(epochs) == 1:
        return f"{quantities} of {layers[0]} at epoch {epochs[0]}"
    if len(layers) == 1:
        return f"{quantities} of {layers[0]} at {len(epochs)} epochs"
    cells = rows[["layer", "epoch"]].drop_duplicates()
    if len(cells) < len(layers) * len(epochs):
        return f"{quantities} of {len(cells)} cells ({listed(layers)})"
    epochs = f"{len(epochs)} epochs" if len(epochs) > 1 else f"epoch {epochs[0]}"
    return f"{quantities} of {len(layers)} layers x {epochs} ({listed(layers)})"


def cells_of(table, quantity=None):
    """Return a table, or its rows of one quantity, with epochs and layers as index."""
    table = table if quantity is None else table[table["quantity"] == quantity]
    return table.set_index(["epoch", "layer"])


def ends(index, layer):
    """Return the first and the last cell of a layer, which may be the same."""
    cells = [cell for cell in index if cell[1] == layer]
    return dict.fromkeys([cells[0], cells[-1]])


def _row(cell, y, x, given, test, units):
    scale = scale_of(units)
    value = y["mutual_info"] if test is None else test["corrected"]
    row = {
        "layer": cell[1],
        "width": y["n_units"],
        "epoch": cell[0],
        "I(T;Y)" if test is None else "I(T;Y) - null": with_error(scale * value, scale * y["std_error"]),
        _AT_LEAST: f"{scale * y['lower_bound']:.3f}" if y["lower_bound"] > max(y["mutual_info"], 0) else "",
        "I(X;T)": _with_mark(x, scale),
    }
    if given is not None:
        row[_GIVEN] = _with_mark(given, scale)
    if test is not None:
        adjusted = test["adjusted_pvalue"]
        verdict = "failed" if np.isnan(adjusted) else "yes" if test["significant"] else "no"
        row |= {"Holm's p": p_text(adjusted), "significant": verdict}
    return row


def _with_mark(row, scale):
    return f"{scale * row['mutual_info']:.3f}{'*' if row['saturated'] else ' '}"


def with_error(value, std_error):
    """Format an estimate; dependent rows, and some estimators, have no standard error."""
    return f"{value:.3f}" if np.isnan(std_error) else f"{value:.3f} +- {std_error:.3f}"


def p_text(pvalue):
    """Format a p-value; smaller ones than the null of a few permutations can resolve have no digits."""
    return "< 1e-6" if pvalue < 1e-6 else f"{pvalue:.2g}"


def estimators(plane):
    """Return a line with the estimator of every quantity, and the compressor before them."""
    names = [f"{rows.iloc[0]} for {name}" for name, rows in plane.results_.groupby("quantity")["estimator"]]
    before = [] if plane.compressor is None else [f"after {plane.compressor}"]
    return " ".join("; ".join([*names, *before]).split())


def _ceilings(plane, units):
    scale = scale_of(units)
    h_y = "" if plane.target_entropy_ is None else f"I(T;Y) at most H(Y) = {scale * plane.target_entropy_:.3f}, "
    return f"in {units}: {h_y}I(X;T) at most log n = {scale * np.log(plane.n_samples_):.3f}"


def scale_of(units):
    """Return what a number of nats is multiplied by."""
    return 1.0 if units == "nats" else skib.in_bits(1.0)


def _print_verdict(plane, alpha):
    cells = plane.significance(alpha=alpha)
    n_significant = int(cells["significant"].sum())
    test = f"significantly above the permutation null (Holm-corrected p < {alpha:g})"
    print(f"{test}: {n_significant} of {len(cells)} cells")
    if not n_significant:
        print("no layer is significantly above its null at any epoch: no evidence of information about these labels")


def check_alpha(alpha):
    """Raise, before the work, if an error rate is out of range."""
    if not 0 < alpha < 1:
        raise ValueError(f"--alpha must lie between 0 and 1, got {alpha:g}")


def check_plot(png):
    """Raise, before the work, if matplotlib does not write the format of the picture."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return  # reported when the picture is due
    if png is not None and png.suffix[1:] not in (formats := Figure().canvas.get_supported_filetypes()):
        raise ValueError(f"cannot draw {png}: matplotlib writes {', '.join(sorted(formats))}")


def draw(display, png, units, checkpoint):
    """Draw the plane and return True, or report that matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        notify("no plot", f"{png} needs matplotlib, which is not installed: pip install matplotlib")
        return False
    ax = Figure(figsize=(8, 5)).add_subplot()  # without pyplot: no display is needed, and no state is left
    figure = display.plot(ax=ax, units=units).figure_
    write(png, lambda part: figure.savefig(part, dpi=130, bbox_inches="tight"), checkpoint)
    return True
