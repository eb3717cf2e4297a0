"""What the commands say of a fitted plane: files, a short table, and the cells that failed."""

import numpy as np
import pandas as pd

import skib
from skib._cli._console import say
from skib.information_plane import InformationPlaneDisplay

ALPHA = 0.01


def report(plane, csv, png, units):
    """Print the table, write the files; returns the paths written."""
    print(summary(plane, units).to_string(index=False))
    print(f"{_ceilings(plane, units)}   (*: within 10% of log n, tells nearly all rows apart)")
    if plane.n_permutations:
        _print_verdict(plane)
    plane.results_.to_csv(csv, index=False)
    return [csv] if png is None or not _draw(plane, png, units) else [csv, png]


def summary(plane, units):
    """The first and the last epoch of every layer, in `units`, as text."""
    about_y, about_x = (_cells(plane.results_, quantity) for quantity in ("I(T;Y)", "I(X;T)"))
    pvalues = _cells(plane.significance(alpha=ALPHA))["adjusted_pvalue"] if plane.n_permutations else None
    rows = [
        _row(cell, about_y.loc[cell], about_x.loc[cell], None if pvalues is None else pvalues[cell], units)
        for layer in plane.layers_
        for cell in _ends(about_y.index, layer)
    ]
    return pd.DataFrame(rows)


def exit_code(plane):
    """0, or 1 with a list of the failed cells."""
    failed = plane.results_[plane.results_["status"] == "failed"]
    for row in failed.itertuples():
        say("failed", f"{row.quantity} of {row.layer} at epoch {row.epoch}: {row.message}")
    return int(len(failed) > 0)


def _cells(table, quantity=None):
    table = table if quantity is None else table[table["quantity"] == quantity]
    return table.set_index(["epoch", "layer"])


def _ends(index, layer):
    """First and last cell of a layer; one if it has but one epoch."""
    cells = [cell for cell in index if cell[1] == layer]
    return dict.fromkeys([cells[0], cells[-1]])


def _row(cell, y, x, adjusted_pvalue, units):
    scale = _scale(units)
    corrected = y["mutual_info"] - (0.0 if adjusted_pvalue is None else y["null_mean"])
    row = {
        "layer": cell[1],
        "width": y["n_units"],
        "epoch": cell[0],
        "I(T;Y)"
        if adjusted_pvalue is None
        else "I(T;Y) - null": f"{scale * corrected:.3f} +- {scale * y['std_error']:.3f}",
        "I(X;T)": f"{scale * x['mutual_info']:.3f}{'*' if x['saturated'] else ' '}",
    }
    if adjusted_pvalue is not None:
        verdict = "failed" if np.isnan(adjusted_pvalue) else "yes" if adjusted_pvalue < ALPHA else "no"
        row |= {"Holm's p": _p_text(adjusted_pvalue), "told from null": verdict}
    return row


def _p_text(pvalue):
    """No digits for what the tail of a normal null of a few shuffles cannot resolve."""
    return "< 1e-6" if pvalue < 1e-6 else f"{pvalue:.2g}"


def _ceilings(plane, units):
    scale = _scale(units)
    h_y = "" if plane.target_entropy_ is None else f"I(T;Y) at most H(Y) = {scale * plane.target_entropy_:.3f}, "
    return f"in {units}: {h_y}I(X;T) at most log n = {scale * np.log(plane.n_samples_):.3f}"


def _scale(units):
    return 1.0 if units == "nats" else skib.in_bits(1.0)


def _print_verdict(plane):
    cells = plane.significance(alpha=ALPHA)
    n_told = int(cells["significant"].sum())
    print(f"told from their null (shuffled labels, Holm-corrected p < {ALPHA}): {n_told} of {len(cells)} cells")
    if not n_told:
        print("no layer is told from its null at any epoch: nothing shows that it knows these labels")


def check_plot(png):
    """Refuse a picture in a format that matplotlib does not write, before the work."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return  # said when the picture is due
    if png is not None and png.suffix[1:] not in (formats := Figure().canvas.get_supported_filetypes()):
        raise ValueError(f"cannot draw {png}: matplotlib writes {', '.join(sorted(formats))}")


def _draw(plane, png, units):
    """Draw the plane, unless matplotlib is missing, which is said."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        say("no plot", f"{png} needs matplotlib, which is not installed: pip install matplotlib")
        return False
    ax = Figure(figsize=(8, 5)).add_subplot()  # of its own, so that no display is needed and no pyplot state is left
    display = InformationPlaneDisplay.from_estimator(plane).plot(ax=ax, units=units)
    display.figure_.savefig(png, dpi=130, bbox_inches="tight")
    return True
