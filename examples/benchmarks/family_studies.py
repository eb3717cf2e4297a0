"""Studies on the families: levels of the permutation test, and rules chosen without the family they are tried on."""

import numpy as np
import pandas as pd
from families import FAMILIES
from families_columns import student
from families_nulls import cumulated

from skib.mutual_info import KSG, Auto, Ross, permutation_test
from skib.mutual_info._auto._assisted import model_assisted
from skib.mutual_info._summary import summarized_classes, summarized_number

# Standard errors from which the drift of k counts, and the neighbors (variant 2) that are taken then.
DRIFTS, DRIFT_NEIGHBORS = (2.0, 3.0, 4.0, 5.0, 6.0), (1, 3)
DRIFT_RULE = 4.0, 1
# Standard errors from which the certificate or the summary counts, and which of the two is taken then.
CERTIFICATES = 0.5, 1.0, 2.0, 3.0
SUMMARY_RULE = 2.0, "summary"


def left_out(errors, groups, default):
    """Error on each group by the rule `default`, and by the rule that is best on all other groups.

    `errors` has a row for each rule and a column for each sample, `groups` a name for each column.
    """
    groups = np.asarray(groups)
    lines = []
    for name in dict.fromkeys(groups):
        chosen = errors.loc[:, groups != name].mean(axis=1).idxmin()
        as_is, blind = (errors.loc[[rule], groups == name].to_numpy() for rule in (default, chosen))
        lines.append((name, as_is.size, as_is.mean(), blind.mean(), blind.max(), ", ".join(f"{c}" for c in chosen)))
    columns = ["family", "samples", "as it is", "left out", "largest", "chosen"]
    table = pd.DataFrame(lines, columns=columns)
    means = [np.average(table[column], weights=table.samples) for column in ("as it is", "left out")]
    table.loc[len(table)] = "all", table.samples.sum(), *means, table.largest.max(), ""
    return table


def drift_errors(seeds, n_samples):
    """Errors on the pairs of each rule of k: take so few neighbors where k = 2 and k = 10 differ by so many errors."""
    errors = {}
    for name, family in _planar().items():
        for seed in seeds:
            x, y, truth = family(n_samples, seed)
            terms = {k: KSG(k).fit(x, y).pointwise_ for k in (2, 5, 10)}
            drift = terms[2] - terms[10]
            z = drift.mean() / (drift.std(ddof=1) / np.sqrt(n_samples))
            fine = {k: KSG(k, variant=2).fit(x, y).mutual_info_ for k in DRIFT_NEIGHBORS}
            errors[name, seed] = {("none", 5): abs(terms[5].mean() - truth)} | {
                (limit, k): abs((fine[k] if z > limit else terms[5].mean()) - truth)
                for limit in DRIFTS
                for k in DRIFT_NEIGHBORS
            }
            print(f"{name:40s} {seed} z = {z:6.1f}", flush=True)
    return pd.DataFrame(errors)


def _planar():
    return {name: f for name, f in FAMILIES.items() if f.kind == "pairs"}


def levels(n_tests, n_samples, n_permutations):
    """Share of independent samples that the permutation test of Auto rejects at 5 and 10 %."""
    sides = {
        "20 columns, 5 classes": (lambda r: r.normal(size=(n_samples, 20)), lambda r: r.integers(5, size=n_samples)),
        "5 + 5 columns": (
            lambda r: student(r, n_samples, n_columns=5, df=2),
            lambda r: cumulated(r, n_samples, n_columns=5),
        ),
    }
    lines = []
    for name, (draw_x, draw_y) in sides.items():
        values = np.array([_pvalue(draw_x, draw_y, seed, n_permutations) for seed in range(n_tests)])
        at = [np.mean(values <= alpha) for alpha in (0.05, 0.1)]
        errors = [np.sqrt(alpha * (1 - alpha) / n_tests) for alpha in (0.05, 0.1)]
        lines.append((name, n_tests, at[0], errors[0], at[1], errors[1], values.mean()))
    columns = ["null", "tests", "p <= .05", "error", "p <= .10", "error", "mean p"]
    return pd.DataFrame(lines, columns=columns)


def _pvalue(draw_x, draw_y, seed, n_permutations):
    rng = np.random.default_rng([2026, seed])
    run = {"n_permutations": n_permutations, "random_state": seed}
    return permutation_test(Auto(), draw_x(rng), draw_y(rng), **run).pvalue


def summary_errors(seeds, n_samples):
    """Errors of each rule by which a summary replaces neighbors (classes), or neighbors with a model (one number)."""
    errors = {}
    for name, family in _summarized().items():
        for seed in seeds:
            x, y, truth = family(n_samples, seed)
            (raw, raw_error), found = _without_and_with_summary(x, y)
            rules = {("never", "neighbors"): raw, ("always", "summary"): found.value}
            for limit in CERTIFICATES:
                takes = _takes_summary(raw, raw_error, found, limit)
                rules |= {(limit, "summary"): found.value if takes else raw}
                rules |= {(limit, "certificate"): found.certificate if takes else raw}
            errors[name, seed] = {rule: abs(value - truth) for rule, value in rules.items()}
            print(
                f"{name:40s} {seed} {truth:.3f}: {raw:.3f}, summary {found.value:.3f}, at least {found.certificate:.3f}"
            )
    return pd.DataFrame(errors)


def _summarized():
    """Families of several columns of numbers against classes or one number."""
    kinds = "classes", "columns", "nulls"
    return {
        name: f
        for name, f in FAMILIES.items()
        if f.kind in kinds and _is_summarized(*f.draw(np.random.default_rng(0), 100))
    }


def _is_summarized(x, y):
    return isinstance(x, np.ndarray) and x.shape[1] > 3 and y.size == len(y) and y.dtype.kind in "fi"


def _without_and_with_summary(x, y):
    if y.dtype.kind == "i":
        alone = Ross().fit(x, y)
        return (alone.mutual_info_, alone.std_error_), summarized_classes(x, np.unique(y, return_inverse=True)[1])
    alone = model_assisted(x, y.reshape(-1, 1), x[:, :0])
    return (alone.value, alone.std_error), summarized_number(x, y.ravel())


def _takes_summary(raw, raw_error, found, limit):
    """Whether the certificate exceeds the other estimate, or the summary does and its certificate exceeds zero."""
    if found.certificate > raw + limit * found.certificate_error:
        return True
    error = np.hypot(raw_error, found.std_error)
    return found.value > raw + (limit + 0.5) * error and found.certificate > limit * found.certificate_error
