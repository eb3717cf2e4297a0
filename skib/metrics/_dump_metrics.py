"""`dump_metrics`: every measure that applies to a layer, for all layers and epochs of a dump, in one table."""

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import asdict
from numbers import Integral
from time import perf_counter
from typing import Literal, TypeAlias

import pandas as pd
from sklearn.utils import check_random_state

from skib._parallel import one_blas_thread, run_tasks
from skib._typing import AnyPath, Seed, TableLike
from skib._warnings import ConstantInputWarning, UnreliableEstimateWarning, collect_warnings, warn
from skib.dumps import Dump, open_dump
from skib.metrics._dump_cells import cells_of
from skib.metrics._dump_families import FAMILIES, ONE_CLASS
from skib.metrics._measurement import Measurement

Family: TypeAlias = Literal["similarity", "geometry", "collapse", "outputs", "attention", "posterior"]
_NOTHING = Measurement(math.nan)
_COLUMNS = (
    *"epoch layer family quantity value std_error null ceiling".split(),
    *"n_samples n_units status message seconds".split(),
)


def dump_metrics(
    dump: AnyPath | dict | Dump,
    y: TableLike | None = None,
    X: TableLike | None = None,
    *,
    families: Sequence[Family] | None = None,
    max_samples: int | None = 800,
    n_jobs: int | None = None,
    random_state: Seed = None,
    verbose: int = 0,
) -> pd.DataFrame:
    r"""Take every measure that applies, of every layer at every epoch of a dump.

    Parameters
    ----------
    dump : Dump, path or mapping
        The activations, as :func:`~skib.dumps.open_dump` takes them; pass ``open_dump(path, reduce=...)`` for layers of
        more than two dimensions.
    y : array-like of shape (n_samples,) or (n_samples, n_targets), default=None
        The target; None takes that of the dump, if there is one.
    X : array-like of shape (n_samples, n_features), default=None
        The input; None takes that of the dump, if there is one.
    families : sequence of str, default=None
        Which measures to take. None takes all that apply; those named raise an error if they apply to no layer.

        - ``"similarity"``: :func:`cka` of the layer T with the input, with the target (class labels as indicators),
          with the same layer at its last epoch and with the layer before it.
        - ``"geometry"``: :func:`representation_geometry` and :func:`intrinsic_dimension`.
        - ``"collapse"``: :func:`neural_collapse`, for class labels, with 5 permutations for the nulls.
        - ``"outputs"``: :func:`classifier_information`, for class labels and layers with a probability for each class.
        - ``"attention"``: :func:`attention_entropy`, for layers of shape (n_samples, n_heads, n_tokens, n_tokens)
          whose rows sum to 1.
        - ``"posterior"``: :func:`elbo_decomposition`, for two layers of one width named mu and logvar, or with names
          that differ in these alone.
    max_samples : int, default=800
        Number of rows that ``"similarity"`` and the intrinsic dimension take at most, a fixed sample of them: the time
        grows with the square of their number, and the error falls with its root. ``None`` takes all rows, as the other
        measures do.
    n_jobs : int, default=None
        Number of threads (as in joblib) over the cells; the result is the same for every value.
    random_state : int, RandomState instance or None, default=None
        Seeds what is drawn, the same in each cell: permutations of nulls, and codes of ``"posterior"``. Pass an int for
        the same result at every call.
    verbose : int, default=0
        Above 0, show progress on stderr: a bar where ``rich`` is installed, lines of text elsewhere.

    Returns
    -------
    metrics : DataFrame
        One row per number:

        - ``epoch``, ``layer``, ``family``, ``quantity``: the cell, and the name of the number in its family.
        - ``value``, ``std_error``, ``null``, ``ceiling``: as in :class:`Measurement`.
        - ``n_samples``, ``n_units``: rows and units of the layer.
        - ``status``, ``message``: "ok", "warning" or "failed" (with NaN as value), and the texts of the warnings, or
          the error.
        - ``seconds``: the time of the family in this cell.

    Raises
    ------
    ValueError
        If a family is unknown, named and applies to no layer, or no family applies to any.

    Warns
    -----
    UnreliableEstimateWarning
        If a family failed in some cells; or if y, which is taken as numbers, may hold labels of many classes.
    ConstantInputWarning
        If y has one class: what is measured between classes is NaN.

    See Also
    --------
    DumpMetricsDisplay : Draw the table.
    skib.information_plane.InformationPlane : The information of every layer about target and input.

    Notes
    -----
    One layer is in memory at a time in each thread, beside 128 MB and the compared rows of two others, whatever the
    numbers of layers and epochs.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.metrics import dump_metrics
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(300) % 3
    >>> noise = rng.normal(size=(300, 20))
    >>> early, late = noise, noise + 9 * np.eye(3, 20)[y]
    >>> metrics = dump_metrics({0: {"fc": early}, 10: {"fc": late}, "ids": range(300)}, y)
    >>> metrics.query("quantity == 'cka(T, y)'")["value"].round(1).abs().tolist()
    [0.0, 1.0]
    """
    chosen = _checked(families)
    generator = check_random_state(random_state)
    seed = random_state if isinstance(random_state, Integral) else generator.randint(2**31 - 1)
    cells = cells_of(open_dump(dump), y, X, _checked_number(max_samples))
    tasks = [(cell, [name for name in chosen if FAMILIES[name].applies(cell)], seed) for cell in cells]
    _require_some(tasks, families)
    if cells[0].labels is not None and not cells[0].labels.any():
        warn(ONE_CLASS, ConstantInputWarning)
    with one_blas_thread():
        found = run_tasks(_rows, tasks, n_jobs=n_jobs, verbose=verbose, description="metrics")
    table = pd.DataFrame([row for rows in found for row in rows], columns=_COLUMNS)
    _warn_of_failures(table)
    return table


def _checked(families):
    if families is None:
        return list(FAMILIES)
    if isinstance(families, str) or not len(families) or any(name not in FAMILIES for name in families):
        raise ValueError(f"families must be a list of some of {', '.join(FAMILIES)}, got {families!r}")
    return list(dict.fromkeys(families))


def _checked_number(max_samples):
    if max_samples is not None and (not isinstance(max_samples, Integral) or max_samples < 4):
        raise ValueError(f"max_samples must be a whole number, 4 or more, or None, got {max_samples!r}")
    return max_samples


def _require_some(tasks, families):
    applied = {name for _, names, _ in tasks for name in names}
    for name in families or ():
        if name not in applied:
            raise ValueError(f"{name} applies to no layer of the dump: it takes {FAMILIES[name].takes}")
    if not applied:
        raise ValueError(
            "no measure applies to any layer of the dump: they take " + "; ".join(f.takes for f in FAMILIES.values())
        )


def _rows(cell, names, seed):
    cell = copy(cell)  # what it reads goes with it
    with one_blas_thread():
        return [row for name in names for row in _rows_of_family(cell, name, seed)]


def _rows_of_family(cell, name, seed):
    start = perf_counter()
    with collect_warnings() as messages:
        try:
            measured = FAMILIES[name].measure(cell, seed)
            status = "warning" if messages else "ok"
        except Exception as error:
            measured, status = {"": _NOTHING}, "failed"
            messages.append(f"{type(error).__name__}: {error}")
    shared = {
        "epoch": cell.epoch,
        "layer": cell.layer,
        "family": name,
        "n_samples": cell.shape[0],
        "n_units": math.prod(cell.shape[1:]),
        "status": status,
        "message": "\n".join(dict.fromkeys(map(str, messages))),
        "seconds": perf_counter() - start,
    }
    return [shared | {"quantity": quantity} | asdict(found) for quantity, found in measured.items()]


def _warn_of_failures(table):
    failed = table[table["status"] == "failed"]
    if len(failed):
        first = failed.iloc[0]
        warn(
            f"{len(failed)} measurements failed, the first being {first['family']} of layer {first['layer']!r} at "
            f"epoch {first['epoch']} ({first['message']}); see the column 'message'",
            UnreliableEstimateWarning,
        )
