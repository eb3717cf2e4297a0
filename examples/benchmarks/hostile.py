"""Hostile data: what skib by default, and its peers with theirs, say of some 200 awkward inputs.

    python examples/benchmarks/hostile.py
    python examples/benchmarks/hostile.py --only skib --messages
    python examples/benchmarks/hostile.py --case ReLU

2000 rows unless a case says otherwise, fixed seeds. Every implementation meets every case of ``hostile_cases.py`` and
``hostile_reports.py`` in a process of its own (by fork: not on Windows) and is classified by what came back:

=========  ============================================================================================
``ok``     a value within 0.06 nats or 10 % of the truth, whichever is more
``w``      a warning where one is due: repeated rows, constants, infinite information, classes of one row
``W``      a wrong value with a warning
``err``    a ValueError or TypeError that says something, where the data hold no answer
``ref``    such an error for good data
``G``      garbage: a wrong value without a warning
``S``      a number without a warning where an error or a warning is due
``inf``    an infinity or NaN that is not the truth, and no warning due
``crash``  any other exception, or the end of the process
``time``   no answer within 60 seconds
``-``      the implementation is not made for such data
=========  ============================================================================================

A warning of skib is a ``SkibWarning``; of a peer, any warning. skib gets the data as they are, the peers as arrays of
two dimensions, and class labels with the word that they are labels (skib takes whole numbers on many levels for labels
where the column is of type category). A right value with a warning is ``ok!`` where none is due. The last column is the
sum of G, S, inf, crash and time, which should be 0.
"""

import argparse
import os
import warnings
from collections import Counter
from functools import partial
from multiprocessing import get_context

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[name] = "1"

import numpy as np
import pandas as pd
from hostile_cases import CASES, ERROR, WARNING
from hostile_reports import CASES as REPORTED
from peers import NotCovered, peers
from scipy.sparse import issparse

import skib
from skib.mutual_info import mutual_info

SECONDS = 60
context = get_context("fork")
VERDICTS = ["ok", "ok!", "w", "err", "W", "ref", "G", "S", "inf", "crash", "time", "-"]
FAILURES = ["G", "S", "inf", "crash", "time"]


def implementations():
    """Name and version -> function of X, y, given and whether y holds classes, and the warnings that count."""
    found = {
        f"skib {skib.__version__}": (lambda X, y, given, classes: mutual_info(X, y, given=given), skib.SkibWarning)
    }
    for name, peer in peers().items():
        found[name] = partial(_told_apart, peer), Warning
    return found


def _told_apart(peer, X, y, given, classes):
    condition = {} if given is None else {"given": _as_rows(given)}
    return peer(_as_rows(X), _as_rows(y), classes=classes, **condition)


def _as_rows(values):
    if issparse(values):
        return values
    array = np.asanyarray(values)
    if not array.ndim:
        raise NotCovered("no array")
    return array[:, None] if array.ndim == 1 else array


def attempt(estimate, warning, case, pipe):
    """In a process of its own: send the verdict, the value or None, and the messages."""
    X, y, given = (*case.make(), None)[:3]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = float(estimate(X, y, given, case.classes))
        except Exception as error:
            answer = error
    messages = [f"{w.category.__name__}: {w.message}" for w in caught]
    if isinstance(answer, Exception):
        messages.append(f"{type(answer).__name__}: {answer}")
        pipe.send((verdict_on_error(case, answer), None, messages))
    else:
        warned = any(issubclass(w.category, warning) for w in caught)
        pipe.send((verdict_on_value(case, answer, warned), answer, messages))


def verdict_on_error(case, error):
    if isinstance(error, NotCovered):
        return "-"
    if not isinstance(error, ValueError | TypeError) or not str(error):
        return "crash"
    return "err" if case.truth in (ERROR, WARNING) else "ref"


def verdict_on_value(case, value, warned):
    if case.truth in (ERROR, WARNING):
        return "w" if warned else "S"
    if value == case.truth:
        return "w" if warned and case.warned else "ok!" if warned else "ok"
    if not np.isfinite(value):
        return "inf"
    if warned and case.warned:
        return "w"
    right = np.isfinite(case.truth) and abs(value - case.truth) <= max(0.06, 0.1 * case.truth)
    return ("ok!" if warned else "ok") if right else "W" if warned else "G"


def run(estimate, warning, case):
    """Verdict, value and messages of one case, within the time allowed."""
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=attempt, args=(estimate, warning, case, there))
    child.start()
    there.close()
    try:
        return here.recv() if here.poll(SECONDS) else ("time", None, [])
    except EOFError:  # the process has died
        return "crash", None, []
    finally:
        child.kill()
        child.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="implementations whose name contains this")
    parser.add_argument("--case", default="", help="cases whose name contains this")
    parser.add_argument("--messages", action="store_true", help="also print warnings and errors")
    options = parser.parse_args()
    cases = [case for case in CASES + REPORTED if options.case in case.name]
    tried = {name: it for name, it in implementations().items() if options.only in name}
    table = pd.DataFrame({"truth": [_text(case.truth) for case in cases]}, [case.name for case in cases])
    for name, (estimate, warning) in tried.items():
        results = [run(estimate, warning, case) for case in cases]
        table[name] = [f"{verdict} {_text(value)}".strip() for verdict, value, _ in results]
        if options.messages:
            for case, (verdict, _, messages) in zip(cases, results, strict=True):
                for message in messages:
                    print(f"{name} | {case.name} | {verdict} | {message}")
    print(table.to_string(), end="\n\n")
    counts = pd.DataFrame({name: Counter(cell.split()[0] for cell in table[name]) for name in tried}, VERDICTS).T
    counts = counts.fillna(0).astype(int)
    print(counts.assign(failures=counts[FAILURES].sum(axis=1)).to_string())


def _text(value):
    return "" if value is None else value if isinstance(value, str) else f"{value:.3f}"


if __name__ == "__main__":
    main()
