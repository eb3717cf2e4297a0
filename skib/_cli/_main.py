"""Arguments and exit codes; each command has a module, which is imported when it is called."""

import argparse
import warnings
from pathlib import Path

from skib import __version__
from skib._cli._choices import COMPRESSORS, ESTIMATORS, INPUT_ESTIMATORS, forms
from skib._cli._console import notify, readers_may_go

BAD_INPUT = 2  # argparse exits with the same
INTERRUPTED = 130  # as in shells

_FORCE = "write over the table and the picture, if they are there (default: ask, and off a terminal refuse)"
_EPILOG = """examples:
  skib demo                                  train on digits, measure, draw
  skib rank table.csv --target price         columns of a table by their information
  skib matrix table.csv --plot matrix.png    all pairs of its columns
  skib inspect runs/a                        contents of a dump
  skib plane runs/a --plot plane.png         its information plane
  skib metrics runs/a --plot metrics.png     similarity, geometry, collapse ... of its layers
  skib convert run.pt runs/b                 any dump as a folder of .npy files
  skib doctor --warm                         versions, threads, self-test; compile into the cache

exit codes: 0 ok; 1 some cells failed (they are listed); 2 usage or input error; 130 interrupted
"""
_DEMO_EPILOG = """examples:
  skib demo
  skib demo --shuffle-labels --output coins      control: no layer may be significant
"""
_PLANE_EPILOG = """examples:
  skib plane runs/a
  skib plane runs/a --y labels.npy --x inputs.npy -o a.csv --plot a.png --units bits
  skib plane runs/a --bins 10 --permutations 100 --jobs 2
  skib plane runs -o mean.csv --plot mean.png          a folder of runs: their mean
  skib plane runs/a --groups texts.npy
  skib plane runs/a --layers 'blocks.*.mlp' --layers head --reduce last_token --reduce '*pattern=flatten'
  skib plane runs/a --compress pca:8 --estimator ksg:5 --resume a.jsonl --jobs 2
  skib plane runs/a --input-estimator adaptive:30 --conditional --dask tcp://scheduler:8786
"""
_METRICS_EPILOG = """examples:
  skib metrics runs/a
  skib metrics runs/a --plane plane.csv -o metrics.csv --plot metrics.png
  skib metrics runs/a --y labels.npy --families similarity geometry --max-samples all --reduce gap --jobs 2
"""
_RANK_EPILOG = """examples:
  skib rank table.csv --target price
  skib rank table.parquet --target churn -k 20 --criterion mrmr -o ranking.csv --plot ranking.png --units bits
  skib rank table.parquet --target churn --exclude date_of_exit --dask tcp://scheduler:8786
"""
_MATRIX_EPILOG = """examples:
  skib matrix table.csv
  skib matrix table.parquet --exclude id --permutations 999 -o pairs.csv --plot matrix.png --units bits
"""
_INSPECT_EPILOG = """examples:
  skib inspect runs/a
  skib inspect activations.npz
"""
_CONVERT_EPILOG = """examples:
  skib convert run.safetensors runs/a
  skib convert dump.h5 runs/a --reduce gap
"""


def main(argv=None):
    """Run the command line and return its exit code."""
    with readers_may_go(), warnings.catch_warnings():
        arguments = _parser().parse_args(argv)
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", DeprecationWarning)  # addressed to programmers, not to users
        warnings.showwarning = _show_warning
        try:
            return arguments.run(arguments)
        except KeyboardInterrupt:
            notify("interrupted", _what_remains(arguments))
            return INTERRUPTED
        except (ValueError, TypeError, OSError, KeyError, ImportError) as error:
            notify(
                "error", error.args[0] if isinstance(error, KeyError) else error
            )  # str quotes the text of a KeyError
            return BAD_INPUT


def _what_remains(arguments):
    """Return what an interrupted command leaves behind, and how to go on from there."""
    if "resume" not in arguments:
        return "nothing more is written"
    if arguments.resume is None:
        return "nothing is written; with --resume RUN.jsonl a command keeps every finished cell, and goes on from them"
    return f"the finished cells are in {arguments.resume}: the same command goes on from them"


def _show_warning(message, category, filename, lineno, file=None, line=None):
    notify("warning", message)


def _parser():
    parser = argparse.ArgumentParser(
        prog="skib",
        description="Information planes of networks, from dumped activations; columns of tables by their information.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"skib {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_demo(_command(commands, "demo", _run_demo, "train a network and show its information plane", _DEMO_EPILOG))
    _add_plane(_command(commands, "plane", _run_plane, "information plane of dumped activations", _PLANE_EPILOG))
    text = "measures of dumped activations beside their information"
    _add_metrics(_command(commands, "metrics", _run_metrics, text, _METRICS_EPILOG))
    _add_rank(_command(commands, "rank", _run_rank, "columns of a table by their information", _RANK_EPILOG))
    _add_matrix(_command(commands, "matrix", _run_matrix, "information of all pairs of columns", _MATRIX_EPILOG))
    inspect = _command(commands, "inspect", _run_inspect, "contents of a dump", _INSPECT_EPILOG)
    _add_dump(inspect)
    _add_convert(_command(commands, "convert", _run_convert, "write a dump as a folder of .npy files", _CONVERT_EPILOG))
    _add_doctor(_command(commands, "doctor", _run_doctor, "versions, threads, cache and a self-test", None))
    return parser


def _command(commands, name, run, text, epilog):
    raw = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser(name, help=text, description=text, epilog=epilog, formatter_class=raw)
    command.set_defaults(run=run)
    return command


def _add_demo(command):
    command.add_argument("--output", type=Path, default=Path("skib-demo"), metavar="DIR", help="default: skib-demo")
    command.add_argument("--epochs", type=int, default=200, metavar="N", help="training epochs (default: 200)")
    command.add_argument("--shuffle-labels", action="store_true", help="shuffle the labels first: nothing to learn")
    _add_common(command, permutations=20, jobs=2)


def _add_dump(command):
    command.add_argument("dump", type=Path, metavar="DUMP", help="folder or file of activations")
    _add_layers(command)


def _add_layers(command):
    text = (
        "how layers above two dimensions become tables: flatten, gap, mean_tokens or last_token; of the layers of a "
        "name or pattern alone: 'attn.*=flatten' (repeatable)"
    )
    command.add_argument("--reduce", action="append", default=[], metavar="[NAME=]HOW", help=text)
    text = "layers of this name or pattern alone, as 'blocks.*' (repeatable)"
    command.add_argument("--layers", action="append", default=[], metavar="NAME", help=text)


def _add_convert(command):
    _add_dump(command)
    command.add_argument("target", type=Path, metavar="FOLDER", help="to be made; must not exist")


def _add_plane(command):
    text = "folder or file of activations; several, or a folder of them: runs of one network, whose mean is taken"
    command.add_argument("dump", type=Path, nargs="+", metavar="DUMP", help=text)
    _add_layers(command)
    command.add_argument("--y", type=Path, metavar="Y.npy", help="targets (default: those in the dump)")
    command.add_argument("--x", type=Path, metavar="X.npy", help="inputs (default: those in the dump)")
    command.add_argument("--bins", type=int, default=30, metavar="N", help="bins per unit for I(X;T) (default: 30)")
    text = "I(T;Y) by Ross (class labels) or KSG (numbers) with this number of neighbors"
    command.add_argument("--neighbors", type=int, metavar="K", help=text)
    command.add_argument("--estimator", metavar="NAME", help=f"of I(T;Y): {forms(ESTIMATORS)}")
    command.add_argument("--input-estimator", metavar="NAME", help=f"of I(X;T): {forms(INPUT_ESTIMATORS)}")
    command.add_argument("--compress", metavar="NAME", help=f"of every layer: {forms(COMPRESSORS)}")
    command.add_argument("--freeze", action="store_true", help="fit the compressor at the last epoch only")
    command.add_argument("--conditional", action="store_true", help="estimate I(X;T|Y) as well")
    text = "layers are no chain, each a function of the one before: no bounds by deeper layers"
    command.add_argument("--no-chain", action="store_true", help=text)
    text = "labels of groups of dependent rows, which the null exchanges as a whole"
    command.add_argument("--groups", type=Path, metavar="GROUPS.npy", help=text)
    text = "how the null permutes the target; circular: shifts, for a time series (default: rows)"
    command.add_argument("--shuffle", choices=["rows", "circular"], default="rows", help=text)
    command.add_argument(
        "--resume", type=Path, metavar="RUN.jsonl", help="file of finished cells, from which the run goes on"
    )
    command.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster to run the cells on")
    command.add_argument(
        "-o", "--output", type=Path, default=Path("plane.csv"), metavar="PLANE.csv", help="table (default: plane.csv)"
    )
    command.add_argument("--plot", type=Path, metavar="PLANE.png", help="draw the plane")
    command.add_argument("--force", action="store_true", help=_FORCE)
    text = "coverage of the intervals in the table (default: 0.95)"
    command.add_argument("--confidence-level", type=float, default=0.95, metavar="LEVEL", help=text)
    text = "family-wise error rate of the significance printed (default: 0.01)"
    command.add_argument("--alpha", type=float, default=0.01, metavar="RATE", help=text)
    _add_common(command, permutations=20)


def _add_metrics(command):
    _add_dump(command)
    command.add_argument("--y", type=Path, metavar="Y.npy", help="targets (default: those in the dump)")
    command.add_argument("--x", type=Path, metavar="X.npy", help="inputs (default: those in the dump)")
    text = "similarity, geometry, collapse, outputs, attention or posterior (default: all that apply)"
    command.add_argument("--families", nargs="+", default=[], metavar="NAME", help=text)
    text = "rows that similarity and intrinsic dimension take at most, or all (default: 800)"
    command.add_argument("--max-samples", type=_number_or_all, default=800, metavar="N", help=text)
    text = "table that skib plane wrote, to be put into the same one"
    command.add_argument("--plane", type=Path, metavar="PLANE.csv", help=text)
    command.add_argument(
        "-o", "--output", type=Path, default=Path("metrics.csv"), metavar="METRICS.csv", help="default: metrics.csv"
    )
    command.add_argument("--plot", type=Path, metavar="METRICS.png", help="draw them")
    command.add_argument("--force", action="store_true", help=_FORCE)
    command.add_argument("--jobs", type=int, metavar="N", help="cells measured at once (default: 1; -1: all cores)")
    command.add_argument("--random-state", type=int, default=0, metavar="SEED", help="default: 0")


def _number_or_all(text):
    """Return a whole number, or None for "all"."""
    return None if text == "all" else int(text)


def _add_rank(command):
    command.add_argument("table", type=Path, metavar="TABLE", help=".csv or .parquet file, or a folder of the latter")
    command.add_argument("--target", required=True, metavar="COLUMN", help="column that the others are to inform about")
    command.add_argument("-k", type=int, metavar="N", help="columns to rank (default: all that are significant)")
    text = "mim, mifs, mrmr, mrmr_quotient, jmi, cife, cmim, icap, disr, jmim, njmim or cmi (default: jmi)"
    command.add_argument("--criterion", default="jmi", metavar="NAME", help=text)
    command.add_argument("--pair", action="store_true", help="begin with the best pair of columns, not the best column")
    text = "columns to rank first, in this order"
    command.add_argument("--include", nargs="+", default=[], metavar="COLUMN", help=text)
    command.add_argument("--exclude", nargs="+", default=[], metavar="COLUMN", help="columns not to rank")
    text = "quantile bins of numbers (default: as many as the rows allow, at most 16)"
    command.add_argument("--bins", type=int, metavar="N", help=text)
    text = "error rate at which no further column is significant (default: 0.05); of no effect with -k"
    command.add_argument("--alpha", type=float, default=0.05, metavar="RATE", help=text)
    command.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster whose workers read the file")
    _add_outputs(command, "RANKING", "table of the path")
    command.add_argument("--jobs", type=int, metavar="N", help="parts of the table at once (default: 1; -1: all cores)")
    text = "seed of the sample of rows in which bins are cut (default: 0)"
    command.add_argument("--random-state", type=int, default=0, metavar="SEED", help=text)


def _add_matrix(command):
    command.add_argument("table", type=Path, metavar="TABLE", help=".csv or .parquet file")
    command.add_argument("--columns", nargs="+", default=[], metavar="COLUMN", help="these columns alone")
    command.add_argument("--exclude", nargs="+", default=[], metavar="COLUMN", help="columns to leave out")
    text = "permutations for the p-values, 0 for none (default: 199)"
    command.add_argument("--permutations", type=int, default=199, metavar="N", help=text)
    text = "rate of false discoveries among the pairs called significant (default: 0.05)"
    command.add_argument("--alpha", type=float, default=0.05, metavar="RATE", help=text)
    _add_outputs(command, "MATRIX", "table of the pairs")
    command.add_argument("--jobs", type=int, metavar="N", help="pairs at once (default: 1; -1: all cores)")
    command.add_argument("--random-state", type=int, default=0, metavar="SEED", help="default: 0")


def _add_outputs(command, name, text):
    """Add the options of a command that writes a table and a picture of it."""
    default = Path(f"{name.lower()}.csv")
    text = f"{text} (default: {default})"
    command.add_argument("-o", "--output", type=Path, default=default, metavar=f"{name}.csv", help=text)
    command.add_argument("--plot", type=Path, metavar=f"{name}.png", help="draw it")
    command.add_argument("--force", action="store_true", help=_FORCE)
    command.add_argument("--units", choices=["nats", "bits"], default="nats", help="of the table shown and the plot")


def _add_doctor(command):
    text = "compile what the usual calls need into the cache, so that no later process waits for it"
    command.add_argument("--warm", action="store_true", help=text)


def _add_common(command, *, permutations, jobs=None):
    text = f"permutations of the target per cell, for its null (default: {permutations})"
    command.add_argument("--permutations", type=int, default=permutations, metavar="N", help=text)
    text = f"cells computed at once (default: {jobs or 1}; -1: all cores)"
    command.add_argument("--jobs", type=int, default=jobs, metavar="N", help=text)
    command.add_argument("--random-state", type=int, default=0, metavar="SEED", help="default: 0")
    command.add_argument("--units", choices=["nats", "bits"], default="nats", help="of the table shown and the plot")


def _run_demo(arguments):
    from skib._cli._demo import demo

    return demo(arguments)


def _run_plane(arguments):
    from skib._cli._plane import plane

    return plane(arguments)


def _run_metrics(arguments):
    from skib._cli._metrics import metrics

    return metrics(arguments)


def _run_rank(arguments):
    from skib._cli._rank import rank

    return rank(arguments)


def _run_matrix(arguments):
    from skib._cli._matrix import matrix

    return matrix(arguments)


def _run_inspect(arguments):
    from skib._cli._inspect import inspect

    return inspect(arguments.dump, arguments.reduce, arguments.layers)


def _run_convert(arguments):
    from skib._cli._sources import open_source
    from skib.dumps import convert

    print(f"written: {convert(open_source(arguments.dump, arguments.reduce, arguments.layers), arguments.target)}")
    return 0


def _run_doctor(arguments):
    from skib._cli._doctor import doctor

    return doctor(arguments.warm)
