"""Several runs of one network: their common cells, means and standard errors."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from skib._statistics import holm_adjust
from skib.information_plane._plane import InformationPlane
from skib.information_plane._results import ALPHA, KEY, results_table

Runs: TypeAlias = Mapping[Any, InformationPlane | pd.DataFrame] | Sequence[InformationPlane | pd.DataFrame]
_SEED = re.compile(r"random_state=[^,()]*")


def run_tables(runs):
    """Return the results of every run by name; runs of a sequence are named 0, 1, ..."""
    if isinstance(runs, pd.DataFrame) or hasattr(runs, "results_"):
        raise ValueError("runs must be a list or mapping of planes or tables, got a single one; pass [run]")
    named = dict(runs if isinstance(runs, Mapping) else enumerate(runs))
    if not named:
        raise ValueError("runs is empty; pass at least one fitted InformationPlane or table of results")
    return {name: results_table(run) for name, run in named.items()}


def aggregate_runs(
    runs: Runs,
    *,
    join: Literal["exact", "inner"] = "exact",
    confidence_level: float = 0.95,
    alpha: float = ALPHA,
) -> pd.DataFrame:
    r"""Mean and spread over several runs of one network, for instance with different seeds.

    .. math:: \bar I = \frac{1}{R} \sum_{r=1}^{R} \hat I_r, \qquad
              \mathrm{SE}(\bar I)^2 = \frac{1}{R (R - 1)} \sum_{r=1}^{R} (\hat I_r - \bar I)^2

    Parameters
    ----------
    runs : mapping or sequence of fitted InformationPlane or of DataFrame
        One fitted plane, or one table as in ``InformationPlane.results_``, per run. Layers and estimators must agree.
    join : {"exact", "inner"}, default="exact"
        What to do if the runs have different epochs or layers: ``"exact"`` raises, ``"inner"`` aggregates the cells
        that all runs have.
    confidence_level : float, default=0.95
        Nominal coverage of the intervals of the mean.
    alpha : float, default=0.01
        Family-wise error rate of the significance in each run, see ``share_significant``.

    Returns
    -------
    results : DataFrame
        A row per epoch, layer and quantity:

        - ``estimator``, ``compressor`` (if the runs have one);
        - ``mutual_info``, ``std``, ``std_error``, ``ci_low``, ``ci_high``: mean over the runs, standard deviation over
          the runs, standard error of the mean and its Student interval, in nats;
        - ``last_std_error``: standard error of the mean difference to the last epoch, in nats, in which errors that the
          epochs of a run share cancel; :func:`training_phases` uses it;
        - ``n_runs``: number of runs with an estimate (failed cells do not count);
        - ``null_mean``, ``null_std``: mean of the nulls, and root mean square of their standard deviations, in nats.
          They describe the null of one run, not of the mean;
        - ``lower_bound``: mean of the lower bounds of the runs, in nats;
        - ``share_significant``: among the runs with a null, the share that exceeds it after Holm's correction over the
          cells of the run and quantity, at the rate `alpha`;
        - ``share_saturated``, ``saturated``: share of saturated runs, and whether there is any;
        - ``n_samples``, ``n_units``: the smallest number of rows of any run, and the width of the layer.

        :class:`InformationPlaneDisplay` and :func:`training_phases` accept it like the results of one run.

    Raises
    ------
    ValueError
        If runs differ in an estimator, a compressor, or the width of a layer, or (with ``join="exact"``) in their
        epochs or layers; if no cell is common to all.

    See Also
    --------
    InformationPlaneDisplay.from_runs : Draw the mean over the single runs.

    Notes
    -----
    The standard errors of the single runs do not enter: if every run has rows of its own, the differences between runs
    contain the errors of the estimates. Runs measured on the same rows share part of these errors; the interval is then
    one for other seeds on the same rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skib.information_plane import InformationPlane, aggregate_runs
    >>> y = np.arange(200) % 2
    >>> runs = []
    >>> for seed in range(3):
    ...     noise = np.random.default_rng(seed).normal(size=(200, 2))
    ...     dump = {0: {"fc1": noise}, 10: {"fc1": noise + 8 * y[:, None]}, "ids": range(200)}
    ...     runs.append(InformationPlane(random_state=seed).fit(dump, y))
    >>> mean = aggregate_runs(runs).query("quantity == 'I(T;Y)'")
    >>> mean["mutual_info"].round(1).abs().tolist()  # 0 and H(Y) = 0.69
    [0.0, 0.7]
    >>> mean["share_significant"].tolist()
    [0.0, 1.0]
    """
    if join not in ("exact", "inner"):
        raise ValueError(f"join must be 'exact' or 'inner', got {join!r}")
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    tables = common_cells(run_tables(runs), join)
    together = pd.concat([_comparable(table, alpha).assign(run=i) for i, table in enumerate(tables)], ignore_index=True)
    for column in ("estimator", "compressor", "n_units"):
        _require_one(together, column)
    return _summary(together, confidence_level)


def common_cells(tables, join):
    """Return the tables with the rows that all of them have."""
    cells = {name: pd.MultiIndex.from_frame(table[KEY]) for name, table in tables.items()}
    (first, common), *others = cells.items()
    for name, index in others:
        if join == "exact" and len(odd := common.symmetric_difference(index)):
            epoch, layer, quantity = odd[0]
            raise ValueError(
                f"runs {first!r} and {name!r} differ in {len(odd)} cells, the first being {quantity} of layer "
                f"{layer!r} at epoch {epoch}; dump the same epochs and layers, or pass join='inner' for those that all "
                "runs have"
            )
        common = common[common.isin(index)]
    if common.empty:
        raise ValueError("no (epoch, layer, quantity) is common to all runs; the mean needs the same epochs and layers")
    return [table.set_index(KEY).loc[common].reset_index() for table in tables.values()]


def _comparable(table, alpha):
    """Return one run with the columns that the summary reads, absent ones as NaN; `significant` is 0, 1 or NaN."""
    numbers = "mutual_info null_mean null_std pvalue lower_bound saturated n_samples n_units".split()
    texts = [name for name in ("estimator", "compressor") if name in table]
    run = table.reindex(columns=[*KEY, *texts, *numbers]).astype(dict.fromkeys(numbers, float))
    adjusted = run.groupby("quantity")["pvalue"].transform(lambda p: holm_adjust(p.to_numpy()))
    run["significant"] = (adjusted < alpha).astype(float).where(adjusted.notna())
    run["saturated"] = run["saturated"].where(run["mutual_info"].notna())
    return run


def _require_one(together, column):
    """Raise if runs differ in a column, except in seeds: estimates of different kinds have no common mean."""
    if column not in together:
        return
    values = together[column].map(lambda text: _SEED.sub("", str(text)))
    different = together[values.groupby([together[name] for name in KEY]).transform("nunique") > 1]
    if different.empty:
        return
    epoch, layer, quantity = cell = different[KEY].iloc[0]
    received = different.loc[(different[KEY] == cell).all(axis=1), column].unique().tolist()
    raise ValueError(
        f"the runs differ in the {column} of {quantity} of layer {layer!r} at epoch {epoch}: {received}; such values "
        "cannot be averaged, so measure the same layers in the same way in all runs"
    )


def _summary(together, confidence_level):
    groups = together.groupby(KEY, sort=False)
    mean, spread, n_runs = groups["mutual_info"].mean(), groups["mutual_info"].std(), groups["mutual_info"].count()
    std_error = spread / np.sqrt(n_runs)
    half_width = stats.t.ppf(0.5 + confidence_level / 2, n_runs - 1) * std_error
    saturated = groups["saturated"].mean()
    texts = [name for name in ("estimator", "compressor") if name in together]
    table = (
        groups[texts]
        .first()
        .assign(
            mutual_info=mean,
            std=spread,
            std_error=std_error,
            last_std_error=_last_difference(together).sem(),
            ci_low=mean - half_width,
            ci_high=mean + half_width,
            n_runs=n_runs,
            null_mean=groups["null_mean"].mean(),
            null_std=np.sqrt((together["null_std"] ** 2).groupby([together[name] for name in KEY], sort=False).mean()),
            lower_bound=groups["lower_bound"].mean(),
            share_significant=groups["significant"].mean(),
            share_saturated=saturated,
            saturated=saturated > 0,
            n_samples=groups["n_samples"].min(),
            n_units=groups["n_units"].first(),
        )
    )
    return table.reset_index()


def _last_difference(together):
    """Group, by cell, the differences of every estimate to that of the same run at the last epoch."""
    last = together[together["epoch"] == together["epoch"].max()].set_index(["run", "layer", "quantity"])["mutual_info"]
    same_run = pd.MultiIndex.from_frame(together[["run", "layer", "quantity"]])
    difference = together["mutual_info"] - last.reindex(same_run).to_numpy()
    return difference.groupby([together[name] for name in KEY], sort=False)
