"""Correlation of information with the generalization gap, over many runs."""

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.utils import check_random_state

from skib._statistics import holm_adjust
from skib._typing import Seed
from skib._warnings import UnreliableEstimateWarning, warn
from skib.information_plane._phases import unimodal_fit
from skib.information_plane._results import ABOUT_X, ABOUT_X_GIVEN_Y
from skib.information_plane._runs import Runs, run_tables

_BOUND_TERMS = (ABOUT_X, ABOUT_X_GIVEN_Y)  # bounds on the gap contain their roots
_COMPRESSION = f"compression of {ABOUT_X}"
_MIN_EPOCHS = 3  # of a rise and a fall
_METHODS = {"pearson": np.asarray, "spearman": stats.rankdata}
_MIN_RUNS = 3
_MOST_EXACT = 7  # runs of which all orders are looked at
_LEVEL = 0.05  # that some p-value should be able to reach


def generalization_correlates(
    runs: Runs,
    gaps: Mapping[Any, float] | Sequence[float] | NDArray[np.floating[Any]] | pd.Series,
    *,
    epoch: int | None = None,
    n_permutations: int = 9999,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Correlate the information in every layer with the generalization gap, over many runs.

    The gap of a network is bounded, with high probability, by a term of the order of

    .. math:: \sqrt{\frac{I(X;T|Y) + I(\phi;S)}{n}}

    in any hidden layer T, where :math:`I(\phi;S)` is what the encoder :math:`\phi` has learned from its training set S
    [1]_. This function correlates the terms that can be estimated from activations with the gap, as in the experiments
    there.

    Parameters
    ----------
    runs : mapping or sequence of fitted InformationPlane or of DataFrame
        One per trained network; at least 3, of which a warning says that they prove nothing, and 20 or more for
        conclusive p-values.
    gaps : mapping or sequence of float
        Test loss minus training loss (or any other gap) of every run, under the same names or in the same order.
    epoch : int, default=None
        Epoch whose results are correlated; None takes the last one of each run.
    n_permutations : int, default=9999
        Number of random permutations of the gaps per p-value. With 7 runs or fewer all permutations are used, and the
        test is exact.
    random_state : int, RandomState instance or None, default=None
        Seeds the permutations. Pass an int for the same result at every call.

    Returns
    -------
    correlates : DataFrame
        A row per layer, predictor and method:

        - ``layer``; ``predictor``: every quantity of the results; the roots ``sqrt(I(X;T)/n)`` and ``sqrt(I(X;T|Y)/n)``
          that occur in bounds; and ``compression of I(X;T)``, if there are 3 epochs or more up to `epoch`: its fall
          from the top of the curve that rises and then falls, as in :func:`training_phases`;
        - ``estimator``; ``method``: "pearson", or "spearman" for ranks;
        - ``correlation``; ``pvalue`` (two-sided, by permutation); ``adjusted_pvalue`` (Holm, over all rows of one
          method);
        - ``n_runs``: number of runs with an estimate; ``share_saturated``: share of them that is saturated.

        A predictor, or a gap, that is the same in all runs has a correlation of NaN.

    Raises
    ------
    ValueError
        If runs and gaps do not match, a gap is not finite, or no layer has estimates in 3 runs.

    Warns
    -----
    UnreliableEstimateWarning
        If there are so few runs or permutations that no adjusted p-value can be 0.05 or less, or if a layer does not
        have the same number of units in all runs.

    See Also
    --------
    InformationPlane : With ``conditional=True`` it adds I(X;T|Y).

    Notes
    -----
    The information is that of a trained, fixed network under the distribution of its input; the bound averages over
    encoders, and its second term cannot be estimated from activations. A correlation is therefore neither a test of the
    bound nor evidence of a cause: whatever was varied between the runs (width, regularization, labels) drives both.

    Noise alone makes a compression positive, the more the more epochs there are: compare runs of the same epochs. In
    [2]_ it goes with generalization in the last layer only.

    Layers of a deterministic network have no finite I(X;T). The binned estimate depends on bins and width, so that a
    layer should be compared with itself in other runs, at the same width. Saturated estimates all equal log n and carry
    no information about the gap. If n is the same in all runs, a root has the same ranks as its quantity.

    With R runs no exact p-value is below 2 / R!, or 1 / (1 + `n_permutations`) otherwise.

    References
    ----------
    .. [1] K. Kawaguchi, Z. Deng, X. Ji, J. Huang, "How does information bottleneck help deep learning?", ICML 2023.
    .. [2] I. Chelombiev, C. Houghton, C. O'Donnell, "Adaptive estimators show information compression in deep neural
       networks", ICLR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.information_plane import generalization_correlates
    >>> gaps = np.array([0.1, 0.3, 0.2, 0.5, 0.4, 0.6])
    >>> cell = {"epoch": 9, "layer": "fc1", "quantity": "I(X;T|Y)", "n_samples": 500}
    >>> runs = [pd.DataFrame([cell | {"mutual_info": 2 + gap}]) for gap in gaps]
    >>> table = generalization_correlates(runs, gaps)
    >>> table["predictor"].unique().tolist()
    ['I(X;T|Y)', 'sqrt(I(X;T|Y)/n)']
    >>> table.round(4)[["method", "correlation", "pvalue"]].values.tolist()[0]  # 2 of 6! orders correlate as well
    ['pearson', 1.0, 0.0028]
    """
    if not isinstance(n_permutations, Integral) or n_permutations < 1:
        raise ValueError(f"n_permutations must be a positive int, got {n_permutations!r}")
    tables = run_tables(runs)
    gaps = _gaps(gaps, tables)
    predictors = _predictors(tables, epoch)
    _warn_of_widths(predictors)
    orders = partial(_orders, n_permutations=n_permutations, seed=check_random_state(random_state).randint(2**31 - 1))
    rows = [
        {"layer": layer, "predictor": predictor} | row
        for (layer, predictor), cells in predictors.groupby(["layer", "predictor"], sort=False)
        for row in _correlations(cells, gaps.loc[cells["run"]].to_numpy(), orders)
    ]
    if not rows:
        raise ValueError(f"no layer has an estimate in {_MIN_RUNS} runs; correlations need that many, better 20")
    table = pd.DataFrame(rows)
    _warn_of_few_orders(table, n_permutations)
    adjusted = table.groupby("method")["pvalue"].transform(lambda p: holm_adjust(p.to_numpy()))
    table.insert(table.columns.get_loc("pvalue") + 1, "adjusted_pvalue", adjusted)
    return table


def _gaps(gaps, tables):
    """Return the gaps as a series over the names of the runs."""
    if isinstance(gaps, (Mapping, pd.Series)):
        gaps = pd.Series(dict(gaps), dtype=float)
        if set(gaps.index) != set(tables):
            odd = sorted(map(repr, set(gaps.index) ^ set(tables)))
            raise ValueError(f"gaps and runs must have the same names; only in one of them: {', '.join(odd)}")
    elif len(gaps) == len(tables):
        gaps = pd.Series(np.asarray(gaps, dtype=float), index=list(tables))
    else:
        raise ValueError(f"gaps must hold one number per run, got {len(gaps)} for {len(tables)} runs")
    if not np.isfinite(gaps).all():
        name, gap = next(
            (name, gap) for name, gap in zip(tables, gaps[list(tables)], strict=True) if not np.isfinite(gap)
        )
        raise ValueError(f"the gap of run {name!r} is {gap}; gaps must be finite, so leave this run out")
    return gaps


def _predictors(tables, epoch):
    """Return every quantity at one epoch, and the roots that occur in bounds: a row per run, layer and predictor."""
    rows = pd.concat(
        [
            table[table["epoch"] == (table["epoch"].max() if epoch is None else epoch)].assign(run=name)
            for name, table in tables.items()
        ],
        ignore_index=True,
    )
    rows = rows.reindex(
        columns=["run", "epoch", "layer", "quantity", "estimator", "mutual_info", "saturated", "n_samples", "n_units"]
    )
    rows = rows[rows["mutual_info"].notna()].rename(columns={"quantity": "predictor", "mutual_info": "value"})
    roots = rows[rows["predictor"].isin(_BOUND_TERMS) & rows["n_samples"].notna()]
    roots = roots.assign(
        predictor="sqrt(" + roots["predictor"] + "/n)",
        value=np.sqrt(
            np.maximum(roots["value"], 0) / roots["n_samples"].astype(float)
        ),  # an estimate of 0 may be below it
    )
    return pd.concat([rows, roots, *_compression(tables, rows)], ignore_index=True)


def _compression(tables, rows):
    """Yield the fall of I(X;T) after its top, of every run and layer with enough epochs, as a table of one row."""
    for _, last in rows[rows["predictor"] == ABOUT_X].groupby(["run", "layer"], sort=False):
        run, layer, epoch = last[["run", "layer", "epoch"]].iloc[0]
        table = tables[run]
        curve = table[(table["quantity"] == ABOUT_X) & (table["layer"] == layer) & (table["epoch"] <= epoch)]
        curve = curve[curve["mutual_info"].notna()].sort_values("epoch")
        if len(curve) >= _MIN_EPOCHS:
            fit = unimodal_fit(curve["mutual_info"].to_numpy(float))
            yield last.assign(predictor=_COMPRESSION, value=fit.max() - fit[-1])


def _warn_of_widths(predictors):
    """Warn if a layer has different widths in different runs."""
    widths = predictors.groupby("layer", sort=False)["n_units"].agg(["min", "max"]).query("min < max")
    if not widths.empty:
        layer, (low, high) = widths.index[0], widths.iloc[0].astype(int)
        warn(
            f"layer '{layer}' has {low} to {high} units among the runs ({len(widths)} such layers): estimates of "
            "information grow with the width, so that the correlations may show the width; take runs of one width",
            UnreliableEstimateWarning,
        )


def _warn_of_few_orders(table, n_permutations):
    """Warn if the strongest correlation that there can be would not be significant after Holm's correction."""
    n_rows, n_runs = int(table["method"].value_counts().max()), int(table["n_runs"].max())
    smallest = n_rows * _smallest_pvalue(n_runs, n_permutations)
    if smallest <= _LEVEL:
        return
    if n_runs > _MOST_EXACT:
        remedy = f"pass n_permutations={math.ceil(n_rows / _LEVEL)} or more"
    else:
        enough = next((n for n in range(n_runs, _MOST_EXACT + 1) if n_rows * _smallest_pvalue(n, 1) <= _LEVEL), None)
        remedy = f"{enough or _MOST_EXACT + 1} runs or more are needed for one of {_LEVEL}, and 20 for conclusive ones"
    warn(
        f"of {n_runs} runs no adjusted p-value can fall below {min(smallest, 1):.2g}, however strong a correlation is: "
        f"{n_rows} correlations are tested by few orders of the gaps; {remedy}",
        UnreliableEstimateWarning,
    )


def _smallest_pvalue(n_runs, n_permutations):
    """Return the p-value of a perfect correlation, as strong as which is the opposite order as a rule."""
    return 2 / math.factorial(n_runs) if n_runs <= _MOST_EXACT else 1 / (1 + n_permutations)


def _correlations(cells, gaps, orders):
    """Yield one row per method, or none if too few runs have an estimate."""
    if len(cells) < _MIN_RUNS:
        return
    shared = {
        "estimator": cells["estimator"].iloc[0],
        "n_runs": len(cells),
        "share_saturated": float(cells["saturated"].astype(float).mean()),
    }
    values, gaps = _in_range(cells["value"].to_numpy()), _in_range(gaps)
    for method, scores in _METHODS.items():
        correlation, pvalue = _permutation_test(scores(values), scores(gaps), orders(len(cells)))
        yield {"method": method, "correlation": correlation, "pvalue": pvalue} | shared


def _in_range(values):
    """Divide by a power of two near the largest value, and return zeros if all are equal but for rounding."""
    values = np.asarray(values, dtype=float)
    largest = np.abs(values).max()
    if np.ptp(values) <= 1e-12 * largest:  # differences by rounding have ranks as well
        return np.zeros(len(values))
    return values / np.exp2(np.frexp(largest)[1])


def _permutation_test(x, y, orders):
    """Return the Pearson correlation, and the share of the orders of y with one at least as strong."""
    x, y = _standardized(x), _standardized(y)
    correlation, null = x @ y, y[orders] @ x
    if np.isnan(correlation):
        return np.nan, np.nan
    as_strong = np.sum(np.abs(null) >= abs(correlation) - 1e-12)  # equal but for rounding
    # All orders contain the one observed; a sample of them is counted with it.
    exact = len(orders) == math.factorial(len(x))
    return float(np.clip(correlation, -1, 1)), float(
        as_strong / len(orders) if exact else (1 + as_strong) / (1 + len(orders))
    )


def _standardized(values):
    """Center the values and divide by their length; NaN if all are equal."""
    centered = np.asarray(values, dtype=float) - np.mean(values)
    return centered / (np.linalg.norm(centered) or np.nan)


def _orders(n, *, n_permutations, seed):
    """Return all orders of up to 7 runs, or a sample of the orders of more, as an array of shape (n_orders, n)."""
    if n <= _MOST_EXACT:
        return np.array(list(itertools.permutations(range(n))))
    return np.random.default_rng([seed, n]).permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)
