"""``skib matrix``: the information of all pairs of columns of a table."""

import numpy as np
import pandas as pd

from skib._cli._console import notify
from skib._cli._outputs import require_outputs, table_writer, write_whole
from skib._cli._report import check_alpha, check_plot, p_text, scale_of
from skib._cli._sources import read_table
from skib._statistics import benjamini_hochberg_adjust
from skib.mutual_info import MutualInfoMatrixDisplay, mutual_info_matrix

_MOST_SHOWN = 20


def matrix(arguments):
    """Estimate the pairs, write and print them."""
    check_alpha(arguments.alpha)
    check_plot(arguments.plot)
    require_outputs(arguments.output, arguments.plot, arguments.table, arguments.force)
    found = mutual_info_matrix(
        _frame(arguments.table, arguments.columns, arguments.exclude),
        n_permutations=arguments.permutations,
        random_state=arguments.random_state,
        n_jobs=arguments.jobs,
        verbose=1,
    )
    pairs = pairs_of(found)
    print(_summary(pairs, found, arguments.units, arguments.alpha))
    write_whole(arguments.output, table_writer(arguments.output, pairs))
    written = [arguments.output]
    if arguments.plot is not None and _draw(found, arguments.plot, arguments.units, arguments.alpha):
        written.append(arguments.plot)
    print("written: " + ", ".join(map(str, written)))
    return 0


def _frame(path, columns, exclude):
    frame = read_table(path)
    if unknown := [name for name in (*columns, *exclude) if name not in frame]:
        raise ValueError(f"{path} has no column {unknown[0]!r}; it has {', '.join(map(str, frame.columns))}")
    frame = frame[columns] if columns else frame
    return frame.drop(columns=exclude)


def pairs_of(found):
    """Return a MutualInfoMatrix as a table of its pairs, the most informative first."""
    names = found.mutual_info.columns
    first, second = np.triu_indices(len(names), 1)
    tables = {"mutual_info": found.mutual_info, "std_error": found.std_error, "pvalue": found.pvalue}
    tables |= {"saturated": found.saturated, "n_samples": found.n_complete}
    pairs = pd.DataFrame({"x": names[first], "y": names[second]})
    for name, table in tables.items():
        if table is not None:
            pairs[name] = table.to_numpy()[first, second]
    if found.n_complete is None:
        pairs["n_samples"] = found.n_samples
    if found.pvalue is not None:
        adjusted = benjamini_hochberg_adjust(pairs["pvalue"].to_numpy())
        pairs.insert(pairs.columns.get_loc("pvalue") + 1, "adjusted_pvalue", adjusted)
    return pairs.sort_values("mutual_info", ascending=False, kind="stable", ignore_index=True)


def _summary(pairs, found, units, alpha):
    """Return the most informative pairs as text, how many there are, and how many are significant."""
    scale, shown = scale_of(units), pairs.head(_MOST_SHOWN)
    table = pd.DataFrame({"x": shown["x"], "y": shown["y"]})
    stars = np.where(shown["saturated"], "*", "") if "saturated" in shown else ""
    table["information"] = (shown["mutual_info"] * scale).map("{:.4f}".format) + stars
    table["std error"] = (shown["std_error"] * scale).map("{:.4f}".format)
    if "adjusted_pvalue" in shown:
        table["adjusted p"] = shown["adjusted_pvalue"].map(p_text)
    n_discrete = int((found.kinds == "discrete").sum())
    lines = [table.to_string(index=False)]
    lines.append(
        f"in {units}: {len(shown)} of {len(pairs)} pairs; {found.n_samples} rows, {n_discrete} columns of classes and "
        f"{len(found.kinds) - n_discrete} of numbers   (*: saturated)"
    )
    if "adjusted_pvalue" in pairs:
        n_significant = int((pairs["adjusted_pvalue"] <= alpha).sum())
        lines.append(f"significant (Benjamini-Hochberg-adjusted p <= {alpha:g}): {n_significant} of {len(pairs)} pairs")
    return "\n".join(lines)


def _draw(found, png, units, alpha):
    """Draw the heat map and return True, or report that matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        notify("no plot", f"{png} needs matplotlib, which is not installed: pip install matplotlib")
        return False
    side = 2.5 + 0.4 * len(found.kinds)
    ax = Figure(figsize=(side + 1, side)).add_subplot()  # without pyplot: no display is needed
    display = MutualInfoMatrixDisplay(found).plot(ax=ax, units=units, alpha=alpha)
    write_whole(png, lambda part: display.figure_.savefig(part, dpi=130, bbox_inches="tight"))
    return True
