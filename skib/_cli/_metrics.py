"""``skib metrics``: every measure that applies to the layers of a dump, beside its information plane."""

import pandas as pd

from skib._cli._console import notify
from skib._cli._equal_layers import tell_of_equal_layers
from skib._cli._left_out import tell_of_left_out
from skib._cli._outputs import require_outputs, table_writer, write_whole
from skib._cli._report import check_plot, ends
from skib._cli._sources import open_source, read_table
from skib.dumps import load_array
from skib.metrics import DumpMetricsDisplay, dump_metrics

_PLANE = {"mutual_info": "value", "null_mean": "null"}
# Of all quantities, those that are printed.
_SHOWN = (
    *("I(T;Y)", "I(X;T)", "cka(T, X)", "cka(T, y)", "effective_rank", "intrinsic_dimension", "nc1", "nc2"),
    *("ncmi", "usable_information", "entropy", "total_correlation"),
)


def metrics(arguments):
    """Measure the dump, write and print the table."""
    check_plot(arguments.plot)
    dump = open_source(arguments.dump, arguments.reduce, arguments.layers)
    require_outputs(arguments.output, arguments.plot, arguments.dump, arguments.force)
    plane = None if arguments.plane is None else _plane_rows(arguments.plane)
    tell_of_left_out(dump)
    tell_of_equal_layers(dump)
    y, X = (None if path is None else load_array(path) for path in (arguments.y, arguments.x))
    table = dump_metrics(
        dump,
        y,
        X,
        families=arguments.families or None,
        max_samples=arguments.max_samples,
        n_jobs=arguments.jobs,
        random_state=arguments.random_state,
        verbose=1,
    )
    if plane is not None:
        table = pd.concat([plane, table], ignore_index=True)[list(table.columns)]
    print(_summary(table))
    write_whole(arguments.output, table_writer(arguments.output, table))
    written = [arguments.output]
    if arguments.plot is not None and _draw(table, arguments.plot):
        written.append(arguments.plot)
    print("written: " + ", ".join(map(str, written)))
    return _exit_code(table)


def _plane_rows(path):
    """Return the table that ``skib plane`` wrote as rows of the metrics."""
    plane = read_table(path)
    if missing := [name for name in ("epoch", "layer", "quantity", *_PLANE) if name not in plane]:
        raise ValueError(f"{path} is no table of skib plane: it lacks the columns {', '.join(missing)}")
    return plane.rename(columns=_PLANE).assign(family="information")


def _summary(table):
    """Return the main quantities of the first and the last epoch of every layer that has one as text."""
    wide = table.pivot_table(index=["layer", "epoch"], columns="quantity", values="value", sort=False)
    wide = wide[[name for name in _SHOWN if name in wide]]
    if wide.empty:
        return "no measure has a value"
    cells = [cell[::-1] for cell in wide.index]
    rows = [cell for layer in wide.index.unique("layer") for cell in ends(cells, layer)]
    shown = wide.loc[[cell[::-1] for cell in rows]].reset_index()
    return shown.to_string(index=False, float_format="{:.3f}".format, na_rep="")


def _exit_code(table):
    """Return 0, or 1 after a line for each family that failed, with its first error."""
    failed = table[table["status"] == "failed"]
    for family, rows in failed.groupby("family", sort=False):
        first = rows.iloc[0]
        notify(
            "failed",
            f"{family} of {len(rows)} cells, first {first['layer']} at epoch {first['epoch']}: {first['message']}",
        )
    return int(len(failed) > 0)


def _draw(table, png):
    """Draw the panels and return True, or report that matplotlib is missing."""
    try:
        from matplotlib.pyplot import close
    except ImportError:
        notify("no plot", f"{png} needs matplotlib, which is not installed: pip install matplotlib")
        return False
    figure = DumpMetricsDisplay(table).plot().figure_
    write_whole(png, lambda part: figure.savefig(part, dpi=130, bbox_inches="tight"))
    close(figure)
    return True
