"""Runs of the families of known information: lines per sample and estimator, and summaries of each kind."""

import time
import warnings

import numpy as np
import pandas as pd
from peers import NotCovered, peers

from skib.mutual_info import KSG, Auto, ChainRule, GaussianCopula, MesnerShalizi, Ross

# An estimate is off by more than so many nats and standard errors.
OFF = 0.05, 3.0
# Integers on so many levels are labels to the peers.
_MOST_LABELS = 60
_COLUMNS = "kind family seed estimator truth value std_error warned method seconds".split()


def encoded(table):
    """Rows of numbers: text and categories by their codes."""
    if not isinstance(table, pd.DataFrame):
        table = pd.DataFrame(np.asarray(table).reshape(len(table), -1))
    codes = {
        name: column if pd.api.types.is_numeric_dtype(column) else pd.factorize(column, sort=True)[0]
        for name, column in table.items()
    }
    return pd.DataFrame(codes).to_numpy(dtype=float)


def labels(y):
    """Codes of y if it holds text or few whole numbers, else None."""
    y = np.asarray(y)
    if y.ndim > 1 or y.dtype.kind == "f" or (y.dtype.kind in "iu" and len(np.unique(y)) > _MOST_LABELS):
        return None
    return pd.factorize(y, sort=True)[0]


def for_numbers(estimator):
    """Fit to rows of numbers against numbers, and return the estimator."""

    def fit(x, y):
        if labels(y) is not None:
            raise NotCovered
        return estimator.fit(encoded(x), encoded(y))

    return fit


def for_labels(estimator):
    """Fit to rows of numbers against labels."""

    def fit(x, y):
        codes = labels(y)
        if codes is None or isinstance(x, pd.DataFrame):
            raise NotCovered
        return estimator.fit(encoded(x), codes)

    return fit


def for_tables(estimator):
    """Fit to one column of text against text."""

    def fit(x, y):
        if labels(y) is None or not isinstance(x, pd.DataFrame) or x.shape[1] > 1:
            raise NotCovered
        return estimator.fit(encoded(x), labels(y))

    return fit


def by_peer(peer):
    """A peer, on numbers; it is told that y holds labels only where it has an estimator of its own for that."""

    def fit(x, y):
        codes = labels(y)
        if isinstance(x, pd.DataFrame):
            raise NotCovered
        if codes is not None and "scikit-learn" not in peer.__name__.replace("_", "-"):
            raise NotCovered
        return peer(encoded(x), encoded(y) if codes is None else codes[:, None], classes=codes is not None)

    return fit


def estimators():
    """Name -> function of X and y that returns a fitted estimator, or a number."""
    return {
        "Auto()": Auto().fit,
        "KSG(k=3) standard": for_numbers(KSG(3, marginals="standard")),
        "GaussianCopula()": for_numbers(GaussianCopula()),
        "MesnerShalizi()": for_numbers(MesnerShalizi()),
        "Ross(k=3) standard": for_labels(Ross(3, marginals="standard")),
        "ChainRule() plug-in": for_tables(ChainRule()),
    } | {name: by_peer(peer) for name, peer in peers().items()}


def measured_families(families, functions, seeds, n_samples):
    """One line per family, seed and estimator, printed as it comes."""
    lines = []
    for name, family in families.items():
        for seed in seeds:
            x, y, truth = family(n_samples, seed)
            for label, function in functions.items():
                try:
                    line = family.kind, name, seed, label, truth, *_one_run(function, x, y)
                except NotCovered:
                    continue
                lines.append(line)
                print(_text(lines[-1]), flush=True)
    return with_verdicts(pd.DataFrame(lines, columns=_COLUMNS))


def _one_run(function, x, y):
    """(value, standard error, warnings, method, seconds of CPU)."""
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(x, y)
    seconds = time.process_time() - start
    names = sorted({w.category.__name__.removesuffix("Warning").removesuffix("Estimate") for w in caught})
    value = float(getattr(result, "mutual_info_", result))
    return value, getattr(result, "std_error_", np.nan), " ".join(names), getattr(result, "method_", ""), seconds


def _text(line):
    kind, name, seed, label, truth, value, std_error, warned, method, seconds = line
    numbers = f"{truth:6.3f} {value:7.3f} +- {std_error:.3f} {value - truth:+7.3f}"
    verdict = "OFF" if abs(value - truth) > np.fmax(OFF[0], OFF[1] * std_error) else "   "
    return f"{kind:8s} {name:40s} {seed} {label:20s} {numbers} {verdict} {seconds:6.2f} s  {method} {warned}"


def with_verdicts(lines):
    """Add the error, whether it is off, and whether that is so without a warning."""
    error = (lines.value - lines.truth).abs()
    off = error > np.fmax(OFF[0], OFF[1] * lines.std_error)
    return lines.assign(error=error, off=off, silent=off & (lines.warned == ""), near=error < 2 * lines.std_error)


def family_summary(lines):
    """One line per estimator and kind, and one for all kinds; families count as silent if any sample is."""
    together = lines.assign(kind="all")
    table = {}
    for (estimator, kind), part in pd.concat([lines, together]).groupby(["estimator", "kind"], sort=False):
        silent = part.groupby("family").silent.any().sum()
        table[estimator, kind] = (
            part.family.nunique(),
            len(part),
            part.error.mean(),
            part.error.max(),
            int(part.off.sum()),
            int(part.silent.sum()),
            int(silent),
            part.near.mean() if part.std_error.notna().any() else np.nan,
            part.seconds.median(),
        )
    names = ["families", "runs", "mean |error|", "largest", "off", "silent", "silent families", "< 2 se", "CPU s"]
    frame = pd.DataFrame.from_dict(table, orient="index", columns=names)
    frame.index = pd.MultiIndex.from_tuples(frame.index)
    return frame.sort_index(level=0, sort_remaining=False)


def worst(lines, estimator="Auto()"):
    """The samples on which an estimator is off, the largest errors first."""
    part = lines[(lines.estimator == estimator) & lines.off].sort_values("error", ascending=False)
    return part[["kind", "family", "seed", "truth", "value", "std_error", "method", "warned"]]
