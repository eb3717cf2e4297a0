"""Several runs of one network: a folder of dumps, or several of them, as one plane of their means."""

import re
import warnings

import numpy as np
import pandas as pd

from skib._cli import _report
from skib._cli._console import notify
from skib._cli._sources import open_source
from skib.dumps import open_dump
from skib.information_plane import InformationPlaneDisplay, aggregate_runs

_EPOCH = re.compile(r"(epoch|ep|step|iter|ckpt|checkpoint|global_step)[-_=]?[0-9]", re.IGNORECASE)


def run_paths(paths):
    """Return the paths of the runs by name: those given, or those of the dumps in a folder that is itself none."""
    if len(paths) == 1 and paths[0].is_dir() and _refusal(paths[0]):
        paths = _runs_inside(paths[0]) or paths
    names = [path.name if path.is_dir() else path.stem for path in paths]
    if len(set(names)) < len(names):
        names = ["-".join(path.resolve().parts[1:]) for path in paths]
    return dict(zip(names, paths, strict=True))


def open_runs(paths, reduce, layers):
    """Open the dumps of all runs, which must have the same cells."""
    dumps = {name: open_source(path, reduce, layers) for name, path in paths.items()}
    (first, one), *others = dumps.items()
    for name, dump in others:
        if odd := sorted(set(_widths(one)) ^ set(_widths(dump))):
            epoch, layer, width = odd[0]
            raise ValueError(
                f"runs {first} and {name} differ, first in layer {layer!r} of {width} units at epoch {epoch}, which "
                "one of them does not have; a mean needs the same epochs and layers in all runs (--layers names some)"
            )
    return dumps


def path_of_run(path, name):
    """Return the path of a file of one run: plane.csv becomes plane.seed0.csv."""
    return path.with_name(f"{path.stem}.{name}{path.suffix}")


def report_runs(planes, csv, png, units):
    """Print the table of the means, write it, those of the runs and the picture, and return their paths."""
    mean, kept = aggregate_runs(planes), ", ".join(str(p.checkpoint) for p in planes.values() if p.checkpoint) or None
    print(_report.estimators(next(iter(planes.values()))))
    print(_summary(mean, units, has_null=any(plane.n_permutations for plane in planes.values())).to_string(index=False))
    names = ", ".join(planes)
    print(f"in {units}: means of {len(planes)} runs ({names}) +- their standard errors   (*: saturated in some)")
    tables = {csv: mean} | {path_of_run(csv, name): plane.results_ for name, plane in planes.items()}
    for path, table in tables.items():
        _report.write(path, lambda part, table=table: table.to_csv(part, index=False), kept)
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
    """Return the dumps in a folder, and tell what is none; nothing if it holds epochs, or less than two dumps."""
    entries = [entry for entry in sorted(folder.iterdir(), key=_natural) if not entry.name.startswith(".")]
    if any(_EPOCH.match(entry.name) for entry in entries):  # a dump that has a fault, which is to be told
        return []
    refusals = {entry: _refusal(entry) for entry in entries}
    runs = [entry for entry, refusal in refusals.items() if not refusal]
    if len(runs) < 2:
        return []
    for entry, refusal in refusals.items():
        if refusal:
            notify("no run", f"{entry.name}: {refusal}")
    return runs


def _refusal(path):
    """Return the first line of the error by which a path is refused as a dump, or an empty text if it is one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are issued when the dump is opened to be read
            open_dump(path)
    except (ValueError, OSError, ImportError) as error:
        return str(error).partition("\n")[0]
    return ""


def _natural(path):
    """Return a key by which seed10 comes after seed2."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", path.name)]


def _widths(dump):
    return [(*cell, int(np.prod(dump.shape(*cell)[1:]))) for cell in dump.cells()]
