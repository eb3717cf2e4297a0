"""Fitting and compression: the epoch at which the information of a layer stops rising, and a test of its fall."""

from functools import lru_cache
from numbers import Integral

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression
from sklearn.utils import check_random_state

from skib._statistics import holm_adjust
from skib._typing import Seed
from skib.information_plane._plane import InformationPlane
from skib.information_plane._results import ABOUT_X, results_table

_MIN_EPOCHS = 3


def training_phases(
    results: InformationPlane | pd.DataFrame,
    *,
    quantity: str = ABOUT_X,
    alpha: float = 0.05,
    n_simulations: int = 2000,
    random_state: Seed = None,
) -> pd.DataFrame:
    r"""Split the training of every layer into a rise (fitting) and a fall (compression) of its information.

    The curve :math:`\hat I_1, \dots, \hat I_T` over the epochs is fitted by least squares with one that rises and then
    falls. The hypothesis that it never falls is tested by

    .. math:: S = \max_{t < T} \; \frac{\hat I_t - \hat I_T}{\mathrm{SE}(\hat I_t - \hat I_T)},

    the largest standardized difference between an epoch and the last one.

    Parameters
    ----------
    results : InformationPlane or DataFrame
        A fitted plane, its ``results_``, or the table of :func:`aggregate_runs` for several runs.
    quantity : str, default="I(X;T)"
        Quantity of the results whose curves are analyzed.
    alpha : float, default=0.05
        Family-wise error rate over the layers: if none compresses, the probability that any is reported to do so.
    n_simulations : int, default=2000
        Number of simulated curves that S is compared with; no p-value is below 1 / (1 + n_simulations).
    random_state : int, RandomState instance or None, default=None
        Seeds the simulated curves. Pass an int for the same result at every call.

    Returns
    -------
    phases : DataFrame
        A row per layer:

        - ``change_epoch``: the last epoch at which the fit is within one standard error of its highest value;
        - ``fitted_gain``, ``compression``: from the first value of the fit to its highest, and from there to its last,
          in nats. Both are at least 0, and noise alone makes them positive;
        - ``pvalue``: p-value of S, NaN if the results have no standard errors;
        - ``adjusted_pvalue``: the same after Holm's correction over the layers;
        - ``has_compression``: ``adjusted_pvalue < alpha``;
        - ``share_saturated``: share of saturated epochs. A rise cannot be seen while the curve is at its ceiling.

    Raises
    ------
    ValueError
        If the results do not contain `quantity`, or a layer has estimates at fewer than 3 epochs.

    Notes
    -----
    The null hypothesis is that the curve never falls. S is compared with curves of normal noise around a constant,
    independent from epoch to epoch. Among all curves that never fall the constant one is the least favorable: every
    difference in S takes a later epoch from an earlier one, so that a rise can only lower it. (Simulations from the
    rising curve that fits best would reject too often, because that curve follows the noise.) Estimates on the same
    rows, or of one run, have positively correlated errors at near epochs; the differences are then smaller than those
    of independent noise, and the test is conservative.

    The results of one run give :math:`\mathrm{SE}^2 = \mathrm{SE}_t^2 + \mathrm{SE}_T^2`, the error of the estimates
    only: a fall that is significant for this run may be absent with another seed. In aggregated runs, every run is
    compared with its own last epoch (``last_std_error``), and S with that of as many simulated runs; the p-value then
    includes the variation between seeds. Five runs detect clear falls only, two hardly any.

    A standard error that is 0 or missing is replaced by the median of the positive ones of its layer. If all are
    missing, as those of a plane with `groups` or ``shuffle="circular"``, the p-value is NaN: aggregate several runs.
    If the curve is flat at its top, within its errors, the epoch of the change is uncertain by the length of that part.

    The test is one of the estimate. For binned layers of a deterministic network this is the entropy of the bins that
    the activations occupy, which units lower when they saturate [2]_.

    References
    ----------
    .. [1] R. Shwartz-Ziv, N. Tishby, "Opening the black box of deep neural networks via information",
       arXiv:1703.00810, 2017.
    .. [2] A. M. Saxe et al., "On the information bottleneck theory of deep learning", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from skib.information_plane import training_phases
    >>> epochs = np.arange(20)
    >>> truth = {"fc1": np.minimum(epochs, 8) / 2, "fc2": np.minimum(epochs, 8) / 2 - np.maximum(epochs - 8, 0) / 5}
    >>> noise = np.random.default_rng(0).normal(scale=0.1, size=20)
    >>> table = pd.concat(
    ...     pd.DataFrame({"epoch": epochs, "layer": layer, "mutual_info": curve + noise})
    ...     for layer, curve in truth.items()
    ... )
    >>> phases = training_phases(table.assign(quantity="I(X;T)", std_error=0.1), random_state=0)
    >>> phases["has_compression"].tolist()  # fc2 loses 2.2 nats after epoch 8
    [False, True]
    >>> phases.round(1).loc[1, ["change_epoch", "fitted_gain", "compression"]].tolist()
    [8.0, 3.9, 2.0]
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    if not isinstance(n_simulations, Integral) or n_simulations < 1:
        raise ValueError(f"n_simulations must be a positive int, got {n_simulations!r}")
    curves = _curves(results_table(results), quantity)
    seed = check_random_state(random_state).randint(2**31 - 1)  # the same for each layer: rows are independent
    phases = pd.DataFrame([{"layer": layer} | _phases(curve, n_simulations, seed) for layer, curve in curves.items()])
    adjusted = holm_adjust(phases["pvalue"])
    phases.insert(5, "adjusted_pvalue", adjusted)
    phases.insert(6, "has_compression", adjusted < alpha)
    return phases


def _curves(results, quantity):
    """Return the rows of `quantity` of every layer, sorted by epoch."""
    rows = results[(results["quantity"] == quantity) & results["mutual_info"].notna()]
    if rows.empty:
        have = results["quantity"].unique().tolist()
        raise ValueError(f"the results contain no estimate of quantity={quantity!r}; they contain {have}")
    rows = rows.sort_values("epoch")
    curves = {layer: rows[rows["layer"] == layer] for layer in dict.fromkeys(results["layer"])}
    short = [layer for layer, curve in curves.items() if len(curve) < _MIN_EPOCHS]
    if short:
        raise ValueError(
            f"layers {short} have {quantity} at fewer than {_MIN_EPOCHS} epochs, too few for a rise and a fall; "
            "dump more epochs, or leave these layers out"
        )
    return curves


def _phases(curve, n_simulations, seed):
    values = curve["mutual_info"].to_numpy(float)
    fit = unimodal_fit(values)
    change = np.flatnonzero(fit >= fit.max() - np.nan_to_num(_positive(curve, "std_error")))[-1]
    saturated = curve.get("share_saturated", curve.get("saturated", pd.Series(np.nan, curve.index)))
    return {
        "change_epoch": int(curve["epoch"].iloc[change]),
        "fitted_gain": fit.max() - fit[0],
        "compression": fit.max() - fit[-1],
        "pvalue": _pvalue(values, curve, n_simulations, seed),
        "share_saturated": float(saturated.astype(float).mean()),
    }


def _positive(curve, column):
    """Return the standard errors of a layer; the median of the positive ones replaces those that are 0 or missing."""
    error = curve[column].to_numpy(float) if column in curve else np.full(len(curve), np.nan)
    positive = error > 0
    return np.where(positive, error, np.median(error[positive]) if positive.any() else np.nan)


def unimodal_fit(values):
    """Return the sequence nearest to `values` in least squares that rises up to one position and falls after it."""
    fits = [
        np.r_[isotonic_regression(values[:k]).x, isotonic_regression(values[k:], increasing=False).x]
        for k in range(1, len(values))
    ]
    return min([*fits, isotonic_regression(values).x], key=lambda fit: np.sum((values - fit) ** 2))


def _pvalue(values, curve, n_simulations, seed):
    if "last_std_error" in curve:
        error = _positive(curve, "last_std_error")[:-1]
        null = null_of_runs(len(values), max(int(curve["n_runs"].min()), 2), n_simulations, seed)
    else:
        each = _positive(curve, "std_error")
        error = np.hypot(each[:-1], each[-1])
        null = null_of_errors(each, n_simulations, seed)
    largest = np.max((values[:-1] - values[-1]) / error)
    return np.nan if np.isnan(largest) else float((1 + np.sum(null >= largest)) / (1 + n_simulations))


def null_of_errors(std_error, n_simulations, seed):
    """Simulate S of constant curves with independent errors."""
    noise = std_error[:, None] * np.random.default_rng(seed).normal(size=(len(std_error), n_simulations))
    return np.max((noise[:-1] - noise[-1]) / np.hypot(std_error[:-1], std_error[-1])[:, None], axis=0)


@lru_cache(maxsize=4)  # all layers use the same
def null_of_runs(n_epochs, n_runs, n_simulations, seed):
    """Simulate S of the mean of constant runs with independent errors, standardized by the spread of the runs."""
    rng, largest = np.random.default_rng(seed), np.full(n_simulations, -np.inf)
    last = rng.normal(size=(n_runs, n_simulations))
    for _ in range(n_epochs - 1):
        falls = rng.normal(size=last.shape) - last
        largest = np.maximum(largest, np.sqrt(n_runs) * falls.mean(axis=0) / falls.std(axis=0, ddof=1))
    return largest
