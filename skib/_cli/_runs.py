"""Several runs of one network: a folder of dumps, or several of them, as one plane of their means."""

import re

import numpy as np
import pandas as pd

from skib._cli import _report
from skib._cli._console import notify
from skib._cli._outputs import table_writer
from skib._cli._sources import chosen, open_path, open_source
from skib.dumps import NoEpochsError, open_dump
from skib.information_plane import InformationPlaneDisplay, aggregate_runs


def open_runs(paths, reduce, layers):
    """Open the dumps of all runs, by name: those given, or those in a folder that is itself none.

    All must have the same cells. A dump alone has the name None.
    """
    if len(paths) == 1:
        try:
            return {None: open_source(*paths, reduce, layers)}
        except NoEpochsError:
            opened = _runs_inside(*paths) if paths[0].is_dir() else {}
            if len(opened) < 2:
                raise
    else:
        opened = {path: open_path(path) for path in paths}
    dumps = {name: chosen(dump, reduce, layers) for name, dump in zip(_names(opened), opened.values(), strict=True)}
    _require_same_cells(dumps)
    return dumps


def _names(paths):
    """Return the names of runs: of their files, or where two are equal of the folders that lead to them."""
    names = [path.name if path.is_dir() else path.stem for path in paths]
    return names if len(set(names)) == len(names) else ["-".join(path.resolve().parts[1:]) for path in paths]


def _require_same_cells(dumps):
    (first, one), *others = dumps.items()
    for name, dump in others:
        if odd := sorted(set(_widths(one)) ^ set(_widths(dump))):
            epoch, layer, width = odd[0]
            raise ValueError(
                f"runs {first} and {name} differ, first in layer {layer!r} of {width} units at epoch {epoch}, which "
                "one of them does not have; a mean needs the same epochs and layers in all runs (--layers names some)"
            )


def path_of_run(path, name):
    """Return the path of a file of one run: plane.csv becomes plane.seed0.csv, plane.csv.gz plane.seed0.csv.gz."""
    stem, suffix = re.fullmatch(r"(.*?)((?:\.csv)?\.\w+|)", path.name).groups()
    return path.with_name(f"{stem}.{name}{suffix}")


def report_runs(planes, csv, png, units, alpha=_report.ALPHA):
    """Print the table of the means, write it, those of the runs and the picture, and return their paths."""
    mean, kept = (
        aggregate_runs(planes, alpha=alpha),
        ", ".join(str(p.checkpoint) for p in planes.values() if p.checkpoint) or None,
    )
    print(_report.estimators(next(iter(planes.values()))))
    print(_summary(mean, units, has_null=any(plane.n_permutations for plane in planes.values())).to_string(index=False))
    names = ", ".join(planes)
    print(f"in {units}: means of {len(planes)} runs ({names}) +- their standard errors   (*: saturated in some)")
    if any(plane.n_permutations for plane in planes.values()):
        print(f"significant: runs above their permutation null (Holm-corrected p < {alpha:g})")
    tables = {csv: mean} | {path_of_run(csv, name): plane.results_ for name, plane in planes.items()}
    for path, table in tables.items():
        _report.write(path, table_writer(path, table), kept)
    entropies = {plane.target_entropy_ for plane in planes.values()}
    display = InformationPlaneDisplay.from_runs(planes, target_entropy=entropies.pop() if len(entropies) == 1 else None)
    return [*tables, png] if png is not None and _report.draw(display, png, units, kept) else [*tables]


def exit_code(planes):
    """Return 0, or 1 after a list of the failed cells of every run; a single one has no name."""
    codes = []
    for name, plane in planes.items():
        if name is not None and (plane.results_["status"] == "failed").any():
            notify("run", name)
        codes.append(_report.exit_code(plane))
    return max(codes)


def _summary(mean, units, *, has_null):
    """Return the first and the last epoch of every layer as a table of text."""
    scale = _report.scale_of(units)
    quantities = {name: _report.cells_of(mean, name) for name in mean["quantity"].unique()}
    about_y = quantities.pop("I(T;Y)")
    rows = []
    for cell in (cell for layer in mean["layer"].unique() for cell in _report.ends(about_y.index, layer)):
        y = about_y.loc[cell]
        value = y["mutual_info"] - (y["null_mean"] if has_null else 0.0)
        row = {"layer": cell[1], "width": int(y["n_units"]), "epoch": cell[0]}
        row["I(T;Y) - null" if has_null else "I(T;Y)"] = _report.with_error(scale * value, scale * y["std_error"])
        for name, table in quantities.items():
            x = table.loc[cell]
            text = _report.with_error(scale * x["mutual_info"], scale * x["std_error"])
            row[name] = text + ("*" if x["saturated"] else " ")
        if has_null:
            n_runs = int(y["n_runs"])
            row["significant"] = f"{y['share_significant'] * n_runs:.0f} of {n_runs}" if n_runs else "failed"
        rows.append(row)
    return pd.DataFrame(rows)


def _runs_inside(folder):
    """Open the dumps in a folder, by path; if there are two or more, tell what else is in it."""
    opened, refusals = {}, {}
    for entry in sorted(folder.iterdir(), key=_natural):
        if not entry.name.startswith("."):
            try:
                opened[entry] = open_dump(entry)
            except (ValueError, OSError, ImportError) as error:
                refusals[entry] = str(error).partition("\n")[0]
    for entry, refusal in refusals.items() if len(opened) > 1 else ():
        notify("no run", f"{entry.name}: {refusal}")
    return opened


def _natural(path):
    """Return a key by which seed10 comes after seed2."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", path.name)]


def _widths(dump):
    return [(*cell, int(np.prod(dump.shape(*cell)[1:]))) for cell in dump.cells()]
