"""``skib rank``: the columns of a table by their information about one of them."""

import sys

from skib._cli._cluster import workers
from skib._cli._console import notify
from skib._cli._outputs import require_outputs, table_writer, write_whole
from skib._cli._report import check_alpha, check_plot, p_text, scale_of
from skib.feature_selection import ChiSquareStop, SelectionPathDisplay, rank_table

_INFORMATION = ["score", "relevance", "redundancy", "synergy"]


def rank(arguments):
    """Rank the columns, write and print the path."""
    check_alpha(arguments.alpha)
    check_plot(arguments.plot)
    require_outputs(arguments.output, arguments.plot, arguments.table, arguments.force)
    with workers(arguments.dask):
        ranking = _ranking(arguments)
    print(_summary(ranking, arguments.units))
    write_whole(arguments.output, table_writer(arguments.output, ranking.path))
    written = [arguments.output]
    if arguments.plot is not None and _draw(ranking, arguments.plot, arguments.units):
        written.append(arguments.plot)
    print("written: " + ", ".join(map(str, written)))
    return 0


def _ranking(arguments):
    return rank_table(
        arguments.table,
        arguments.target,
        n_features_to_select="auto" if arguments.k is None else arguments.k,
        criterion=arguments.criterion,
        stop=ChiSquareStop(arguments.alpha) if arguments.k is None else None,
        init="pair" if arguments.pair else None,
        include=arguments.include,
        exclude=arguments.exclude,
        n_bins=arguments.bins,
        random_state=arguments.random_state,
        n_jobs=arguments.jobs,
        verbose=int(sys.stderr.isatty()),
    )


def _summary(ranking, units):
    """Return the path as text, why it ends and what is not on it."""
    table = ranking.path.copy()
    table[_INFORMATION] = (table[_INFORMATION] * scale_of(units)).map("{:.4f}".format)
    table["pvalue"] = table["pvalue"].map(p_text)
    table.insert(0, "rank", range(1, len(table) + 1))
    lines = [table.to_string(index=False)] if len(table) else []
    lines.append(f"stopped: {ranking.stop_reason}")
    size = f"{ranking.n_samples} rows, {ranking.n_features} columns, {ranking.n_classes} classes of the target"
    lines.append(f"in {units}; {size}, numbers in {ranking.n_bins} bins")
    lines += [f"left out: {name} ({reason})" for name, reason in ranking.left_out.items()]
    return "\n".join(lines)


def _draw(ranking, png, units):
    """Draw the path and return True, or report that matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        notify("no plot", f"{png} needs matplotlib, which is not installed: pip install matplotlib")
        return False
    path = ranking.path
    ax = Figure(figsize=(8, 1.6 + len(path) / 4)).add_subplot()  # without pyplot: no display is needed
    terms = (path[name] for name in ("relevance", "redundancy", "synergy"))
    display = SelectionPathDisplay(list(map(str, path["feature"])), *terms).plot(ax=ax, units=units)
    write_whole(png, lambda part: display.figure_.savefig(part, dpi=130, bbox_inches="tight"))
    return True
