"""The tidy table of results: its columns, the names of its quantities, and tests of its rows."""

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skib._statistics import holm_adjust

ABOUT_Y, ABOUT_X, ABOUT_X_GIVEN_Y = "I(T;Y)", "I(X;T)", "I(X;T|Y)"
# Family-wise error rate at which a cell is called significant, unless another is required.
ALPHA = 0.01
# The columns that identify a row.
KEY = ["epoch", "layer", "quantity"]
COLUMNS = (
    *KEY,
    *"estimator compressor mutual_info std_error ci_low ci_high null_mean null_std pvalue".split(),
    *"lower_bound ceiling saturated".split(),
    *"n_samples n_units status warnings message seconds".split(),
)


def results_table(results):
    """Return the results of one run, from a fitted plane or a table, after a check that rows have different keys."""
    if not isinstance(results, pd.DataFrame):
        check_is_fitted(results, "results_")
        results = results.results_
    missing = [name for name in [*KEY, "mutual_info"] if name not in results]
    if missing:
        raise ValueError(f"the results lack the columns {missing}; pass a table as in InformationPlane.results_")
    repeated = results.duplicated(KEY)
    if repeated.any():
        key = tuple(results.loc[repeated, KEY].iloc[0])
        raise ValueError(
            f"the results have several rows for {key}: they seem to hold several runs; pass these one by one, as a "
            "list or mapping of tables, to aggregate_runs"
        )
    return results


def significance_table(results, alpha):
    """Test I(T;Y) of every cell against its null, with Holm's correction over the cells."""
    rows = results[results["quantity"] == ABOUT_Y].reset_index(drop=True)
    adjusted = holm_adjust(rows["pvalue"].to_numpy())
    return rows[["epoch", "layer"]].assign(
        corrected=rows["mutual_info"] - rows["null_mean"],
        pvalue=rows["pvalue"],
        adjusted_pvalue=adjusted,
        significant=adjusted < alpha,
    )
